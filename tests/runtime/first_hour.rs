//! What somebody meets in the first hour: errors that say which one, the endpoint from the environment, calls that are
//! values, and arguments as people have them.

use opencloud::ids::UserId;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Client, Error};
use serde_json::json;
use std::process::Command;

fn refusing() -> Script {
    Script::new().always(
        Expect::any(),
        MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "no such user").header("x-request-id", "r-1"),
    )
}

#[tokio::test]
async fn an_error_holds_the_path_with_its_ids_and_shows_it_where_it_is_asked_to() {
    let script = refusing();
    let error = script.client().users().get(156).await.expect_err("an error");
    assert_eq!(error.path(), Some("/cloud/v2/users/156"));
    assert_eq!(error.path_template(), Some("/cloud/v2/users/{user_id}"));
    assert_eq!(error.to_string(), "GET /cloud/v2/users/{user_id}: 404 NOT_FOUND: no such user");
    let client = script.builder().paths_in_errors(true).build().expect("a client");
    let error = client.users().get(156).await.expect_err("an error");
    assert_eq!(error.to_string(), "GET /cloud/v2/users/156: 404 NOT_FOUND: no such user");
}

#[tokio::test]
async fn a_response_that_cannot_be_read_names_its_path_too() {
    let script = Script::new().always(Expect::any(), MockResponse::json(json!([1])));
    let client = script.builder().paths_in_errors(true).build().expect("a client");
    let error = client.users().get(156).await.expect_err("an error");
    assert!(error.is_decode() && error.to_string().starts_with("GET /cloud/v2/users/156: "), "{error}");
}

#[tokio::test]
async fn what_failed_before_there_was_a_request_has_a_template_and_no_path() {
    let error = refusing().client().users().get("..").await.expect_err("an error");
    assert_eq!((error.path(), error.path_template()), (None, Some("/cloud/v2/users/{user_id}")));
}

#[tokio::test]
async fn a_base_url_and_a_query_are_not_in_the_path() {
    let script = refusing();
    let client = script.builder().base_url("https://proxy.example/token-123").build().expect("a client");
    let call = client.users().list_inventory_items(156).filter(opencloud::filter::raw("secret=1"));
    let error = call.send().await.map(drop).expect_err("an error");
    assert_eq!(error.path(), Some("/cloud/v2/users/156/inventory-items"));
    assert!(!format!("{error:?} {error:#?}").contains("token-123"), "{error:?}");
}

#[tokio::test]
async fn the_debug_text_of_an_error_reads_like_its_display_with_its_causes() {
    let error = refusing().client().users().get(156).await.expect_err("an error");
    assert_eq!(
        format!("{error:?}"),
        "GET /cloud/v2/users/156: 404 NOT_FOUND: no such user (x-request-id: r-1)"
    );
    assert!(format!("{error:#?}").starts_with("Error {"));
    let broken = Error::interrupted(std::io::Error::other("the cable was cut"));
    assert_eq!(format!("{broken:?}").matches("the cable was cut").count(), 1, "{broken:?}");
}

/// Runs this test again in a process of its own, whose environment can be set.
fn in_process(test: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.args([test, "--exact", "--ignored", "--nocapture"]).env_remove("ROBLOX_API_BASE_URL");
    let output = command.envs(variables.iter().copied()).output().expect("a process");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
#[ignore = "run by the test below, in a process with an environment"]
async fn a_program_that_knows_nothing_of_the_endpoint() {
    let client = match Client::from_env() {
        Ok(client) => client,
        Err(error) => return println!("no client: {error}"),
    };
    match client.users().get(156).await {
        Ok(user) => println!("found: {}", user.name.unwrap_or_default()),
        Err(error) => println!("failed: {error}"),
    }
    // Whoever takes only the key from there is pointed elsewhere too, unless they say where to.
    let builder = || Client::builder().api_key_from_env().expect("a key");
    match builder().build().expect("a client").users().get(156).await {
        Ok(_) => println!("built: found"),
        Err(error) => println!("built: {error}"),
    }
    for own in [
        builder().base_url("http://127.0.0.1:1"),
        Client::builder().base_url("http://127.0.0.1:1").api_key_from_env().expect("a key"),
    ] {
        let client = own.retry(opencloud::retry::Retry::never()).build().expect("a client");
        let error = client.users().get(156).await.expect_err("nothing is there");
        println!("own: {:?}", error.kind());
    }
}

#[tokio::test]
async fn the_endpoint_comes_from_the_environment() {
    let emulator = opencloud_emulator::Emulator::start().await.expect("an emulator");
    let test = "first_hour::a_program_that_knows_nothing_of_the_endpoint";
    let key = ("ROBLOX_API_KEY", "key");
    let url = emulator.base_url().to_owned();
    let run = move |base: String| {
        tokio::task::spawn_blocking(move || in_process(test, &[key, ("ROBLOX_API_BASE_URL", &base)]))
    };
    let output = run(url).await.expect("a process");
    assert!(output.contains("found: ") && output.contains("built: found"), "{output}");
    assert_eq!(output.matches("own: Connect").count(), 2, "{output}");
    for (base, why) in
        [("http://roblox.example", "plain"), ("not a url", "is not a URL"), ("ftp://127.0.0.1", "base URL")]
    {
        let output = run(base.to_owned()).await.expect("a process");
        assert!(output.contains("no client: ") && output.contains(why), "{base}: {output}");
    }
}

#[tokio::test]
async fn a_call_is_a_value_that_can_be_cloned() {
    let script = Script::new().always(Expect::any(), MockResponse::json(json!({ "name": "somebody" })));
    let call = script.client().users().get(156).with_header("x-trace", "1");
    let (first, second) = tokio::join!(call.clone().into_future(), tokio::spawn(call.into_future()));
    assert_eq!(first.expect("a user"), second.expect("a task").expect("a user"));
    assert_eq!(script.count(), 2);
    assert!(script.received().iter().all(|request| request.header("x-trace") == Some("1")));
}

#[tokio::test]
async fn a_body_of_a_few_scalars_is_arguments() {
    let script = Script::new()
        .expect(
            Expect::post("/cloud/v2/universes/1:publishMessage")
                .json(json!({ "topic": "news", "message": "hello" })),
            MockResponse::empty(),
        )
        .expect(
            Expect::post("/cloud/v2/universes/1:translateText").json(
                json!({ "text": "hi", "sourceLanguageCode": "en-us", "targetLanguageCodes": ["fr-fr"] }),
            ),
            MockResponse::json(json!({})),
        );
    let client = script.client();
    client.messaging().publish(1, "news", "hello").await.expect("published");
    let translate = client.universes().translate_text(1, "hi");
    let translate = translate.source_language_code("en-us").target_language_codes(["fr-fr"]);
    translate.await.expect("translated");
    script.assert_done();
}

#[tokio::test]
async fn a_resource_name_is_made_of_ids() {
    let role = json!({ "role": "groups/7/roles/99" });
    let membership = "/cloud/v2/groups/7/memberships/156";
    let mut script = Script::new();
    for _ in 0..3 {
        let assign = Expect::post(format!("{membership}:assignRole")).json(role.clone());
        script = script.expect(assign, MockResponse::json(json!({})));
    }
    script = script
        .expect(Expect::post(format!("{membership}:unassignRole")).json(role), MockResponse::json(json!({})))
        .expect(
            Expect::post("/assets/v1/assets/5/versions:rollback")
                .json(json!({ "assetVersion": "assets/5/versions/1" })),
            MockResponse::json(json!({ "path": "assets/5/versions/3" })),
        );
    let (client, groups) = (script.client(), script.client().groups());
    groups.assign_role(7, 156, 99).await.expect("assigned");
    groups.assign_role(7, 156, "99").await.expect("assigned");
    groups.assign_role(7, 156, "groups/7/roles/99").await.expect("a whole name is taken as well");
    groups.unassign_role(7, 156, 99).await.expect("unassigned");
    client.assets().rollback(5, 1).await.expect("rolled back");
    let error = groups.assign_role(7, 156, "").await.expect_err("no role");
    assert!(error.is_usage() && error.to_string().contains("role_id"), "{error}");
    script.assert_done();
}

#[tokio::test]
async fn enums_are_made_of_numbers_and_words_and_ids_of_signed_integers() {
    let script = Script::new().always(
        Expect::any().query("size", 150),
        MockResponse::operation_done("users/1/operations/o", json!({ "imageUri": "https://cdn.example/1" })),
    );
    let users = script.client().users();
    users.generate_thumbnail(1).size(150).wait().await.expect("a thumbnail");
    users.generate_thumbnail(1).size("150").wait().await.expect("a thumbnail");
    let row: i64 = 10_000_000_001;
    assert_eq!(UserId::try_from(row).expect("an id"), UserId::from(10_000_000_001));
    UserId::try_from(-1_i64).expect_err("negative");
}

#[tokio::test]
async fn a_change_that_fails_writes_nothing_and_its_error_comes_through() {
    let emulator = opencloud_emulator::Emulator::start().await.expect("an emulator");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let (store, map) =
        (client.data_stores().store(2001, "Coins"), client.memory_stores().sorted_map(2001, "Coins"));
    let pay = |coins: Option<i64>| match coins.unwrap_or(0) {
        coins if coins >= 100 => Ok(Some(coins - 100)),
        coins => Err(format!("{coins} coins are not enough")),
    };
    store.set("156", &150).await.expect("set");
    map.set("156", &150).await.expect("set");
    assert_eq!(store.try_update("156", pay).await.expect("paid").expect("an entry").value, 50);
    assert_eq!(map.try_update("156", pay).await.expect("paid").expect("an item").value, 50);
    for error in [
        store.try_update("156", pay).await.map(drop).expect_err("too little"),
        map.try_update("156", pay).await.map(drop).expect_err("too little"),
    ] {
        assert_eq!(error.kind(), opencloud::ErrorKind::LocalIo);
        assert!(error.to_string().contains("the change failed: 50 coins are not enough"), "{error}");
    }
    let ours = |_: Option<i64>| Err(Error::interrupted("the database is gone"));
    let error = store.try_update::<i64, _, _>("156", ours).await.map(drop).expect_err("a failure");
    assert_eq!(error.kind(), opencloud::ErrorKind::Io);
    assert_eq!(store.get::<i64>("156").await.expect("read").expect("an entry").value, 50);
}

#[test]
fn the_crates_of_public_signatures_are_at_hand() {
    let time: opencloud::jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;
    let body: opencloud::bytes::Bytes = opencloud::bytes::Bytes::new();
    let value: opencloud::serde_json::Value = json!({});
    let status: opencloud::http::StatusCode = http::StatusCode::OK;
    assert!(time.as_second() == 0 && body.is_empty() && value.is_object() && status.is_success());
}
