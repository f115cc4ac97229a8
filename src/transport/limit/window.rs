//! How many requests went out in the last period.

use super::super::headers::RateLimitStatus;
use crate::call::info::Limit;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The most requests that a window remembers; a larger limit is not worth counting.
const LARGEST: u64 = 100_000;

/// The longest that an answer can hold requests back.
const LONGEST_HOLD: Duration = Duration::from_secs(5 * 60);

/// A sliding window: exact, so that no period of the limit's length ever sees more requests than
/// the limit. A token bucket would let almost twice as many through around a full bucket.
#[derive(Debug)]
pub(super) struct Window {
    limit: u64,
    period: Duration,
    /// When the requests of the last period went out.
    sent: VecDeque<Instant>,
    /// What an answer said is left, and until when that counts.
    left: Option<(u64, Instant)>,
}

impl Window {
    pub(super) fn new(limit: Limit) -> Self {
        Self { limit: limit.requests, period: limit.period(), sent: VecDeque::new(), left: None }
    }

    /// Whether a limit is worth a window.
    pub(super) fn counts(limit: Limit) -> bool {
        limit.requests <= LARGEST && limit.seconds > 0
    }

    /// When the next request may go out, if that is not now.
    pub(super) fn busy_until(&mut self, now: Instant) -> Option<Instant> {
        self.forget(now);
        let full = u64::try_from(self.sent.len()).unwrap_or(u64::MAX) >= self.limit;
        // With a limit that an answer has lowered, more than one request may have to age.
        let over = self.sent.len().saturating_sub(usize::try_from(self.limit).unwrap_or(usize::MAX));
        let full_until = self.sent.get(over).filter(|_| full).map(|sent| *sent + self.period);
        let held_until = self.left.filter(|(left, _)| *left == 0).map(|(_, until)| until);
        full_until.max(held_until)
    }

    pub(super) fn take(&mut self, now: Instant) {
        self.sent.push_back(now);
        if let Some((left, _)) = &mut self.left {
            *left = left.saturating_sub(1);
        }
    }

    /// Takes back what was counted then. What an answer said is left stays as it is.
    pub(super) fn give_back(&mut self, at: Instant) {
        if let Some(place) = self.sent.iter().rposition(|sent| *sent == at) {
            self.sent.remove(place);
        }
    }

    /// What an answer says replaces what the specification says; what it says is left can only
    /// tighten, because requests may be under way that the service has not seen.
    pub(super) fn observe(&mut self, status: &RateLimitStatus, refused: bool, now: Instant) {
        self.forget(now);
        // A longer window is not counted in; cut short, it would let more through than it says.
        if let (Some(limit), Some(period)) =
            (status.limit, status.window.filter(|window| *window <= LONGEST_HOLD))
        {
            (self.limit, self.period) = (limit.min(LARGEST), period);
        }
        let left = if refused { Some(0) } else { status.remaining };
        let wait = if refused { status.retry_after.or(status.reset) } else { status.reset };
        let (Some(left), Some(wait)) = (left, wait) else { return };
        let until = now + wait.min(LONGEST_HOLD);
        self.left = match self.left {
            Some((known, known_until)) if known <= left && !refused => Some((known, known_until.min(until))),
            _ => Some((left, until)),
        };
    }

    /// Whether forgetting it loses nothing.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.sent.is_empty() && self.left.is_none()
    }

    fn forget(&mut self, now: Instant) {
        while self.sent.front().is_some_and(|sent| *sent + self.period <= now) {
            self.sent.pop_front();
        }
        self.left = self.left.filter(|(_, until)| *until > now);
    }
}
