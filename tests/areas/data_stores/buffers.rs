//! Luau buffers, which are shown as envelopes and do not become buffers again when these are written (DS-14).

use super::{ENTRIES, ENTRY, store_of};
use opencloud::data_stores::{Entry, LuauBuffer, Store};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const V1_ENTRY: &str = "/datastores/v1/universes/1/standard-datastores/datastore/entries/entry";

/// `printf 'hello hello hello hello hello' | zstd -19 | base64`
const COMPRESSED: &str = "KLUv/QRoZQAAMGhlbGxvIAEAqUsRh04gCg==";

fn buffer() -> Value {
    json!({ "m": null, "t": "buffer", "zbase64": COMPRESSED })
}

/// A value that a game has written, with a buffer in it.
fn value() -> Value {
    json!({ "coins": 5, "pets": [{ "name": "cat" }, { "looks": buffer() }] })
}

fn stored(value: Value) -> Value {
    json!({ "id": "key", "etag": "e1", "revisionId": "r1", "value": value, "users": [], "attributes": {} })
}

fn assert_refused(what: &str, error: &Error, script: &Script) {
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{what}: {error}");
    for part in ["`key`", "`/pets/1/looks`", "Luau buffer", "allow_buffers"] {
        assert!(error.message().contains(part), "{what}: {error}");
    }
    let writes = script.received().iter().filter(|request| request.method != http::Method::GET).count();
    assert_eq!(writes, 0, "{what}: nothing is written");
}

#[tokio::test(start_paused = true)]
async fn ds_14_whatever_would_write_one_is_refused() {
    let entry = || Expect::get(ENTRY);
    let there = || Script::new().always(entry(), MockResponse::json(stored(value())));

    let script = there();
    let update = store_of(&script.client()).update("key", |value: Option<Value>| value).await;
    assert_refused("update", &update.expect_err("a buffer"), &script);

    let script = there();
    let store = store_of(&script.client());
    let read: Entry<Value> = store.get("key").await.expect("a response").expect("it is there");
    assert_refused("save", &store.save(&read).await.expect_err("a buffer"), &script);
    assert_refused("set", &store.set("key", &read.value).await.expect_err("a buffer"), &script);
    assert_refused("create", &store.create("key", &read.value).await.expect_err("a buffer"), &script);
    assert_refused("upsert", &store.upsert("key", &read.value).await.expect_err("a buffer"), &script);
    assert_refused("v1", &store.v1().set("key", &read.value).await.expect_err("a buffer"), &script);

    let line = json!({ "scope": "global", "key": "key", "value": value() }).to_string();
    let script = Script::new();
    let import = store_of(&script.client()).import().read_from(line.as_bytes(), |_| Ok(())).await;
    let error = import.expect_err("a buffer");
    assert!(error.message().contains("line 1 of the import"), "{error}");
    assert_refused("import", &error, &script);

    let script = deleted();
    let undelete = store_of(&script.client()).undelete("key").await;
    assert_refused("undelete", &undelete.expect_err("a buffer"), &script);
}

/// An entry that is deleted, with a revision that holds a buffer.
fn deleted() -> Script {
    let revision = |id: &str, state: &str| json!({ "revisionId": id, "state": state, "revisionCreateTime": "2026-01-01T00:00:00Z" });
    let revisions = json!({ "dataStoreEntries": [revision("r2", "DELETED"), revision("r1", "ACTIVE")] });
    Script::new()
        .always(Expect::get(ENTRY), MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "gone"))
        .always(Expect::get(format!("{ENTRY}:listRevisions")), MockResponse::json(revisions))
        .always(Expect::get(format!("{ENTRY}@r1")), MockResponse::json(stored(value())))
        .always(Expect::get(format!("{ENTRY}%40r1")), MockResponse::json(stored(value())))
}

#[tokio::test(start_paused = true)]
async fn ds_14_the_caller_can_allow_it() {
    let written = |expect: Expect| Script::new().expect(expect, MockResponse::json(stored(value())));
    let post = || Expect::post(ENTRIES);
    let patch = || Expect::patch(ENTRY);

    let script = written(Expect::get(ENTRY)).expect(patch(), MockResponse::json(stored(value())));
    let update = store_of(&script.client()).update("key", |value: Option<Value>| value).allow_buffers();
    assert_eq!(update.await.expect("a response").expect("written").value, value());
    script.assert_done();

    for (what, write) in [
        ("create", (|store: &Store| store.create("key", &value())) as fn(&Store) -> _),
        ("upsert", |store| store.upsert("key", &value())),
        ("set", |store| store.set("key", &value()).users([1]).attributes([("a", 1)])),
    ] {
        let script = written(if what == "create" { post() } else { patch() });
        write(&store_of(&script.client())).allow_buffers().await.expect(what);
        assert_eq!(script.received()[0].json().expect("JSON")["value"], value(), "{what}");
    }

    let script = deleted().expect(post(), MockResponse::json(stored(value())));
    store_of(&script.client()).undelete("key").allow_buffers().await.expect("written");
    let sent = script.received().into_iter().find(|request| request.method == http::Method::POST);
    assert_eq!(sent.and_then(|request| request.json()).expect("JSON")["value"], value());

    let script = Script::new()
        .expect(Expect::post(V1_ENTRY).json(value()), MockResponse::json(json!({ "version": "v" })));
    store_of(&script.client()).v1().set("key", &value()).allow_buffers().await.expect("written");
    script.assert_done();
}

/// What a game stores, as a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pet {
    age: u8,
    looks: LuauBuffer,
}

#[tokio::test(start_paused = true)]
async fn ds_14_a_buffer_can_be_read() {
    let pet = json!({ "age": 3, "looks": buffer() });
    let script = Script::new().always(Expect::get(ENTRY), MockResponse::json(stored(pet)));
    let store = store_of(&script.client());
    let pet: Entry<Pet> = store.get("key").await.expect("a response").expect("it is there");
    assert!(pet.value.looks.is_compressed());
    assert_eq!(pet.value.looks.bytes(100).expect("bytes"), b"hello hello hello hello hello");
    // A type is no way around: it is the same JSON.
    let older = |pet: Option<Pet>| pet.map(|pet| Pet { age: pet.age + 1, ..pet });
    let error = store.update("key", older).await.expect_err("a buffer");
    assert!(error.message().contains("`/looks`"), "{error}");
    // What writes nothing of it is free to.
    assert!(store.update("key", |_: Option<Pet>| None).await.expect("a response").is_none());
}

/// A store with two entries, of which one holds a buffer.
fn exported() -> Script {
    let listed = |key: &str| json!({ "id": key, "path": format!("universes/1/data-stores/Players/scopes/global/entries/{key}") });
    Script::new()
        .always(
            Expect::get("/cloud/v2/universes/1/data-stores/Players/scopes/-/entries"),
            MockResponse::json(json!({ "dataStoreEntries": [listed("key"), listed("other")] })),
        )
        .always(Expect::get(ENTRY), MockResponse::json(stored(value())))
        .always(Expect::get(format!("{ENTRIES}/other")), MockResponse::json(stored(json!(1))))
}

#[tokio::test(start_paused = true)]
async fn ds_14_an_export_marks_them_and_an_import_can_leave_them_out() {
    let script = exported();
    let mut file = Vec::new();
    let end = store_of(&script.client()).export().write_to(&mut file, |_| Ok(())).await.expect("a response");
    assert_eq!((end.entries(), end.with_buffers()), (2, 1));
    let lines: Vec<Value> = String::from_utf8(file.clone())
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!((&lines[0]["buffers"], &lines[0]["value"]), (&json!(["/pets/1/looks"]), &value()));
    assert!(lines[1].get("buffers").is_none());

    let patch = |key: &str| Expect::patch(format!("{ENTRIES}/{key}"));
    let script = Script::new().expect(patch("other"), MockResponse::json(stored(json!(1))));
    let import = store_of(&script.client()).import().skip_buffers();
    let report = import.read_from(&file[..], |_| Ok(())).await.expect("a response");
    assert_eq!((report.written, report.skipped, report.with_buffers), (1, 0, 1));
    assert_eq!(report.checkpoint.lines(), 2);
    script.assert_done();

    let script = Script::new()
        .always(patch("key"), MockResponse::json(stored(value())))
        .always(patch("other"), MockResponse::json(stored(json!(1))));
    let import = store_of(&script.client()).import().allow_buffers();
    let report = import.read_from(&file[..], |_| Ok(())).await.expect("a response");
    assert_eq!((report.written, report.with_buffers), (2, 0));
}

/// At an Open Cloud that knows a buffer from a table.
#[tokio::test]
async fn ds_14_a_buffer_of_a_game_comes_through_untouched() {
    for bytes in [&b"short"[..], &[7; 300_000]] {
        let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        let seed = json!({ "dataStores": [
            { "universe": 1, "store": "Players", "key": "key", "buffer": content },
            { "universe": 1, "store": "Players", "key": "other", "value": 1 },
        ] });
        let seed = seed.to_string().parse().expect("a seed");
        let emulator = opencloud_emulator::Emulator::builder().seed(seed).start().await.expect("an emulator");
        let store = super::store(&emulator);
        let shown = store.get::<LuauBuffer>("key").await.expect("a response").expect("it is there").value;
        assert_eq!(shown.is_compressed(), bytes.len() > 100);
        assert_eq!(shown.bytes(bytes.len()).expect("bytes"), bytes);

        let mut file = Vec::new();
        let end = store.export().write_to(&mut file, |_| Ok(())).await.expect("a response");
        assert_eq!((end.entries(), end.with_buffers()), (2, 1));
        let report =
            store.import().skip_buffers().read_from(&file[..], |_| Ok(())).await.expect("a response");
        assert_eq!((report.written, report.with_buffers), (1, 1));
        assert!(store.import().read_from(&file[..], |_| Ok(())).await.is_err());
        assert!(store.update("key", |value: Option<Value>| value).await.is_err());
        let writes = emulator.requests().iter().filter(|request| request.method != "GET").count();
        assert_eq!(writes, 1, "only the other entry was written");
        store.update("key", |value: Option<Value>| value).allow_buffers().await.expect("a response");
    }
}
