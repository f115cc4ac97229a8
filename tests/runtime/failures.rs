//! What becomes of a call when things go wrong.

use crate::support::{Kind, scripted, steady, timed};
use opencloud::ErrorKind as Is;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use serde_json::json;
use std::time::Duration;

/// What happens to a call that gets the same response whatever is tried.
struct Row {
    name: &'static str,
    response: MockResponse,
    /// The error's kind; `None` if the call succeeds.
    kind: Option<Is>,
    /// The number of requests and the seconds until the result, for a call that may be sent twice.
    idempotent: (usize, f64),
    /// The same for one that may not.
    once: (usize, f64),
    /// Whether an effect, if there is any, may have happened.
    ambiguous: bool,
}

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const TEN_SECONDS_LATER: &str = "Sun, 06 Nov 1994 08:49:47 GMT";

/// The standard policy: four attempts, and without jitter 0.5 s, 1 s and 2 s between them.
const ALL_FOUR: (usize, f64) = (4, 3.5);
const ONE: (usize, f64) = (1, 0.0);

fn status(status: u16) -> MockResponse {
    MockResponse::error(ErrorShape::Code, status, "CODE", "the service's words")
}

fn rows() -> Vec<Row> {
    let row = |name, response, kind, idempotent, once, ambiguous| Row {
        name,
        response,
        kind,
        idempotent,
        once,
        ambiguous,
    };
    let limited = |name: &str, value: &str| status(429).header(name, value);
    let mut rows = vec![
        row("connection refused", MockResponse::not_sent(), Some(Is::Connect), ALL_FOUR, ALL_FOUR, false),
        row("reset before the response", MockResponse::interrupted(), Some(Is::Io), ALL_FOUR, ONE, true),
        row(
            "reset in mid-body",
            MockResponse::json(json!({})).interrupted_body(),
            Some(Is::Io),
            ALL_FOUR,
            ONE,
            true,
        ),
        // CN-03
        row("truncated JSON", MockResponse::status(200, "{\"path\":"), Some(Is::Io), ALL_FOUR, ONE, true),
        row("invalid JSON", MockResponse::status(200, "{\"path\"]"), Some(Is::Decode), ONE, ONE, true),
        // ER-03
        row(
            "an edge page with 400",
            MockResponse::error(ErrorShape::Html, 400, "", "400 Bad request"),
            Some(Is::Io),
            ALL_FOUR,
            ONE,
            true,
        ),
        row(
            "an edge page with 200",
            MockResponse::error(ErrorShape::Html, 200, "", "Sorry"),
            Some(Is::Io),
            ALL_FOUR,
            ONE,
            true,
        ),
        row(
            "an edge page with 404",
            MockResponse::error(ErrorShape::Html, 404, "", "Sorry"),
            Some(Is::Io),
            ALL_FOUR,
            ONE,
            true,
        ),
        row(
            "an edge page with 429",
            MockResponse::error(ErrorShape::Html, 429, "", "Too Many Requests"),
            Some(Is::Io),
            ALL_FOUR,
            ONE,
            true,
        ),
        row(
            "429 with a broken body",
            status(429).interrupted_body(),
            Some(Is::RateLimited),
            ALL_FOUR,
            ALL_FOUR,
            false,
        ),
        row("404 with a broken body", status(404).interrupted_body(), Some(Is::NotFound), ONE, ONE, false),
        row("503 with a broken body", status(503).interrupted_body(), Some(Is::Service), ALL_FOUR, ONE, true),
        // 30 s, 0.5 s, 30 s, 1 s, 30 s, 2 s, and what the deadline of 120 s leaves.
        row("stalled body", MockResponse::stalled(), Some(Is::Timeout), (4, 120.0), (1, 30.0), true),
        row("401", status(401), Some(Is::Unauthenticated), ONE, ONE, false),
        row("403", status(403), Some(Is::PermissionDenied), ONE, ONE, false),
        row("404", status(404), Some(Is::NotFound), ONE, ONE, false),
        row("408", status(408), Some(Is::Timeout), ALL_FOUR, ONE, true),
        row("409", status(409), Some(Is::Conflict), ONE, ONE, false),
        // A wait that the service asks for costs no attempt: the deadline of 120 s ends it.
        row("429 with no header", status(429), Some(Is::RateLimited), ALL_FOUR, ALL_FOUR, false),
        row(
            "429 with seconds",
            limited("retry-after", "7"),
            Some(Is::RateLimited),
            (18, 119.0),
            (18, 119.0),
            false,
        ),
        row(
            "429 with a date",
            limited("retry-after", TEN_SECONDS_LATER).header("date", DATE),
            Some(Is::RateLimited),
            (12, 110.0),
            (12, 110.0),
            false,
        ),
        row(
            "429 with a reset",
            limited("x-ratelimit-reset", "5"),
            Some(Is::RateLimited),
            (24, 115.0),
            (24, 115.0),
            false,
        ),
        row(
            "429 with a negative wait",
            limited("retry-after", "-5"),
            Some(Is::RateLimited),
            ALL_FOUR,
            ALL_FOUR,
            false,
        ),
        row(
            "429 with an absurd wait",
            limited("retry-after", "1e30"),
            Some(Is::RateLimited),
            ALL_FOUR,
            ALL_FOUR,
            false,
        ),
        // The second wait would pass the deadline.
        row(
            "429 with 100 seconds",
            limited("retry-after", "100"),
            Some(Is::RateLimited),
            (2, 100.0),
            (2, 100.0),
            false,
        ),
        row("429 with an hour", limited("retry-after", "3600"), Some(Is::RateLimited), ONE, ONE, false),
        row("501", status(501), Some(Is::Service), ONE, ONE, false),
        row(
            "503 with seconds",
            status(503).header("retry-after", "2"),
            Some(Is::Service),
            (4, 6.0),
            ONE,
            true,
        ),
        row(
            "503 within its limit",
            status(503).header("x-ratelimit-reset", "60").header("x-ratelimit-remaining", "9"),
            Some(Is::Service),
            ALL_FOUR,
            ONE,
            true,
        ),
        row("unexpected 204", MockResponse::empty(), None, ONE, ONE, false),
        row(
            "redirect to another host",
            status(302).header("location", "https://evil.example/"),
            Some(Is::Redirect),
            ONE,
            ONE,
            true,
        ),
        row(
            "redirect that keeps the method",
            status(307).header("location", "https://evil.example/"),
            Some(Is::Redirect),
            ONE,
            ONE,
            false,
        ),
        row(
            "a body beyond the bound",
            MockResponse::bytes(vec![b' '; 2000]),
            Some(Is::ResponseTooLarge),
            ONE,
            ONE,
            true,
        ),
    ];
    for (code, name) in [(500, "500"), (502, "502"), (503, "503"), (504, "504")] {
        for shape in [ErrorShape::Code, ErrorShape::Html, ErrorShape::Empty] {
            let response = MockResponse::error(shape, code, "INTERNAL", "the service's words");
            rows.push(row(name, response, Some(Is::Service), ALL_FOUR, ONE, true));
        }
    }
    rows
}

#[tokio::test(start_paused = true)]
async fn every_failure_of_every_kind_of_call() {
    for row in rows() {
        for kind in Kind::ALL {
            let name = format!("{} x {kind:?}", row.name);
            let script = Script::new().always(Expect::any(), row.response.clone());
            let client = steady(script.builder())
                .max_response_bytes(1000)
                // The same for all kinds: some operations have more by themselves (PL-07).
                .timeout(Duration::from_secs(120))
                .attempt_timeout(Duration::from_secs(30))
                .upload_timeout(Duration::from_secs(120))
                .upload_attempt_timeout(Duration::from_secs(30))
                .build()
                .expect("a client");
            let (result, wait) = timed(kind.send(&client)).await;
            let (requests, seconds) = if kind.is_idempotent() { row.idempotent } else { row.once };
            assert_eq!(script.count(), requests, "requests of {name}");
            assert!((wait.as_secs_f64() - seconds).abs() < 0.01, "{name} took {wait:?}, not {seconds} s");
            // An upload that is told nothing has nothing to follow.
            let is_lost = row.name == "unexpected 204" && kind == Kind::Upload;
            let expected = if is_lost { Some(Is::Decode) } else { row.kind };
            assert_eq!(result.as_ref().err().map(opencloud::Error::kind), expected, "{name}");
            if let Err(error) = result {
                assert_eq!(error.attempts(), u32::try_from(requests).expect("few"), "{name}");
                assert_eq!(
                    error.may_have_been_applied(),
                    (row.ambiguous || is_lost) && kind.has_effects(),
                    "may {name} have been applied?"
                );
            }
        }
    }
}

/// What was sent first is sent again, to the byte.
#[tokio::test(start_paused = true)]
async fn requests_are_repeated_unchanged() {
    let script = Script::new()
        .expect_times(3, Expect::any(), status(503))
        .expect(Expect::any(), MockResponse::json(json!({})));
    let response = scripted(&script)
        .universes()
        .update(1, opencloud::types::Universe::new().voice_chat_enabled(true))
        .with_header("x-own", "1")
        .send()
        .await
        .expect("a response");
    assert_eq!(response.attempts(), 4);
    let received = script.received();
    for again in &received[1..] {
        assert_eq!(again.to_string(), received[0].to_string());
        assert_eq!(again.headers, received[0].headers);
        assert_eq!(again.bytes(), received[0].bytes());
    }
    assert_eq!(received[0].header("x-own"), Some("1"));
    assert!(received[0].bytes().is_some_and(|body| !body.is_empty()));
}
