//! What an API key may do, and what is said of one that may not.

use crate::support::{KEY, scripted};
use jiff::{SignedDuration, Timestamp};
use opencloud::api_key::{Missing, Problem, Report, Target};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Credentials, ErrorKind, Scope};
use serde_json::{Value, json};

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
    scripted(&Script::new().expect(asked(), MockResponse::json(key(changes))))
}

fn names(missing: &Missing) -> String {
    missing.one_of.iter().map(Scope::as_str).collect::<Vec<_>>().join(" or ")
}

fn missing(report: &Report) -> Vec<(&'static str, String, Vec<Target>)> {
    let all =
        report.operations.iter().flat_map(|of| of.missing.iter().map(|missing| (of.operation.id, missing)));
    all.map(|(id, missing)| (id, names(missing), missing.targets.clone())).collect()
}

#[tokio::test]
async fn a_key_is_looked_at_and_is_nowhere_but_in_the_body() {
    let script = Script::new().expect(asked(), MockResponse::json(key(json!({}))));
    let info = scripted(&script).api_key().introspect().await.expect("facts");
    assert_eq!((info.name.as_deref(), info.authorized_user_id), (Some("deploy"), Some(156.into())));
    let scopes = info.scopes.expect("scopes");
    assert!(scopes[1].grants("asset:write") && !scopes[2].grants("asset:write"));
    assert_eq!(scopes[0].universe_ids, Some(vec![42.into()]));
    let shown: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "universe-messaging-service: publish, for universe 42",
            "asset: read, write, for group 7",
            "asset: read, for user *",
            "universe-datastores.objects: *, for data store players of universe 42 and data store * of universe 43",
        ]
    );
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
    let report = client(json!({})).api_key().check(["messaging.publish", "secrets.list"]).await;
    let report = report.expect("a report");
    assert_eq!(missing(&report), [("secrets.list", "universe.secret:read".to_owned(), vec![])]);
    assert!(
        report.to_string().contains("secrets.list: the key lacks the scope universe.secret:read"),
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
        let found = missing.iter().find(|missing| missing.one_of == [scope.clone()]);
        assert_eq!(found.map(|missing| &missing.targets[..]), Some(&[target.clone()][..]), "{report}");
        assert!(report.to_string().contains(&format!("not for {target}")), "{report}");
        assert!(!report.is_fine());
    }
}

/// What is listed for a call, with the scopes that a key has: what is missing certainly, and perhaps.
async fn lacks(operation: &str, scopes: &[&str]) -> (Vec<String>, Vec<String>) {
    let scopes = scopes.iter().map(|scope| {
        let (name, operation) = scope.rsplit_once(':').expect("a scope");
        json!({ "name": name, "operations": [operation] })
    });
    let client = client(json!({ "scopes": scopes.collect::<Vec<_>>() }));
    let report = client.api_key().check([operation]).await.expect("a report");
    let of = &report.operations[0];
    assert_eq!(report.is_fine(), of.missing.is_empty(), "{report}");
    for missing in of.missing.iter().chain(&of.perhaps_missing) {
        assert!(report.to_string().contains(&format!("the key {missing}")), "{report}");
    }
    (of.missing.iter().map(names).collect(), of.perhaps_missing.iter().map(names).collect())
}

#[tokio::test]
async fn what_only_some_requests_need_is_missing_perhaps() {
    let none: [&str; 0] = [];
    let (create, update) = ("universe-datastores.objects:create", "universe-datastores.objects:update");
    let control = "universe-datastores.control:create";
    let either = "universe-datastores.objects:create or universe-datastores.objects:update";
    let (subscription, universe) = ("universe.subscription-product.subscription:read", "universe:write");
    let luau = "universe.place.luau-execution-session";
    for (operation, has, missing, perhaps) in [
        // Roblox's text: public facts need no scope at all.
        ("users.get", &[][..], &none[..], &["user.advanced:read", "user.social:read"][..]),
        ("users.get", &["user.social:read"], &none, &["user.advanced:read"]),
        ("users.list_inventory_items", &[], &none, &["user.inventory-item:read"]),
        ("groups.list_roles", &[], &none, &["group:read"]),
        ("groups.get", &[], &none, &none),
        // To create or to update, and a store that is not there yet.
        ("data_stores.set_value", &[update], &none, &[create, control]),
        ("data_stores.set_value", &[control], &[either], &none),
        ("data_stores.increment_entry", &[create], &none, &[update]),
        ("data_stores.increment_entry", &[], &[either], &none),
        // Roblox's text: the one for all subscriptions, the other for one's own.
        ("subscriptions.get", &[universe], &none, &[subscription]),
        ("luau.get_task", &[&format!("{luau}:write")], &none, &[&format!("{luau}:read")]),
        // And these need all.
        ("assets.create", &["asset:write"], &["asset:read"], &none),
        ("universes.generate_speech_asset", &["asset:write"], &[universe, "asset:read"], &none),
    ] {
        let found = lacks(operation, has).await;
        let expected = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found, (expected(missing), expected(perhaps)), "{operation} with {has:?}");
    }
}

#[tokio::test]
async fn of_several_scopes_those_that_the_key_has_are_named_with_what_they_do_not_reach() {
    let update =
        json!([{ "name": "universe-datastores.objects", "operations": ["update"], "universeIds": ["42"] }]);
    let check = client(json!({ "scopes": update })).api_key().check(["data_stores.increment_entry"]);
    let report = check.universe(1).await.expect("a report");
    let update = "universe-datastores.objects:update".to_owned();
    assert_eq!(missing(&report), [("data_stores.increment_entry", update, vec![Target::Universe(1.into())])]);
}

#[tokio::test]
async fn the_report_reads_as_lines() {
    let operations = ["messaging.publish", "users.get", "assets.create"];
    let report = client(json!({})).api_key().check(operations).universe(1).group(8).await.expect("a report");
    let lines = report.to_string();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(
        lines[..lines.len() - 1],
        [
            "API key `deploy`",
            "- messaging.publish: the key has the scope universe-messaging-service:publish, but not for universe 1",
            "- users.get: nothing is certainly missing",
            "- users.get: for some requests or fields only: the key lacks the scope user.advanced:read",
            "- users.get: for some requests or fields only: the key lacks the scope user.social:read",
            "- assets.create: the key has the scope asset:read, but not for group 8",
            "- assets.create: the key has the scope asset:write, but not for group 8",
        ]
    );
}

#[tokio::test]
async fn whom_a_call_is_not_about_does_not_count() {
    let scopes = json!([
        { "name": "group", "operations": ["write"], "groupIds": ["7"] },
        { "name": "universe", "operations": ["write"], "groupIds": ["7"] },
        { "name": "asset", "operations": ["read", "write"], "groupIds": ["7"] }
    ]);
    let check = client(json!({ "scopes": scopes })).api_key().check([
        "groups.update_membership",
        "universes.update",
        "assets.create",
    ]);
    let report = check.user(156).group(7).await.expect("a report");
    // Only a new asset could be the user's.
    assert_eq!(
        missing(&report),
        [
            ("assets.create", "asset:read".to_owned(), vec![Target::User(156.into())]),
            ("assets.create", "asset:write".to_owned(), vec![Target::User(156.into())]),
        ]
    );
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
async fn a_store_without_a_name_is_any_of_its_universe() {
    let scopes = json!([{ "name": "universe-datastores.objects", "operations": ["read"],
        "universeDatastores": [{ "universeId": "42" }] }]);
    let report = async |universe: u64| {
        let client = client(json!({ "scopes": scopes }));
        client
            .api_key()
            .check(["data_stores.get_entry"])
            .data_store(universe, "Coins")
            .await
            .expect("a report")
    };
    let (own, other) = (report(42).await, report(1).await);
    assert!(own.is_fine() && !other.is_fine(), "{own} {other}");
    let shown = own.key.and_then(|key| key.scopes).expect("scopes")[0].to_string();
    assert!(shown.ends_with("for data store * of universe 42"), "{shown}");
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
    let script = Script::new()
        .expect(asked(), MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "later"))
        .expect(
            asked(),
            MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", &format!("no such key: {KEY}")),
        );
    let error = scripted(&script).api_key().introspect().await.expect_err("refused");
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(400), 2));
    assert!(error.to_string().contains("[hidden]") && !format!("{error} {error:?}").contains(KEY), "{error}");
    script.assert_done();
}

/// `AU-01`: Roblox does not look at an older key, which may work all the same.
#[tokio::test(start_paused = true)]
async fn a_key_that_roblox_does_not_look_at_is_not_called_bad() {
    let refused = || MockResponse::error(ErrorShape::Gateway, 401, "0", "Invalid API Key");
    let client = scripted(&Script::new().always(asked(), refused()));
    let error = client.api_key().introspect().await.expect_err("not looked at");
    assert!(!error.is_unauthenticated(), "{error}");
    assert_eq!((error.kind(), error.message()), (ErrorKind::Refused, "Invalid API Key"));
    assert!(error.hint().is_some_and(|hint| hint.contains("does not say that the key is bad")), "{error}");
    assert!(!error.to_string().contains("expired"), "{error}");

    let report = || async { client.api_key().check(["users.get"]).await.expect("a report") };
    let unknown = report().await;
    assert!(unknown.key.is_none() && unknown.problems.is_empty() && !unknown.is_fine());
    let text = unknown.to_string();
    assert!(text.contains("not known") && text.contains("make a harmless read"), "{text}");
    assert!(!text.contains("nothing is missing"), "{text}");

    // A harmless read decides, and only what is about the key does.
    let read = |response: MockResponse| {
        let client = scripted(&Script::new().always(Expect::get("/cloud/v2/users/1"), response));
        async move { client.users().get(1).await }
    };
    let error = |status| MockResponse::error(ErrorShape::Gateway, status, "0", "no");
    let page = |status| MockResponse::status(status, PAGE).header("content-type", "text/html");
    for (response, is_fine, words) in [
        (MockResponse::json(json!({ "path": "users/1" })), true, "a call with the key succeeded"),
        (error(403), true, "the service takes the key"),
        (error(404), true, "the service takes the key"),
        (
            MockResponse::error(ErrorShape::Gateway, 401, "0", "API Key has insufficient scopes."),
            true,
            "takes the key",
        ),
        (refused(), false, "the service refuses the key"),
        (error(503), false, "says nothing of the key"),
        (error(429), false, "says nothing of the key"),
        // ER-03: a page of the edge, whatever its status.
        (page(400), false, "says nothing of the key"),
        (page(401), false, "says nothing of the key"),
        (page(403), false, "says nothing of the key"),
        (page(404), false, "says nothing of the key"),
        (MockResponse::not_sent(), false, "says nothing of the key"),
    ] {
        let report = report().await.proven_by(read(response).await);
        assert_eq!(report.is_fine(), is_fine, "{report}");
        assert!(report.to_string().contains(words), "{report}");
    }
}

const PAGE: &str = "<html><head><title>401 Unauthorized</title></head><body></body></html>";

/// `AU-01`, `ER-03`: a page of the edge is not the service's word that it does not look at the key.
#[tokio::test(start_paused = true)]
async fn a_page_of_the_edge_does_not_say_that_the_key_is_not_looked_at() {
    let page = MockResponse::status(401, PAGE).header("content-type", "text/html");
    let client = scripted(&Script::new().always(asked(), page));
    let error = client.api_key().introspect().await.expect_err("a page");
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(!error.to_string().contains("does not say that the key is bad"), "{error}");
    client.api_key().check(["users.get"]).await.expect_err("nothing is known of the key");
}

/// `AU-03`, and names that would break the line.
#[tokio::test]
async fn both_names_of_the_end_are_read_and_names_stay_on_their_line() {
    for name in ["expirationTimeUtc", "expirationUtcTime"] {
        let mut body = key(json!({ "name": "a\nb\u{1b}[31m" }));
        body.as_object_mut().expect("an object").remove("expirationTimeUtc");
        body[name] = json!("2020-01-01T00:00:00Z");
        let client = scripted(&Script::new().expect(asked(), MockResponse::json(body)));
        let report = client.api_key().check(["users.get"]).await.expect("a report");
        assert!(matches!(report.problems[..], [Problem::Expired(Some(_))]), "{report}");
        assert!(report.to_string().starts_with("API key `a b [31m`\n"), "{report}");
    }
}
