//! The places of one limit: when requests went out, and when those that wait will.

use super::quota::Observation;
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
    /// What the caller or the specification says of the limit; a response may have corrected it.
    declared: Limit,
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
            declared: limit,
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

    /// Takes over what the limit is now, where it changes. Returns whether it does.
    pub(super) fn declare(&mut self, limit: Limit) -> bool {
        let changes = limit != self.declared;
        if changes {
            self.declared = limit;
            (self.limit, self.period) = (number(limit.requests).max(1), limit.period());
            self.full.clear();
        }
        changes
    }

    /// The first time from this one on that this number of places are free at.
    pub(super) fn free_from(&mut self, from: Instant, units: usize) -> Instant {
        if self.cap.is_none() && self.places.len() + units <= self.limit {
            return from;
        }
        let (mut start, mut at) = (from, from);
        loop {
            steps::count();
            let known = self.full.range(..=at).next_back().filter(|(_, end)| at < **end);
            if let Some((begin, end)) = known {
                (start, at) = (start.min(*begin), *end);
            } else if let Some(later) = self.blocked_until(at, units) {
                at = later;
            } else {
                break;
            }
        }
        // Where several places are not free, one may be.
        if from < at && units == 1 {
            while let Some((begin, _)) = self.full.range(start..at).next() {
                let begin = *begin;
                self.full.remove(&begin);
            }
            self.full.insert(start, at);
        }
        at
    }

    /// Until when this number of places cannot be taken, if they cannot at this time.
    fn blocked_until(&self, at: Instant, units: usize) -> Option<Instant> {
        if let Some(cap) = self.cap.filter(|cap| at < cap.until && self.used(*cap) + units > cap.left) {
            return Some(cap.until);
        }
        let most = self.most_beside(units);
        let behind = self.places.partition_point(|place| *place <= at);
        // As many places in a row as the limit allows beside all but one of these, which the last one would join: the
        // period that begins with the first of them must not see it.
        // Of the rows whose period is not over, the first one ends first.
        let over = self.places.partition_point(|place| *place + self.period <= at);
        let mut row = behind.saturating_sub(most).max(over);
        while row <= behind
            && let Some(last) = self.places.get(row + most - 1)
        {
            let first = if row < behind { self.places[row] } else { at };
            if *last < first + self.period {
                return Some(self.places[row] + self.period);
            }
            // Those between are too long as well.
            steps::count();
            row = self.places.partition_point(|place| *place + self.period <= *last).max(row + 1);
        }
        None
    }

    /// How many places in a row leave no room for this number of others.
    fn most_beside(&self, units: usize) -> usize {
        (self.limit + 1).saturating_sub(units).max(1)
    }

    /// From when on this number can go out, as far as those that have gone out by now are counted.
    pub(super) fn has_room_from(&self, now: Instant, units: usize) -> Instant {
        let until = self.places.partition_point(|place| *place <= now);
        match until.checked_sub(self.most_beside(units)) {
            Some(oldest) => now.max(self.places[oldest] + self.period),
            None => now,
        }
    }

    /// How many places were taken since a response said how many are left.
    fn used(&self, cap: Cap) -> usize {
        self.places.partition_point(|place| *place < cap.until).saturating_sub(cap.known)
    }

    pub(super) fn take(&mut self, at: Instant, units: usize) {
        if self.places.back().is_none_or(|last| *last <= at) {
            (0..units).for_each(|_| self.places.push_back(at));
        } else {
            let index = self.places.partition_point(|place| *place <= at);
            (0..units).for_each(|_| self.places.insert(index, at));
        }
    }

    /// Gives back this number of places of this time, as far as there are any. Returns whether there is one.
    pub(super) fn give_back(&mut self, at: Instant, units: usize) -> bool {
        let behind = self.places.partition_point(|place| *place <= at);
        let of_then = self.places.range(..behind).rev().take(units).take_while(|place| **place == at).count();
        (behind - of_then..behind).rev().for_each(|index| self.remove(index));
        if of_then > 0 {
            self.reopen(at);
        }
        of_then > 0
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
    /// that are reserved may have to move. `claimed` are the request's own: their time and their number.
    pub(super) fn observe(&mut self, seen: &Observation, claimed: (Instant, usize), now: Instant) -> bool {
        if self.is_known(seen, now) {
            return false;
        }
        self.forget(now);
        let before = (self.limit, self.period, self.cap);
        let (place, units) = claimed;
        // A request that was refused was not served, so that another can be.
        let cost = if seen.refused { 0 } else { seen.cost.map_or(units, number) };
        let mut moves = cost < units && self.give_back(place, units - cost);
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
        let (Some(left), Some(wait)) = (seen.remaining.map(number), wait) else { return moves };
        if self.leaves(left, wait, seen.refused, now) {
            return moves;
        }
        let until = now + wait;
        let known = self.places.partition_point(|place| *place <= now);
        let said = Cap { left, until, known };
        self.cap = Some(match self.cap.filter(|_| !seen.refused) {
            Some(cap) if cap.left.saturating_sub(self.used(cap)) <= said.left => {
                Cap { until: cap.until.min(until), ..cap }
            }
            _ => said,
        });
        moves || self.cap.is_some_and(|cap| self.used(cap) > cap.left)
    }

    /// Whether nothing is to be noted: the limit is known, and the service leaves what it leaves.
    fn is_known(&self, seen: &Observation, now: Instant) -> bool {
        let is_same = |limit: Limit| (number(limit.requests), limit.period()) == (self.limit, self.period);
        let (Some(left), Some(wait)) = (seen.remaining.map(number), seen.reset) else { return false };
        seen.cost.is_none() && seen.limit.is_none_or(is_same) && self.leaves(left, wait, seen.refused, now)
    }

    /// Whether the limit holds requests back as much as what a response says is left for this time: what has gone out in the
    /// period that ends with this time counts in all of it.
    fn leaves(&self, left: usize, wait: Duration, refused: bool, now: Instant) -> bool {
        if refused || self.cap.is_some() || wait > self.period {
            return false;
        }
        let until = now + wait;
        // Mostly nothing is reserved, and nothing is older than the service's window.
        let is_out = self.places.back().is_none_or(|last| *last <= now);
        let behind =
            if is_out { self.places.len() } else { self.places.partition_point(|place| *place <= now) };
        let is_new = self.places.front().is_none_or(|first| *first + self.period > until);
        let before =
            if is_new { 0 } else { self.places.partition_point(|place| *place + self.period <= until) };
        left.saturating_add(behind.saturating_sub(before)) >= self.limit
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
        /// What is not noted would not have made any request wait.
        #[test]
        fn what_is_known_changes_no_place(
            (requests, seconds) in (1_u64..6, 1_u64..20),
            sent in proptest::collection::vec(0_u64..20, 0..12),
            (left, reset) in (0_u64..6, 1_u64..20),
            more in proptest::collection::vec(0_u64..30, 1..12),
        ) {
            let mut window = Window::new(Limit { requests, seconds });
            let mut now = Instant::now();
            for pause in sent {
                now += Duration::from_secs(pause);
                window.forget(now);
                let at = window.free_from(now, 1);
                window.take(at, 1);
                now = at;
            }
            let seen = Observation {
                remaining: Some(left),
                reset: Some(Duration::from_secs(reset)),
                ..Observation::default()
            };
            proptest::prop_assume!(window.is_known(&seen, now));
            let until = now + Duration::from_secs(reset);
            let mut used = 0;
            for later in more {
                let at = window.free_from(now + Duration::from_secs(later), 1);
                window.take(at, 1);
                used += u64::from(at < until);
            }
            proptest::prop_assert!(used <= left, "{used} of {left}");
        }

        /// What is remembered of a search changes the result of none.
        #[test]
        fn a_search_finds_the_first_place_that_is_free(
            (requests, seconds) in (1_u64..5, 1_u64..20),
            acts in proptest::collection::vec((0_u8..8, 0_u64..60, 1_usize..4), 1..80),
        ) {
            let mut window = Window::new(Limit { requests, seconds });
            let mut now = Instant::now();
            for (act, number, units) in acts {
                let units = units.min(window.limit);
                let at = now + Duration::from_secs(number);
                match act {
                    0 => now += Duration::from_secs(number / 20),
                    1 => window.forget(now),
                    2 if !window.places.is_empty() => {
                        let index = usize::try_from(number).expect("small") % window.places.len();
                        window.give_back(window.places[index], units);
                    }
                    3 if number % 4 == 0 => {
                        let (remaining, reset) = (Some(number / 20), Some(Duration::from_secs(number)));
                        let seen = Observation { remaining, reset, ..Observation::default() };
                        window.observe(&seen, (now, 0), now);
                    }
                    _ => {
                        let mut expected = at;
                        while let Some(later) = window.blocked_until(expected, units) {
                            expected = later;
                        }
                        let found = window.free_from(at, units);
                        // Within a cap, places that have become old are still used up: the search may know so.
                        proptest::prop_assert!(found == expected || window.cap.is_some() && found > expected);
                        window.take(found, units);
                    }
                }
            }
        }
    }
}
