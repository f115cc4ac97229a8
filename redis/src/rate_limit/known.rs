//! What the server is known to know of windows, so that it is told only what is news.

use super::scripts::Room;
use super::window::Window;
use opencloud::limit::Observation;
use std::collections::HashMap;
use std::time::Duration;

/// Beyond this many windows, all are forgotten: then it is told a little more than is news.
const MOST: usize = 4096;

/// The longest that a response can hold requests back, and the longest period that it can set: as in this process alone.
pub(super) const LONGEST_HOLD: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Default)]
pub(super) struct Known(HashMap<String, Room>);

impl Known {
    pub(super) fn learn(&mut self, windows: &[Window], rooms: &[Room]) {
        if self.0.len() > MOST {
            self.0.clear();
        }
        for (window, room) in windows.iter().zip(rooms) {
            match self.0.get_mut(&window.key) {
                Some(known) => *known = *room,
                None => {
                    self.0.insert(window.key.clone(), *room);
                }
            }
        }
    }

    /// Whether a response says more than the server knows.
    pub(super) fn is_news(&mut self, window: &Window, seen: &Observation) -> bool {
        let (limit, left) = (usable_limit(seen), usable_left(seen));
        if limit.is_none() && left.is_none() {
            return false;
        }
        let Some(known) = self.0.get_mut(&window.key) else { return true };
        let is_news = seen.refused
            || limit.is_some_and(|limit| limit != (known.requests, known.period))
            || left.is_some_and(|(left, _)| left < known.left);
        if let Some((left, _)) = left {
            known.left = known.left.min(left);
        }
        is_news
    }
}

/// The limit that a response states, if it can take the place of the known one.
pub(super) fn usable_limit(seen: &Observation) -> Option<(u64, Duration)> {
    let limit = seen.limit.filter(|limit| limit.period() <= LONGEST_HOLD && limit.requests > 0)?;
    Some((limit.requests, limit.period()))
}

/// How many are left, and how long that counts.
pub(super) fn usable_left(seen: &Observation) -> Option<(u64, Duration)> {
    Some((seen.remaining?, seen.reset.filter(|reset| *reset <= LONGEST_HOLD)?))
}

/// What two responses say together.
pub(super) fn merged(before: Option<&Observation>, seen: &Observation) -> Observation {
    let Some(before) = before else { return *seen };
    let mut merged = *seen;
    merged.limit = seen.limit.or(before.limit);
    merged.refused |= before.refused;
    let is_tighter = match (usable_left(before), usable_left(seen)) {
        (Some((before, _)), Some((seen, _))) => before < seen,
        (before, seen) => before.is_some() && seen.is_none(),
    };
    if is_tighter || (before.refused && !seen.refused) {
        (merged.remaining, merged.reset) = (before.remaining, before.reset);
    }
    merged
}
