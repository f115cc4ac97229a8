//! Faults over real sockets: what each does to a client, and what it does to the state.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::common::Client;
use opencloud_emulator::Emulator;
use serde_json::{Value, json};

const COUNTER: &str = "/cloud/v2/universes/2001/data-stores/points/entries/total";

async fn increment(client: &Client) -> crate::common::Response {
    client.post(&format!("{COUNTER}:increment"), &json!({ "amount": 1 })).await
}

/// What the state says, past all faults.
fn total(client: &Client) -> Value {
    client.emulator.clear_faults();
    let stores = client.emulator.state().get("dataStores/universes/2001/stores/points/entries/0/1/versions");
    let versions = stores.unwrap_or_default();
    let last = versions.as_array().and_then(|versions| versions.last()).cloned().unwrap_or_default();
    last["value"].clone()
}

async fn client(fault: &str) -> Client {
    let client = Client::start().await;
    client.emulator.fault(fault).expect("a fault");
    client
}

/// All bytes that come back before the connection ends, and how it ends.
fn raw(client: &Client, method: &str, target: &str, body: &str) -> (String, std::io::Result<usize>) {
    let mut stream = TcpStream::connect(client.emulator.address()).expect("connected");
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut received = Vec::new();
    let end = stream.read_to_end(&mut received);
    (String::from_utf8_lossy(&received).into_owned(), end)
}

#[tokio::test]
async fn a_refusal_has_the_shape_of_the_service_and_applies_nothing() {
    let client = client("data_stores.increment_entry=429,count=1,retry-after=7").await;
    let response = increment(&client).await;
    assert_eq!((response.status, response.header("retry-after")), (429, "7"));
    // RL-12: the gateway says nothing, and the service would say this.
    assert_eq!(response.json(), json!({ "errors": [{ "code": 0, "message": "" }] }));
    assert_eq!(response.header("x-envoy-ratelimited"), "true");
    client.emulator.fault("data_stores.increment_entry=429,count=1,body=service").expect("a fault");
    let response = increment(&client).await;
    assert_eq!(response.json()["code"], "RESOURCE_EXHAUSTED");
    assert_eq!(response.header("x-envoy-ratelimited"), "");
    assert_eq!(increment(&client).await.ok()["value"], 1, "one of two is refused");
    let recorded = client.emulator.requests();
    let fault = recorded[0].fault.as_deref();
    assert_eq!(fault, Some("data_stores.increment_entry=429,count=1,retry-after=7"));
    assert_eq!(recorded[2].fault, None);
}

/// CN-04: what passes at once.
#[tokio::test]
async fn a_429_without_retry_after_and_any_5xx() {
    let client = Client::start().await;
    for status in [429, 500, 502, 503, 504, 599] {
        client.emulator.fault(&format!("users.get={status},count=1")).expect("a fault");
        let response = client.get("/cloud/v2/users/1").await;
        assert_eq!((response.status, response.header("retry-after")), (status, ""));
    }
    client.get("/cloud/v2/users/1").await.ok();
}

#[tokio::test]
async fn an_html_page() {
    let client = client("users.get=html:503").await;
    let response = client.get("/cloud/v2/users/1").await;
    assert_eq!((response.status, response.header("content-type")), (503, "text/html"));
    assert!(response.text.contains("<h1>503 Service Unavailable</h1>"), "{}", response.text);
}

/// ER-03: HAProxy's page, or that of the public gateway, after a while, and with any status.
#[tokio::test]
async fn a_page_of_the_edge_has_the_edges_headers_only() {
    let client = client("users.get=html:400,count=1").await;
    client.emulator.fault("users.get=latency:1ms").expect("a fault");
    let page = client.get("/cloud/v2/users/1").await;
    assert_eq!((page.status, page.header("server"), page.header("x-roblox-edge")), (400, "haproxy", "local"));
    assert!(!page.header("date").is_empty());
    for name in ["via", "cf-ray", "x-request-id", "roblox-machine-id", "x-envoy-attempt-count"] {
        assert_eq!(page.header(name), "", "{name}");
    }
    assert!(page.text.starts_with("<html><body><h1>400 Bad Request</h1>"), "{}", page.text);
    client.emulator.fault("users.get=html:504,server=public-gateway").expect("a fault");
    let page = client.get("/cloud/v2/users/1").await;
    assert_eq!((page.status, page.header("server")), (504, "public-gateway"));
}

/// CN-03: nothing shows that the rest is missing but the JSON itself.
#[tokio::test]
async fn a_cut_response_ends_cleanly() {
    let client = client("users.get=cut:10,count=1").await;
    let (received, end) = raw(&client, "GET", "/cloud/v2/users/1", "");
    end.expect("an orderly end");
    let (head, body) = received.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-length: 10"), "{head}");
    assert_eq!(body.len(), 10);
    client.emulator.fault("users.get=cut,count=1").expect("a fault");
    let whole = client.get("/cloud/v2/users/1").await.text.len();
    let half = client.emulator.requests()[1].response_body.len() / 2;
    assert_eq!(whole, half);
    client.get("/cloud/v2/users/1").await.ok();
}

/// CN-01: a request on a connection that the edge has given up gets no response; one on a fresh connection does.
#[tokio::test]
async fn a_connection_that_is_used_again_can_stall() {
    let client = client("*=stall:10ms,reused").await;
    let mut stream = TcpStream::connect(client.emulator.address()).expect("connected");
    let request = "GET /cloud/v2/users/1 HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("sent");
    let mut first = [0; 12];
    stream.read_exact(&mut first).expect("a response");
    assert_eq!(&first, b"HTTP/1.1 200");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    let rest = String::from_utf8_lossy(&rest).into_owned();
    assert!(!rest.contains("HTTP/1.1"), "nothing but the rest of the first response: {rest}");
    let recorded = client.emulator.requests();
    assert_eq!((recorded[0].status, recorded[1].status), (200, 0));
    let (fresh, _) = raw(&client, "GET", "/cloud/v2/users/1", "");
    assert!(fresh.starts_with("HTTP/1.1 200"), "{fresh}");
}

/// RL-01, RL-02, RL-05
#[tokio::test]
async fn a_429_can_have_the_headers_of_a_window() {
    let client = client("groups.list_roles=429,reset=22,count=1").await;
    let target = "/cloud/v2/groups/4001/roles";
    let response = client.get(target).await;
    let headers = |response: &crate::common::Response| {
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"]
            .map(|name| response.header(name).to_owned())
    };
    assert_eq!(headers(&response), ["300, 300;w=60, 300;w=60", "0, 300", "22, 0", "5"]);
    client.emulator.fault("groups.list_roles=429,reset=56442,count=1").expect("a fault");
    let response = client.get(target).await;
    assert_eq!(headers(&response), ["300, 300;w=86400, 300;w=86400", "0", "56442", ""]);
    // RL-07: some services say 0.
    client.emulator.fault("groups.list_roles=429,reset=22,retry-after=0,count=1").expect("a fault");
    assert_eq!(client.get(target).await.header("retry-after"), "0");
    client.get(target).await.ok();
}

#[tokio::test]
async fn a_reset_is_no_orderly_end() {
    let client = client("users.get=reset").await;
    let (received, end) = raw(&client, "GET", "/cloud/v2/users/1", "");
    assert_eq!(received, "");
    assert_eq!(end.expect_err("reset").kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(client.emulator.requests()[0].status, 0);
}

#[tokio::test]
async fn a_truncated_response_announces_more_than_it_has() {
    let client = client("users.get=truncate:10").await;
    let (received, _) = raw(&client, "GET", "/cloud/v2/users/1", "");
    let (head, body) = received.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body.len(), 10, "{received}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("announced");
    assert!(length.parse::<usize>().expect("a number") > 10);
    client.emulator.clear_faults();
    client.emulator.fault("users.get=truncate").expect("a fault");
    let error = crate::common::http().get(format!("{}/cloud/v2/users/1", client.emulator.base_url()));
    let error = error.header("x-api-key", "k").send().await.expect("a head").bytes().await;
    assert!(error.is_err());
}

#[tokio::test]
async fn a_request_that_is_delivered_twice_is_applied_twice() {
    let client = client(&format!("POST {}=duplicate,count=1", template())).await;
    assert_eq!(increment(&client).await.ok()["value"], 1, "the first response");
    assert_eq!(total(&client), "2");
}

fn template() -> &'static str {
    "/cloud/v2/universes/{u}/data-stores/{s}/entries/{e}:increment"
}

#[tokio::test]
async fn applied_and_then_500() {
    let client = client("data_stores.increment_entry=applied:500,count=1").await;
    let response = increment(&client).await;
    assert_eq!((response.status, response.json()["code"].clone()), (500, json!("INTERNAL")));
    assert_eq!(total(&client), "1", "it was applied all the same");
}

#[tokio::test]
async fn applied_and_then_reset() {
    let client = client("data_stores.increment_entry=applied:reset").await;
    let (_, end) = raw(&client, "POST", &format!("{COUNTER}:increment"), "{\"amount\":1}");
    assert!(end.is_err());
    assert_eq!(total(&client), "1");
}

#[tokio::test]
async fn a_request_that_is_wrong_is_not_applied_by_a_fault() {
    let client = client("*=applied:500").await;
    client.get("/cloud/v2/users/x").await.refused(400);
}

#[tokio::test]
async fn latency_is_waited_for() {
    let client = client("users.get=latency:150ms,count=1").await;
    let began = Instant::now();
    client.get("/cloud/v2/users/1").await.ok();
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn faults_over_http_are_written_as_everywhere() {
    let client = Client::start().await;
    let faults = "/__emulator/faults";
    let added = client.post(faults, &json!({ "fault": "users.get=503,count=1" })).await.ok();
    assert_eq!(added, json!({ "number": 1, "fault": "users.get=503,count=1" }));
    client.post(faults, &json!({ "fault": "*=latency:1ms" })).await.ok();
    client.get("/cloud/v2/users/1").await.refused(503);
    client.get("/cloud/v2/users/1").await.ok();
    let listed = client.get(faults).await.ok();
    let first = json!({ "number": 1, "fault": "users.get=503,count=1", "matched": 2, "played": 1 });
    assert_eq!(listed["faults"][0], first);
    assert_eq!(client.delete(&format!("{faults}/1")).await.status, 204);
    client.delete(&format!("{faults}/1")).await.refused(404);
    assert_eq!(client.delete(faults).await.status, 204);
    assert_eq!(client.get(faults).await.ok(), json!({ "faults": [] }));
    let wrong = client.post(faults, &json!({ "fault": "users.get=sometimes" })).await.refused(400);
    assert!(wrong.contains("`sometimes` is not an effect"), "{wrong}");
    client.post(faults, &json!({ "fault": "users.got=503" })).await.refused(400);
    client.post(faults, &json!({})).await.refused(400);
}

#[tokio::test]
async fn an_emulator_can_begin_with_faults() {
    let builder = Emulator::builder().fault("users.get=503").expect("a fault");
    assert!(Emulator::builder().fault("users.got=503").is_err());
    let client = Client::of(builder.start().await.expect("started"));
    client.get("/cloud/v2/users/1").await.refused(503);
    client.get("/__emulator/health").await.ok();
}
