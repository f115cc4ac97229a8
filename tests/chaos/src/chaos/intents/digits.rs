//! Counters in which each increment has a digit of its own, so that the sum tells how often each was made.

use super::super::verdict::Counts;
use super::Intent;

/// A digit counts up to three.
const BASE: i64 = 4;
/// How many digits of a counter a worker has. Those of two workers fit into 2^53.
const OF_A_WORKER: u64 = 12;

/// The counter that an intent adds to. Workers share it.
pub(super) fn counter(intent: &Intent) -> String {
    format!("counter-{}", intent.number / OF_A_WORKER)
}

fn place(intent: &Intent) -> u32 {
    let place = intent.worker * OF_A_WORKER + intent.number % OF_A_WORKER;
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// What an intent adds.
pub(super) fn amount(intent: &Intent) -> i64 {
    BASE.saturating_pow(place(intent))
}

/// How often each intent was added. `sum` gives what a counter holds.
pub(super) fn counts(intents: &[&Intent], sum: impl Fn(&str) -> i64) -> Counts {
    let digit = |intent: &Intent| (sum(&counter(intent)) / amount(intent)) % BASE;
    intents.iter().map(|intent| (intent.id, u64::try_from(digit(intent)).unwrap_or(0))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_tells_each_increment() {
        let intent =
            |worker, number| Intent { id: worker * 100 + number, kind: String::new(), worker, number };
        let intents: Vec<_> =
            (0..2).flat_map(|worker| (12..24).map(move |number| intent(worker, number))).collect();
        assert!(intents.iter().all(|intent| counter(intent) == "counter-1"));
        let times = |intent: &Intent| (intent.id % 4) as i64;
        let sum: i64 = intents.iter().map(|intent| times(intent) * amount(intent)).sum();
        assert!(sum < 1 << 53);
        let references: Vec<_> = intents.iter().collect();
        let counts = counts(&references, |_| sum);
        for intent in &intents {
            assert_eq!(counts[&intent.id], intent.id % 4, "{intent:?}");
        }
    }
}
