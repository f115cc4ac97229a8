//! What this process has sent lately: to count by while the server is away, and to tell a server that has lost its data.

use super::known::usable_left;
use super::window::{Id, Window};
use opencloud::limit::Observation;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Beyond this many windows, those in which nothing counts any more are forgotten.
const MANY: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Own {
    windows: HashMap<String, Sent>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Sent {
    /// How long a request counts.
    period: Duration,
    requests: VecDeque<Request>,
    /// Until when a 429 holds requests back.
    held_until: Option<Instant>,
}

/// A request that was sent, and what it takes of the limit.
#[derive(Clone, Copy, Debug)]
struct Request {
    at: Instant,
    id: Id,
    cost: u64,
}

impl Sent {
    fn forget(&mut self, now: Instant) {
        while self.requests.front().is_some_and(|request| request.at + self.period <= now) {
            self.requests.pop_front();
        }
        self.held_until = self.held_until.filter(|until| *until > now);
    }
}

/// The requests of a window, with their ages.
#[derive(Debug)]
pub(super) struct Recent {
    pub(super) key: String,
    pub(super) period: Duration,
    /// Each with its age, and what it takes of the limit.
    pub(super) requests: Vec<(Id, Duration, u64)>,
}

impl Own {
    fn sent(&mut self, window: &Window, now: Instant) -> &mut Sent {
        if self.windows.len() >= self.sweep_at.max(MANY) {
            self.windows.retain(|_, sent| {
                sent.forget(now);
                !sent.requests.is_empty() || sent.held_until.is_some()
            });
            self.sweep_at = self.windows.len() * 2;
        }
        let new = || Sent { period: window.period, requests: VecDeque::new(), held_until: None };
        let sent = self.windows.entry(window.key.clone()).or_insert_with(new);
        sent.period = sent.period.max(window.period);
        sent.forget(now);
        sent
    }

    /// Counts a request that leaves now.
    pub(super) fn count(&mut self, windows: &[Window], id: Id) {
        let now = Instant::now();
        for window in windows {
            self.sent(window, now).requests.push_back(Request { at: now, id, cost: window.cost });
        }
    }

    /// Counts a request if it may leave under this part of its windows; otherwise says when to ask again.
    pub(super) fn enter(&mut self, windows: &[Window], part: f64, id: Id, now: Instant) -> Option<Instant> {
        let mut until = None;
        for window in windows {
            let (requests, period) = window.part(part);
            let sent = self.sent(window, now);
            sent.period = sent.period.max(period);
            let room = requests.saturating_sub(window.cost);
            // The newest that must be over.
            let mut newer = 0;
            let oldest =
                sent.requests.iter().rev().take_while(|request| request.at + period > now).find(|request| {
                    newer += request.cost;
                    newer > room
                });
            let oldest = oldest.map(|request| request.at);
            until = until.max(oldest.map(|oldest| oldest + period)).max(sent.held_until);
        }
        if until.is_none() {
            for window in windows {
                self.sent(window, now).requests.push_back(Request { at: now, id, cost: window.cost });
            }
        }
        until
    }

    /// Holds requests back for as long as a 429 says.
    pub(super) fn hold(&mut self, window: &Window, seen: &Observation) {
        let now = Instant::now();
        if let Some((0, wait)) = usable_left(seen) {
            self.sent(window, now).held_until = Some(now + wait);
        }
    }

    /// Counts a request as less: as nothing, if it was not sent or not served.
    pub(super) fn reduce(&mut self, window: &Window, id: Id, cost: u64) {
        let requests = &mut self.sent(window, Instant::now()).requests;
        let Some(index) = requests.iter().rposition(|request| request.id == id) else { return };
        match cost {
            0 => drop(requests.remove(index)),
            cost => requests[index].cost = cost.min(requests[index].cost),
        }
    }

    /// What still counts.
    pub(super) fn recent(&mut self) -> Vec<Recent> {
        let now = Instant::now();
        let mut recent = Vec::new();
        for (key, sent) in &mut self.windows {
            sent.forget(now);
            // A server is told a bounded number at a time.
            let requests: Vec<_> =
                sent.requests.iter().map(|sent| (sent.id, now - sent.at, sent.cost)).collect();
            let parts = requests.chunks(super::scripts::RESTORED_REQUESTS);
            recent.extend(parts.map(|part| Recent {
                key: key.clone(),
                period: sent.period,
                requests: part.to_vec(),
            }));
        }
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(requests: u64) -> Window {
        Window { key: "a".to_owned(), requests, period: Duration::from_secs(10), cost: 1 }
    }

    #[test]
    fn a_part_of_a_limit_counts_what_was_sent_before() {
        let (mut own, windows) = (Own::default(), [window(8)]);
        own.count(&windows, Id::new(0, 0));
        let start = Instant::now();
        assert_eq!(own.enter(&windows, 0.25, Id::new(0, 1), start), None);
        let until = own.enter(&windows, 0.25, Id::new(0, 2), start).expect("two of eight are sent");
        assert!(until <= start + Duration::from_secs(10), "{:?}", until - start);
        assert_eq!(own.enter(&windows, 0.25, Id::new(0, 2), start + Duration::from_secs(10)), None);
    }

    #[test]
    fn a_request_that_was_not_sent_is_taken_back_from_all_its_windows() {
        let (mut own, mut other) = (Own::default(), window(8));
        other.key = "b".to_owned();
        let windows = [window(8), other];
        own.count(&windows, Id::new(0, 0));
        own.count(&windows[1..], Id::new(0, 1));
        windows.iter().for_each(|window| own.reduce(window, Id::new(0, 0), 0));
        let counted: Vec<Id> =
            own.recent().iter().flat_map(|recent| &recent.requests).map(|(id, ..)| *id).collect();
        assert_eq!(counted, [Id::new(0, 1)], "the other request still counts");
    }

    #[test]
    fn a_request_that_costs_several_waits_for_as_many() {
        let (mut own, mut window) = (Own::default(), window(8));
        window.cost = 3;
        let (windows, start) = ([window], Instant::now());
        assert_eq!(own.enter(&windows, 1.0, Id::new(0, 0), start), None);
        assert_eq!(own.enter(&windows, 1.0, Id::new(0, 1), start + Duration::from_secs(1)), None);
        let third = Id::new(0, 2);
        let until = own.enter(&windows, 1.0, third, start + Duration::from_secs(2)).expect("two are left");
        assert_eq!(until, start + Duration::from_secs(10));
        own.reduce(&windows[0], Id::new(0, 1), 2);
        assert_eq!(own.enter(&windows, 1.0, third, start + Duration::from_secs(3)), None, "it has cost less");
    }

    #[test]
    fn windows_in_which_nothing_counts_are_forgotten() {
        let mut own = Own::default();
        let start = Instant::now();
        for user in 0..10_000_u32 {
            let window =
                Window { key: user.to_string(), requests: 2, period: Duration::from_secs(1), cost: 1 };
            assert_eq!(
                own.enter(&[window], 1.0, Id::new(0, 0), start + Duration::from_millis(10) * user),
                None
            );
        }
        assert!(own.windows.len() <= 2 * MANY, "{}", own.windows.len());
    }
}
