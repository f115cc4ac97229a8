//! What is too long is refused by every method before anything is sent; what just fits is sent.

use super::{ENTRY, store_of};
use crate::support::assert_bounds;
use opencloud::data_stores::Store;
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Client, Error};
use serde_json::{Value, json};
use std::pin::Pin;

type Outcome = Pin<Box<dyn Future<Output = Result<(), Error>>>>;
/// What is done with a data store and a text: a key, or a value.
type Method = (&'static str, fn(Store, String) -> Outcome);

/// All that names a key.
const OF_KEYS: &[Method] = &[
    ("get", |store, key| Box::pin(async move { store.get::<Value>(key).await.map(drop) })),
    ("get at", |store, key| Box::pin(async move { store.get::<Value>(key).at("r").await.map(drop) })),
    ("set", |store, key| Box::pin(async move { store.set(key, &1).await.map(drop) })),
    ("create", |store, key| Box::pin(async move { store.create(key, &1).await.map(drop) })),
    ("upsert", |store, key| Box::pin(async move { store.upsert(key, &1).await.map(drop) })),
    ("update", |store, key| {
        Box::pin(async move { store.update(key, |_: Option<Value>| Some(1.into())).await.map(drop) })
    }),
    ("increment", |store, key| Box::pin(async move { store.increment(key, 1).await.map(drop) })),
    ("delete", |store, key| Box::pin(async move { store.delete(key).await })),
    ("revisions", |store, key| {
        Box::pin(async move { store.revisions(key).items().collect().await.map(drop) })
    }),
    ("v1 get", |store, key| Box::pin(async move { store.v1().get::<Value>(key).await.map(drop) })),
    ("v1 set", |store, key| Box::pin(async move { store.v1().set(key, &1).await.map(drop) })),
    ("import", |store, key| Box::pin(import(store, json!({ "scope": "s", "key": key, "value": 1 })))),
];

/// All that names none.
const OF_STORES: &[Method] = &[
    ("entries", |store, _| Box::pin(async move { store.entries().items().collect().await.map(drop) })),
    ("export", |store, _| {
        Box::pin(async move { store.export().write_to(Vec::new(), |_| Ok(())).await.map(drop) })
    }),
    ("erase_user", |store, _| Box::pin(async move { store.erase_user(156).find().await.map(drop) })),
];

/// All that writes a value that is known before.
const OF_VALUES: &[Method] = &[
    ("set", |store, value| Box::pin(async move { store.set("key", &value).await.map(drop) })),
    ("create", |store, value| Box::pin(async move { store.create("key", &value).await.map(drop) })),
    ("upsert", |store, value| Box::pin(async move { store.upsert("key", &value).await.map(drop) })),
    ("v1 set", |store, value| Box::pin(async move { store.v1().set("key", &value).await.map(drop) })),
    ("import", |store, value| Box::pin(import(store, json!({ "scope": "s", "key": "key", "value": value })))),
];

async fn import(store: Store, line: Value) -> Result<(), Error> {
    store.import().read_from(line.to_string().as_bytes(), |_| Ok(())).await.map(drop)
}

/// This many characters of two bytes each.
fn text(length: usize) -> String {
    "ä".repeat(length)
}

#[tokio::test(start_paused = true)]
async fn a_key_has_one_to_fifty_characters() {
    for (what, method) in OF_KEYS {
        assert_bounds(what, 1..=50, async |client, length| method(store_of(&client), text(length)).await)
            .await;
    }
    // What is there cannot be brought back, so that only the refusal is to be seen.
    let script = Script::new();
    for length in [0, 51] {
        let undelete = store_of(&script.client()).undelete(text(length));
        assert!(undelete.await.expect_err("a failure").is_usage());
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_names_of_data_stores_and_scopes_have_one_to_fifty_characters() {
    let named = |client: &Client, name| client.data_stores().store(1, name);
    let scoped = |client: &Client, scope| store_of(client).scope(scope);
    for (what, method) in OF_KEYS.iter().chain(OF_STORES).filter(|(what, _)| *what != "import") {
        let key = || "key".to_owned();
        assert_bounds(what, 1..=50, async |client, length| method(named(&client, text(length)), key()).await)
            .await;
        assert_bounds(what, 1..=50, async |client, length| {
            method(scoped(&client, text(length)), key()).await
        })
        .await;
    }
    // An import takes the scope from each line.
    assert_bounds("name", 1..=50, async |client, length| {
        import(named(&client, text(length)), json!({ "scope": "s", "key": "key", "value": 1 })).await
    })
    .await;
    assert_bounds("scope of a line", 1..=50, async |client, length| {
        import(store_of(&client), json!({ "scope": text(length), "key": "key", "value": 1 })).await
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_in_one_scope_and_not_in_all() {
    let script = Script::new();
    for (what, method) in OF_KEYS.iter().filter(|(what, _)| *what != "import") {
        let error = method(store_of(&script.client()).scope("-"), "key".to_owned()).await;
        let error = error.expect_err(what);
        assert!(error.is_usage() && error.to_string().contains("all scopes"), "{what}: {error}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_value_has_up_to_4194304_characters_as_json() {
    for (what, method) in OF_VALUES {
        // Two of them are the quotation marks.
        assert_bounds(what, 2..=4_194_304, async |client, length| {
            method(store_of(&client), text(length - 2)).await
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_says_which_line_is_too_long() {
    let lines = "\n{\"scope\":\"s\",\"key\":\"\",\"value\":1}";
    let script = Script::new();
    let import = store_of(&script.client()).import().read_from(lines.as_bytes(), |_| Ok(()));
    let error = import.await.expect_err("a failure");
    assert!(error.is_usage() && error.to_string().contains("line 2 "), "{error}");
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_to_a_value_that_is_too_long_is_not_written() {
    let script =
        Script::new().expect(Expect::get(ENTRY), MockResponse::json(json!({ "value": 1, "etag": "e" })));
    let longer = |_: Option<Value>| Some(text(4_194_303).into());
    let error = store_of(&script.client()).update("key", longer).await.expect_err("a failure");
    assert!(error.is_usage() && error.to_string().contains("4194305"), "{error}");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn attributes_have_limits_of_names_values_and_all_together() {
    async fn assert_attributes(what: &str, most: usize, attributes: impl Fn(usize) -> Vec<(String, String)>) {
        assert_bounds(what, 0..=most, async |client, length| {
            store_of(&client).set("key", &1).attributes(attributes(length)).await
        })
        .await;
        assert_bounds(what, 0..=most, async |client, length| {
            store_of(&client).increment("key", 1).attributes(attributes(length)).await
        })
        .await;
        assert_bounds(what, 0..=most, async |client, length| {
            let update = store_of(&client).update("key", |_: Option<Value>| Some(1.into()));
            update.attributes(attributes(length)).await
        })
        .await;
        assert_bounds(what, 0..=most, async |client, length| {
            store_of(&client).v1().set("key", &1).attributes(attributes(length)).await
        })
        .await;
    }
    assert_attributes("name", 50, |length| vec![(text(length), text(250))]).await;
    assert_attributes("value", 250, |length| vec![(text(50), text(length))]).await;
    // Many of them are well, as long as they are short.
    assert_attributes("all", 300, |length| {
        let names =
            (0..length.min(100)).map(|number| char::from_u32(0x4e00 + number as u32).into_iter().collect());
        let mut attributes: Vec<_> = names.map(|name| (name, String::new())).collect();
        if let Some((_, value)) = attributes.last_mut() {
            *value = text(length - length.min(100));
        }
        attributes
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_revision_is_looked_for_after_1970() {
    let script = Script::new();
    let store = store_of(&script.client());
    for time in ["1960-01-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        let time = time.parse().expect("a time");
        let error = store.get::<i64>("key").latest_before(time).await.expect_err("a failure");
        assert!(error.is_usage() && error.to_string().contains("1970"), "{error}");
    }
    assert_eq!(script.count(), 0);
}
