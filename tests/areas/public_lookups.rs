//! Public look-ups: any number of names or ids, in batches, without a credential.

use opencloud::ids::UserId;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Received, Script};
use opencloud::{Client, Credentials, Error, ErrorKind};
use opencloud_emulator::{Emulator, Seed};
use serde_json::{Value, json};

const BY_NAME: &str = "/v1/usernames/users";
const BY_ID: &str = "/v1/users";

fn by_name(requested: &str, id: u64) -> Value {
    json!({ "requestedUsername": requested, "id": id, "name": requested, "displayName": "D", "hasVerifiedBadge": false })
}

fn page(users: impl IntoIterator<Item = Value>) -> MockResponse {
    MockResponse::json(json!({ "data": users.into_iter().collect::<Vec<_>>() }))
}

fn list(request: &Received, name: &str) -> Vec<Value> {
    request.json().expect("JSON")[name].as_array().cloned().expect("a list")
}

#[tokio::test(start_paused = true)]
async fn names_keep_their_order_and_the_unknown_ones_are_named() -> Result<(), Error> {
    let sent = json!({ "usernames": ["Builderman", "nobody", "roblox"] });
    // In another order, and in the case of the request.
    let users = [by_name("roblox", 1), by_name("Builderman", 156)];
    let script = Script::new().expect(Expect::post(BY_NAME).json(sent), page(users));
    let names = ["Builderman", "nobody", "BUILDERMAN", "roblox", "Nobody"];
    let found = script.client().public_lookups().find_by_names(names).await?;
    let users: Vec<_> = found.found.iter().map(|(name, user)| (name.as_str(), user.user_id())).collect();
    let id = |id: u64| Some(UserId::from(id));
    assert_eq!(users, [("Builderman", id(156)), ("BUILDERMAN", id(156)), ("roblox", id(1))]);
    assert_eq!(found.unknown, ["nobody", "Nobody"]);
    script.assert_done();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_user_is_found_by_a_name_of_before() -> Result<(), Error> {
    let user = json!({ "requestedUsername": "Old_Name", "id": 7, "name": "new_name" });
    let script = Script::new().always(Expect::post(BY_NAME), page([user]));
    let found = script.client().public_lookups().find_by_names(["Old_Name", "new_name"]).await?;
    assert_eq!((found.found[0].0.as_str(), found.found[0].1.name()), ("Old_Name", "new_name"));
    assert_eq!(found.unknown, ["new_name"], "the service did not say that it was found by this name");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn ids_keep_their_order_and_banned_users_can_be_left_out() -> Result<(), Error> {
    let sent = json!({ "userIds": [156, 404], "excludeBannedUsers": true });
    let user = json!({ "id": 156, "name": "builderman", "displayName": "Builderman" });
    let script = Script::new().expect(Expect::post(BY_ID).json(sent), page([user]));
    let ids = ["156", "404", "0156"];
    let found = script.client().public_lookups().find_by_ids(ids).exclude_banned_users(true).await?;
    let names: Vec<_> = found.found.iter().map(|(id, user)| (id.as_str(), user.name())).collect();
    assert_eq!(names, [("156", "builderman"), ("0156", "builderman")]);
    assert_eq!(found.unknown, [UserId::from(404)]);
    script.assert_done();
    Ok(())
}

/// UK-21
#[tokio::test(start_paused = true)]
async fn long_lists_are_sent_in_batches_and_what_is_there_twice_is_sent_once() -> Result<(), Error> {
    let script = Script::new().always(Expect::any(), page([]));
    let lookups = script.client().public_lookups();
    let names = (0..250).chain(0..250).map(|number| format!("name_{number}"));
    assert_eq!(lookups.find_by_names(names).await?.unknown.len(), 500);
    let sizes: Vec<usize> =
        script.received().iter().map(|request| list(request, "usernames").len()).collect();
    assert_eq!(sizes, [100, 100, 50]);

    let script = Script::new().always(Expect::any(), page([]));
    let found = script.client().public_lookups().find_by_ids(1..=401_u64).await?;
    assert_eq!(found.unknown.len(), 401);
    let sizes: Vec<usize> = script.received().iter().map(|request| list(request, "userIds").len()).collect();
    assert_eq!(sizes, [200, 200, 1]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_before_anything_is_sent() -> Result<(), Error> {
    let script = Script::new();
    let lookups = script.client().public_lookups();
    let names = |names: &[&str]| lookups.find_by_names(names.iter().copied());
    for (error, why) in [
        (names(&["a", ""]).await.expect_err("empty"), "is empty"),
        (names(&[" "]).await.expect_err("blank"), "is empty"),
        (names(&["a\nb"]).await.expect_err("a line break"), "control characters"),
        (
            lookups.find_by_names((0..).map(|n: u64| n.to_string())).await.expect_err("endless"),
            "at most 10000",
        ),
        (lookups.find_by_ids(["builderman"]).await.expect_err("a name"), "\"builderman\" is not a number"),
        (lookups.find_by_ids([0]).await.expect_err("nobody"), "not a number from 1 on"),
        (lookups.find_by_ids([u64::MAX]).await.expect_err("too large"), "not a number from 1 on"),
        (lookups.find_by_ids(1_u64..).await.expect_err("endless"), "at most 10000"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    assert!(lookups.find_by_names(Vec::<String>::new()).await?.found.is_empty());
    assert_eq!(script.count(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failed_batch_fails_the_look_up() {
    let script = Script::new().expect(Expect::post(BY_NAME), page([])).expect(
        Expect::post(BY_NAME),
        MockResponse::error(ErrorShape::Gateway, 400, "2", "Too many usernames."),
    );
    let names = (0..101).map(|number| format!("name_{number}"));
    let error = script.client().public_lookups().find_by_names(names).await.expect_err("refused");
    assert_eq!(
        error.operation().map(|operation| operation.id),
        Some("public_lookups.batch_get_users_by_names")
    );
    assert!(error.to_string().contains("Too many usernames."), "{error}");

    let script = Script::new().always(Expect::any(), MockResponse::json(json!({ "users": [{ "id": 1 }] })));
    script
        .client()
        .public_lookups()
        .find_by_ids([1])
        .await
        .expect_err("a list under another name is not empty");
}

#[tokio::test]
async fn the_look_ups_work_at_the_emulator() -> Result<(), Box<dyn std::error::Error>> {
    let seed: Seed = r#"{
        "users": [{ "id": 7, "name": "Builder", "displayName": "B" }],
        "universes": [{ "id": 2001, "places": [{ "id": 3001, "displayName": "Lobby" }, { "id": 3002 }] }]
    }"#
    .parse()?;
    let emulator = Emulator::builder().seed(seed).start().await?;
    let lookups = Client::builder().api_key("key").base_url(emulator.base_url()).build()?.public_lookups();

    let found = lookups.find_by_names(["builder", "player_8", "player_7", "x"]).await?;
    let ids: Vec<_> = found.found.iter().map(|(name, user)| (name.as_str(), user.id)).collect();
    assert_eq!(ids, [("builder", Some(7)), ("player_8", Some(8))]);
    assert_eq!(
        found.unknown,
        ["player_7", "x"],
        "who has another name is not found by the name that is made up"
    );

    let found = lookups.find_by_ids([8, 7]).await?;
    let names: Vec<_> = found.found.iter().map(|(_, user)| (user.name(), user.display_name())).collect();
    assert_eq!(names, [("player_8", "Player 8"), ("Builder", "B")]);

    let places = lookups.list_places(2001).items().collect().await?;
    let places: Vec<_> = places.iter().map(|place| (place.place_id(), place.name())).collect();
    assert_eq!(places, [(Some(3001_u64.into()), "Lobby"), (Some(3002_u64.into()), "Place 3002")]);

    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
    Ok(())
}

#[tokio::test]
async fn no_credential_is_sent_whatever_the_call_was_given() -> Result<(), Error> {
    let script = Script::new().always(Expect::any(), page([]));
    let token = Credentials::bearer("token")?;
    let other = || Credentials::api_key("other");
    // At their own hosts, and where all hosts are reached at one URL that is given the key by other calls.
    for client in [script.client(), script.builder().base_url("http://localhost:1").build()?] {
        let lookups = client.public_lookups();
        lookups.find_by_names(["a"]).await?;
        lookups.find_by_ids([1]).with_credentials(other()?).await?;
        lookups.list_places(42).items().collect().await?;
        lookups.list_places(42).with_credentials(token.clone()).await?;
    }
    assert_eq!(script.count(), 8);
    for request in script.received() {
        assert_eq!(
            (request.header("x-api-key"), request.header("authorization")),
            (None, None),
            "{request:?}"
        );
    }
    Ok(())
}
