//! Rate limits, on the emulator's clock: those of the document for each credential and operation, and those that a
//! universe has for its data stores, memory stores, translations and user restrictions.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::api::later;

mod charge;
mod policy;
mod standing;

pub(crate) use charge::Charge;
pub(crate) use policy::{Asked, afterwards, charges};
pub(crate) use standing::{Form, Standing, played};

use charge::Key;
use standing::Tier;

/// When there are more windows, those that have passed are dropped, and then all.
const MAX_WINDOWS: usize = 100_000;

/// A refusal of a limit.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) standing: Standing,
    pub(crate) name: Option<&'static str>,
    pub(crate) message: String,
    /// The limit is the gateway's, not the service's.
    pub(crate) by_gateway: bool,
}

/// All limits together.
#[derive(Default)]
pub(crate) struct Limits {
    windows: Mutex<HashMap<Key, Window>>,
    /// Of each operation that has one, the limit for the day.
    daily: HashMap<String, u64>,
}

/// Windows are as long as their limit says, and begin at whole multiples of that length: at the full minute, at
/// midnight (RL-09).
#[derive(Debug, Clone, Copy)]
struct Window {
    began: Timestamp,
    ends: Timestamp,
    used: u64,
}

impl Limits {
    pub(crate) fn new(daily: HashMap<String, u64>) -> Limits {
        Limits { windows: Mutex::default(), daily }
    }

    pub(crate) fn daily(&self, operation: &str) -> Option<u64> {
        self.daily.get(operation).copied()
    }

    /// Uses up all charges, or none if one of them is too much.
    pub(crate) fn admit(&self, charges: &[Charge], now: Timestamp) -> Result<Option<Standing>, Refusal> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, now);
        let refusing = charges.iter().position(|charge| {
            let window = charge.window(&mut windows, now);
            // A single request that is more than the whole limit is let through once.
            let is_over = window.used + charge.cost > charge.limit && (window.used > 0 || charge.cost == 0);
            is_over || window.used >= charge.limit
        });
        let mut tiers = Vec::new();
        let mut refused = None;
        for (index, charge) in charges.iter().enumerate() {
            let window = charge.window(&mut windows, now);
            if refusing.is_none() {
                window.used = window.used.saturating_add(charge.cost);
            }
            let mut tier = Tier {
                limit: charge.limit,
                seconds: charge.seconds,
                remaining: charge.limit.saturating_sub(window.used),
                reset: window.ends.duration_since(now),
            };
            if refusing == Some(index) {
                tier.remaining = 0;
                refused = Some(tiers.len());
                tiers.push(tier);
            } else if charge.counts_requests {
                tiers.push(tier);
            }
        }
        let standing = Standing { tiers, refused };
        let Some(charge) = refusing.map(|index| &charges[index]) else {
            return Ok((!standing.tiers.is_empty()).then_some(standing));
        };
        let message = format!(
            "Too many requests: {} is limited to {} per {} s.",
            charge.what, charge.limit, charge.seconds
        );
        let by_gateway = matches!(charge.key, Key::Credential(..) | Key::Daily(..));
        Err(Refusal { standing, name: charge.name, message, by_gateway })
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
    windows.retain(|_, window| window.ends > now);
    if windows.len() >= MAX_WINDOWS {
        windows.clear();
    }
}

impl Charge {
    fn window<'a>(&self, windows: &'a mut HashMap<Key, Window>, now: Timestamp) -> &'a mut Window {
        let length = i64::from(self.seconds.max(1));
        let began = now.as_second().div_euclid(length) * length;
        let began = Timestamp::from_second(began).unwrap_or(now);
        let fresh = Window { began, ends: later(began, length), used: 0 };
        let window = windows.entry(self.key.clone()).or_insert(fresh);
        // A state that was loaded may have taken the clock back.
        if window.began != began {
            *window = fresh;
        }
        window
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
    fn a_window_is_used_up_and_begins_anew_at_the_full_minute() {
        let limits = Limits::default();
        let charges = [charge(2, 60, 1)];
        let standing = limits.admit(&charges, at(45_000)).expect("admitted").expect("a standing");
        assert_eq!((standing.remaining(), standing.wait(1)), (1, 15), "RL-09: aligned to the clock");
        assert!(limits.admit(&charges, at(50_500)).is_ok());
        let refusal = limits.admit(&charges, at(50_500)).expect_err("refused");
        assert_eq!(refusal.standing.wait(1), 10);
        assert_eq!(refusal.standing.wait(10), 1);
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
        assert_eq!(standing.remaining(), 4);
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
