//! Keys, routes, validation and the emulator's own endpoints.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::Client;
use opencloud_emulator::Emulator;
use serde_json::json;

#[tokio::test]
async fn a_key_is_required() {
    let client = Client::start().await;
    let url = format!("{}/cloud/v2/users/1", client.emulator.base_url());
    let answer = reqwest::get(&url).await.expect("an answer");
    assert_eq!(answer.status(), 401);
    let body: serde_json::Value = answer.json().await.expect("JSON");
    let expected = json!({ "errors": [{ "code": 0, "message": "Invalid API Key" }] });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn only_the_keys_that_were_given_are_accepted() {
    let builder = Emulator::builder().api_key("good");
    let client = Client::of(builder.start().await.expect("started"));
    client.get("/cloud/v2/users/1").await.refused(401);
    let url = format!("{}/cloud/v2/users/1", client.emulator.base_url());
    let good = common::http().get(&url).header("x-api-key", "good");
    assert_eq!(good.send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn an_unknown_route_gets_the_gateways_answer() {
    let client = Client::start().await;
    let answer = client.get("/cloud/v2/nothing").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["errors"][0]["code"], 0);
    client.delete("/cloud/v2/users/1").await.refused(404);
}

#[tokio::test]
async fn violations_are_named_in_the_services_own_shape() {
    let client = Client::start().await;
    let answer = client.get("/cloud/v2/users/1/inventory-items?limit=3").await;
    assert_eq!(answer.status, 400);
    let body = answer.json();
    assert_eq!(body["code"], "INVALID_ARGUMENT");
    assert_eq!(body["message"], "query.limit: is not a parameter of this operation");
    let answer = client.get("/toolbox-service/v1/saves?limit=x").await;
    assert_eq!(answer.json()["detail"], "query.limit: is not an integer");
    let recorded = client.emulator.requests();
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[0].violations[0].location, "query.limit");
}

#[tokio::test]
async fn lenient_records_what_it_does_not_refuse() {
    let builder = Emulator::builder().strict(false);
    let client = Client::of(builder.start().await.expect("started"));
    client.get("/cloud/v2/users/1?x=1").await.ok();
    assert_eq!(client.emulator.requests()[0].violations.len(), 1);
}

#[tokio::test]
async fn secrets_are_not_recorded() {
    let client = Client::start().await;
    let request =
        client.request("GET", "/cloud/v2/users/1").header("cookie", "c").header("proxy-authorization", "p");
    client.send(request).await.ok();
    let recorded = client.emulator.requests();
    assert_eq!(recorded[0].header("x-api-key"), Some("[redacted]"));
    assert_eq!(recorded[0].header("cookie"), Some("[redacted]"));
    assert_eq!(recorded[0].header("proxy-authorization"), Some("[redacted]"));
    let text = client.get("/__emulator/requests").await.ok();
    assert_eq!(text["requests"][0]["headers"]["x-api-key"], "[redacted]");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let builder = Emulator::builder().body_limit(10);
    let client = Client::of(builder.start().await.expect("started"));
    let body = json!({ "topic": "long enough", "message": "m" });
    let target = "/cloud/v2/universes/1:publishMessage";
    client.post(target, &body).await.refused(413);
}

#[tokio::test]
async fn a_body_that_is_announced_as_too_large_is_not_waited_for() {
    let client = Client::start().await;
    let mut stream = TcpStream::connect(client.emulator.address()).expect("connected");
    let head = "POST /cloud/v2/universes/1:publishMessage HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("sent");
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 413");
}

#[tokio::test]
async fn the_emulators_own_endpoints() {
    let client = Client::start().await;
    let health = client.get("/__emulator/health").await.ok();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["time"], "2026-01-02T03:04:05.000Z");
    let head = client.send(client.request("HEAD", "/__emulator/health")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""), "some ask so whether it runs");
    let body = json!({ "advance": "60s" });
    let time = client.post("/__emulator/clock", &body).await.ok();
    assert_eq!(time["time"], "2026-01-02T03:05:05.000Z");
    let wrong = json!({ "advance": 60 });
    client.post("/__emulator/clock", &wrong).await.refused(400);
    client.get("/__emulator/nothing").await.refused(404);
    client.get("/cloud/v2/users/1").await.ok();
    assert_eq!(client.emulator.requests().len(), 1);
    assert_eq!(client.delete("/__emulator/requests").await.status, 204);
    assert!(client.emulator.requests().is_empty());
}

#[tokio::test]
async fn two_emulators_do_not_share_anything() {
    let (one, two) = (Client::start().await, Client::start().await);
    assert_ne!(one.emulator.base_url(), two.emulator.base_url());
    one.get("/cloud/v2/users/1").await.ok();
    assert!(two.emulator.requests().is_empty());
    let address = one.emulator.address();
    one.emulator.stop();
    assert!(std::net::TcpStream::connect(address).is_err());
    Emulator::builder().port(address.port()).start().await.expect("the port is free again");
}

#[tokio::test]
async fn requests_are_numbered_and_come_with_their_answers() {
    let client = Client::start().await;
    client.get("/cloud/v2/users/1").await.ok();
    client.get("/cloud/v2/users/2?x=1").await.refused(400);
    let requests = client.get("/__emulator/requests?after=1").await.ok()["requests"].clone();
    assert_eq!(requests.as_array().map(Vec::len), Some(1));
    let request = &requests[0];
    assert_eq!((&request["number"], &request["status"]), (&json!(2), &json!(400)));
    assert_eq!(request["time"], "2026-01-02T03:04:05.000Z");
    let answer: serde_json::Value =
        serde_json::from_str(request["answerBody"].as_str().expect("text")).expect("JSON");
    assert_eq!(answer["code"], "INVALID_ARGUMENT");
    client.get("/__emulator/requests?after=x").await.refused(400);
}
