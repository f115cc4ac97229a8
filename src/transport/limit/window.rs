//! The places of one limit: when requests went out, and when those that wait will.

use super::Observation;
use crate::call::info::Limit;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The most requests that a window remembers; a larger limit is not worth counting.
const LARGEST: u64 = 100_000;

/// The longest that a response can hold requests back.
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
}

/// What a response said is left, and until when that counts.
#[derive(Clone, Copy, Debug)]
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
        }
    }

    /// Whether a limit is worth a window.
    pub(super) fn counts(limit: Limit) -> bool {
        limit.requests <= LARGEST && limit.seconds > 0
    }

    /// The first time from this one on that a place is free at.
    pub(super) fn free_from(&self, from: Instant) -> Instant {
        let mut at = from;
        while let Some(later) = self.blocked_until(at) {
            at = later;
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
        let last_row = self.places.len().checked_sub(self.limit)?.min(behind);
        (behind.saturating_sub(self.limit)..=last_row).find_map(|row| {
            let (first, last) = (self.places[row], self.places[row + self.limit - 1]);
            let ends = first + self.period;
            (at < ends && last < at + self.period).then_some(ends)
        })
    }

    /// How many places were taken since a response said how many are left.
    fn used(&self, cap: Cap) -> usize {
        self.places.partition_point(|place| *place < cap.until).saturating_sub(cap.known)
    }

    pub(super) fn take(&mut self, at: Instant) {
        self.places.insert(self.places.partition_point(|place| *place <= at), at);
    }

    /// Gives back a place of this time.
    pub(super) fn give_back(&mut self, at: Instant) {
        let behind = self.places.partition_point(|place| *place <= at);
        if let Some(index) = behind.checked_sub(1).filter(|index| self.places[*index] == at) {
            self.remove(index);
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
    }

    /// What a response says replaces what the specification says; what it says is left can only
    /// tighten, because requests may be under way that the service has not seen. Returns whether places
    /// that are reserved may have to move.
    pub(super) fn observe(&mut self, seen: &Observation, now: Instant) -> bool {
        self.forget(now);
        let mut moves = false;
        if seen.refused {
            // It was not served, so that another can be. Of those that went out it was one of the last.
            let sent = self.places.partition_point(|place| *place <= now);
            if let Some(last) = sent.checked_sub(1) {
                self.remove(last);
                moves = true;
            }
        }
        // A longer window is not counted in; cut short, it would let more through than it says.
        if let Some(limit) = seen.limit.filter(|limit| limit.period() <= LONGEST_HOLD && limit.requests > 0) {
            let said = (number(limit.requests.min(LARGEST)), limit.period());
            moves |= said != (self.limit, self.period);
            (self.limit, self.period) = said;
        }
        let (Some(left), Some(wait)) = (seen.remaining, seen.reset) else { return moves };
        let until = now + wait.min(LONGEST_HOLD);
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
    }
}

fn number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
