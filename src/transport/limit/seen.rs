//! Which of a call's quotas a response speaks of, and what it says of each.

use super::{Observation, Quota};
use crate::spec::Limit;
use crate::spec::{RateLimitStatus, RateLimitWindow};
use http::StatusCode;

/// What a response says of each quota of its call: only of those whose figures it names (`RL-10`). The headers
/// of a ban name the limits of the user, of the universe and of the key, each of which is another window.
///
/// A call with no quota but its operation's own has no other window that could be meant: there, whatever the
/// headers say corrects it.
pub(super) fn of(quotas: &[Quota], status: &RateLimitStatus, refused: bool) -> Vec<Observation> {
    let mut seen = vec![Observation { refused, ..Observation::default() }; quotas.len()];
    match quotas {
        [quota] if quota.is_own => {
            seen[0] = Observation {
                limit: stated(quota, status),
                remaining: status.remaining,
                reset: status.reset,
                refused,
            };
        }
        _ => {
            for window in &status.windows {
                if let Some(index) = quotas.iter().position(|quota| quota.is_stated_by(window)) {
                    seen[index].remaining = window.remaining.or(seen[index].remaining);
                    seen[index].reset = window.reset.or(seen[index].reset);
                }
            }
        }
    }
    if refused {
        hold(&mut seen, status);
    }
    seen
}

/// After a 429: what is used up holds until the wait is over. Where the response does not say what that is, it
/// is the narrowest: whichever it was, requests to that would be refused, too.
fn hold(seen: &mut [Observation], status: &RateLimitStatus) {
    let wait = status.wait(StatusCode::TOO_MANY_REQUESTS);
    let is_known = seen.len() > 1 && seen.iter().any(|seen| seen.remaining == Some(0));
    for (index, seen) in seen.iter_mut().enumerate() {
        if (is_known && seen.remaining == Some(0)) || (!is_known && index == 0) {
            seen.remaining = Some(0);
            seen.reset = match is_known {
                true => seen.reset.max(status.retry_after).or(wait),
                false => wait,
            };
        }
    }
}

/// The limit that the headers state for an operation: of several windows of the same length the smallest (`40,
/// 45;w=60, 40;w=60`: `RL-11`), and of others the closest.
fn stated(quota: &Quota, status: &RateLimitStatus) -> Option<Limit> {
    let windows = status.windows.iter().filter_map(limit);
    let same = windows.clone().filter(|limit| limit.seconds == quota.limit.seconds);
    let closest = || windows.clone().find(|limit| Some(limit.requests) == status.limit);
    same.min_by_key(|limit| limit.requests).or_else(closest).or_else(|| windows.clone().next())
}

fn limit(window: &RateLimitWindow) -> Option<Limit> {
    Some(Limit { requests: window.limit?, seconds: window.period?.as_secs() })
}

impl Quota {
    fn is_stated_by(&self, window: &RateLimitWindow) -> bool {
        limit(window).is_some_and(|limit| limit == Limit { requests: self.stated, ..self.limit })
    }
}
