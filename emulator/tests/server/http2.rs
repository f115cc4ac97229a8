//! The emulator over HTTP/2, which clients must know that it speaks: there is no TLS by which to agree on it.

use opencloud_emulator::Emulator;
use reqwest::Version;
use serde_json::{Value, json};
use std::error::Error as _;
use std::time::Duration;

const USER: &str = "/cloud/v2/users/156";

/// A client that speaks HTTP/2 from the beginning, and sends nothing twice.
fn http2() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().http2_prior_knowledge().retry(reqwest::retry::never());
    builder.build().expect("a client")
}

async fn emulator(faults: &[&str]) -> Emulator {
    let emulator = Emulator::start().await.expect("started");
    for fault in faults {
        emulator.fault(fault).expect("a fault");
    }
    emulator
}

fn get(client: &reqwest::Client, emulator: &Emulator, path: &str) -> reqwest::RequestBuilder {
    client.get(format!("{}{path}", emulator.base_url())).header("x-api-key", "test")
}

/// How the client's own HTTP/2 says that a request failed.
fn reason(error: &reqwest::Error) -> Option<h2::Reason> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.reason();
        }
        cause = error.source();
    }
    None
}

#[tokio::test]
async fn both_versions_are_served_on_one_port() {
    let emulator = emulator(&[]).await;
    let client = http2();
    for (client, version) in [(&client, Version::HTTP_2), (&crate::common::http(), Version::HTTP_11)] {
        let response = get(client, &emulator, USER).send().await.expect("a response");
        assert_eq!((response.status().as_u16(), response.version()), (200, version));
        assert_eq!(response.json::<Value>().await.expect("JSON")["id"], "156");
        let publish = format!("{}/cloud/v2/universes/2001:publishMessage", emulator.base_url());
        let body = json!({ "topic": "news", "message": "x".repeat(1_000) });
        let published = client.post(publish).header("x-api-key", "test").json(&body).send().await;
        assert_eq!(published.expect("a response").status().as_u16(), 200);
    }
    // Its own pages are there, and still refuse whoever calls it by a name of somebody else.
    let state = get(&client, &emulator, "/__emulator/requests").send().await.expect("a response");
    assert_eq!(state.status().as_u16(), 200);
    let strange = get(&client, &emulator, "/__emulator/requests").header("host", "example.com");
    assert_eq!(strange.send().await.expect("a response").status().as_u16(), 403);
    let violations = |request: &opencloud_emulator::Recorded| !request.violations.is_empty();
    assert!(!emulator.requests().iter().any(violations), "{:?}", emulator.requests());
}

/// Waits until the emulator has begun with a request.
async fn begun(emulator: &Emulator, path: &str) {
    while !emulator.requests().iter().any(|request| request.path == path) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// CN-02: a session that dies takes all of its requests along, and the next request has another one.
#[tokio::test]
async fn a_reset_ends_all_requests_of_a_session() {
    for (fault, is_lost) in
        [("groups.get=reset", true), ("groups.get=stall:0s", true), ("groups.get=503", false)]
    {
        let emulator = emulator(&["users.get=stall:600s", fault]).await;
        let client = http2();
        // The session is there, so that what follows shares it.
        get(&client, &emulator, "/cloud/v2/universes/2001").send().await.expect("a response");
        let pending = tokio::spawn(get(&client, &emulator, USER).send());
        begun(&emulator, USER).await;
        let other = get(&client, &emulator, "/cloud/v2/groups/4001").send().await;
        assert_eq!(other.is_err(), is_lost, "{fault}: {other:?}");
        if is_lost {
            let error = pending.await.expect("not stopped").expect_err("the session is dead");
            assert_ne!(reason(&error), Some(h2::Reason::REFUSED_STREAM), "{fault}: {error:?}");
        } else {
            assert!(!pending.is_finished(), "{fault}");
        }
        get(&client, &emulator, "/cloud/v2/universes/2001").send().await.expect("a response");
    }
}

/// CN-02: a request that was not begun is told apart from one that may have been. Others of its session go on.
#[tokio::test]
async fn a_stream_is_refused_before_its_request_is_begun() {
    let emulator = emulator(&["users.get=stall:600s", "messaging.publish=refuse-stream,count=1"]).await;
    let client = http2();
    get(&client, &emulator, "/cloud/v2/universes/2001").send().await.expect("a response");
    let pending = tokio::spawn(get(&client, &emulator, USER).send());
    begun(&emulator, USER).await;
    let publish = || {
        let target = format!("{}/cloud/v2/universes/2001:publishMessage", emulator.base_url());
        client.post(target).header("x-api-key", "test").json(&json!({ "topic": "news", "message": "hello" }))
    };
    let error = publish().send().await.expect_err("refused");
    assert_eq!(reason(&error), Some(h2::Reason::REFUSED_STREAM), "{error:?}");
    assert!(!pending.is_finished());
    assert!(emulator.messages().is_empty(), "it was not applied");
    assert_eq!(publish().send().await.expect("a response").status().as_u16(), 200);
}

/// Every fault that a client can meet over HTTP/1.1 can be met over HTTP/2.
#[tokio::test]
async fn faults_are_played_over_http2() {
    let outcome = async |fault: &str| {
        let emulator = emulator(&[fault]).await;
        let client = http2();
        get(&client, &emulator, "/cloud/v2/universes/2001").send().await.expect("a response");
        let response = get(&client, &emulator, USER).send().await.map_err(|error| format!("{error:?}"))?;
        let status = response.status().as_u16();
        response.bytes().await.map(|body| (status, body.len())).map_err(|error| format!("{error:?}"))
    };
    let (status, whole) = outcome("users.get=503,count=1,skip=1").await.expect("a response");
    assert_eq!(status, 200);
    assert_eq!(outcome("users.get=cut:10").await, Ok((200, 10)));
    assert_eq!(outcome("users.get=429,retry-after=2").await.map(|(status, _)| status), Ok(429));
    assert_eq!(outcome("users.get=html:400").await.map(|(status, _)| status), Ok(400));
    assert_eq!(outcome("users.get=latency:10ms").await, Ok((200, whole)));
    // The session has served another request before.
    assert_eq!(outcome("users.get=503,reused").await.map(|(status, _)| status), Ok(503));
    for broken in
        ["users.get=truncate:10", "users.get=reset", "users.get=applied:reset", "users.get=stall:0s"]
    {
        outcome(broken).await.expect_err(broken);
    }
}

/// A client of HTTP/1.1 has no streams: what is refused is as good as reset.
#[tokio::test]
async fn a_refused_stream_is_a_reset_over_http1() {
    let emulator = emulator(&["users.get=refuse-stream"]).await;
    let client = reqwest::Client::builder().retry(reqwest::retry::never()).build().expect("a client");
    get(&client, &emulator, USER).send().await.expect_err("reset");
    get(&client, &emulator, "/cloud/v2/universes/2001").send().await.expect("a response");
}
