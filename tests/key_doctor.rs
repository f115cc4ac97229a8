//! What an API key may do, and what is said of one that may not.
#![cfg(feature = "full")]

mod support;

use jiff::{SignedDuration, Timestamp};
use opencloud::api_key::{Problem, Report, Target};
use opencloud::testing::{Answer, ErrorShape, Expect, Script};
use opencloud::{Credentials, ErrorKind, Scope};
use serde_json::{Value, json};
use support::{KEY, scripted};

fn asked() -> Expect {
    Expect::post("/api-keys/v1/introspect").json(json!({ "apiKey": KEY }))
}

fn key(changes: Value) -> Value {
    let mut key = json!({
        "name": "deploy",
        "authorizedUserId": "156",
        "scopes": [
            { "name": "universe-messaging-service", "operations": ["publish"], "universeIds": ["42"] },
            { "name": "asset", "operations": ["read", "write"], "groupIds": ["7"] },
            { "name": "asset", "operations": ["read"], "userIds": ["*"] },
            { "name": "universe-datastores.objects", "operations": ["*"],
              "universeDatastores": [
                  { "universeId": "42", "datastoreName": "players" },
                  { "universeId": "43", "datastoreName": "*" }
              ] }
        ],
        "enabled": true,
        "expired": false,
        "expirationTimeUtc": null
    });
    for (name, value) in changes.as_object().expect("changes") {
        key[name] = value.clone();
    }
    key
}

fn client(changes: Value) -> opencloud::Client {
    scripted(&Script::new().expect(asked(), Answer::json(key(changes))))
}

fn missing(report: &Report) -> Vec<(&'static str, String, Vec<Target>)> {
    let all =
        report.operations.iter().flat_map(|of| of.missing.iter().map(|missing| (of.operation.id, missing)));
    all.map(|(id, missing)| (id, missing.scope.to_string(), missing.targets.clone())).collect()
}

#[tokio::test]
async fn a_key_is_looked_at_and_is_nowhere_but_in_the_body() {
    let script = Script::new().expect(asked(), Answer::json(key(json!({}))));
    let info = scripted(&script).api_key().introspect().await.expect("facts");
    assert_eq!((info.name.as_deref(), info.authorized_user_id), (Some("deploy"), Some(156.into())));
    let scopes = info.scopes.expect("scopes");
    assert!(scopes[1].grants("asset:write") && !scopes[2].grants("asset:write"));
    assert_eq!(scopes[0].universe_ids, Some(vec![42.into()]));
    assert_eq!((info.enabled, info.expired, info.expiration_time_utc), (Some(true), Some(false), None));
    let headers = format!("{:?}", script.received()[0].headers);
    assert!(!headers.contains("x-api-key"), "{headers}");
    script.assert_done();
}

#[tokio::test]
async fn what_is_granted_is_fine() {
    for check in [
        client(json!({})).api_key().check(["messaging.publish"]).universe(42),
        client(json!({})).api_key().check(["assets.create"]).group(7),
        client(json!({})).api_key().check(["data_stores.get_entry"]).data_store(42, "players"),
        client(json!({})).api_key().check(["data_stores.get_entry"]).data_store(43, "any"),
        client(json!({})).api_key().check(["data_stores.get_entry"]).universe(42),
        client(json!({})).api_key().check(["messaging.publish", "assets.create"]),
    ] {
        let report = check.await.expect("a report");
        assert!(report.is_fine(), "{report}");
    }
}

#[tokio::test]
async fn what_is_missing_is_named_with_its_target() {
    let report = client(json!({})).api_key().check(["messaging.publish", "users.list_inventory_items"]).await;
    let report = report.expect("a report");
    assert_eq!(
        missing(&report),
        [("users.list_inventory_items", "user.inventory-item:read".to_owned(), vec![])]
    );
    assert!(
        report
            .to_string()
            .contains("users.list_inventory_items: the key lacks the scope user.inventory-item:read"),
        "{report}"
    );

    for (check, scope, target) in [
        (
            client(json!({})).api_key().check(["messaging.publish"]).universe(42).universe(1),
            Scope::UniverseMessagingServicePublish,
            Target::Universe(1.into()),
        ),
        (
            client(json!({})).api_key().check(["assets.create"]).group(8),
            Scope::AssetWrite,
            Target::Group(8.into()),
        ),
        // The key may write for a group only.
        (
            client(json!({})).api_key().check(["assets.create"]).user(156),
            Scope::AssetWrite,
            Target::User(156.into()),
        ),
        (
            client(json!({})).api_key().check(["data_stores.get_entry"]).data_store(42, "secrets"),
            Scope::UniverseDatastoresObjectsRead,
            Target::DataStore(42.into(), "secrets".to_owned()),
        ),
    ] {
        let report = check.await.expect("a report");
        let missing = &report.operations[0].missing;
        let found = missing.iter().find(|missing| missing.scope == scope);
        assert_eq!(found.map(|missing| &missing.targets[..]), Some(&[target.clone()][..]), "{report}");
        assert!(report.to_string().contains(&format!("not for {target}")), "{report}");
        assert!(!report.is_fine());
    }
}

#[tokio::test]
async fn keys_that_do_not_work_are_named() {
    let now = Timestamp::now();
    let days = |days: i64| now + SignedDuration::from_hours(24 * days);
    for (changes, expected) in [
        (json!({ "enabled": false }), vec![Problem::Disabled]),
        (json!({ "expired": true }), vec![Problem::Expired(None)]),
        (json!({ "expirationTimeUtc": days(-1) }), vec![Problem::Expired(Some(days(-1)))]),
        (json!({ "expirationTimeUtc": days(13) }), vec![Problem::ExpiresSoon(days(13))]),
        (json!({ "expirationTimeUtc": days(15) }), vec![]),
        (json!({ "expirationTimeUtc": "9999-12-31T23:59:59.9999999Z" }), vec![]),
        (
            json!({ "enabled": false, "expired": true, "expirationTimeUtc": days(-2) }),
            vec![Problem::Disabled, Problem::Expired(Some(days(-2)))],
        ),
    ] {
        let report = client(changes.clone()).api_key().check(["messaging.publish"]).await.expect("a report");
        assert_eq!(report.problems, expected, "{changes}");
        assert_eq!(report.is_fine(), expected.is_empty());
        assert!(report.to_string().contains("60 days"), "what cannot be seen is said");
    }
    let late = client(json!({ "expirationTimeUtc": days(29) }));
    let report = late.api_key().check(Vec::<String>::new()).warn_before(30).await.expect("a report");
    assert_eq!(report.problems, [Problem::ExpiresSoon(days(29))]);
}

#[tokio::test]
async fn an_empty_list_names_nothing_and_restricts_nothing() {
    for (list, other) in [("groupIds", "userIds"), ("userIds", "groupIds")] {
        let mut scope = json!({ "name": "asset", "operations": ["read", "write"], list: [] });
        let check = client(json!({ "scopes": [scope.clone()] })).api_key().check(["assets.create"]);
        assert_eq!(missing(&check.user(156).group(7).await.expect("a report")), [], "{list}");
        scope[other] = json!(["1"]);
        let check = client(json!({ "scopes": [scope] })).api_key().check(["assets.create"]);
        assert!(!missing(&check.user(156).group(7).await.expect("a report")).is_empty(), "{other}");
    }
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_sent() {
    let script = Script::new();
    let client = scripted(&script);
    let error = client.api_key().check(["users.get", "users.fetch"]).await.expect_err("no such operation");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("users.fetch") && error.to_string().contains("users.get"), "{error}");
    let error = client.api_key().check(["Cloud_GetUser"]).await.expect_err("no such operation");
    assert!(error.to_string().contains("users.get"), "{error}");
    let token = Credentials::bearer("an-access-token").expect("a token");
    let error = client.api_key().with_credentials(token).introspect().await.expect_err("no key");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_show_the_key() {
    let script =
        Script::new().expect(asked(), Answer::error(ErrorShape::Code, 503, "UNAVAILABLE", "later")).expect(
            asked(),
            Answer::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", &format!("no such key: {KEY}")),
        );
    let error = scripted(&script).api_key().introspect().await.expect_err("refused");
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(400), 2));
    assert!(error.to_string().contains("[hidden]") && !format!("{error} {error:?}").contains(KEY), "{error}");
    script.assert_done();
}
