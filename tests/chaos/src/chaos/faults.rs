//! The faults of a run: a few kinds at a time, each for a fifth to a quarter of all requests.

use super::intents;

/// How many kinds of faults are in force at a time. More than half of all requests go wrong then.
const AT_A_TIME: usize = 3;

/// A fault as the emulator reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(String);

impl Fault {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Everything that the emulator does to any operation. `duplicate` is apart.
const EFFECTS: &[(&str, &str)] = &[
    ("latency:150ms", ""),
    ("429", ",retry-after=1"),
    ("429", ",body=service"),
    ("408", ""),
    ("500", ""),
    ("502", ""),
    ("503", ""),
    ("504", ""),
    ("html", ""),
    ("html:404", ""),
    ("stall:1s", ""),
    ("reset", ""),
    ("reset", ",reused"),
    ("truncate", ""),
    ("truncate:0", ""),
    ("cut", ""),
    ("cut:0", ""),
    ("applied:500", ""),
    ("applied:504", ""),
    ("applied:reset", ""),
];

/// Some kinds of faults, drawn at random.
pub(crate) fn draw(random: &mut fastrand::Rng) -> Vec<Fault> {
    let mut kinds: Vec<usize> = (0..=EFFECTS.len()).collect();
    random.shuffle(&mut kinds);
    kinds.into_iter().take(AT_A_TIME).flat_map(|kind| faults_of(kind, random)).collect()
}

/// The faults of a kind; the last one is `duplicate`.
fn faults_of(kind: usize, random: &mut fastrand::Rng) -> Vec<Fault> {
    let probability = 0.2 + 0.05 * random.f64();
    match EFFECTS.get(kind) {
        Some((effect, options)) => vec![Fault(format!("*={effect},probability={probability:.3}{options}"))],
        None => {
            let guarded = intents::all().into_iter().flat_map(|kind| kind.guarded().iter());
            guarded.map(|id| Fault(format!("{id}=duplicate,probability={probability:.3}"))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_drawn_and_a_seed_draws_the_same() {
        let drawn = |seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            (0..200).flat_map(|_| draw(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let has = |text: &str| drawn(1).iter().any(|fault| fault.as_str().contains(text));
        for (effect, options) in EFFECTS {
            assert!(has(&format!("={effect},")) && has(options), "{effect}{options}");
        }
        assert!(has("=duplicate,"));
    }
}
