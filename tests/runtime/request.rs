//! The escape hatch: requests to routes that have no method.

use crate::support::scripted;
use http::Method;
use opencloud::body::{File, Form};
use opencloud::path_segment;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use serde_json::{Value, json};

#[tokio::test]
async fn a_request_to_anything() {
    let script = Script::new()
        .expect(
            Expect::post("/new/api").query("a b", "1&2").header("x-own", "1").json(json!({ "text": "ü" })),
            MockResponse::json(json!({ "id": 7 })),
        )
        .expect(Expect::put("/upload"), MockResponse::empty())
        .expect(Expect::post("/form"), MockResponse::bytes("raw"))
        .expect(Expect::get("/typed"), MockResponse::json(json!({ "id": "7" })))
        .expect(Expect::delete("/a%2Fb/c"), MockResponse::empty());
    let client = scripted(&script);

    let call = client.request(Method::POST, "/new/api").query("a b", "1&2").with_header("x-own", "1");
    assert_eq!(call.json(&json!({ "text": "ü" })).await.expect("a response"), json!({ "id": 7 }));

    let response = client
        .request(Method::PUT, "/upload")
        .bytes("image/png", "content")
        .send()
        .await
        .expect("a response");
    assert_eq!((response.status().as_u16(), &*response), (204, &Value::Null));

    let form = Form::new().text("name", "value").file("file", File::new("content").name("dir/a.png"));
    let response = client.request(Method::POST, "/form").form(form).send_bytes().await.expect("a response");
    assert_eq!(&response[..], b"raw");

    #[derive(serde::Deserialize)]
    struct Typed {
        id: opencloud::ids::UserId,
    }
    let typed = client.request(Method::GET, "/typed").send_as::<Typed>().await.expect("a response");
    assert_eq!(typed.id.as_u64(), Some(7));

    let path = format!("/{}/c", path_segment("a/b").expect("a segment"));
    client.request(Method::DELETE, path).await.expect("a response");
    script.assert_done();

    for target in ["/a?b=c", "/a/../b", "/a b", "relative", "/a\\b"] {
        let error = client.request(Method::GET, target).await.expect_err(target);
        assert!(error.is_usage(), "{target}: {error}");
    }
    for id in ["", ".", "..", "a\nb"] {
        assert!(path_segment(id).is_err(), "{id:?}");
    }
}

#[tokio::test]
async fn a_list_is_anything_that_can_be_gone_through() {
    use opencloud::types::AnalyticsDimensionValuesRequest;
    let script = Script::new()
        .expect(
            Expect::post("/cloud/v2/universes/1:translateText")
                .json(json!({ "text": "hi", "targetLanguageCodes": ["fr-fr", "de-de"] })),
            MockResponse::json(json!({})),
        )
        .expect(Expect::any().query("ids", "1").query("ids", "2"), MockResponse::json(json!({})));
    let client = scripted(&script);
    let translate = client.universes().translate_text(1, "hi").target_language_codes(["fr-fr", "de-de"]);
    translate.await.expect("a response");
    client.universes().batch_get_permissions((1..=2).map(i64::from)).await.expect("a response");
    script.assert_done();

    let [start, end] = [1, 2].map(|second| jiff::Timestamp::from_second(second).expect("a time"));
    let request = AnalyticsDimensionValuesRequest::new("DailyActiveUsers", start, end, ["Country"]);
    assert_eq!(request.dimensions, Some(vec!["Country".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn it_is_retried_like_any_call() {
    for (method, requests) in
        [(Method::GET, 4), (Method::PUT, 4), (Method::DELETE, 4), (Method::POST, 1), (Method::PATCH, 1)]
    {
        let script =
            Script::new().always(Expect::any(), MockResponse::error(ErrorShape::Html, 503, "", "down"));
        let error = scripted(&script).request(method.clone(), "/unknown/api").await.expect_err("an error");
        assert_eq!(script.count(), requests, "{method}");
        assert_eq!(error.may_have_been_applied(), method != Method::GET);
        assert_eq!((error.operation(), error.path()), (None, Some("/unknown/api")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_operation_keeps_its_rules() {
    let script = Script::new()
        .always(Expect::any(), MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "down"));
    let client = scripted(&script);
    let read = client.request(Method::GET, "/cloud/v2/universes/1/memory-store/queues/q/items:read");
    let error = read.await.expect_err("an error");
    assert_eq!(error.operation().map(|operation| operation.id), Some("memory_stores.read_queue_items"));
    assert_eq!(script.count(), 1, "this GET has effects");
    let user = client.request(Method::GET, "https://apis.roblox.com/cloud/v2/users/1");
    assert_eq!(
        user.await.expect_err("an error").operation().map(|operation| operation.id),
        Some("users.get")
    );
}
