//! API keys with scopes, and their introspection.

use std::time::Duration;

use crate::common::{Client, start_time};
use opencloud_emulator::{ApiKey, Document, Emulator, KeyScope, Seed, Shapes};
use serde_json::json;

async fn start(keys: impl IntoIterator<Item = ApiKey>) -> Client {
    let mut builder = Emulator::builder().frozen_at(start_time());
    for key in keys {
        builder = builder.api_key(key);
    }
    Client::of(builder.start().await.expect("started"))
}

/// Every request of the client is sent with the key `test`.
fn key() -> ApiKey {
    ApiKey::new("test")
}

#[tokio::test]
async fn a_missing_scope_is_named_in_the_services_own_shape() {
    let client = start([key().no_scopes()]).await;
    let response = client.get("/cloud/v2/universes/2001/data-stores").await;
    assert_eq!(response.status, 403);
    let message = "The API key does not have the scope universe-datastores.control:list.";
    assert_eq!(response.json(), json!({ "code": "PERMISSION_DENIED", "message": message }));

    let target = "/datastores/v1/universes/2001/standard-datastores/datastore/entries?datastoreName=Coins";
    let response = client.get(target).await;
    assert_eq!(response.status, 403);
    let message = "The API key does not have the scope universe-datastores.objects:list.";
    let expected = json!({ "error": "INSUFFICIENT_SCOPE", "message": message, "errorDetails": [] });
    assert_eq!(response.json(), expected);

    let response = client.get("/assets/v1/assets/5001").await;
    assert_eq!(response.status, 403);
    assert_eq!(response.json()["code"], 7);

    let response = client.get("/legacy-groups/v1/groups/4001/settings").await;
    assert_eq!(response.status, 403);
    let message = "The API key does not have the scope legacy-group:manage.";
    assert_eq!(response.json(), json!({ "errors": [{ "code": 0, "message": message }] }));

    let response = client.get("/server-management/v1/universes/2001/restarts").await;
    assert_eq!((response.status, &response.json()["status"]), (403, &json!(403)));
}

#[tokio::test]
async fn operations_without_scopes_need_only_a_key() {
    let client = start([key().no_scopes()]).await;
    client.get("/cloud/v2/groups/4001").await.ok();
    client.get("/cloud/v2/universes/2001").await.ok();
    // Its scopes only add fields.
    client.get("/cloud/v2/users/1001").await.ok();
}

#[tokio::test]
async fn all_scopes_that_are_missing_are_named_or_one_of_them_is_enough() {
    let client = start([key().scope("asset:read").scope("universe:write")]).await;
    let refused = client.post("/assets/v1/assets/5001:archive", &json!({})).await.refused(403);
    assert!(refused.contains("the scope asset:write."), "{refused}");
    let target = "/cloud/v2/universes/2001/subscription-products/1/subscriptions/2";
    client.get(target).await.ok();
    let client = start([key().no_scopes()]).await;
    let refused = client.get(target).await.refused(403);
    let either = "universe:write or universe.subscription-product.subscription:read";
    assert!(refused.contains(either), "{refused}");
}

#[tokio::test]
async fn a_scope_is_good_only_for_what_it_names() {
    let client = start([key()
        .scope(KeyScope::new("universe-datastores.objects:list").store(2001, "sample-store"))
        .scope(KeyScope::new("universe-messaging-service:publish").universe(2001).universe(2002))
        .scope(KeyScope::new("group:read").group(4001))])
    .await;
    client.get("/cloud/v2/universes/2001/data-stores/sample-store/entries").await.ok();
    let refused = client.get("/cloud/v2/universes/2001/data-stores/Other/entries").await.refused(403);
    let expected = "the scope universe-datastores.objects:list for data store Other of universe 2001.";
    assert!(refused.contains(expected), "{refused}");
    client.get("/cloud/v2/universes/2002/data-stores/sample-store/entries").await.refused(403);
    let target = "/datastores/v1/universes/2001/standard-datastores/datastore/entries?datastoreName=";
    client.get(&format!("{target}sample-store")).await.ok();
    client.get(&format!("{target}Other")).await.refused(403);

    let message = json!({ "topic": "news", "message": "hello" });
    assert_eq!(client.post("/cloud/v2/universes/2002:publishMessage", &message).await.status, 200);
    let refused = client.post("/cloud/v2/universes/2003:publishMessage", &message).await.refused(403);
    assert!(refused.contains("universe-messaging-service:publish for universe 2003."), "{refused}");

    client.get("/cloud/v2/groups/4001/join-requests").await.ok();
    client.get("/cloud/v2/groups/4002/join-requests").await.refused(403);
}

#[tokio::test]
async fn an_asset_is_made_only_for_the_owner_that_the_scope_names() {
    let write = KeyScope::new("asset:write").group(4001);
    let client = start([key().scope("asset:read").scope(write)]).await;
    let create = async |creator: serde_json::Value| {
        let request = json!({
            "assetType": "Decal",
            "displayName": "Sign",
            "description": "",
            "creationContext": { "creator": creator },
        });
        let file =
            reqwest::multipart::Part::bytes(b"\x89PNG".to_vec()).file_name("a.png").mime_str("image/png");
        let form = reqwest::multipart::Form::new()
            .text("request", request.to_string())
            .part("fileContent", file.expect("a type"));
        client.send(client.request("POST", "/assets/v1/assets").multipart(form)).await
    };
    create(json!({ "groupId": "4001" })).await.ok();
    let refused = create(json!({ "userId": "77" })).await.refused(403);
    assert!(refused.contains("asset:write for user 77."), "{refused}");
    create(json!({ "groupId": "4002" })).await.refused(403);
}

#[tokio::test]
async fn a_key_that_is_not_good_gets_the_gateways_401() {
    let hour = Duration::from_secs(3600);
    let message = async |key: ApiKey, shapes: Shapes| {
        let builder = Emulator::builder().frozen_at(start_time()).api_key(key).shapes(shapes);
        let client = Client::of(builder.start().await.expect("started"));
        client.emulator.advance(hour);
        let response = client.get("/cloud/v2/users/1001").await;
        assert_eq!(response.status, 401);
        let message = response.json()["errors"][0]["message"].as_str().expect("a message").to_owned();
        let notes = client.emulator.requests()[0].notes.clone();
        (message, notes.first().map(|note| note.message.clone()))
    };
    // ER-01: the same text for all, and the reason only in the record of the request.
    let live = "Invalid API Key";
    let elsewhere = || key().allowed_ip("10.0.0.0/8").expect("a range");
    let expired = || key().expires_at(start_time() + hour);
    let expected = [
        (ApiKey::new("other"), None),
        (key().disabled(), Some("it is disabled")),
        (expired(), Some("it has expired")),
        (elsewhere(), Some("it is not allowed from this IP address")),
    ];
    for (key, note) in expected {
        assert_eq!(message(key, Shapes::Live).await, (live.to_owned(), note.map(str::to_owned)));
    }
    let documented = async |key: ApiKey| message(key, Shapes::Document).await.0;
    assert_eq!(documented(key().disabled()).await, "Invalid API Key: it is disabled.");
    assert_eq!(documented(expired()).await, "Invalid API Key: it has expired.");
    let expected = "Invalid API Key: it is not allowed from this IP address.";
    assert_eq!(documented(elsewhere()).await, expected);
}

/// ER-02: publishing without the scope is a 401 of the gateway.
#[tokio::test]
async fn publishing_without_the_scope_is_a_401() {
    let client = start([key().scope("universe:read")]).await;
    let publish = client.request("POST", "/universes/v1/2001/places/3001/versions?versionType=Published");
    let publish = publish.header("content-type", "application/xml").body("<roblox></roblox>");
    let response = client.send(publish).await;
    assert_eq!(response.status, 401);
    let expected = json!({ "errors": [{ "code": 0, "message": "API Key has insufficient scopes." }] });
    assert_eq!(response.json(), expected);
    let note = client.emulator.requests()[0].notes[0].to_string();
    assert!(note.contains("universe-places:write"), "{note}");
}

/// AU-12: place history and events by their id do not say which experience they are about.
#[tokio::test]
async fn what_names_no_experience_needs_a_scope_for_all_of_them() {
    let history = "/place-version-history-api/v1/3001/history";
    let message = async |key: ApiKey| {
        let response = start([key]).await.get(history).await;
        assert_eq!(response.status, 403, "{}", response.text);
        response.json()["message"].as_str().expect("a message").to_owned()
    };
    let operation = Document::embedded().find("GET", history).expect("an operation").operation;
    let scopes: Vec<&str> = operation.scopes.iter().map(String::as_str).collect();
    let some = scopes.iter().fold(key(), |key, scope| key.scope(KeyScope::new(scope).universe(2001)));
    assert_eq!(message(some).await, "Scope must be configured to allow all resources");
    assert_eq!(message(key().scope("group:read")).await, "Scope not authorized");
    let all = scopes.iter().fold(key(), |key, scope| key.scope(*scope));
    start([all]).await.get(history).await.ok();
    let configs = "/creator-configs-public-api/v1/configs/universes/2001/repositories/InExperienceConfig";
    let response = start([key().scope("group:read")]).await.get(configs).await;
    assert_eq!(
        (response.status, response.text.contains("Scope not authorized")),
        (403, true),
        "{}",
        response.text
    );
}

/// GP-04: the products write their own error for who may not see them.
#[tokio::test]
async fn game_passes_refuse_in_their_own_shape() {
    let client = start([key().scope("group:read")]).await;
    let response = client.get("/game-passes/v1/universes/2001/game-passes/creator").await;
    let error = response.json();
    assert_eq!((response.status, &error["errorCode"]), (403, &json!("UnauthorizedAccess")));
    assert!(error["field"].is_null() && error["hint"].is_null());
    assert_eq!(error.as_object().map(serde_json::Map::len), Some(4));
}

/// ER-07
#[tokio::test]
async fn a_key_of_another_owner_may_do_nothing() {
    let client = start([key().name("key of another owner")]).await;
    let refused = client.get("/cloud/v2/universes/2001/data-stores").await.refused(403);
    assert!(refused.contains("The authorized user does not have sufficient permissions"), "{refused}");
}

/// AU-01: some keys can be introspected for an hour only, and are good for everything else.
#[tokio::test]
async fn introspection_can_lapse_before_the_key_does() {
    let builder = Emulator::builder().frozen_at(start_time()).api_key(key());
    let builder = builder.introspection_lifetime(Duration::from_secs(3_600));
    let client = Client::of(builder.start().await.expect("started"));
    let introspect = async || client.post("/api-keys/v1/introspect", &json!({ "apiKey": "test" })).await;
    introspect().await.ok();
    client.emulator.advance(Duration::from_secs(3_601));
    let refused = introspect().await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["message"]), (401, &json!("Invalid API Key")));
    client.get("/cloud/v2/users/1001").await.ok();
}

#[tokio::test]
async fn a_key_lapses_after_sixty_days_without_use() {
    let day = Duration::from_secs(86_400);
    let client = start([key().allowed_ip("127.0.0.0/8").expect("a range")]).await;
    client.emulator.advance(day * 59);
    client.get("/cloud/v2/users/1001").await.ok();
    client.emulator.advance(day * 59);
    client.get("/cloud/v2/users/1001").await.ok();
    client.emulator.advance(day * 60);
    client.get("/cloud/v2/users/1001").await.refused(401);
    let note = client.emulator.requests().last().expect("recorded").notes[0].to_string();
    assert!(note.contains("lapsed after 60 days"), "{note}");
}

/// AU-02, AU-03: the targets of a scope only where it has some, ids as text; AU-04: a 401 in the gateway's shape.
#[tokio::test]
async fn introspection_says_what_a_key_may_do() {
    let described = key()
        .name("leaderboard")
        .user(77)
        .scope(KeyScope::new("universe-datastores.objects:read").operation("update").store(2001, "Coins"))
        .scope(KeyScope::new("universe-messaging-service:publish").universe(2001))
        .scope(KeyScope::new("asset:write").user(77).group(4001))
        .expires_at(start_time() + Duration::from_secs(60));
    let client = start([described]).await;
    let introspect =
        async |key: &str| client.post("/api-keys/v1/introspect", &json!({ "apiKey": key })).await;
    let expected = json!({
        "name": "leaderboard",
        "authorizedUserId": "77",
        "scopes": [
            {
                "name": "universe-datastores.objects",
                "operations": ["read", "update"],
                "universeDatastores": [{ "universeId": "2001", "datastoreName": "Coins" }],
            },
            {
                "name": "universe-messaging-service",
                "operations": ["publish"],
                "universeIds": ["2001"],
            },
            { "name": "asset", "operations": ["write"], "userIds": ["77"], "groupIds": ["4001"] },
        ],
        "enabled": true,
        "expired": false,
        "expirationTimeUtc": "2026-01-02T03:05:05.000Z",
    });
    assert_eq!(introspect("test").await.ok(), expected);
    client.emulator.advance(Duration::from_secs(60));
    let response = introspect("test").await.ok();
    assert_eq!((&response["expired"], &response["enabled"]), (&json!(true), &json!(true)));
    introspect("other").await.refused(401);
    client.post("/api-keys/v1/introspect", &json!({})).await.refused(400);
    client.get("/api-keys/v1/introspect").await.refused(404);
    let recorded = client.emulator.requests();
    assert!(recorded.iter().all(|request| !String::from_utf8_lossy(&request.body).contains("test")));
}

#[tokio::test]
async fn as_long_as_no_key_is_described_any_key_may_do_everything() {
    let client = Client::start().await;
    let body = json!({ "apiKey": "anything" });
    let response = client.post("/api-keys/v1/introspect", &body).await.ok();
    let scopes = response["scopes"].as_array().expect("scopes");
    assert!(scopes.len() > 30);
    let asset = scopes.iter().find(|scope| scope["name"] == "asset").expect("the scope");
    assert_eq!(
        *asset,
        json!({ "name": "asset", "operations": ["read", "write"], "userIds": ["*"], "groupIds": ["*"] })
    );
}

#[tokio::test]
async fn keys_can_be_part_of_a_seed() {
    let scopes = json!([{ "name": "group", "operations": ["read"], "groupIds": ["4001"] }]);
    let seed = json!({ "apiKeys": [{ "apiKey": "test", "name": "seeded", "scopes": scopes }] });
    let builder = Emulator::builder().seed(seed.to_string().parse::<Seed>().expect("a seed"));
    let client = Client::of(builder.start().await.expect("started"));
    client.get("/cloud/v2/groups/4001/join-requests").await.ok();
    client.get("/cloud/v2/groups/4002/join-requests").await.refused(403);
    let url = format!("{}/cloud/v2/users/1", client.emulator.base_url());
    let other = crate::common::http().get(url).header("x-api-key", "other").send().await.expect("a response");
    assert_eq!(other.status(), 401);
}

#[tokio::test]
async fn keys_can_be_described_while_the_emulator_runs() {
    let client = Client::start().await;
    let key = json!({
        "apiKey": "test",
        "name": "reader",
        "scopes": [{ "name": "asset", "operations": ["read"] }],
    });
    assert_eq!(client.post("/__emulator/keys", &key).await.status, 204);
    client.get("/cloud/v2/groups/4001/join-requests").await.refused(403);
    let listed = client.get("/__emulator/keys").await;
    assert!(!listed.text.contains("test"), "{}", listed.text);
    assert_eq!(listed.json()["keys"][0]["name"], "reader");
    assert_eq!(client.delete("/__emulator/keys/reader").await.status, 204);
    client.delete("/__emulator/keys/reader").await.refused(404);
    client.get("/cloud/v2/groups/4001/join-requests").await.ok();
    let wrong = json!({ "apiKey": "test", "scpes": [] });
    let refused = client.post("/__emulator/keys", &wrong).await.refused(400);
    assert!(refused.contains("scpes"), "{refused}");
    client.post("/__emulator/keys", &json!({ "apiKey": "" })).await.refused(400);
}

#[tokio::test]
async fn a_reset_keeps_the_keys_that_the_emulator_was_started_with() {
    let client = start([key().no_scopes()]).await;
    client.post("/__emulator/keys", &json!({ "apiKey": "other" })).await;
    client.post("/__emulator/reset", &json!({})).await;
    client.get("/cloud/v2/groups/4001/join-requests").await.refused(403);
    assert_eq!(client.get("/__emulator/keys").await.ok()["keys"].as_array().map(Vec::len), Some(1));
}
