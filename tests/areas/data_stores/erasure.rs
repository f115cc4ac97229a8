//! The right to erasure.

use super::{emulator, store, store_of};
use opencloud::Client;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use serde_json::json;

#[tokio::test]
async fn the_entries_of_a_user_are_found_and_only_then_deleted() {
    let emulator = emulator().await;
    let store = store(&emulator);
    for number in 0..30 {
        store.set(format!("k{number}"), &1).users([156 + number % 3]).await.expect("a response");
    }
    let other = store.clone().scope("other");
    other.set("shared", &1).users([1, 156]).await.expect("a response");
    other.set("Player_156", &1).await.expect("a response");
    let erasure = store.erase_user(156).also_where(|entry| entry.key == "Player_156");
    let mut plan = erasure.find().await.expect("a response");
    assert_eq!((plan.entries.len(), plan.searched), (12, 32));
    // The dry run has deleted nothing.
    assert_eq!(store.entries().all_scopes().items().collect().await.expect("a response").len(), 32);
    let shared = plan.entries.iter().find(|entry| entry.key == "shared").expect("it is there");
    assert_eq!(shared.users.len(), 2);
    plan.entries.retain(|entry| entry.users.len() != 2);
    let report = plan.erase().await;
    assert!(report.is_complete() && report.done.len() == 11, "{report}");
    assert_eq!(store.entries().all_scopes().items().collect().await.expect("a response").len(), 21);
    assert!(other.get::<i64>("shared").await.expect("a response").is_some());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deleted_is_reported_and_the_rest_is_deleted() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let keys = ["a", "b", "c"].map(
        |key| json!({ "id": key, "path": format!("universes/1/data-stores/Players/scopes/s/entries/{key}") }),
    );
    let script = Script::new()
        .always(Expect::get(path), MockResponse::page("dataStoreEntries", keys, None))
        .always(
            Expect::delete(format!("{path}/a")),
            MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "gone"),
        )
        .always(
            Expect::delete(format!("{path}/b")),
            MockResponse::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "no"),
        )
        .always(Expect::delete(format!("{path}/c")), MockResponse::json(json!({})));
    let script = ["a", "b", "c"].into_iter().fold(script, |script, key| {
        let entry = json!({ "value": 1, "users": ["users/156"] });
        script.always(Expect::get(format!("{path}/{key}")), MockResponse::json(entry))
    });
    let plan = store_of(&script.client()).scope("s").erase_user("0156").find().await.expect("a response");
    let report = plan.erase().await;
    let erased: Vec<_> = report.done.iter().map(|(entry, ())| entry.key.as_str()).collect();
    assert_eq!(erased, ["a", "c"]);
    assert_eq!(report.failed.len(), 1);
    assert!(report.failed[0].0.key == "b" && report.failed[0].1.is_permission_denied());
}

#[tokio::test]
async fn all_data_stores_and_scopes_of_a_universe_are_searched() {
    let emulator = emulator().await;
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let stores = client.data_stores();
    for (name, scope) in [("Players", "global"), ("Pets", "global"), ("Pets", "s/1"), ("Guilds", "global")] {
        let store = stores.store(1, name).scope(scope);
        store.set("Player_156", &1).users([156]).await.expect("a response");
        store.set("Guild_156", &1).users([157]).await.expect("a response");
    }
    let plan = stores.erase_user(1, 156).prefix("Player_").find().await.expect("a response");
    let mut found: Vec<_> =
        plan.entries.iter().map(|entry| (entry.store.as_str(), entry.scope.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found, [("Guilds", "global"), ("Pets", "global"), ("Pets", "s/1"), ("Players", "global")]);
    // What the prefix leaves out is not even read.
    assert_eq!(plan.searched, 4);
    let report = plan.erase().await;
    assert!(report.is_complete() && report.done.len() == 4, "{report}");
    assert!(stores.erase_user(1, 156).find().await.expect("a response").entries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_id_of_a_user_is_refused_instead_of_finding_nothing() {
    let script = Script::new();
    let store = store_of(&script.client());
    for id in ["users/156", "abc", "", "0", "-1", " 156"] {
        let error = store.erase_user(id).find().await.expect_err(id);
        assert!(error.is_usage() && error.to_string().contains(&format!("`{id}`")), "{error}");
        let error = store.upsert("key", &1).users([id]).await.expect_err(id);
        assert!(error.is_usage(), "{error}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_before_it_is_read_is_counted_apart() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let keys = ["a", "b", "c"].map(|key| json!({ "id": key, "path": format!("{path}/{key}") }));
    let script = Script::new()
        .always(Expect::get(path), MockResponse::page("dataStoreEntries", keys, None))
        .always(
            Expect::get(format!("{path}/b")),
            MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "none"),
        )
        .always(Expect::any(), MockResponse::json(json!({ "value": 1, "users": ["users/156"] })));
    let plan = store_of(&script.client()).scope("s").erase_user(156).find().await.expect("a response");
    assert_eq!((plan.entries.len(), plan.searched, plan.vanished), (2, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_told_of_if_the_caller_goes_on() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let keys = ["a", "b_156", "c"].map(|key| json!({ "id": key, "path": format!("{path}/{key}") }));
    let refusal = MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "infinite");
    let script = Script::new()
        .always(Expect::get(path), MockResponse::page("dataStoreEntries", keys, None))
        .always(Expect::get(format!("{path}/b_156")), refusal)
        .always(
            Expect::get(format!("{path}/a")),
            MockResponse::json(json!({ "value": 1, "users": ["users/156"] })),
        )
        .always(Expect::get(format!("{path}/c")), MockResponse::json(json!({ "value": 1 })))
        .always(Expect::any(), MockResponse::json(json!({})));
    let store = store_of(&script.client()).scope("s");
    let error = store.erase_user(156).find().await.expect_err("an error");
    assert!(error.to_string().contains("`b_156`"), "{error}");
    let found = store.erase_user(156).skip_unreadable(|entry, _| entry.key == "b_156").find().await;
    let mut plan = found.expect("a response");
    assert_eq!((plan.entries.len(), plan.searched, plan.unreadable.len()), (1, 2, 1));
    plan.entries.append(&mut plan.unreadable);
    let report = plan.erase().await;
    let erased: Vec<_> = report.done.iter().map(|(entry, ())| entry.key.as_str()).collect();
    assert_eq!(erased, ["a", "b_156"]);
}

#[tokio::test]
async fn a_user_is_found_however_the_number_is_written() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("key", &1).users(["+0156"]).await.expect("a response");
    for id in ["156", "0156", "+156"] {
        let plan = store.erase_user(id).find().await.expect("a response");
        assert_eq!((plan.entries.len(), plan.searched), (1, 1), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_revoked_meanwhile_ends_the_erasure() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let keys = ["a", "b", "c"].map(|key| json!({ "id": key, "path": format!("{path}/{key}") }));
    let script =
        Script::new().always(Expect::get(path), MockResponse::page("dataStoreEntries", keys, None)).expect(
            Expect::delete(format!("{path}/a")),
            MockResponse::error(ErrorShape::Code, 401, "UNAUTHENTICATED", "Invalid API Key"),
        );
    let script = ["a", "b", "c"].into_iter().fold(script, |script, key| {
        script.always(
            Expect::get(format!("{path}/{key}")),
            MockResponse::json(json!({ "users": ["users/156"] })),
        )
    });
    let erasure = store_of(&script.client()).scope("s").erase_user(156).concurrency(1);
    let report = erasure.find().await.expect("a response").erase().await;
    assert_eq!((report.done.len(), report.failed.len(), report.not_tried.len()), (0, 1, 2));
    script.assert_done();
}
