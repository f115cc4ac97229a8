//! Nothing is lost silently by the helpers, on the way out and on the way back.

use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Player {
    coins: u64,
    position: (f32, f32),
}

fn lost() -> Player {
    Player { coins: 7, position: (1.0, f32::NAN) }
}

/// `serde_json` would write null, and what was stored would be gone.
fn assert_refused<T>(outcome: Result<T, Error>, what: &str) {
    let error = outcome.err().unwrap_or_else(|| panic!("{what} was sent"));
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{what}: {error}");
    assert!(error.to_string().contains("`position[1]` in the value is NaN"), "{what}: {error}");
}

#[tokio::test]
async fn a_number_that_json_cannot_express_is_refused_with_its_path() {
    let script = Script::new();
    let client = script.client();
    let store = client.data_stores().store(1, "Players");
    assert_refused(store.set("k", &lost()).await, "set");
    assert_refused(store.create("k", &lost()).await, "create");
    assert_refused(store.upsert("k", &lost()).await, "upsert");
    assert_refused(store.v1().set("k", &lost()).await, "the first version's set");
    assert_refused(client.request(http::Method::POST, "/any").json(&lost()).await, "a request of one's own");
    script.assert_done();

    let stored =
        json!({ "value": { "coins": 1, "position": [0, 0] }, "etag": "e", "state": "ACTIVE", "id": "k" });
    let entry = || Expect::get("/cloud/v2/universes/1/data-stores/Players/scopes/global/entries/k");
    let script = Script::new()
        .expect(entry(), MockResponse::json(stored.clone()))
        .expect(entry(), MockResponse::json(stored));
    let store = script.client().data_stores().store(1, "Players");
    assert_refused(store.update("k", |_: Option<Player>| Some(lost())).await, "update");
    let mut read = store.get::<Player>("k").await.expect("read").expect("an entry");
    read.value = lost();
    assert_refused(store.save(&read).await, "save");
    script.assert_done();
}

/// A value under another name is no null: `update` would begin anew and destroy it.
#[tokio::test]
async fn an_entry_without_its_value_is_an_error() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/global/entries/k";
    let renamed = json!({ "content": { "coins": 1 }, "etag": "e", "state": "ACTIVE", "id": "k" });
    let null = json!({ "value": null, "etag": "e", "state": "ACTIVE", "id": "k" });
    let script = Script::new()
        .expect(Expect::get(path), MockResponse::json(renamed.clone()))
        .expect(Expect::get(path), MockResponse::json(renamed))
        .expect(Expect::get(path), MockResponse::json(null));
    let store = script.client().data_stores().store(1, "Players");
    let error = store.get::<Option<Value>>("k").await.expect_err("no value");
    assert!(error.is_decode() && error.to_string().contains("`value`"), "{error}");
    let error = store.update("k", |before: Option<Option<Value>>| Some(before.flatten())).await;
    assert!(error.expect_err("no value").is_decode());
    // What is stored as null is there.
    assert_eq!(store.get::<Option<Value>>("k").await.expect("read").expect("an entry").value, None);
    script.assert_done();
}

#[tokio::test]
async fn a_value_out_of_range_is_no_other_value() {
    let entry = "/cloud/v2/universes/1/ordered-data-stores/Best/scopes/global/entries/k";
    for (value, read) in [
        (json!(7), Some(7)),
        (json!("7"), Some(7)),
        (json!(9007199254740992_i64), Some(1 << 53)),
        (json!(1e19), None),
        (json!(-1e300), None),
        (json!("NaN"), None),
        (json!("inf"), None),
        (json!("1e999"), None),
    ] {
        let script = Script::new()
            .expect(Expect::get(entry), MockResponse::json(json!({ "id": "k", "value": value })));
        let store = script.client().ordered_data_stores().store(1, "Best");
        match (store.get("k").await, read) {
            (Ok(found), Some(_)) => assert_eq!(found, read, "{value}"),
            (Err(error), None) => assert!(error.is_decode(), "{value}: {error}"),
            (outcome, _) => panic!("{value}: {outcome:?}"),
        }
    }
    // A zero may be left out; a value under another name may not.
    let response = |body: Value| Script::new().expect(Expect::get(entry), MockResponse::json(body));
    let zero = response(json!({ "id": "k" })).client().ordered_data_stores().store(1, "Best").get("k").await;
    assert_eq!(zero.expect("zero"), Some(0));
    let renamed = response(json!({ "id": "k", "score": 7 })).client().ordered_data_stores().store(1, "Best");
    assert!(renamed.get("k").await.expect_err("no value").to_string().contains("`score`"));
}

/// UN-01: the service ignores a visibility in an update, and says 200.
#[tokio::test]
async fn what_only_the_service_sets_is_not_sent() {
    let script = Script::new();
    let mut universe = opencloud::types::Universe::new();
    universe.visibility = Some("PUBLIC".into());
    let error = script.client().universes().update(1, universe).await.expect_err("read-only");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("`visibility` is set by the service alone"), "{error}");
    script.assert_done();
}

/// MS-11, MS-14: what was created has its id, also where the response does not repeat it. One that is wrapped in
/// something is still told.
#[tokio::test]
async fn an_item_that_was_created_has_its_id() {
    let items = "/cloud/v2/universes/1/memory-store/sorted-maps/Map/items";
    let item = |body: Value| async move {
        let script = Script::new().expect(Expect::post(items), MockResponse::json(body));
        let item = opencloud::types::MemoryStoreSortedMapItem::new().value(json!(7));
        script.client().memory_stores().create_sorted_map_item(1, "Map", "k", item).await
    };
    let path = "universes/1/memory-store/sorted-maps/Map/items/k";
    for body in [
        json!({ "id": "k", "value": 7 }),
        json!({ "path": path, "value": 7 }),
        json!({ "path": "universes/1/memory-store/sorted-maps/Map/items/", "value": 7 }),
        json!({ "value": 7 }),
    ] {
        assert_eq!(item(body.clone()).await.expect("an item").id.as_deref(), Some("k"), "{body}");
    }
    let error = item(json!({ "item": { "id": "k", "value": 7 } })).await.expect_err("wrapped");
    assert!(error.is_decode() && error.message().contains("it has `item`"), "{error}");
    assert!(error.may_have_been_applied(), "{error}");
}

/// UR-03: a bare id is the id. `None` would mean that a script did it.
#[tokio::test]
async fn a_bare_id_is_an_id() {
    let log = json!({ "logs": [{ "user": "7", "place": "182", "moderator": { "robloxUser": "45" } }] });
    let script = Script::new()
        .expect(Expect::get("/cloud/v2/universes/1/user-restrictions:listLogs"), MockResponse::json(log));
    let logs = script.client().user_restrictions().list_logs(1).items().collect().await.expect("logs");
    let id = |id: u64| Some(id);
    assert_eq!(logs[0].user_id().and_then(|user| user.as_u64()), id(7));
    assert_eq!(logs[0].place_id().and_then(|place| place.as_u64()), id(182));
    assert_eq!(logs[0].moderator_id().and_then(|user| user.as_u64()), id(45));
}

/// What a script returned is the result of its task, wherever the service puts it.
#[tokio::test(start_paused = true)]
async fn a_result_under_another_name_is_an_error() {
    let task = |rest: Value| {
        let mut task = json!({ "path": "universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5", "state": "COMPLETE" });
        task.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        task
    };
    for (rest, is_read) in [
        (json!({ "output": { "results": [7] } }), true),
        (json!({ "output": {} }), true),
        (json!({}), true),
        (json!({ "output": { "values": [7] } }), false),
        (json!({ "returned": { "results": [7] } }), false),
    ] {
        let script = Script::new().always(Expect::any(), MockResponse::json(task(rest.clone())));
        let task = opencloud::types::LuauTask::new().script("return 7");
        let outcome = script.client().luau().create_task(1, 2, task).wait().await;
        assert_eq!(outcome.is_ok(), is_read, "{rest}: {outcome:?}");
    }
}

/// CN-03, before the first byte: it is no empty list.
#[tokio::test(start_paused = true)]
async fn a_response_that_ends_before_its_first_byte_is_not_an_empty_list() {
    let nothing = || MockResponse::status(200, "");
    let entries = || Expect::get("/cloud/v2/universes/1/data-stores/Players/entries");
    let page = MockResponse::page("dataStoreEntries", [json!({ "id": "k", "path": "p" })], None);
    let script = Script::new().expect(entries(), nothing()).expect(entries(), page);
    let listed = script.client().data_stores().list_entries(1, "Players").items().collect().await;
    assert_eq!(listed.expect("the second response is whole").len(), 1);
    script.assert_done();

    // Nor an object of which nothing is known. A response of 204 says that there is nothing.
    let user = || Expect::get("/cloud/v2/users/7");
    let script =
        Script::new().expect(user(), nothing()).expect(user(), MockResponse::json(json!({ "id": "7" })));
    let read = script.client().users().get(7).await.expect("the second response is whole");
    assert_eq!(read.id.as_deref(), Some("7"));
    script.assert_done();
    let script = Script::new().expect(user(), MockResponse::empty());
    assert_eq!(script.client().users().get(7).await.expect("a user").id, None);

    // A read of a queue hides its items, so that it is not sent twice.
    let read = || Expect::get("/cloud/v2/universes/1/memory-store/queues/q/items:read");
    let script = Script::new().expect(read(), nothing());
    let error = script.client().memory_stores().queue(1, "q").read::<Value>(10).await.expect_err("cut short");
    assert!(error.may_have_been_applied() && error.attempts() == 1, "{error}");
    script.assert_done();

    // MS-03
    let script = Script::new().expect(read(), MockResponse::empty());
    let batch =
        script.client().memory_stores().queue(1, "q").read::<Value>(10).await.expect("an empty queue");
    assert!(batch.items.is_empty());
}

/// A response that can be read, and that turns out to be of no use for what a helper promises.
struct Useless {
    operation: &'static str,
    said: Value,
    /// Whether the request is sent again after a failure that leaves its effect unknown.
    is_repeated: bool,
    call: fn(opencloud::Client) -> Outcome,
}

type Outcome = std::pin::Pin<Box<dyn Future<Output = Option<Error>>>>;

/// The error of a helper, whatever else it gives.
macro_rules! useless {
    ($operation:literal, $repeated:literal, $said:tt, |$client:ident| $call:expr) => {
        Useless {
            operation: $operation,
            said: json!($said),
            is_repeated: $repeated,
            call: |$client| Box::pin(async move { $call.await.err() }),
        }
    };
}

/// What an error made of it says besides, is what an error of the call itself says.
#[tokio::test(start_paused = true)]
async fn an_error_about_what_a_response_says_tells_of_the_response() {
    use opencloud::body::File;
    let cases = [
        useless!("data_stores.get_scoped_entry", true, { "id": "k", "value": "x" }, |client| {
            client.data_stores().store(1, "S").get::<u64>("k")
        }),
        useless!("data_stores.get_scoped_entry", true, { "id": "k", "state": "ACTIVE" }, |client| {
            client.data_stores().store(1, "S").get::<u64>("k")
        }),
        // Without an etag there is nothing to guard the change by.
        useless!("data_stores.get_scoped_entry", true, { "id": "k", "value": 1 }, |client| {
            client.data_stores().store(1, "S").update("k", |before: Option<u64>| before)
        }),
        useless!("data_stores.increment_scoped_entry", false, { "value": 7.5, "users": [], "attributes": {} }, |client| {
            client.data_stores().store(1, "S").increment("k", 1).users(["1"]).attributes(json!({}).as_object().cloned().unwrap_or_default())
        }),
        useless!("data_stores.list", true, { "dataStores": [{ "path": "universes/1/data-stores/a" }] }, |client| {
            async move { client.data_stores().erase_user(1, 7).find().await.map(drop) }
        }),
        useless!("ordered_data_stores.get_entry", true, { "id": "k", "value": 1e19 }, |client| {
            client.ordered_data_stores().store(1, "S").get("k")
        }),
        useless!("ordered_data_stores.increment_entry", false, { "id": "k", "value": 1e19 }, |client| {
            client.ordered_data_stores().store(1, "S").increment("k", 1)
        }),
        useless!("ordered_data_stores.list_entries", true, { "orderedDataStoreEntries": [{ "value": 7 }] }, |client| {
            client.ordered_data_stores().store(1, "S").top(3)
        }),
        useless!("memory_stores.get_sorted_map_item", true, { "id": "k", "value": "x" }, |client| {
            client.memory_stores().sorted_map(1, "M").get::<u64>("k")
        }),
        useless!("memory_stores.get_sorted_map_item", true, { "id": "k", "value": 1 }, |client| {
            client.memory_stores().sorted_map(1, "M").update("k", |before: Option<u64>| before)
        }),
        useless!("memory_stores.list_sorted_map_items", true, { "items": [{ "id": "k", "value": "x" }] }, |client| {
            async move { client.memory_stores().sorted_map(1, "M").items::<u64>().items().next().await.expect("one").expect("a page") }
        }),
        useless!("memory_stores.read_queue_items", false, { "readId": "r", "items": [{ "id": "k", "data": "x" }] }, |client| {
            async move { client.memory_stores().queue(1, "Q").read::<u64>(1).await.expect("a batch").items.remove(0).value }
        }),
        useless!("memory_stores.read_queue_items", false, { "readId": "", "items": [{ "id": "k", "data": 1 }] }, |client| {
            client.memory_stores().queue(1, "Q").read::<u64>(1)
        }),
        useless!("luau.create_task", false, {
            "path": "universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5",
            "state": "COMPLETE", "output": { "results": ["x"] },
        }, |client| {
            async move { client.luau().run("return 1").at(1, 2).await.expect("complete").result::<u64>(0) }
        }),
        useless!("secrets.get_public_key", true, { "secret": "no key", "key_id": "1" }, |client| {
            client.secrets().universe(1).create("id", "content")
        }),
        useless!("places.create_version", true, { "versionNumber": -1 }, |client| {
            client.places().publish(1, 2, File::new(&b"<roblox version=\"4\"></roblox>"[..]).name("a.rbxlx"))
        }),
        useless!("user_restrictions.get", true, { "gameJoinRestriction": { "active": true, "duration": "60s" } }, |client| {
            client.user_restrictions().change_ban(1, 7).private_reason("r")
        }),
    ];
    for Useless { operation, said, is_repeated, call } in cases {
        let useless = || MockResponse::json(said.clone()).header("x-request-id", "r-1");
        let mut script = Script::new();
        let mut attempts = 1;
        if is_repeated {
            script = script.expect(Expect::any(), MockResponse::status(503, ""));
            attempts = 2;
        }
        let script = script.expect(Expect::any(), useless());
        let error = call(script.client()).await.unwrap_or_else(|| panic!("{operation}: {said} was taken"));
        assert_eq!(script.count(), attempts as usize, "{operation}: {error}");
        assert!(error.is_decode(), "{operation}: {said}: {error}");
        assert_eq!(error.operation().map(|info| info.id), Some(operation), "{said}: {error}");
        assert_eq!(error.attempts(), attempts, "{operation}: {said}: {error}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200), "{operation}: {said}");
        let header = error.headers().and_then(|headers| headers.get("x-request-id"));
        assert_eq!(header.and_then(|id| id.to_str().ok()), Some("r-1"), "{operation}: {said}");
        assert_eq!(error.request_ids().collect::<Vec<_>>(), [("x-request-id", "r-1")], "{operation}: {said}");
    }
}
