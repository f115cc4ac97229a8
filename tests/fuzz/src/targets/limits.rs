//! The headers that speak of rate limits and waiting.

use crate::make::{changed_bytes, headers, text};
use crate::support::{Service, accepted, block_on, ensure, hides_key, is_presentable, json, response};
use crate::{Check, MIB, Target};
use opencloud::RateLimitStatus;
use opencloud::limit::RateLimit;
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;

pub(super) const TARGET: Target = Target { name: "limits", cases: 1500, memory: 64 * MIB, inputs, check };

const HEADERS: &[&str] = &[
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-envoy-ratelimited",
    "date",
];

/// The time of a whole call.
const DEADLINE: Duration = Duration::from_secs(300);
/// No limit lasts longer.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let status = select(&[200_u16, 204, 429, 429, 503, 500, 403][..]);
    let number = prop_oneof!["[0-9]{1,3}", "-?[0-9]{1,24}", "[0-9]{1,4}\\.[0-9]{1,4}", "[0-9]e[0-9]{1,4}"];
    let window =
        (number.clone(), "(;w=[0-9]{0,12}|;w=60|;x=1|;)?").prop_map(|(number, window)| number + &window);
    let value = prop_oneof![
        3 => proptest::collection::vec(window, 1..5).prop_map(|windows| windows.join(", ")),
        2 => number.prop_map(|number| number),
        1 => "(Mon|Tue|Xyz), [0-9]{2} (Jan|Feb|Foo) [0-9]{1,5} [0-9]{2}:[0-9]{2}:[0-9]{2} (GMT|UTC)",
        1 => Just(", ".repeat(2000)),
        1 => text(),
    ];
    let whole = (status, headers(HEADERS, value))
        .prop_map(|(status, headers)| format!("{status}\n{headers}\n{{}}").into_bytes());
    changed_bytes(whole)
}

fn check(input: &[u8]) -> Check {
    let sent = response(input);
    let first = sent.clone();
    // Twice as in the input, and then as if nothing had been.
    let service = Service::new(move |number| if number <= 2 { first.clone() } else { json("{}") });
    let client =
        service.builder().timeout(DEADLINE).rate_limit(RateLimit::from_spec()).build().expect("a client");
    block_on(async {
        for _ in 0..3 {
            let began = tokio::time::Instant::now();
            let outcome = client.users().get(156).send().await;
            let took = began.elapsed();
            ensure(took <= DEADLINE, "a call ends in its time", || format!("{took:?}"))?;
            match outcome {
                Ok(response) => is_bounded(&response.rate_limit())?,
                Err(error) => is_presentable(&error).and_then(|()| hides_key(&error))?,
            }
        }
        Ok(())
    })
}

fn is_bounded(status: &RateLimitStatus) -> Check {
    if !status.is_empty() {
        accepted();
    }
    let ours = [status.window, status.reset, status.retry_after];
    let windows = status.windows.iter().flat_map(|window| [window.period, window.reset]);
    let longest = ours.into_iter().chain(windows).flatten().max();
    ensure(longest.is_none_or(|longest| longest <= DAY), "no wait or window is longer than a day", || {
        format!("{status:?}")
    })?;
    ensure(status.windows.len() <= 100, "a list of windows is bounded", || status.windows.len().to_string())
}
