//! Keys, routes, validation and the emulator's own endpoints.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::common::Client;
use opencloud_emulator::{Emulator, Shapes};
use serde_json::json;

#[tokio::test]
async fn a_key_is_required() {
    let client = Client::start().await;
    let url = format!("{}/cloud/v2/users/1", client.emulator.base_url());
    let response = reqwest::get(&url).await.expect("a response");
    assert_eq!(response.status(), 401);
    let body: serde_json::Value = response.json().await.expect("JSON");
    let expected = json!({ "errors": [{ "code": 0, "message": "Invalid API Key" }] });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn only_the_keys_that_were_given_are_accepted() {
    let builder = Emulator::builder().api_key("good");
    let client = Client::of(builder.start().await.expect("started"));
    client.get("/cloud/v2/users/1").await.refused(401);
    let url = format!("{}/cloud/v2/users/1", client.emulator.base_url());
    let good = crate::common::http().get(&url).header("x-api-key", "good");
    assert_eq!(good.send().await.expect("a response").status(), 200);
}

/// As in a network of containers, where clients call it by its name.
#[tokio::test]
async fn addresses_in_responses_begin_where_clients_reach_it() {
    let builder = Emulator::builder().base_url("http://emulator:8080/");
    let emulator = builder.start().await.expect("started");
    assert_eq!(emulator.base_url(), "http://emulator:8080");
    let request = http::Request::get("/oauth/.well-known/openid-configuration");
    let response = emulator.respond(request.body(Default::default()).expect("a request")).await;
    let body: serde_json::Value = serde_json::from_slice(response.expect("a response").body()).expect("JSON");
    assert_eq!(body["token_endpoint"], "http://emulator:8080/oauth/v1/token");
}

#[tokio::test]
async fn an_unknown_route_gets_the_gateways_response() {
    let client = Client::start().await;
    let response = client.get("/cloud/v2/nothing").await;
    assert_eq!(response.status, 404);
    assert_eq!(response.json()["errors"][0]["code"], 0);
    client.delete("/cloud/v2/users/1").await.refused(404);
}

#[tokio::test]
async fn violations_are_named_in_the_services_own_shape() {
    let client = Client::start().await;
    let response = client.get("/cloud/v2/users/1/inventory-items?maxPageSize=x").await;
    assert_eq!(response.status, 400);
    let body = response.json();
    assert_eq!(body["code"], "INVALID_ARGUMENT");
    assert_eq!(body["message"], "query.maxPageSize: is not an integer");
    let response = client.get("/toolbox-service/v1/saves?limit=x").await;
    assert_eq!(response.json()["detail"], "query.limit: is not an integer");
    let recorded = client.emulator.requests();
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[0].violations[0].location, "query.maxPageSize");
}

/// Services overlook what they do not know in a query. The record has it all the same.
#[tokio::test]
async fn unknown_query_parameters_are_recorded_and_only_refused_by_a_strict_emulator() {
    let target = "/cloud/v2/users/1/inventory-items?limit=3";
    let client = Client::start().await;
    client.get(target).await.ok();
    assert_eq!(client.emulator.requests()[0].violations[0].location, "query.limit");
    let strict = Client::of(Emulator::builder().strict(true).start().await.expect("started"));
    let message = strict.get(target).await.refused(400);
    assert!(message.contains("query.limit: is not a parameter of this operation"), "{message}");
}

/// ER-09: what Roblox finds a request by.
#[tokio::test]
async fn every_response_can_be_found_again() {
    let client = Client::start().await;
    for (target, status) in [("/cloud/v2/users/1", 200), ("/cloud/v2/users/x", 400), ("/nothing", 404)] {
        let response = client.get(target).await;
        assert_eq!(response.status, status);
        let number = client.emulator.requests().last().expect("recorded").number;
        assert_eq!(response.header("roblox-machine-id"), format!("emulator-{number}"));
        assert_eq!(response.header("x-envoy-attempt-count"), "1");
        assert_eq!(response.header("x-roblox-edge"), "local");
    }
    let document = Client::shaped(Shapes::Document).await;
    assert_eq!(document.get("/cloud/v2/users/1").await.header("roblox-machine-id"), "");
}

/// ER-04: a path that nothing is behind has the gateway's shape, whatever the service.
#[tokio::test]
async fn unknown_routes_are_refused_by_the_gateway() {
    let client = Client::start().await;
    for target in ["/cloud/v2/nothing", "/assets/v1/nothing", "/datastores/v1/nothing"] {
        let response = client.get(target).await;
        assert_eq!((response.status, &response.json()["errors"][0]["code"]), (404, &json!(0)), "{target}");
    }
}

/// ER-08
#[tokio::test]
async fn a_bad_request_to_server_management_is_a_sentence() {
    let launch = "/server-management/v1/universes/2001/restarts";
    // A property that is not known would be taken (SV-11).
    let body = json!({ "bleedOffDurationMinutes": 241 });
    let live = Client::start().await.post(launch, &body).await;
    assert_eq!(live.status, 400, "{}", live.text);
    let live = live.json();
    assert!(live["error"].as_str().is_some_and(|sentence| sentence.contains(' ')), "{live}");
    assert_eq!(live.as_object().map(serde_json::Map::len), Some(1));
    let documented = Client::shaped(Shapes::Document).await.post(launch, &body).await.json();
    assert_eq!(documented["status"], 400);
}

/// SV-11
#[tokio::test]
async fn a_restart_without_a_body_is_of_no_media_type() {
    let launch = "/server-management/v1/universes/2001/restarts";
    let live = Client::start().await;
    let refused = live.send(live.request("POST", launch)).await;
    assert_eq!((refused.status, &refused.json()["status"]), (415, &json!(415)), "{}", refused.text);
    // An empty object is a body: it means all places.
    live.post(launch, &json!({})).await.ok();
    let document = Client::shaped(Shapes::Document).await;
    document.send(document.request("POST", launch)).await.refused(400);
}

/// PG-01, PG-02
#[tokio::test]
async fn lists_end_as_each_service_ends_them() {
    let client = Client::start().await;
    let lists = [
        ("/cloud/v2/groups/4001/memberships?maxPageSize=100", Some(json!(""))),
        ("/cloud/v2/universes/2001/user-restrictions?maxPageSize=100", Some(json!(""))),
        ("/game-passes/v1/universes/2001/game-passes/creator", Some(serde_json::Value::Null)),
        ("/developer-products/v2/universes/2001/developer-products/creator", Some(json!(""))),
        ("/cloud/v2/universes/2002/memory-store/sorted-maps/m/items", Some(serde_json::Value::Null)),
        ("/cloud/v2/universes/2001/data-stores?maxPageSize=100", None),
    ];
    for (target, end) in &lists {
        let page = client.get(target).await.ok();
        if target.contains("sorted-maps") {
            // MS-09: the end of an empty map has more than one form.
            continue;
        }
        assert_eq!(page.get("nextPageToken"), end.as_ref(), "{target}");
    }
    let nothing = "/cloud/v2/universes/2001/ordered-data-stores/new/scopes/global/entries";
    assert_eq!(client.get(nothing).await.ok(), json!({}));
    let document = Client::shaped(Shapes::Document).await;
    let page = document.get(nothing).await.ok();
    assert_eq!(page, json!({ "orderedDataStoreEntries": [], "nextPageToken": "" }));
    client.assert_responses_fit();
}

/// PG-03, PG-04
#[tokio::test]
async fn page_tokens_must_be_encoded_and_belong_to_one_list() {
    let client = Client::start().await;
    let list = "/cloud/v2/groups/4001/memberships?maxPageSize=10";
    let page = client.get(list).await.ok();
    let token = page["nextPageToken"].as_str().expect("a token");
    assert!(['+', '/', '='].iter().all(|reserved| token.contains(*reserved)), "{token}");
    let url = format!("{}{list}&pageToken={token}", client.emulator.base_url());
    let raw = crate::common::http().get(&url).header("x-api-key", "k").send().await.expect("a response");
    assert_eq!(raw.status(), 400, "`+` in a query is a blank");
    let encoded = crate::common::encode(token);
    client.get(&format!("{list}&pageToken={encoded}")).await.ok();
    let other = list.replace("maxPageSize=10", "maxPageSize=20");
    client.get(&format!("{other}&pageToken={encoded}")).await.refused(400);
}

/// PG-06
#[tokio::test]
async fn the_entries_of_an_unknown_data_store_are_not_found() {
    let client = Client::start().await;
    client.get("/cloud/v2/universes/2001/data-stores/never/entries").await.refused(404);
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
    stream.read_exact(&mut status).expect("a response");
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
async fn requests_are_numbered_and_come_with_their_responses() {
    let client = Client::start().await;
    client.get("/cloud/v2/users/1").await.ok();
    client.get("/cloud/v2/users/x").await.refused(400);
    let requests = client.get("/__emulator/requests?after=1").await.ok()["requests"].clone();
    assert_eq!(requests.as_array().map(Vec::len), Some(1));
    let request = &requests[0];
    assert_eq!((&request["number"], &request["status"]), (&json!(2), &json!(400)));
    assert_eq!(request["time"], "2026-01-02T03:04:05.000Z");
    let response: serde_json::Value =
        serde_json::from_str(request["responseBody"].as_str().expect("text")).expect("JSON");
    assert_eq!(response["code"], "INVALID_ARGUMENT");
    client.get("/__emulator/requests?after=x").await.refused(400);
}
