//! The faults that are in force.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{By, EdgeServer, Effect, Fault, FaultError, Route};
use crate::document::{Document, Operation, without_names};
use crate::mix::mix;

const MAX_RULES: usize = 1_000;

/// What is to be played for one request.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) latency: Duration,
    pub(crate) effect: Option<Effect>,
    pub(crate) retry_after: Option<u32>,
    /// Seconds until the window of a rate limit ends.
    pub(crate) reset: Option<u32>,
    pub(crate) by: Option<By>,
    pub(crate) server: EdgeServer,
    /// The faults, as they were written.
    pub(crate) text: Option<String>,
}

pub(crate) struct Rules {
    rules: Mutex<List>,
    /// Spares requests the lock as long as there are none.
    any: AtomicBool,
    seed: u64,
}

#[derive(Default)]
struct List {
    rules: Vec<Rule>,
    last_number: u64,
}

/// A fault in force, and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) number: u64,
    pub(crate) fault: Fault,
    /// The operation; none for all.
    operation: Option<String>,
    /// How many requests it was for.
    pub(crate) matched: u64,
    /// How many of them it was played for.
    pub(crate) played: u32,
}

impl Rules {
    pub(crate) fn new(seed: u64) -> Rules {
        Rules { rules: Mutex::default(), any: AtomicBool::new(false), seed }
    }

    /// The id of the operation that a text names as faults do: `users.get`, or a method and a path template.
    pub(crate) fn operation(document: &Document, text: &str) -> Result<String, FaultError> {
        let fault: Fault = format!("{text}=429").parse()?;
        let every = || FaultError(format!("`{text}` is not one operation"));
        operation(document, &fault.route)?.ok_or_else(every)
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a fault in force: its number.
    pub(crate) fn add(&self, document: &Document, fault: Fault) -> Result<u64, FaultError> {
        let operation = operation(document, &fault.route)?;
        let mut list = self.list();
        if list.rules.len() >= MAX_RULES {
            return Err(FaultError(format!("there are {MAX_RULES} faults already: remove some")));
        }
        list.last_number += 1;
        let number = list.last_number;
        list.rules.push(Rule { number, fault, operation, matched: 0, played: 0 });
        self.any.store(true, Ordering::Release);
        Ok(number)
    }

    pub(crate) fn clear(&self) {
        self.list().rules.clear();
        self.any.store(false, Ordering::Release);
    }

    /// Whether there was one of that number.
    pub(crate) fn remove(&self, number: u64) -> bool {
        let mut list = self.list();
        let before = list.rules.len();
        list.rules.retain(|rule| rule.number != number);
        self.any.store(!list.rules.is_empty(), Ordering::Release);
        list.rules.len() < before
    }

    pub(crate) fn all(&self) -> Vec<Rule> {
        self.list().rules.clone()
    }

    /// What is played for a request: all latencies together, and the first of the other effects.
    pub(crate) fn plan(&self, operation: &Operation, is_reused: bool) -> Plan {
        let mut plan = Plan::default();
        if !self.any.load(Ordering::Acquire) {
            return plan;
        }
        for rule in &mut self.list().rules {
            let effect = rule.fault.effect;
            let is_latency = matches!(effect, Effect::Latency(_));
            if !is_latency && plan.effect.is_some() || !rule.hits(operation, is_reused, self.seed) {
                continue;
            }
            match effect {
                Effect::Latency(latency) => plan.latency = plan.latency.saturating_add(latency),
                other => {
                    plan.effect = Some(other);
                    plan.reset = rule.fault.reset;
                    plan.by = rule.fault.by;
                    plan.server = rule.fault.server;
                }
            }
            plan.retry_after = plan.retry_after.or(rule.fault.retry_after);
            let text = plan.text.take().map(|text| text + " ").unwrap_or_default();
            plan.text = Some(text + &rule.fault.to_string());
        }
        plan
    }
}

impl Rule {
    fn hits(&mut self, operation: &Operation, is_reused: bool, seed: u64) -> bool {
        if self.fault.reused && !is_reused {
            return false;
        }
        if self.operation.as_ref().is_some_and(|id| *id != operation.id) {
            return false;
        }
        self.matched += 1;
        let is_due = self.matched > u64::from(self.fault.skip)
            && self.fault.count.is_none_or(|count| self.played < count)
            && self.chance(seed) < self.fault.probability;
        self.played = self.played.saturating_add(u32::from(is_due));
        is_due
    }

    /// From 0 to almost 1. It depends on the seed, the rule and the request's place among those of the rule, and on
    /// no other requests.
    fn chance(&self, seed: u64) -> f64 {
        let mixed = mix(mix(seed ^ mix(self.number)).wrapping_add(self.matched));
        // The 53 bits that a double holds.
        (mixed >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The id of the operation that a route names.
fn operation(document: &Document, route: &Route) -> Result<Option<String>, FaultError> {
    match route {
        Route::Every => Ok(None),
        Route::Id(id) if document.operation(id).is_some() => Ok(Some(id.clone())),
        Route::Id(id) => {
            let area = id.split('.').next();
            let mut known = document.operations().iter().map(|operation| operation.id.as_str());
            let like = known.find(|known| known.split('.').next() == area).unwrap_or("users.get");
            Err(FaultError(format!("there is no operation `{id}`; one that there is: {like}")))
        }
        Route::Path(method, path) => {
            let key = without_names(&format!("{method} {path}"));
            let mut operations = document.operations().iter();
            let found = operations.find(|operation| without_names(&operation.key()) == key);
            let missing = || FaultError(format!("there is no operation at {method} {path}"));
            found.map(|operation| Some(operation.id.clone())).ok_or_else(missing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(seed: u64, fault: &str, requests: usize) -> Vec<bool> {
        let document = Document::embedded();
        let rules = Rules::new(seed);
        rules.add(document, fault.parse().expect("a fault")).expect("added");
        let operation = document.operation("users.get").expect("known");
        (0..requests).map(|_| rules.plan(operation, false).effect.is_some()).collect()
    }

    #[test]
    fn the_same_seed_plays_the_same_faults() {
        let fault = "*=503,probability=0.3";
        let (one, two) = (played(1, fault, 1_000), played(1, fault, 1_000));
        assert_eq!(one, two);
        assert_ne!(one, played(2, fault, 1_000));
        let hits = one.iter().filter(|hit| **hit).count();
        assert!((200..400).contains(&hits), "{hits}");
    }

    #[test]
    fn counts_and_skips() {
        assert_eq!(played(0, "users.get=503,skip=1,count=2", 5), [false, true, true, false, false]);
        assert_eq!(played(0, "GET /cloud/v2/users/{id}=503", 2), [true, true]);
        assert_eq!(played(0, "groups.get=503", 2), [false, false]);
    }

    #[test]
    fn only_a_connection_that_is_used_again_counts() {
        let document = Document::embedded();
        let rules = Rules::new(0);
        rules.add(document, "*=stall,reused,count=1".parse().expect("a fault")).expect("added");
        let operation = document.operation("users.get").expect("known");
        assert_eq!(rules.plan(operation, false).effect, None);
        assert_eq!(rules.plan(operation, true).effect, Some(Effect::Stall(Duration::from_secs(19))));
        assert_eq!(rules.plan(operation, true).effect, None);
    }

    #[test]
    fn latencies_add_up_and_the_first_other_effect_counts() {
        let document = Document::embedded();
        let rules = Rules::new(0);
        for fault in ["*=latency:10ms", "*=503,count=1", "users.get=latency:5ms", "*=reset"] {
            rules.add(document, fault.parse().expect("a fault")).expect("added");
        }
        let operation = document.operation("users.get").expect("known");
        let plan = rules.plan(operation, false);
        assert_eq!((plan.latency, plan.effect), (Duration::from_millis(15), Some(Effect::Refuse(503))));
        assert_eq!(rules.plan(operation, false).effect, Some(Effect::Reset));
        assert!(rules.remove(4) && !rules.remove(4));
        assert_eq!(rules.plan(operation, false).effect, None);
    }

    #[test]
    fn routes_that_do_not_exist_are_refused() {
        let add = |fault: &str| {
            let rules = Rules::new(0);
            let added = rules.add(Document::embedded(), fault.parse().expect("a fault"));
            added.expect_err("refused").to_string()
        };
        assert!(add("users.got=503").contains("no operation `users.got`; one that there is: users."));
        assert!(add("GET /cloud/v2/nothing=503").contains("no operation at GET /cloud/v2/nothing"));
    }
}
