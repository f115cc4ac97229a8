//! One thing for many: rate limits are waited for, failures are named, and a run that ended early goes on later.

use futures_util::stream;
use opencloud::body::Body;
use opencloud::bulk;
use opencloud::limit::RateLimit;
use opencloud::retry::Retry;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::user_restrictions::BanLength;
use opencloud::{Client, Error, ErrorKind, Exchange, Progress, Transport};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A service that allows a number of requests per minute, and refuses the others with 429.
#[derive(Clone)]
struct Limited(Arc<Mutex<Window>>);

struct Window {
    requests: u32,
    started: Instant,
    used: u32,
    refused: u32,
    /// How often each path was served.
    served: BTreeMap<String, u32>,
    says_when: bool,
}

impl Limited {
    fn to(requests: u32) -> Self {
        Self(Arc::new(Mutex::new(Window {
            requests,
            started: Instant::now(),
            used: 0,
            refused: 0,
            served: BTreeMap::new(),
            says_when: true,
        })))
    }

    fn silent(self) -> Self {
        self.0.lock().expect("the window").says_when = false;
        self
    }

    fn client(&self) -> opencloud::ClientBuilder {
        Client::builder().api_key("test-api-key").transport(self.clone())
    }

    fn refused(&self) -> u32 {
        self.0.lock().expect("the window").refused
    }

    fn assert_each_was_served_once(&self, count: usize) {
        let window = self.0.lock().expect("the window");
        assert_eq!(window.served.len(), count);
        assert!(window.served.values().all(|times| *times == 1), "one was served twice");
    }
}

impl Transport for Limited {
    fn exchange(&self, request: http::Request<Body>, _: usize) -> Exchange<'_> {
        let mut window = self.0.lock().expect("the window");
        if window.started.elapsed() >= Duration::from_secs(60) {
            (window.started, window.used) = (Instant::now(), 0);
        }
        let response = if window.used < window.requests {
            window.used += 1;
            *window.served.entry(request.uri().path().to_owned()).or_default() += 1;
            http::Response::builder().header("content-type", "application/json").body("{}")
        } else {
            window.refused += 1;
            let left = 60 - window.started.elapsed().as_secs();
            let refusal = http::Response::builder().status(429).header("content-type", "application/json");
            let refusal = if window.says_when { refusal.header("retry-after", left) } else { refusal };
            refusal.body(r#"{"code":"RESOURCE_EXHAUSTED","message":"too many requests"}"#)
        };
        let response = response.expect("a response").map(bytes::Bytes::from_static_str);
        Box::pin(async { Ok(response) })
    }
}

trait FromStaticStr {
    fn from_static_str(text: &'static str) -> Self;
}

impl FromStaticStr for bytes::Bytes {
    fn from_static_str(text: &'static str) -> Self {
        Self::from_static(text.as_bytes())
    }
}

/// What a user writes for a list of bans.
async fn ban_all(client: &Client, users: impl IntoIterator<Item = u64>) -> bulk::Report<u64, ()> {
    let restrictions = client.user_restrictions();
    bulk::for_each(users, |user| {
        let ban = restrictions.ban(42, user, BanLength::Permanent).display_reason("Cheating");
        async { ban.await.map(drop) }
    })
    .concurrency(16)
    .await
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_bans_survive_the_rate_limit_of_the_service() {
    for service in [Limited::to(500), Limited::to(500).silent()] {
        let client = service.client().build().expect("a client");
        let begun = Instant::now();
        let report = ban_all(&client, 1..=10_000).await;
        assert_eq!(report.to_string(), "10000 done");
        assert!(report.is_complete());
        service.assert_each_was_served_once(10_000);
        assert!(service.refused() > 0);
        // 500 in each minute, of which the first needs no waiting, and a little for each wait that was too short.
        let minutes = begun.elapsed().as_secs() / 60;
        assert!((19..60).contains(&minutes), "{minutes} minutes");
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_bans_survive_a_limiter_that_gives_no_permit_in_time() {
    let service = Limited::to(1_000_000);
    // Ten bans a second, of which more are under way: some wait longer for their turn than a call may take.
    let timeout = Duration::from_millis(700);
    let client = service.client().rate_limit(RateLimit::from_spec()).timeout(timeout).build();
    let report = ban_all(&client.expect("a client"), 1..=10_000).await;
    assert_eq!(report.to_string(), "10000 done");
    service.assert_each_was_served_once(10_000);
    assert_eq!(service.refused(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_gives_no_permit_at_all_ends_the_run() {
    use opencloud::limit::{Acquire, Quota, RateLimitStore};

    #[derive(Debug)]
    struct Never;

    impl RateLimitStore for Never {
        fn acquire<'a>(&'a self, _: &'a [Quota]) -> Acquire<'a> {
            Box::pin(std::future::pending())
        }
    }

    let script = Script::new();
    let client = script.builder().rate_limit(RateLimit::with_store(Never)).build().expect("a client");
    let begun = Instant::now();
    let report = ban_all(&client, 1..=100).await;
    assert_eq!(report.to_string(), "0 done, 100 not tried");
    assert!(report.stopped.as_ref().is_some_and(Error::is_timeout));
    assert!((600..900).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(report.into_remaining(), Vec::from_iter(1..=100_u64));
}

fn user(id: u64) -> Expect {
    Expect::get(format!("/cloud/v2/users/{id}"))
}

fn found() -> MockResponse {
    MockResponse::json(json!({ "name": "somebody" }))
}

/// What a run has told, line by line.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("lines").clone()
    }
}

impl Progress for Told {
    fn advanced(&self, done: u64, total: Option<u64>) {
        let total = total.map_or_else(|| "?".to_owned(), |total| total.to_string());
        self.0.lock().expect("lines").push(format!("{done} of {total}"));
    }

    fn message(&self, text: &str) {
        self.0.lock().expect("lines").push(text.to_owned());
    }
}

fn no_such_user() -> MockResponse {
    MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "no such user")
}

fn without_retry(script: &Script) -> Client {
    script.builder().retry(Retry::never()).build().expect("a client")
}

#[tokio::test(start_paused = true)]
async fn a_report_names_the_input_of_each_failure_in_order() {
    let script = Script::new()
        .always(user(1), found())
        .always(user(2), no_such_user())
        .always(user(3), found())
        .always(user(4), no_such_user());
    let users = script.client().users();
    let told = Told::default();
    let report = bulk::for_each([4, 3, 2, 1], |id| users.get(id)).on_progress(told.clone()).await;
    assert_eq!(report.done.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(report.failed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [4, 2]);
    let (counts, messages): (Vec<_>, Vec<_>) =
        told.lines().into_iter().partition(|line| line.contains(" of "));
    assert_eq!(counts, ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]);
    assert_eq!(messages, ["1 failed", "2 failed"]);
    assert_eq!(report.into_remaining(), [0_u64; 0], "another run would fail the same way");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_rate_limit_is_told_and_holds_back_all() {
    let script = Script::new()
        .expect(user(1), MockResponse::rate_limited(30))
        .expect(user(1), found())
        .expect(user(2), found());
    let users = without_retry(&script).users();
    let told = Told::default();
    let begun = Instant::now();
    let report = bulk::for_each([1, 2], |id| users.get(id)).concurrency(1).on_progress(told.clone()).await;
    assert!(report.is_complete());
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(told.lines(), ["0 of 2", "waiting 30 s for a rate limit", "1 of 2", "", "2 of 2"]);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_limit_for_the_day_ends_the_run_and_the_rest_goes_on_later() {
    let script = Script::new()
        .expect(user(1), found())
        .expect(user(2), MockResponse::rate_limited(15 * 3600))
        .expect(user(2), found())
        .expect(user(3), found());
    let users = without_retry(&script).users();
    let begun = Instant::now();
    let report = bulk::for_each([1, 2, 3], |id| users.get(id)).concurrency(1).await;
    assert_eq!(begun.elapsed().as_secs(), 0);
    assert_eq!(report.to_string(), "1 done, 2 not tried");
    assert!(!report.is_complete());
    assert!(report.stopped.as_ref().is_some_and(Error::is_rate_limited));
    let remaining = report.into_remaining();
    assert_eq!(remaining, [2, 3]);
    let report = bulk::for_each(remaining, |id| users.get(id)).concurrency(1).await;
    assert!(report.is_complete());
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_the_run_and_costs_no_input() {
    let outage = MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "down");
    let script = Script::new().always(Expect::any(), outage);
    let users = without_retry(&script).users();
    let report = bulk::for_each(1..=1_000, |id| users.get(id)).concurrency(5).await;
    assert!(report.failed.len() >= 20 && script.count() < 30, "{report}");
    assert_eq!(report.stopped.as_ref().map(Error::kind), Some(ErrorKind::Service));
    assert_eq!(report.into_remaining(), Vec::from_iter(1..=1_000_u64));
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_applied_is_not_given_to_the_next_run() {
    let script = Script::new().always(Expect::any(), MockResponse::interrupted());
    let groups = script.client().groups();
    let report = bulk::for_each([1, 2], |user: u64| groups.accept_join_request(7, user)).await;
    assert_eq!(report.failed.len(), 2);
    assert_eq!(report.into_remaining(), [0_u64; 0]);
    let users = without_retry(&script).users();
    let report = bulk::for_each([1, 2], |id| users.get(id)).await;
    assert_eq!(report.into_remaining(), [1_u64, 2], "reading twice does no harm");
}

#[tokio::test(start_paused = true)]
async fn a_run_is_stopped_and_says_what_was_not_tried() {
    let script = Script::new().always(Expect::any(), MockResponse::stalled());
    let users = without_retry(&script).users();
    let report = bulk::for_each(1..=10, |id| users.get(id).with_attempt_timeout(Duration::from_secs(2)))
        .concurrency(2)
        .stop_when(tokio::time::sleep(Duration::from_secs(3)))
        .await;
    assert_eq!(report.to_string(), "4 failed, 6 not tried".replacen("4", "0 done, 4", 1));
    assert!(report.stopped.is_none());
    assert_eq!(report.into_remaining(), Vec::from_iter(1..=10_u64));
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_read_as_calls_can_be_made_and_its_failure_is_reported() {
    let script = Script::new().always(Expect::any(), found());
    let users = script.client().users();
    let read = AtomicUsize::new(0);
    let inputs = (1..=5).map(|id: u64| {
        read.fetch_add(1, Ordering::Relaxed);
        match id {
            4 => Err(Error::interrupted("the list broke off")),
            id => Ok(id),
        }
    });
    let report = bulk::for_each_item(stream::iter(inputs), |id| users.get(id)).concurrency(1).await;
    assert_eq!(report.to_string(), "3 done");
    assert_eq!(report.stopped.as_ref().map(Error::kind), Some(ErrorKind::Io));
    assert!(!report.is_complete() && report.complete().is_err());
    assert_eq!(read.into_inner(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_was_started_is_not_started_again() {
    let path = "users/1/operations/op";
    let script = Script::new()
        .expect(Expect::get("/cloud/v2/users/1:generateThumbnail"), MockResponse::operation_running(path))
        .expect(Expect::get(format!("/cloud/v2/{path}")), MockResponse::rate_limited(5 * 3600));
    let users = without_retry(&script).users();
    let report = bulk::for_each([1_u64], |id| users.generate_thumbnail(id).wait()).await;
    assert_eq!(report.failed.len(), 1, "{report}");
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn outcomes_come_in_the_order_of_completion_and_what_was_not_tried_at_the_end() {
    let wait = |seconds: u64| async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        Ok(seconds)
    };
    let stop = tokio::time::sleep(Duration::from_millis(500));
    let mut outcomes = bulk::for_each([3, 1, 2, 9], wait).concurrency(3).stop_when(stop).outcomes();
    let begun = Instant::now();
    let mut read = Vec::new();
    while let Some((input, outcome)) = outcomes.next().await {
        assert_eq!(outcome.expect("a success"), input);
        read.push((input, begun.elapsed().as_secs()));
    }
    assert_eq!(read, [(1, 1), (2, 2), (3, 3)]);
    let report = outcomes.into_report();
    assert_eq!(report.to_string(), "0 done, 1 not tried");
    assert_eq!(report.not_tried, [9]);
}
