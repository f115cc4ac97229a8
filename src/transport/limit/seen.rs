//! Which of a call's quotas a response speaks of, and what it says of each.

use super::quota::{Counter as _, Observation};
use super::rules::Rule;
use super::units;
use crate::spec::rate_limit::Said;
use crate::spec::{Limit, RateLimitStatus, RateLimitWindow};
use http::StatusCode;

/// What a response says of an operation's limit, where its request counts against no other, and one window or nothing is
/// told. Most responses are such.
pub(super) fn of_own(rule: &Rule<'_>, said: &Said) -> Option<Observation> {
    match said {
        Said::Nothing => Some(Observation::default()),
        Said::Window(window) => Some(Observation {
            limit: limit(window).and_then(|limit| rule.corrected(limit)),
            remaining: window.remaining,
            reset: window.reset,
            ..Observation::default()
        }),
        Said::More(_) => None,
    }
}

/// What a response says of each limit of its request: only of those whose figures it names (`RL-10`). The headers
/// of a ban name the limits of the user, of the universe and of the key, each of which is another window.
///
/// Where headers can speak of no limit but the operation's own, no other window could be meant: there, whatever they
/// say corrects it.
pub(super) fn of<'a>(
    rules: impl Iterator<Item = Rule<'a>>,
    said: Said,
    body: &[u8],
    refused: bool,
) -> Vec<Observation> {
    let rules: Vec<Rule<'a>> = rules.collect();
    let mut seen = vec![Observation { refused, ..Observation::default() }; rules.len()];
    let status = said.into_status();
    let mut spoken_of = rules.iter().enumerate().filter(|(_, rule)| rule.stated().is_some());
    match (spoken_of.next(), spoken_of.next()) {
        (Some((index, rule)), None) if rule.is_own() => {
            seen[index] = Observation {
                limit: stated(rule, &status).and_then(|limit| rule.corrected(limit)),
                remaining: status.remaining,
                reset: status.reset,
                ..seen[index]
            };
        }
        _ => {
            for window in &status.windows {
                let said = limit(window);
                if let Some(index) = rules.iter().position(|rule| said.is_some() && rule.stated() == said) {
                    seen[index].remaining = window.remaining.or(seen[index].remaining);
                    seen[index].reset = window.reset.or(seen[index].reset);
                }
            }
        }
    }
    if refused {
        hold(&mut seen, &status);
    }
    if rules.iter().any(Rule::counts_items) {
        let cost = units::listed(body).max(1);
        for (seen, _) in
            seen.iter_mut().zip(&rules).filter(|(_, rule)| rule.counts_items() && cost < rule.cost())
        {
            seen.cost = Some(cost);
        }
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
