//! Which of a call's quotas a response speaks of, and what it says of each.

use super::quota::Observation;
use super::rules::Rule;
use crate::spec::{Limit, RateLimitStatus, RateLimitWindow};
use http::StatusCode;
use smallvec::SmallVec;

/// Of each limit, what a response says.
pub(super) type Observations = SmallVec<[Observation; 2]>;

/// What a response says of each limit of its request: only of those whose figures it names (`RL-10`). The headers
/// of a ban name the limits of the user, of the universe and of the key, each of which is another window.
///
/// Where headers can speak of no limit but the operation's own, no other window could be meant: there, whatever they
/// say corrects it.
pub(super) fn of<'a>(
    rules: impl Iterator<Item = Rule<'a>> + Clone,
    status: &RateLimitStatus,
    refused: bool,
) -> Observations {
    let mut spoken_of = rules.clone().enumerate().filter(|(_, rule)| rule.stated().is_some());
    let mut seen: Observations =
        rules.clone().map(|_| Observation { refused, ..Observation::default() }).collect();
    match (spoken_of.next(), spoken_of.next()) {
        (Some((index, rule)), None) if rule.is_own() => {
            seen[index] = Observation {
                limit: stated(&rule, status).and_then(|limit| rule.corrected(limit)),
                remaining: status.remaining,
                reset: status.reset,
                ..seen[index]
            };
        }
        _ => {
            for window in &status.windows {
                let said = limit(window);
                if let Some(index) = rules.clone().position(|rule| said.is_some() && rule.stated() == said) {
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
fn stated(rule: &Rule<'_>, status: &RateLimitStatus) -> Option<Limit> {
    let windows = status.windows.iter().filter_map(limit);
    let seconds = rule.stated().map(|limit| limit.seconds);
    let same = windows.clone().filter(|limit| Some(limit.seconds) == seconds);
    let closest = || windows.clone().find(|limit| Some(limit.requests) == status.limit);
    same.min_by_key(|limit| limit.requests).or_else(closest).or_else(|| windows.clone().next())
}

fn limit(window: &RateLimitWindow) -> Option<Limit> {
    Some(Limit { requests: window.limit?, seconds: window.period?.as_secs() })
}
