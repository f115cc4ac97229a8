//! No secret in any output.

use crate::support::{KEY, Kind, scripted, steady};
use opencloud::body::File;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::types::Asset;
use opencloud::{Client, Credentials, Error};
use serde_json::json;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down all spans and events.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Recorder {
    fn text(&self) -> String {
        self.0.lock().expect("text").clone()
    }

    fn write(&self, what: &str, fields: impl FnOnce(&mut Fields)) {
        let mut visitor = Fields(String::new());
        fields(&mut visitor);
        let mut text = self.0.lock().expect("text");
        let _ = writeln!(text, "{what}{}", visitor.0);
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

/// Records what this thread does from now on.
///
/// The first use of a span or event settles whether anybody wants it, and if that happens on the thread of
/// another test, nobody seems to. So each is used once before, and then settled anew on this thread.
async fn recording() -> (Recorder, tracing::subscriber::DefaultGuard) {
    let script = Script::new()
        .expect(Expect::any(), MockResponse::status(503, ""))
        .expect(Expect::any(), MockResponse::json(json!({})))
        .expect(Expect::any(), MockResponse::status(400, ""));
    let recorder = Recorder::default();
    let guard = tracing::subscriber::set_default(recorder.clone());
    for client in [scripted(&script), script.builder().log_bodies(true).build().expect("a client")] {
        let _ = client.request(http::Method::GET, "/a").bytes("text/plain", "body").await;
    }
    tracing::callsite::rebuild_interest_cache();
    recorder.0.lock().expect("text").clear();
    (recorder, guard)
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("opencloud")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.write(span.metadata().name(), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.write("record", |fields| values.record(fields));
    }

    fn event(&self, event: &Event<'_>) {
        self.write("event", |fields| event.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn everything(error: &Error) -> String {
    let mut text = format!(
        "{error} {error:?} {error:#?} {:?} {:?} {:?}",
        error.message(),
        error.details(),
        error.hint()
    );
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _ = write!(text, " {cause} {cause:?}");
        source = cause.source();
    }
    text
}

/// `ER-09`: what Roblox's support finds a request by is in the events of attempts and in the span of the call.
#[tokio::test(start_paused = true)]
async fn the_trace_tells_what_a_request_is_found_by() {
    let (recorder, _guard) = recording().await;
    let failed = |id: &str| {
        MockResponse::status(500, "").header("roblox-machine-id", id).header("x-roblox-edge", "ams")
    };
    let script = Script::new()
        .expect(Expect::any(), failed("machine-1"))
        .expect(Expect::any(), failed("machine-2").header("x-request-id", "last"))
        .always(Expect::any(), MockResponse::status(404, ""));
    let retry = opencloud::retry::Retry::standard().attempts(2);
    scripted(&script).users().get(1).with_retry(retry).await.expect_err("an error");
    let text = recorder.text();
    let line =
        |begin: &str, words: &str| text.lines().any(|line| line.starts_with(begin) && line.contains(words));
    assert!(line("event", "roblox-machine-id=machine-1 x-roblox-edge=ams"), "{text}");
    assert!(line("record", "x-request-id=last roblox-machine-id=machine-2 x-roblox-edge=ams"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn no_key_in_any_output() {
    let (recorder, _guard) = recording().await;
    let mut responses = vec![
        MockResponse::not_sent(),
        MockResponse::interrupted(),
        MockResponse::stalled(),
        MockResponse::json(json!({ "path": [KEY] })),
        MockResponse::json(json!(KEY)),
        MockResponse::json(json!({ "createTime": KEY, "path": KEY })),
        MockResponse::json(json!({ "etag": { KEY: 1 } })),
        MockResponse::operation_failed("operations/1", 3, &format!("bad key {KEY}!")),
        MockResponse::operation_failed(KEY, 3, KEY),
        MockResponse::status(200, "{"),
        MockResponse::status(500, "")
            .header("x-request-id", KEY)
            .header("roblox-machine-id", format!("{KEY}-1")),
        MockResponse::status(200, "{").header("x-request-id", KEY),
        MockResponse::json(json!({})),
    ];
    // Services that repeat what they were sent.
    for shape in ErrorShape::ALL {
        responses.extend(
            [401, 403, 429, 500]
                .map(|status| MockResponse::error(*shape, status, KEY, &format!("bad key {KEY}!"))),
        );
    }
    let nested = json!({ "code": "A", "message": "m", "details": [{ "key": KEY }] });
    responses.push(MockResponse::status(400, nested.to_string()));
    let mut output = String::new();
    for response in responses {
        let script = Script::new().always(Expect::any(), response);
        let with_bodies = steady(Client::builder().api_key(KEY).transport(script.clone())).log_bodies(true);
        let _ = write!(output, "{with_bodies:?}");
        let token = Credentials::bearer(KEY).expect("a token");
        let _ = write!(output, "{token:?}");
        for client in [scripted(&script), with_bodies.build().expect("a client")] {
            let _ = write!(output, "{client:?} {:?} {:?}", client.users(), client.users().get(1));
            for kind in Kind::ALL {
                if let Err(error) = kind.send(&client).await {
                    output.push_str(&everything(&error));
                }
            }
            let request = client.request(http::Method::GET, "/a");
            let _ = write!(output, "{request:?}");
            let call = client.users().get(1).with_credentials(token.clone());
            let _ = write!(output, "{call:?}");
            if let Err(error) = call.await {
                output.push_str(&everything(&error));
            }
            let request = client.request(http::Method::GET, "/a").send_as::<bool>().await;
            if let Err(error) = request {
                output.push_str(&everything(&error));
            }
            let started = client.assets().create(Asset::new(), File::new("content").name("a.png"));
            if let Err(error) = started.wait().await {
                output.push_str(&everything(&error));
            }
        }
        let _ = write!(output, "{:?}", script.received());
    }
    for text in [&output, &recorder.text()] {
        assert!(!text.is_empty());
        let at = text.find(KEY);
        assert_eq!(at, None, "…{}", &text[at.unwrap_or(0).saturating_sub(200)..][..300]);
    }
}

#[tokio::test]
async fn what_a_response_repeats_is_hidden_and_the_rest_is_told() {
    let client = scripted(&Script::new().always(Expect::any(), MockResponse::json(json!(KEY))));
    let error = client.users().get(1).await.expect_err("an error");
    assert!(error.is_decode() && error.message().contains("[hidden]"), "{error}");
    let failed = MockResponse::operation_failed("operations/1", 3, &format!("bad key {KEY}!"));
    let client = scripted(&Script::new().always(Expect::any(), failed));
    let asset = client.assets().create(Asset::new(), File::new("content").name("a.png"));
    let error = asset.wait().await.expect_err("an error");
    assert_eq!(error.kind(), opencloud::ErrorKind::Operation);
    assert_eq!(error.message(), "bad key [hidden]!");
}

#[test]
fn no_password_of_a_url_in_any_output() {
    const PASSWORD: &str = "sesame";
    for url in [
        "https://user:sesame@apis.example",
        "http://user:sesame@apis.example",
        "https://user:ses ame:sesame@x",
        "user:sesame@apis.example",
        "https://user:12#sesame@x",
        "https://apis.example/?key=sesame",
    ] {
        for builder in [
            Client::builder().api_key(KEY).base_url(url),
            Client::builder().api_key(KEY).host_url("cdn.example", url),
            Client::builder().api_key(KEY).host_url(url, "https://cdn.example"),
        ] {
            let shown = format!("{builder:?}");
            assert!(!shown.contains(PASSWORD), "{url}: {shown}");
            let shown = everything(&builder.build().expect_err(url));
            assert!(!shown.contains(PASSWORD), "{url}: {shown}");
        }
    }
    let client = Client::builder().api_key(KEY).proxy("http://user:sesame@localhost:1").build();
    assert!(!format!("{:?}", client.expect("a client")).contains(PASSWORD));
}

/// A panic within a call shows what `Debug` shows.
#[tokio::test]
async fn no_key_in_a_panic() {
    let script = Script::new().always(Expect::any(), MockResponse::error(ErrorShape::Code, 401, "A", KEY));
    let client = scripted(&script);
    let task = tokio::spawn(async move { client.users().get(1).await.map(drop).expect("this panics") });
    let panic = task.await.expect_err("a panic").into_panic();
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(text.contains("401") && !text.contains(KEY), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_call_is_traced() {
    let (recorder, _guard) = recording().await;
    let script = Script::new()
        .expect(Expect::any(), MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "a person's name"))
        .expect(
            Expect::any(),
            MockResponse::json(json!({ "name": "a person" })).header("x-ratelimit-remaining", "41"),
        );
    scripted(&script).users().get(1).await.expect("a response");
    let text = recorder.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "opencloud.call operation=\"users.get\" method=\"GET\" host=\"apis.roblox.com\"",
            "record attempt=1",
            "record status=503",
            "record wait_ms=500",
            "event message=sending again kind=Service status=503 wait_ms=500",
            "record attempt=2",
            "record status=200",
            "record remaining=41",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn bodies_are_shown_only_when_asked_for_and_redacted() {
    let (recorder, _guard) = recording().await;
    let response =
        json!({ "name": "shown", "uploadUri": "https://presigned.example", "accessToken": "hidden-token" });
    let script = Script::new().always(Expect::any(), MockResponse::json(response));
    let body = json!({ "secret": "hidden-secret", "topic": "shown-too" });
    scripted(&script).request(http::Method::POST, "/a").json(&body).await.expect("a response");
    assert!(!recorder.text().contains("shown"), "{}", recorder.text());
    let client = script.builder().log_bodies(true).build().expect("a client");
    client.request(http::Method::POST, "/a").json(&body).await.expect("a response");
    let text = recorder.text();
    assert!(text.contains("shown") && text.contains("shown-too"), "{text}");
    assert!(!text.contains("hidden-") && !text.contains("presigned.example"), "{text}");
}
