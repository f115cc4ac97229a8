//! Rate limits, on the emulator's clock: those of the document for each credential and operation, and those that a
//! universe has for its data stores, memory stores, translations and user restrictions.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

mod policy;

pub(crate) use policy::{afterwards, charges};

/// When there are more windows, those that have passed are dropped, and then all.
const MAX_WINDOWS: usize = 100_000;

/// A part of a limit that a request uses up.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    key: Key,
    limit: u64,
    /// The length of the window.
    seconds: u32,
    cost: u64,
    /// What counts anything else is in no header.
    counts_requests: bool,
    /// The service's own word for a refusal.
    name: Option<&'static str>,
    /// What is limited, for the message.
    what: &'static str,
}

/// Whose limit it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// A hash of the owner, the key or the token, and the operation's id.
    Credential(u64, &'static str),
    /// A universe and the class of its requests.
    Universe(u64, &'static str),
    /// A universe, the class, and a hash of what else the limit is for.
    Part(u64, &'static str, u64),
}

/// Where a request stands afterwards: the values of the `x-ratelimit-*` headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// All limits, the closest first.
    limits: Vec<(u64, u32)>,
    remaining: u64,
    /// Until the closest limit is whole again.
    reset: SignedDuration,
}

#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) standing: Standing,
    pub(crate) name: Option<&'static str>,
    pub(crate) message: String,
}

/// All limits together.
#[derive(Default)]
pub(crate) struct Limits {
    windows: Mutex<HashMap<Key, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Timestamp,
    used: u64,
}

impl Limits {
    /// Uses up all charges, or none if one of them is too much.
    pub(crate) fn admit(&self, charges: &[Charge], now: Timestamp) -> Result<Option<Standing>, Refusal> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, now);
        for charge in charges {
            let window = charge.window(&mut windows, now);
            // A single request that is more than the whole limit is let through once.
            let is_over = window.used + charge.cost > charge.limit && (window.used > 0 || charge.cost == 0);
            if is_over || window.used >= charge.limit {
                let standing = Standing {
                    limits: vec![(charge.limit, charge.seconds)],
                    remaining: 0,
                    reset: charge.reset(*window, now),
                };
                let message = format!(
                    "Too many requests: {} is limited to {} per {} s.",
                    charge.what, charge.limit, charge.seconds
                );
                return Err(Refusal { standing, name: charge.name, message });
            }
        }
        let mut closest: Option<(u64, SignedDuration)> = None;
        let mut limits = Vec::new();
        for charge in charges {
            let window = charge.window(&mut windows, now);
            window.used = window.used.saturating_add(charge.cost);
            let remaining = charge.limit.saturating_sub(window.used);
            if !charge.counts_requests {
                continue;
            }
            let limit = (charge.limit, charge.seconds);
            if closest.is_none_or(|(least, _)| remaining < least) {
                closest = Some((remaining, charge.reset(*window, now)));
                limits.insert(0, limit);
            } else {
                limits.push(limit);
            }
        }
        Ok(closest.map(|(remaining, reset)| Standing { limits, remaining, reset }))
    }

    /// Uses up what is known only afterwards, even if it is too much.
    pub(crate) fn spend(&self, charge: &Charge, cost: u64, now: Timestamp) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = charge.window(&mut windows, now);
        window.used = window.used.saturating_add(cost);
    }

    pub(crate) fn clear(&self) {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn make_room(windows: &mut HashMap<Key, Window>, now: Timestamp) {
    if windows.len() < MAX_WINDOWS {
        return;
    }
    windows.retain(|_, window| now.duration_since(window.began) < SignedDuration::from_secs(60));
    if windows.len() >= MAX_WINDOWS {
        windows.clear();
    }
}

impl Charge {
    fn length(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.seconds))
    }

    fn window<'a>(&self, windows: &'a mut HashMap<Key, Window>, now: Timestamp) -> &'a mut Window {
        let fresh = Window { began: now, used: 0 };
        let window = windows.entry(self.key.clone()).or_insert(fresh);
        let age = now.duration_since(window.began);
        // A state that was loaded may have taken the clock back.
        if age >= self.length() || age.is_negative() {
            *window = fresh;
        }
        window
    }

    fn reset(&self, window: Window, now: Timestamp) -> SignedDuration {
        self.length() - now.duration_since(window.began)
    }
}

impl Standing {
    /// The `x-ratelimit-*` headers. A client counts real seconds, of which a fast clock needs fewer.
    pub(crate) fn headers(&self, speed: u32) -> [(&'static str, String); 3] {
        let first = self.limits.first().map_or(0, |(limit, _)| *limit);
        let mut limits = first.to_string();
        for (limit, seconds) in &self.limits {
            limits.push_str(&format!(", {limit};w={seconds}"));
        }
        [
            ("x-ratelimit-limit", limits),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", self.wait(speed).to_string()),
        ]
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.remaining == 0
    }

    /// Real seconds until the limit is whole again, rounded up.
    pub(crate) fn wait(&self, speed: u32) -> u128 {
        let nanos = self.reset.as_nanos().max(1).unsigned_abs();
        nanos.div_ceil(1_000_000_000 * u128::from(speed.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(limit: u64, seconds: u32, cost: u64) -> Charge {
        Charge {
            key: Key::Universe(1, "x"),
            limit,
            seconds,
            cost,
            counts_requests: true,
            name: None,
            what: "x",
        }
    }

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).expect("a time")
    }

    #[test]
    fn a_window_is_used_up_and_begins_anew() {
        let limits = Limits::default();
        let charges = [charge(2, 60, 1)];
        let standing = limits.admit(&charges, at(0)).expect("admitted").expect("a standing");
        assert_eq!(standing.headers(1).map(|(_, value)| value), ["2, 2;w=60", "1", "60"]);
        assert!(limits.admit(&charges, at(30_500)).is_ok());
        let refusal = limits.admit(&charges, at(30_500)).expect_err("refused");
        assert_eq!(refusal.standing.wait(1), 30);
        assert_eq!(refusal.standing.wait(10), 3);
        assert!(limits.admit(&charges, at(59_999)).is_err());
        assert!(limits.admit(&charges, at(60_000)).is_ok());
    }

    #[test]
    fn a_refused_request_uses_nothing_up() {
        let limits = Limits::default();
        let other = Charge { key: Key::Universe(2, "x"), ..charge(1, 60, 1) };
        limits.admit(std::slice::from_ref(&other), at(0)).expect("admitted");
        let both = [charge(5, 60, 1), other];
        limits.admit(&both, at(0)).expect_err("refused");
        let standing = limits.admit(&both[..1], at(0)).expect("admitted").expect("a standing");
        assert_eq!(standing.remaining, 4);
    }

    #[test]
    fn what_is_larger_than_the_limit_is_let_through_once() {
        let limits = Limits::default();
        assert!(limits.admit(&[charge(10, 60, 50)], at(0)).is_ok());
        assert!(limits.admit(&[charge(10, 60, 1)], at(0)).is_err());
        limits.spend(&charge(10, 60, 0), 100, at(60_000));
        assert!(limits.admit(&[charge(10, 60, 0)], at(60_000)).is_err());
    }
}
