//! The script that users test with.

use crate::support::{scripted, timed};
use http::Method;
use opencloud::testing::{Expect, MockResponse, Script};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_script_tells_what_went_wrong() {
    let script = Script::new().expect(Expect::get("/cloud/v2/users/1"), MockResponse::json(json!({})));
    let error = scripted(&script).users().get(2).await.expect_err("an error");
    assert!(error.to_string().contains("GET /cloud/v2/users/2; expected GET /cloud/v2/users/1"), "{error}");
    let panic =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| script.assert_done())).expect_err("a panic");
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(
        text.contains("unexpected: GET /cloud/v2/users/2") && text.contains("missing: GET /cloud/v2/users/1"),
        "{text}"
    );
}

#[tokio::test]
async fn a_script_can_be_strict() {
    let script = Script::new()
        .expect(Expect::post("/a").json(json!({ "a": 1 })), MockResponse::json(json!(1)))
        .always(Expect::get("/b"), MockResponse::json(json!(2)));
    let client = script.client();
    assert_eq!(client.request(Method::GET, "/b").await.expect("a response"), json!(2), "whenever it comes");
    assert!(client.request(Method::POST, "/a").json(&json!({ "a": 2 })).await.is_err());
    assert_eq!(
        client.request(Method::POST, "/a").json(&json!({ "a": 1 })).await.expect("a response"),
        json!(1)
    );
    assert_eq!(script.count(), 3);
    assert_eq!(script.received()[2].json(), Some(json!({ "a": 1 })));
}

#[tokio::test(start_paused = true)]
async fn a_script_can_fail_as_networks_do() {
    let script = Script::new()
        .expect(Expect::any(), MockResponse::not_sent())
        .expect(Expect::any(), MockResponse::interrupted())
        .expect(Expect::any(), MockResponse::json(json!({})).interrupted_body())
        .expect(Expect::any(), MockResponse::rate_limited(9))
        .expect(Expect::any(), MockResponse::json(json!({ "name": "a" })));
    let client =
        script.builder().retry(opencloud::retry::Retry::standard().attempts(9).jitter(false)).build();
    let call = client.expect("a client").users().get(1);
    let (response, wait) = timed(async { call.send().await.expect("a response") }).await;
    assert_eq!((response.attempts(), wait), (5, Duration::from_millis(500 + 1000 + 2000 + 9000)));
    script.assert_done();
}

#[tokio::test]
async fn a_script_can_keep_state() {
    let mut value = json!(null);
    let script = Script::new()
        .expect(Expect::get("/a"), MockResponse::json(json!("first")))
        .respond_with(Expect::get("/a").query("count", 1), {
            let mut count = 0;
            move |_| {
                count += 1;
                MockResponse::json(json!(count))
            }
        })
        .respond_with(Expect::any(), move |request| match request.json() {
            Some(body) => {
                value = body;
                MockResponse::json(json!({})).with_status(202)
            }
            None => MockResponse::json(value.clone()),
        });
    let client = script.client();
    let get = async |path: &str| client.request(Method::GET, path).await.expect("a response");
    let counted = async || client.request(Method::GET, "/a").query("count", "1").await.expect("a response");
    assert_eq!(counted().await, json!("first"), "what is expected next goes first");
    assert_eq!((counted().await, counted().await), (json!(1), json!(2)));
    assert_eq!(get("/a").await, json!(null));
    let written =
        client.request(Method::POST, "/a").json(&json!({ "a": 1 })).send().await.expect("a response");
    assert_eq!(written.status(), 202);
    assert_eq!(get("/a").await, json!({ "a": 1 }));
    script.assert_done();
}

#[tokio::test]
async fn a_function_can_ask_what_was_received() {
    let script = Script::new();
    let asking = script.clone();
    let script = script.respond_with(Expect::any(), move |_| MockResponse::json(json!(asking.count())));
    let client = script.client();
    for count in 1..=2 {
        assert_eq!(client.request(Method::GET, "/a").await.expect("a response"), json!(count));
    }
}

#[tokio::test(start_paused = true)]
async fn responses_take_time_and_requests_say_when_they_came() {
    let second = Duration::from_secs(1);
    let script = Script::new()
        .expect(Expect::any(), MockResponse::json(json!(1)).delay(2 * second))
        .expect(Expect::any(), MockResponse::interrupted().delay(second));
    let client = script.client();
    let (response, wait) = timed(async { client.request(Method::GET, "/a").await }).await;
    assert_eq!((response.expect("a response"), wait), (json!(1), 2 * second));
    let (error, wait) = timed(async { client.request(Method::POST, "/a%20b").query("c", "d e").await }).await;
    assert!(error.expect_err("no response").may_have_been_applied());
    assert_eq!(wait, second);
    let [first, last] = &script.received()[..] else { panic!("two requests") };
    assert_eq!((first.elapsed, last.elapsed), (Duration::ZERO, 2 * second));
    assert_eq!((last.uri.path(), last.path.as_str()), ("/a%20b", "/a%20b"));
    assert_eq!(last.query("c"), Some("d e"));
}

#[tokio::test]
async fn a_response_has_one_content_type() {
    let response =
        MockResponse::bytes("a,b").header("content-type", "text/csv").header("x-a", "1").header("x-a", "2");
    let script = Script::new().expect(Expect::any(), response);
    let response = script.client().request(Method::GET, "/a").send_bytes().await.expect("a response");
    let values = |name: &str| response.headers().get_all(name).iter().count();
    assert_eq!((values("content-type"), values("x-a")), (1, 2));
    assert_eq!(response.headers()["content-type"], "text/csv");
}
