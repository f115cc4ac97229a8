//! Policies, deadlines, the budget, idempotency.

use crate::support::{Kind, own_http_client, scripted, steady, timed};
use opencloud::body::BodyStream;
use opencloud::retry::{Retry, RetryBudget, RetryContext, RetryDecision, RetryPolicy};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::types::PlaceVersionType;
use opencloud::types::{CreateAdsCampaignRequest, LuauTask, UserRestriction};
use opencloud::{Client, ErrorKind};
use serde_json::json;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

fn failing(status: u16) -> Script {
    Script::new().always(Expect::any(), MockResponse::error(ErrorShape::Code, status, "CODE", "no"))
}

#[tokio::test(start_paused = true)]
async fn a_call_decides_for_itself() {
    let script = failing(503);
    let client = scripted(&script);
    let before = |count: &mut usize| {
        let new = script.count() - *count;
        *count = script.count();
        new
    };
    let mut count = 0;
    let _ = client.users().get(1).with_retry(Retry::never()).await;
    assert_eq!(before(&mut count), 1, "with_retry");
    let _ = client.users().get(1).with_retry(Retry::standard().attempts(6)).await;
    assert_eq!(before(&mut count), 6, "with_retry");
    let _ = client.users().get(1).with_idempotent(false).await;
    assert_eq!(before(&mut count), 1, "with_idempotent(false)");
    let _ = client.memory_stores().read_queue_items(1, "q").with_idempotent(true).await;
    assert_eq!(before(&mut count), 4, "with_idempotent(true)");
}

/// Waits a second each time, forever.
#[derive(Debug)]
struct Stubborn;

impl RetryPolicy for Stubborn {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        assert!(context.attempt() >= 1 && context.operation().is_some());
        RetryDecision::After(Duration::from_secs(1))
    }
}

#[tokio::test(start_paused = true)]
async fn no_policy_passes_the_deadline() {
    let script = failing(404);
    let client =
        script.builder().retry(Stubborn).timeout(Duration::from_millis(9500)).build().expect("a client");
    let (result, wait) = timed(async { client.users().get(1).await }).await;
    assert_eq!((script.count(), wait.as_secs()), (10, 9));
    let error = result.expect_err("an error");
    assert!(error.is_not_found(), "the service's last word, not the time: {error}");
    assert_eq!(error.attempts(), 10);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_an_attempt() {
    let script = Script::new().always(Expect::any(), MockResponse::stalled());
    let client = scripted(&script);
    for (kind, total) in [(Kind::Get, 5), (Kind::Post, 5)] {
        let call = client.users().get(1).with_timeout(Duration::from_secs(total));
        let (result, wait) = timed(async { call.await.map(drop) }).await;
        assert_eq!(wait.as_secs(), total, "{kind:?}");
        assert!(result.expect_err("an error").is_timeout());
    }
    let call = client.users().get(1).with_attempt_timeout(Duration::from_secs(1));
    let (_, wait) = timed(async { call.await.map(drop) }).await;
    assert_eq!(wait.as_secs_f64(), 4.0 + 3.5);
}

#[tokio::test(start_paused = true)]
async fn uploads_have_more_time() {
    let script = Script::new().always(Expect::any(), MockResponse::stalled());
    let client = scripted(&script);
    let (_, wait) = timed(Kind::Upload.send(&client)).await;
    assert_eq!(wait.as_secs(), 300);
    let place = client.places().create_version(1, 2, PlaceVersionType::Saved, vec![1, 2, 3]);
    // It is repeated (PL-01), so that the whole call's time runs out.
    let (_, wait) = timed(async { place.await.map(drop) }).await;
    assert_eq!(wait.as_secs(), 900);
}

#[tokio::test(start_paused = true)]
async fn the_budget_bounds_all_calls_together() {
    let script = failing(503);
    let client = steady(script.builder()).retry_budget(RetryBudget::new(25)).build().expect("a client");
    for _ in 0..100 {
        let _ = client.clone().users().get(1).await;
    }
    assert_eq!(script.count(), 100 + 5, "five retries, then none");
}

/// A 429 as the gateway sends it: `retry-after` says 5 seconds whatever is left of the window (RL-02, RL-12).
fn refused(limit: &str, remaining: &str, reset: &str) -> MockResponse {
    MockResponse::error(ErrorShape::Gateway, 429, "0", "")
        .header("x-envoy-ratelimited", "true")
        .header("x-ratelimit-limit", limit)
        .header("x-ratelimit-remaining", remaining)
        .header("x-ratelimit-reset", reset)
}

#[tokio::test(start_paused = true)]
async fn a_window_is_waited_for_once() {
    // RL-01, RL-02, RL-11: lists, an understated `retry-after`, a day's window that is not used up.
    for (limit, remaining, reset) in [
        ("100, 100;w=60, 300;w=60", "0, 212", "22, 22"),
        ("100, 100;w=60, 1000;w=86400", "0, 900", "22, 56442"),
        ("40, 45;w=60, 40;w=60, 70000", "0, 69999", "22, 0"),
        ("200;w=60", "0", "22"),
        ("", "0", "22, 0"),
    ] {
        let script = Script::new()
            .expect(Expect::any(), refused(limit, remaining, reset).header("retry-after", "5"))
            .expect(Expect::any(), MockResponse::json(json!({})));
        let (result, wait) = timed(async { scripted(&script).users().get(1).send().await }).await;
        assert_eq!(wait.as_secs(), 22, "{limit}");
        assert_eq!(result.expect("a response").attempts(), 2);
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_service_asks_for_costs_nothing() {
    let busy = || refused("10, 10;w=1", "0", "1");
    let unavailable = || MockResponse::error(ErrorShape::Empty, 503, "", "");
    let script = Script::new()
        .expect_times(30, Expect::any(), busy())
        .expect_times(2, Expect::any(), unavailable())
        .expect_times(30, Expect::any(), busy())
        .expect(Expect::any(), unavailable())
        .expect(Expect::any(), MockResponse::json(json!({})));
    let budget = RetryBudget::new(15);
    let client = steady(script.builder()).retry_budget(budget).build().expect("a client");
    let (result, wait) = timed(async { client.users().get(1).send().await }).await;
    assert_eq!(result.expect("a response").attempts(), 64);
    assert_eq!(wait.as_secs_f64(), 60.0 + 0.5 + 1.0 + 2.0);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn rate_limits_count_where_that_is_wanted() {
    let script = Script::new().always(Expect::any(), MockResponse::rate_limited(1));
    let client = scripted(&script);
    let call = client.users().get(1).with_retry(Retry::standard().count_rate_limits(true));
    let error = call.await.expect_err("an error");
    assert_eq!((error.attempts(), error.stop_reason().is_some()), (4, true), "{error}");
    client.users().get(1).with_retry(Retry::never()).await.expect_err("an error");
    assert_eq!(script.count(), 5, "a single attempt is a single attempt");
}

#[tokio::test(start_paused = true)]
async fn waits_of_no_length_are_bounded() {
    // Under a second is waited for a second (RL-07); and not for ever.
    let script = Script::new()
        .always(Expect::any(), MockResponse::rate_limited(1).header("x-ratelimit-reset", "0.01"));
    let client = scripted(&script);
    let call = client.users().get(1).with_timeout(Duration::from_secs(100_000));
    let (result, wait) = timed(async { call.await }).await;
    let error = result.expect_err("an error");
    assert_eq!((error.attempts(), wait.as_secs()), (1001, 1000), "{error}");
    assert!(error.to_string().contains("1000 times"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_error_says_why_the_request_was_not_sent_again() {
    let unavailable = || MockResponse::error(ErrorShape::Empty, 503, "", "");
    for (response, budget, timeout, attempts, why) in [
        (unavailable(), 500, 120, 4, "the retry policy allows no more attempts"),
        (unavailable(), 12, 120, 3, "the client's retry budget is used up"),
        (
            MockResponse::rate_limited(22),
            500,
            30,
            2,
            "the wait of 22 s would pass the call's deadline, which is in 8 s",
        ),
        // RL-05: the headers of a limit per day.
        (
            refused("100, 100;w=86400, 100;w=86400", "86", "56442"),
            500,
            120,
            1,
            "a longer wait than the retry policy allows; the limit resets in 15 h 40 min",
        ),
    ] {
        let script = Script::new().always(Expect::any(), response);
        let client =
            steady(script.builder()).retry_budget(RetryBudget::new(budget)).build().expect("a client");
        let call = client.users().get(1).with_timeout(Duration::from_secs(timeout));
        let error = call.await.expect_err("an error");
        assert_eq!((error.attempts(), script.count()), (attempts, attempts as usize), "{error}");
        assert!(error.stop_reason().is_some_and(|reason| reason.contains(why)), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    let error = scripted(&failing(404)).users().get(1).await.expect_err("an error");
    assert_eq!(error.stop_reason(), None, "nothing could help");
}

#[tokio::test(start_paused = true)]
async fn a_429_that_says_nothing_of_waiting_is_waited_for_where_its_length_is_known() {
    // UR-04: up to a minute, in growing steps.
    let silent = MockResponse::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "");
    let script = Script::new().always(Expect::any(), silent);
    let client = scripted(&script);
    let call = client.user_restrictions().update(1, 2, UserRestriction::new());
    let (result, wait) = timed(async { call.await }).await;
    let error = result.expect_err("an error");
    assert_eq!((error.attempts(), wait.as_secs_f64()), (8, 60.0 + 0.5 + 1.0 + 2.0), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_effect_of_an_earlier_attempt_is_remembered() {
    let script = Script::new()
        .expect(Expect::any(), MockResponse::interrupted())
        .expect(Expect::any(), MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "gone"));
    let error = scripted(&script).data_stores().delete_entry(1, "s", "e").await.expect_err("an error");
    assert!(error.is_not_found() && error.may_have_been_applied(), "the first attempt may have deleted it");
}

#[tokio::test(start_paused = true)]
async fn a_429_that_is_no_rate_limit_is_not_retried() {
    let slots = MockResponse::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "no");
    let script = Script::new().always(Expect::any(), slots.header("x-ratelimit-remaining", "4"));
    let client = scripted(&script);
    let error = client.luau().create_task(1, 2, LuauTask::new()).await.expect_err("an error");
    assert_eq!(script.count(), 1);
    assert!(error.is_rate_limited());
    assert!(error.to_string().contains("ten unfinished tasks"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_of_tasks_is_waited_for() {
    // LX-16: the other 429 of a create. The same shape as RL-12, with a reset that `retry-after` understates.
    let quota = refused("5, 5;w=60, 5;w=60", "0", "44").header("retry-after", "5");
    let script = Script::new()
        .expect(Expect::any(), quota)
        .expect(Expect::any(), MockResponse::json(json!({ "path": "universes/1/places/2/x" })));
    let client = scripted(&script);
    let call = client.luau().create_task(1, 2, LuauTask::new());
    let (result, wait) = timed(async { call.await }).await;
    result.expect("a task");
    assert_eq!((script.count(), wait.as_secs()), (2, 44));
}

#[tokio::test(start_paused = true)]
async fn a_disabled_feature_is_not_retried() {
    let response = MockResponse::error(ErrorShape::Gateway, 503, "17", "Feature is disabled");
    let script = Script::new().always(Expect::any(), response);
    let error = scripted(&script).users().get(1).await.expect_err("an error");
    assert_eq!((script.count(), error.code()), (1, Some("17")));
    // The words alone say less than the code.
    let response = MockResponse::error(ErrorShape::Gateway, 503, "0", "Feature is disabled");
    let script = Script::new().always(Expect::any(), response);
    scripted(&script).users().get(1).await.expect_err("an error");
    assert_eq!(script.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn analytics_repeats_what_can_pass() {
    for (status, code, count) in
        [(429, "3000", 1), (429, "0", 4), (504, "1000", 1), (504, "0", 4), (503, "1000", 4)]
    {
        for shape in [ErrorShape::Code, ErrorShape::Gateway] {
            let script = Script::new().always(Expect::any(), MockResponse::error(shape, status, code, "no"));
            let client = scripted(&script);
            let query = opencloud::types::AnalyticsMetricsRequest::default();
            client.analytics().query_metrics(1, query).await.map(drop).expect_err("an error");
            assert_eq!(script.count(), count, "{status} {code} {shape:?}");
            let script = Script::new().always(Expect::any(), MockResponse::error(shape, status, code, "no"));
            let poll = scripted(&script).analytics();
            poll.get_metrics_operation(1, "a").await.map(drop).expect_err("an error");
            assert_eq!(script.count(), count, "{status} {code} {shape:?}");
        }
    }
    let script = failing(504);
    scripted(&script).users().get(1).await.expect_err("an error");
    assert_eq!(script.count(), 4, "elsewhere the code means nothing");
}

/// A body that can be read once.
struct Chunks(Vec<&'static str>);

impl futures_core::Stream for Chunks {
    type Item = std::io::Result<bytes::Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = if self.0.is_empty() { None } else { Some(self.0.remove(0)) };
        Poll::Ready(next.map(|chunk| Ok(bytes::Bytes::from_static(chunk.as_bytes()))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_cannot_be_replayed_is_not_retried() {
    for response in [
        MockResponse::not_sent(),
        MockResponse::error(ErrorShape::Empty, 503, "", ""),
        MockResponse::rate_limited(1),
    ] {
        let script = Script::new().always(Expect::any(), response);
        let stream = BodyStream::new("application/octet-stream", Some(2), Chunks(vec!["a", "b"]));
        let request = scripted(&script).request(http::Method::PUT, "/somewhere").stream(stream);
        request.await.expect_err("an error");
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn idempotency_keys_are_made_and_kept() {
    let unavailable = || MockResponse::error(ErrorShape::Empty, 503, "", "");
    let script = Script::new()
        .expect_times(2, Expect::any(), unavailable())
        .expect(Expect::any(), MockResponse::json(json!({})))
        .expect_times(2, Expect::any(), unavailable())
        .expect(Expect::any(), MockResponse::json(json!({ "id": "1" })))
        .always(Expect::any(), MockResponse::json(json!({})));
    let client = scripted(&script);

    client.user_restrictions().update(1, 2, UserRestriction::new()).await.expect("a response");
    let keys: Vec<_> = script
        .received()
        .iter()
        .map(|request| {
            let first_sent = request.query("idempotencyKey.firstSent").expect("a time");
            first_sent.parse::<jiff::Timestamp>().expect("RFC 3339");
            (request.query("idempotencyKey.key").expect("a key").to_owned(), first_sent.to_owned())
        })
        .collect();
    assert_eq!(keys.len(), 3, "a PATCH with a key is retried");
    assert!(keys.iter().all(|key| *key == keys[0] && key.0.len() == 36), "{keys:?}");

    client.ads().create_campaign(CreateAdsCampaignRequest::default()).await.expect("a response");
    let headers: Vec<_> = script.received()[3..]
        .iter()
        .map(|request| request.header("x-idempotency-key").map(str::to_owned))
        .collect();
    assert_eq!(headers.len(), 3);
    assert!(headers[0].is_some() && headers.iter().all(|header| *header == headers[0]), "{headers:?}");

    client.user_restrictions().update(1, 2, UserRestriction::new()).await.expect("a response");
    assert_ne!(script.received()[6].query("idempotencyKey.key"), Some(keys[0].0.as_str()), "a key per call");
    let own = client.user_restrictions().update(1, 2, UserRestriction::new()).idempotency_key_key("mine");
    own.await.expect("a response");
    assert_eq!(script.received()[7].query("idempotencyKey.key"), Some("mine"));
    script.assert_done();
}

/// The request decides, not the way that it is made: a raw one to an operation that takes a key has one,
/// which is kept over its attempts.
#[tokio::test(start_paused = true)]
async fn a_raw_request_has_an_idempotency_key_too() {
    let unavailable = || MockResponse::error(ErrorShape::Empty, 503, "", "");
    let script = Script::new().always(Expect::any(), unavailable());
    let client = scripted(&script);
    let campaign = || client.request(http::Method::POST, "/ads-management/v1/campaigns").json(&json!({}));
    campaign().await.expect_err("a failure");
    campaign().await.expect_err("a failure");
    campaign().with_header("x-idempotency-key", "mine").await.expect_err("a failure");
    let keys: Vec<String> = script
        .received()
        .iter()
        .map(|request| request.header("x-idempotency-key").expect("a key").to_owned())
        .collect();
    assert_eq!(keys.len(), 12);
    assert!(keys.chunks(4).all(|call| call.iter().all(|key| *key == call[0])), "{keys:?}");
    assert!(keys[0] != keys[4] && keys[0].len() == 36 && keys[8] == "mine", "{keys:?}");

    let script = Script::new().always(Expect::any(), unavailable());
    let client = scripted(&script);
    let restriction = || client.request(http::Method::PATCH, "/cloud/v2/universes/1/user-restrictions/2");
    restriction().query("updateMask", "a b").json(&json!({})).await.expect_err("a failure");
    restriction().query("idempotencyKey.key", "my own").json(&json!({})).await.expect_err("a failure");
    let received = script.received();
    assert_eq!(received.len(), 8);
    assert!(received[..4].iter().all(|request| request.query("updateMask") == Some("a b")));
    for call in received.chunks(4) {
        let key = call[0].query("idempotencyKey.key").expect("a key");
        assert!(call.iter().all(|request| request.query("idempotencyKey.key") == Some(key)));
        let first_sent = call[0].query("idempotencyKey.firstSent").expect("a time");
        first_sent.parse::<jiff::Timestamp>().expect("RFC 3339");
    }
    assert_eq!(received[4].query("idempotencyKey.key"), Some("my own"));
}

/// LX-11, PL-07: an attempt has the time that the service was seen to take, and a second one fits into the
/// call. What the caller sets wins.
#[tokio::test(start_paused = true)]
async fn some_operations_have_more_time_for_an_attempt() {
    let script = Script::new().always(Expect::any(), MockResponse::stalled());
    let client = scripted(&script);
    let seconds = async |call: Pin<Box<dyn Future<Output = Result<(), opencloud::Error>>>>| {
        let before = script.count();
        let (result, wait) = timed(call).await;
        assert!(result.expect_err("an error").is_timeout());
        (script.count() - before, wait.as_secs())
    };
    macro_rules! sent {
        ($call:expr) => {{
            let call = $call;
            Box::pin(async move { call.await.map(drop) })
        }};
    }
    let ordinary = client.users().get(1);
    assert_eq!(seconds(sent!(ordinary)).await, (4, 120));
    // Not repeated: the task may run.
    assert_eq!(seconds(sent!(client.luau().create_task(1, 2, LuauTask::new()))).await, (1, 120));
    assert_eq!(
        seconds(sent!(client.luau().create_task_for_version(1, 2, 3, LuauTask::new()))).await,
        (1, 120)
    );
    assert_eq!(seconds(sent!(client.luau().get_task(1, 2, 3, "a", "b"))).await, (3, 300));
    assert_eq!(
        seconds(sent!(client.universes().update(1, opencloud::types::Universe::new()))).await,
        (3, 300)
    );
    assert_eq!(seconds(sent!(client.places().update(1, 2, opencloud::types::Place::new()))).await, (3, 300));
    let call = client.luau().get_task(1, 2, 3, "a", "b").with_timeout(Duration::from_secs(50));
    assert_eq!(seconds(sent!(call)).await, (1, 50));
    let set = steady(script.builder()).attempt_timeout(Duration::from_secs(5)).build().expect("a client");
    assert_eq!(seconds(sent!(set.luau().get_task(1, 2, 3, "a", "b"))).await, (4, 23));
}

#[test]
fn bad_settings_are_refused() {
    let key = || Client::builder().api_key("key");
    let own = || own_http_client().build().expect("a client");
    let rows = [
        ("no credential", Client::builder()),
        ("an empty key", Client::builder().api_key("")),
        ("a key with a line break", Client::builder().api_key("key\n")),
        ("a key that is not ASCII", Client::builder().api_key("schlüssel")),
        ("no URL", key().base_url("apis.roblox.com")),
        ("another scheme", key().base_url("ftp://apis.roblox.com")),
        ("plain http", key().base_url("http://example.com")),
        ("a fragment", key().base_url("https://example.com/#a")),
        ("no host", key().host_url("https://cdn.example", "https://mirror.example")),
        ("plain http of one host", key().host_url("thumbnails.roblox.com", "http://example.com")),
        ("no time", key().timeout(Duration::ZERO)),
        ("a proxy that is no URL", key().proxy("::::")),
        ("a user agent with a line break", key().user_agent("a\nb")),
        ("two transports", key().transport(Script::new()).http_client(own())),
        ("uploads only", key().upload_http_client(own())),
        ("a proxy of another client", key().transport(Script::new()).proxy("http://localhost:1")),
    ];
    for (name, builder) in rows {
        let error = builder.build().expect_err(name);
        assert_eq!(error.kind(), ErrorKind::Configuration, "{name}: {error}");
        assert!(error.is_usage());
    }
    for builder in [
        key(),
        key().base_url("http://127.0.0.1:1"),
        key().base_url("http://example.com").allow_plain_http(),
        key().host_url("cdn.example", "http://localhost:1"),
        key().proxy("http://localhost:1"),
        key().no_proxy(),
    ] {
        builder.build().expect("a client");
    }
}
