//! The right to erasure.

use super::{emulator, store, store_of};
use opencloud::testing::{Answer, ErrorShape, Expect, Script};
use serde_json::json;

#[tokio::test]
async fn the_entries_of_a_user_are_found_and_only_then_deleted() {
    let emulator = emulator().await;
    let store = store(&emulator);
    for number in 0..30 {
        store.set(format!("k{number}"), &1).users([156 + number % 3]).await.expect("an answer");
    }
    let other = store.clone().scope("other");
    other.set("shared", &1).users([1, 156]).await.expect("an answer");
    other.set("Player_156", &1).await.expect("an answer");
    let erasure = store.erase_user(156).and_keys(|entry| entry.key == "Player_156");
    let mut plan = erasure.find().await.expect("an answer");
    assert_eq!((plan.entries.len(), plan.searched), (12, 32));
    // The dry run has deleted nothing.
    assert_eq!(store.entries().all_scopes().items().collect().await.expect("an answer").len(), 32);
    let shared = plan.entries.iter().find(|entry| entry.key.key == "shared").expect("it is there");
    assert_eq!(shared.users.len(), 2);
    plan.entries.retain(|entry| entry.users.len() != 2);
    let report = plan.erase().await;
    assert_eq!((report.erased.len(), report.failed.len()), (11, 0));
    assert_eq!(store.entries().all_scopes().items().collect().await.expect("an answer").len(), 21);
    assert!(other.get::<i64>("shared").await.expect("an answer").is_some());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deleted_is_reported_and_the_rest_is_deleted() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let keys = ["a", "b", "c"].map(
        |key| json!({ "id": key, "path": format!("universes/1/data-stores/Players/scopes/s/entries/{key}") }),
    );
    let script = Script::new()
        .always(Expect::get(path), Answer::page("dataStoreEntries", keys, None))
        .always(
            Expect::delete(format!("{path}/a")),
            Answer::error(ErrorShape::Code, 404, "NOT_FOUND", "gone"),
        )
        .always(
            Expect::delete(format!("{path}/b")),
            Answer::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "no"),
        )
        .always(Expect::delete(format!("{path}/c")), Answer::json(json!({})));
    let script = ["a", "b", "c"].into_iter().fold(script, |script, key| {
        let entry = json!({ "value": 1, "users": ["users/156"] });
        script.always(Expect::get(format!("{path}/{key}")), Answer::json(entry))
    });
    let plan = store_of(&script.client()).scope("s").erase_user(156).find().await.expect("an answer");
    let report = plan.erase().await;
    let erased: Vec<_> = report.erased.iter().map(|key| key.key.as_str()).collect();
    assert_eq!(erased, ["a", "c"]);
    assert_eq!(report.failed.len(), 1);
    assert!(report.failed[0].0.key == "b" && report.failed[0].1.is_permission_denied());
}
