//! What the `x-ratelimit-*` headers and `retry-after` say.

use jiff::SignedDuration;

use crate::api::Shapes;
use crate::document::Operation;

/// The live service says to come back after this many seconds, however long the window is still full (RL-02).
const UNDERSTATED_WAIT: u128 = 5;
const DAY: u32 = 86_400;

/// One limit, and where the request stands in its window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tier {
    pub(super) limit: u64,
    pub(super) seconds: u32,
    pub(super) remaining: u64,
    /// Until the window ends.
    pub(super) reset: SignedDuration,
}

/// Where a request stands in all its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(super) tiers: Vec<Tier>,
    /// The place of the tier that refuses.
    pub(super) refused: Option<usize>,
}

/// How the live service writes the limits of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `300, 300;w=60, 300;w=60`: the closest limit, and then a list of all.
    List,
    /// `200;w=60` (RL-06).
    Alone,
    /// `5, 5;w=60, 5;w=60`, where a refusal has single numbers as well (LX-16, RL-11).
    Single,
    /// `40, 45;w=60, 40;w=60, 70000` (RL-11).
    Extended,
}

impl Form {
    pub(crate) fn of(operation: &Operation) -> Form {
        let path = operation.path.as_str();
        let is_luau = path.contains("luau-execution-session");
        match operation.method.as_str() {
            "GET" if is_luau && path.contains("/tasks/") => Form::Alone,
            // It was seen with tasks while their limit was another one. Of inputs nothing is recorded.
            "POST" if path.ends_with("-binary-inputs") => Form::Extended,
            "POST" if is_luau => Form::Single,
            _ => Form::List,
        }
    }
}

/// One item of a list: `limit;w=seconds`, or a bare number.
struct Item {
    text: String,
    remaining: u64,
    wait: u128,
}

type Headers = Vec<(&'static str, String)>;

impl Standing {
    /// The tier that counts: the one that refuses, else the one with the least left.
    fn closest(&self) -> Option<&Tier> {
        match self.refused {
            Some(index) => self.tiers.get(index),
            None => self.tiers.iter().min_by_key(|tier| tier.remaining),
        }
    }

    #[cfg(test)]
    pub(super) fn remaining(&self) -> u64 {
        self.closest().map_or(0, |tier| tier.remaining)
    }

    /// Real seconds until the closest limit is whole again, rounded up.
    #[cfg(test)]
    pub(super) fn wait(&self, speed: u32) -> u128 {
        self.closest().map_or(0, |tier| tier.wait(speed))
    }

    /// The headers. A client counts real seconds, of which a fast clock needs fewer.
    pub(crate) fn headers(&self, shapes: Shapes, form: Form, speed: u32) -> Headers {
        let Some(closest) = self.closest() else { return Headers::new() };
        let is_refused = self.refused.is_some();
        if !shapes.is_live() {
            return self.documented(closest, speed);
        }
        if is_refused && closest.seconds == DAY {
            return self.of_the_day(closest, speed);
        }
        let items = self.items(form, speed);
        let list = |of: &dyn Fn(&Item) -> String| items.iter().map(of).collect::<Vec<_>>().join(", ");
        let limits = list(&|item| item.text.clone());
        let mut headers =
            vec![(LIMIT, if form == Form::Alone { limits } else { format!("{}, {limits}", closest.limit) })];
        if is_refused && form != Form::Single {
            // RL-01: one number for each window, in the order of the limits.
            headers.push((REMAINING, list(&|item| item.remaining.to_string())));
            headers.push((RESET, list(&|item| item.wait.to_string())));
        } else {
            headers.push((REMAINING, closest.remaining.to_string()));
            headers.push((RESET, closest.wait(speed).to_string()));
        }
        if is_refused {
            headers.push((RETRY_AFTER, closest.wait(speed).min(UNDERSTATED_WAIT).to_string()));
        }
        headers
    }

    /// One number each, and `retry-after` as long as the window lasts.
    fn documented(&self, closest: &Tier, speed: u32) -> Headers {
        let mut limits = format!("{}, {};w={}", closest.limit, closest.limit, closest.seconds);
        if self.refused.is_none() {
            for tier in self.tiers.iter().filter(|tier| *tier != closest) {
                limits.push_str(&format!(", {};w={}", tier.limit, tier.seconds));
            }
        }
        let wait = closest.wait(speed).to_string();
        let mut headers =
            vec![(LIMIT, limits), (REMAINING, closest.remaining.to_string()), (RESET, wait.clone())];
        if self.refused.is_some() {
            headers.push((RETRY_AFTER, wait));
        }
        headers
    }

    /// RL-05: single numbers, and no `retry-after`. What remains, as it says, is not what remains of the day; of which limit it is, is
    /// unknown. Here it is the least that remains of the other limits.
    fn of_the_day(&self, day: &Tier, speed: u32) -> Headers {
        let limit = day.limit;
        let others = self.tiers.iter().filter(|tier| *tier != day);
        let remaining = others.map(|tier| tier.remaining).min().unwrap_or_default();
        vec![
            (LIMIT, format!("{limit}, {limit};w={DAY}, {limit};w={DAY}")),
            (REMAINING, remaining.to_string()),
            (RESET, day.wait(speed).to_string()),
        ]
    }

    fn items(&self, form: Form, speed: u32) -> Vec<Item> {
        let mut items: Vec<Item> = self.tiers.iter().map(|tier| tier.item(speed)).collect();
        let Some(first) = self.tiers.first() else { return items };
        // Limits of something else, such as the address, which nobody reaches here.
        let unused = |limit: u64, text: String| Item { text, remaining: limit, wait: 0 };
        match form {
            Form::Alone => items.truncate(1),
            Form::List | Form::Single if self.tiers.len() == 1 => {
                items.push(unused(first.limit, format!("{};w={}", first.limit, first.seconds)));
            }
            Form::List | Form::Single => {}
            Form::Extended => {
                let limit = first.limit + 5;
                items.insert(0, unused(limit, format!("{limit};w={}", first.seconds)));
                items.push(unused(70_000, "70000".to_owned()));
            }
        }
        items
    }
}

impl Tier {
    fn item(&self, speed: u32) -> Item {
        let text = format!("{};w={}", self.limit, self.seconds);
        Item { text, remaining: self.remaining, wait: self.wait(speed) }
    }

    fn wait(&self, speed: u32) -> u128 {
        let nanos = self.reset.as_nanos().max(1).unsigned_abs();
        nanos.div_ceil(1_000_000_000 * u128::from(speed.max(1)))
    }
}

const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";
const RETRY_AFTER: &str = "retry-after";

/// The headers of a 429 that a fault plays: the window of the operation's own limit is full for this many seconds more.
pub(crate) fn played(operation: &Operation, seconds: u32, shapes: Shapes) -> Headers {
    let limit = operation.rate_limits.api_key_owner.map_or((60, 60), |limit| (limit.requests, limit.seconds));
    let tier = Tier {
        limit: limit.0,
        seconds: if seconds > limit.1 { DAY } else { limit.1 },
        remaining: 0,
        reset: SignedDuration::from_secs(i64::from(seconds)),
    };
    Standing { tiers: vec![tier], refused: Some(0) }.headers(shapes, Form::of(operation), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(limit: u64, seconds: u32, remaining: u64, reset: i64) -> Tier {
        Tier { limit, seconds, remaining, reset: SignedDuration::from_secs(reset) }
    }

    fn values(standing: &Standing, shapes: Shapes, form: Form) -> Vec<String> {
        standing.headers(shapes, form, 1).into_iter().map(|(_, value)| value).collect()
    }

    /// RL-01, RL-02
    #[test]
    fn a_refusal_has_lists_and_a_retry_after_that_is_too_short() {
        let standing = Standing { tiers: vec![tier(300, 60, 0, 22)], refused: Some(0) };
        let live = ["300, 300;w=60, 300;w=60", "0, 300", "22, 0", "5"];
        assert_eq!(values(&standing, Shapes::Live, Form::List), live);
        let documented = ["300, 300;w=60", "0", "22", "22"];
        assert_eq!(values(&standing, Shapes::Document, Form::List), documented);
    }

    /// LX-16
    #[test]
    fn the_quota_of_tasks_has_single_numbers() {
        let standing = Standing { tiers: vec![tier(5, 60, 0, 44)], refused: Some(0) };
        assert_eq!(values(&standing, Shapes::Live, Form::Single), ["5, 5;w=60, 5;w=60", "0", "44", "5"]);
    }

    /// RL-06, RL-11
    #[test]
    fn some_operations_have_forms_of_their_own() {
        let standing = Standing { tiers: vec![tier(40, 60, 39, 30)], refused: None };
        let extended = ["40, 45;w=60, 40;w=60, 70000", "39", "30"];
        assert_eq!(values(&standing, Shapes::Live, Form::Extended), extended);
        assert_eq!(values(&standing, Shapes::Live, Form::Alone), ["40;w=60", "39", "30"]);
        let refused = Standing { tiers: vec![tier(40, 60, 0, 30)], refused: Some(0) };
        let extended = ["40, 45;w=60, 40;w=60, 70000", "45, 0, 70000", "0, 30, 0", "5"];
        assert_eq!(values(&refused, Shapes::Live, Form::Extended), extended);
    }

    /// RL-05
    #[test]
    fn a_day_that_is_used_up_has_single_numbers_and_no_retry_after() {
        let tiers = vec![tier(40, 60, 40, 30), tier(100, DAY, 0, 56_442)];
        let standing = Standing { tiers, refused: Some(1) };
        let expected = ["100, 100;w=86400, 100;w=86400", "40", "56442"];
        assert_eq!(values(&standing, Shapes::Live, Form::List), expected);
    }

    #[test]
    fn the_closest_limit_is_the_one_with_the_least_left() {
        let tiers = vec![tier(300, 60, 200, 10), tier(10, 1, 3, 1)];
        let standing = Standing { tiers, refused: None };
        assert_eq!(values(&standing, Shapes::Live, Form::List), ["10, 300;w=60, 10;w=1", "3", "1"]);
    }
}
