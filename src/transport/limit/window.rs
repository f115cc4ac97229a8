//! The places of one limit: when requests went out, and when those that wait will.

use super::Observation;
use crate::spec::Limit;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// The most requests that a window remembers; a larger limit is not worth counting.
const LARGEST: u64 = 100_000;

/// The longest that a response can hold requests back. Where it asks for more, the next response of the service
/// tells the caller so; a daily limit (`RL-05`) ends a call at once.
const LONGEST_HOLD: Duration = Duration::from_secs(5 * 60);

/// A sliding window: exact, so that no period of the limit's length ever sees more requests than
/// the limit. A token bucket would let almost twice as many through around a full bucket.
#[derive(Debug)]
pub(super) struct Window {
    limit: usize,
    period: Duration,
    /// The places that are taken, in order: of the last period, and reserved ones.
    places: VecDeque<Instant>,
    cap: Option<Cap>,
    /// Times at which no place is free, as far as known: from each key until its value. Kept so that no search
    /// passes the same places twice. Taking a place leaves them true; giving one back may not.
    full: BTreeMap<Instant, Instant>,
}

/// What a response said is left, and until when that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cap {
    left: usize,
    until: Instant,
    /// How many of the places the response knew of.
    known: usize,
}

impl Window {
    pub(super) fn new(limit: Limit) -> Self {
        Self {
            limit: number(limit.requests).max(1),
            period: limit.period(),
            places: VecDeque::new(),
            cap: None,
            full: BTreeMap::new(),
        }
    }

    /// Whether a limit is worth a window.
    pub(super) fn counts(limit: Limit) -> bool {
        limit.requests <= LARGEST && limit.seconds > 0
    }

    /// The first time from this one on that a place is free at.
    pub(super) fn free_from(&mut self, from: Instant) -> Instant {
        let (mut start, mut at) = (from, from);
        loop {
            steps::count();
            let known = self.full.range(..=at).next_back().filter(|(_, end)| at < **end);
            if let Some((begin, end)) = known {
                (start, at) = (start.min(*begin), *end);
            } else if let Some(later) = self.blocked_until(at) {
                at = later;
            } else {
                break;
            }
        }
        if from < at {
            while let Some((begin, _)) = self.full.range(start..at).next() {
                let begin = *begin;
                self.full.remove(&begin);
            }
            self.full.insert(start, at);
        }
        at
    }

    /// Until when nothing can go out, if nothing can at this time.
    fn blocked_until(&self, at: Instant) -> Option<Instant> {
        if let Some(cap) = self.cap.filter(|cap| at < cap.until && self.used(*cap) >= cap.left) {
            return Some(cap.until);
        }
        let behind = self.places.partition_point(|place| *place <= at);
        // As many places in a row as the limit allows, which one more would join: the period that begins
        // with the first of them must not see it.
        // Of the rows whose period is not over, the first one ends first.
        let over = self.places.partition_point(|place| *place + self.period <= at);
        let row = behind.saturating_sub(self.limit).max(over);
        let last = *self.places.get(row + self.limit - 1).filter(|_| row <= behind)?;
        (last < at + self.period).then(|| self.places[row] + self.period)
    }

    /// From when on one more can go out, as far as those that have gone out by now are counted.
    pub(super) fn has_room_from(&self, now: Instant) -> Instant {
        let until = self.places.partition_point(|place| *place <= now);
        match until.checked_sub(self.limit) {
            Some(oldest) => now.max(self.places[oldest] + self.period),
            None => now,
        }
    }

    /// How many places were taken since a response said how many are left.
    fn used(&self, cap: Cap) -> usize {
        self.places.partition_point(|place| *place < cap.until).saturating_sub(cap.known)
    }

    pub(super) fn take(&mut self, at: Instant) {
        self.places.insert(self.places.partition_point(|place| *place <= at), at);
    }

    /// Gives back a place of this time. Returns whether there is one.
    pub(super) fn give_back(&mut self, at: Instant) -> bool {
        let behind = self.places.partition_point(|place| *place <= at);
        let index = behind.checked_sub(1).filter(|index| self.places[*index] == at);
        if let Some(index) = index {
            self.remove(index);
            self.reopen(at);
        }
        index.is_some()
    }

    /// Forgets that nothing is free at the times that a place counted for.
    fn reopen(&mut self, place: Instant) {
        let (from, until) = match self.cap {
            Some(cap) => (None, cap.until.max(place + self.period)),
            None => (place.checked_sub(self.period), place + self.period),
        };
        let counted = |end: &Instant| from.is_none_or(|from| *end > from);
        let before = self.full.range(..until).rev().take_while(|(_, end)| counted(end));
        let open: Vec<(Instant, Instant)> = before.map(|(begin, end)| (*begin, *end)).collect();
        for (begin, end) in open {
            self.full.remove(&begin);
            if let Some(from) = from.filter(|from| begin < *from) {
                self.full.insert(begin, from);
            }
            if until < end {
                self.full.insert(until, end);
            }
        }
    }

    fn remove(&mut self, index: usize) {
        self.places.remove(index);
        if let Some(cap) = &mut self.cap {
            cap.known -= usize::from(index < cap.known);
        }
    }

    /// Gives back all places that are yet to come.
    pub(super) fn give_back_all(&mut self, now: Instant) {
        self.places.truncate(self.places.partition_point(|place| *place <= now));
        self.full.clear();
    }

    /// What a response says replaces what the specification says; what it says is left can only
    /// tighten, because requests may be under way that the service has not seen. Returns whether places
    /// that are reserved may have to move. `place` is the request's own.
    pub(super) fn observe(&mut self, seen: &Observation, place: Option<Instant>, now: Instant) -> bool {
        self.forget(now);
        let before = (self.limit, self.period, self.cap);
        // A request that was refused was not served, so that another can be.
        let mut moves = seen.refused && place.is_some_and(|place| self.give_back(place));
        moves |= self.correct(seen, now);
        if before != (self.limit, self.period, self.cap) {
            self.full.clear();
        }
        moves
    }

    fn correct(&mut self, seen: &Observation, now: Instant) -> bool {
        let mut moves = false;
        // A longer window is not counted in; cut short, it would let more through than it says.
        if let Some(limit) = seen.limit.filter(|limit| limit.period() <= LONGEST_HOLD && limit.requests > 0) {
            let said = (number(limit.requests.min(LARGEST)), limit.period());
            moves |= said != (self.limit, self.period);
            (self.limit, self.period) = said;
        }
        let wait = seen.reset.filter(|wait| *wait <= LONGEST_HOLD);
        let (Some(left), Some(wait)) = (seen.remaining, wait) else { return moves };
        let until = now + wait;
        let known = self.places.partition_point(|place| *place <= now);
        let said = Cap { left: number(left), until, known };
        self.cap = Some(match self.cap.filter(|_| !seen.refused) {
            Some(cap) if cap.left.saturating_sub(self.used(cap)) <= said.left => {
                Cap { until: cap.until.min(until), ..cap }
            }
            _ => said,
        });
        moves || self.cap.is_some_and(|cap| self.used(cap) > cap.left)
    }

    /// Whether forgetting it loses nothing.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.places.is_empty() && self.cap.is_none()
    }

    /// Forgets what counts no more.
    pub(super) fn forget(&mut self, now: Instant) {
        while self.places.front().is_some_and(|place| *place + self.period <= now) {
            self.remove(0);
        }
        self.cap = self.cap.filter(|cap| cap.until > now);
        while self.full.first_key_value().is_some_and(|(_, end)| *end <= now) {
            self.full.pop_first();
        }
    }
}

/// How much is done under the lock, which tests bound.
pub(super) mod steps {
    #[cfg(test)]
    std::thread_local!(static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });

    pub(in super::super) fn count() {
        #[cfg(test)]
        STEPS.set(STEPS.get() + 1);
    }

    /// Those of this thread since it was last asked.
    #[cfg(test)]
    pub(in super::super) fn taken() -> u64 {
        STEPS.replace(0)
    }
}

fn number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// What is remembered of a search changes the result of none.
        #[test]
        fn a_search_finds_the_first_place_that_is_free(
            (requests, seconds) in (1_u64..5, 1_u64..20),
            acts in proptest::collection::vec((0_u8..8, 0_u64..60), 1..80),
        ) {
            let mut window = Window::new(Limit { requests, seconds });
            let mut now = Instant::now();
            for (act, number) in acts {
                let at = now + Duration::from_secs(number);
                match act {
                    0 => now += Duration::from_secs(number / 20),
                    1 => window.forget(now),
                    2 if !window.places.is_empty() => {
                        let index = usize::try_from(number).expect("small") % window.places.len();
                        window.give_back(window.places[index]);
                    }
                    3 if number % 4 == 0 => {
                        let (remaining, reset) = (Some(number / 20), Some(Duration::from_secs(number)));
                        let seen = Observation { remaining, reset, ..Observation::default() };
                        window.observe(&seen, None, now);
                    }
                    _ => {
                        let mut expected = at;
                        while let Some(later) = window.blocked_until(expected) {
                            expected = later;
                        }
                        let found = window.free_from(at);
                        // Within a cap, places that have become old are still used up: the search may know so.
                        proptest::prop_assert!(found == expected || window.cap.is_some() && found > expected);
                        window.take(found);
                    }
                }
            }
        }
    }
}
