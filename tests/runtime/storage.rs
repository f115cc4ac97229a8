//! Text that comes back from a user's storage: cut off, changed, or of something else. It is an error, and never a
//! panic nor a request for something else than the caller asks for.
//!
//! Every parser of such text, and where it is tried with arbitrary and with mutated text:
//!
//! | text | read by | tried in |
//! |---|---|---|
//! | page tokens of `Items::resume` and `Pages::resume` | `paging::position` (page numbers, offsets), `paging::entries` (a token for each entry); other tokens are opaque and go to the service, percent-encoded | here, and `paging::position` |
//! | [`ExportCheckpoint`], [`ImportCheckpoint`] | `data_stores::checkpoint` | here |
//! | the lines of an export | `data_stores::line` | here |
//! | names of operations | `operation::name` | here |
//! | paths of operations (`Operations::at_path`) | `operation::route` | here |
//! | paths of Luau tasks | `luau::path` | here |
//! | `TokenSet` of a `TokenStore`, `PendingLogin` of a session | their `Deserialize` | here |
//!
//! Webhooks, responses and files to upload come from elsewhere, and are tried where they are read.

use crate::support::script;
use md5::{Digest as _, Md5};
use opencloud::data_stores::{ExportCheckpoint, ImportCheckpoint, Store};
use opencloud::localization::{
    BatchGetTableEntryHistoriesRequest, LocalizationTableEntryHistoryQuery, LocalizationTableEntryIdentifier,
};
use opencloud::luau::TaskPath;
use opencloud::oauth::{PendingLogin, TokenSet};
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Client, ErrorKind, operations};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// A text that was damaged: a part of it is replaced by something else, perhaps by nothing, or by another part of it.
fn mutated(texts: Vec<String>) -> impl Strategy<Value = String> {
    let with = prop_oneof![
        Just(None),
        "[0-9]{0,20}".prop_map(Some),
        "[\\[\\]{}\",:/?#&=%.+-]{0,3}".prop_map(Some),
        "\\PC{0,4}".prop_map(Some),
        any::<String>().prop_map(Some),
    ];
    (any::<Index>(), any::<[Index; 4]>(), with).prop_map(move |(text, places, with)| {
        let text: Vec<char> = text.get(&texts).chars().collect();
        let range = |one: &Index, other: &Index| {
            let (one, other) = (one.index(text.len() + 1), other.index(text.len() + 1));
            one.min(other)..one.max(other)
        };
        let cut = range(&places[0], &places[1]);
        let part = || text[range(&places[2], &places[3])].iter().collect();
        let with = with.clone().unwrap_or_else(part);
        let (before, behind) = (&text[..cut.start], &text[cut.end..]);
        before.iter().copied().chain(with.chars()).chain(behind.iter().copied()).collect()
    })
}

fn arbitrary_or_mutated<const N: usize>(texts: [&str; N]) -> impl Strategy<Value = String> + use<N> {
    let texts = texts.map(str::to_owned).to_vec();
    prop_oneof![1 => any::<String>(), 4 => mutated(texts)]
}

fn in_paused_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

fn histories() -> BatchGetTableEntryHistoriesRequest {
    let entry = |key: &str| {
        LocalizationTableEntryHistoryQuery::new(LocalizationTableEntryIdentifier::new().key(key), 2)
    };
    BatchGetTableEntryHistoriesRequest::new("de", vec![entry("a"), entry("b")])
}

/// Lists the histories from a token on, of a service that has more of each entry for ever.
fn resume_histories(token: &str) -> (Script, Result<(), opencloud::Error>) {
    let script = script::by(|asked| {
        let entries = script::body(asked)["entries"].as_array().cloned().unwrap_or_default();
        let entries: Vec<Value> = entries
            .iter()
            .map(|entry| json!({ "identifier": entry["identifier"], "nextCursor": format!("{}x", entry["cursor"]) }))
            .collect();
        script::ok(json!({ "entries": entries }))
    });
    let list = script.client().localization().batch_get_table_entry_histories("t", histories());
    let outcome = in_paused_time(async {
        let mut pages = list.pages().resume(token).limit(3);
        while let Some(page) = pages.next().await {
            page?;
        }
        Ok(())
    });
    (script, outcome)
}

#[test]
fn a_token_of_other_entries_is_refused_before_anything_is_sent() {
    let of_this = r#"[{"identifier":{"key":"b"},"count":2,"cursor":"b1"}]"#;
    let (script, outcome) = resume_histories(of_this);
    outcome.expect("pages");
    assert_eq!(
        script::body(&script.received()[0])["entries"],
        serde_json::from_str::<Value>(of_this).expect("JSON")
    );
    for token in [
        r#"["x"]"#,
        "[]",
        "{}",
        "null",
        "x",
        "[[]]",
        r#"[{"identifier":{"key":"b"},"count":2}]"#,
        r#"[{"identifier":{"key":"c"},"count":2,"cursor":"c1"}]"#,
        r#"[{"identifier":{"key":"b"},"count":3,"cursor":"b1"}]"#,
        r#"[{"identifier":{"key":"b"},"count":2,"cursor":1}]"#,
    ] {
        let (script, outcome) = resume_histories(token);
        let error = outcome.expect_err(token);
        assert_eq!((error.kind(), script.count()), (ErrorKind::InvalidRequest, 0), "{token}: {error}");
    }
}

fn store(script: &Script, name: &str) -> Store {
    script.client().data_stores().store(1, name)
}

const LINES: [&str; 3] = [
    "{\"scope\":\"global\",\"key\":\"a\",\"value\":1}\n",
    "{\"scope\":\"s\",\"key\":\"b\",\"value\":{\"x\":[1.5,null]},\"users\":[\"users/1\"],\"attributes\":{}}\n",
    "{\"scope\":\"global\",\"key\":\"c\",\"value\":\"text\",\"buffers\":[\"/a\"],\"createTime\":\"2026-01-02T03:04:05Z\"}",
];

fn import(
    file: &[u8],
    from: Option<ImportCheckpoint>,
) -> (Script, Result<ImportCheckpoint, opencloud::Error>) {
    let service = Script::new().always(Expect::any(), MockResponse::json(json!({})));
    let mut import = store(&service, "Players").import();
    if let Some(from) = from {
        import = import.resume(from);
    }
    let report = in_paused_time(import.read_from(file, |_| Ok(())));
    (service, report.map(|report| report.checkpoint))
}

/// The checkpoint of an import that has done the first two lines.
fn import_checkpoint() -> ImportCheckpoint {
    import(LINES[..2].concat().as_bytes(), None).1.expect("an import")
}

/// The checkpoint of an export that has written one of two pages.
fn export_checkpoint() -> ExportCheckpoint {
    let listed = |key: &str| json!({ "id": key, "path": format!("universes/1/data-stores/s/entries/{key}") });
    let service = Script::new()
        .expect(Expect::any(), MockResponse::page("dataStoreEntries", [listed("a")], Some("two")))
        .always(Expect::any(), MockResponse::json(json!({ "value": 1 })));
    let mut saved = None;
    let export = store(&service, "Players").export().write_to(Vec::new(), |checkpoint| {
        saved = Some(checkpoint.clone());
        Err(std::io::Error::other("the disk is full"))
    });
    in_paused_time(export).expect_err("it cannot be saved");
    saved.expect("a checkpoint")
}

#[test]
fn an_import_goes_on_only_with_the_file_that_it_began_with() {
    let checkpoint = import_checkpoint();
    assert_eq!(checkpoint.lines(), 2);
    let (service, done) = import(LINES.concat().as_bytes(), Some(checkpoint.clone()));
    assert_eq!((done.expect("the file").lines(), service.count()), (3, 1));
    let repaired = [LINES[0], LINES[1], "{\"scope\":\"global\",\"key\":\"repaired\",\"value\":1}\n"].concat();
    import(repaired.as_bytes(), Some(checkpoint.clone())).1.expect("the lines that are done are the same");
    for other in [
        LINES.concat().replace("\"value\":1}", "\"value\":2}"),
        [LINES[1], LINES[0], LINES[2]].concat(),
        LINES[0].to_owned(),
        String::new(),
        "x".repeat(10_000),
        "\n".repeat(10_000),
    ] {
        let (service, outcome) = import(other.as_bytes(), Some(checkpoint.clone()));
        let error = outcome.expect_err("another file");
        assert_eq!((error.kind(), service.count()), (ErrorKind::InvalidRequest, 0), "{error}");
    }
    let service = Script::new();
    let foreign = store(&service, "Others").import().resume(checkpoint);
    let error =
        in_paused_time(foreign.read_from(LINES.concat().as_bytes(), |_| Ok(()))).expect_err("another store");
    assert_eq!((error.kind(), service.count()), (ErrorKind::InvalidRequest, 0), "{error}");
}

#[test]
fn a_checkpoint_that_was_changed_is_not_read() {
    let sealed = serde_json::to_value(export_checkpoint()).expect("JSON");
    let text = sealed["state"].as_str().expect("a text").to_owned();
    for (from, to) in [
        ("\"bytes\":", "\"bytes\":1"),
        ("\"page_size\":256", "\"page_size\":0"),
        ("\"two\"", "\"one\""),
        ("\"two\"", "null"),
        ("\"is_done\":false", "\"is_done\":true"),
        ("\"Players\"", "\"Others\""),
    ] {
        assert!(text.contains(from), "{text}");
        let mut changed = sealed.clone();
        changed["state"] = text.replacen(from, to, 1).into();
        let error = serde_json::from_value::<ExportCheckpoint>(changed).expect_err(to);
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}

/// A checkpoint with a right checksum can still be of something else: what it says is checked where it is used.
#[test]
fn a_checkpoint_is_used_only_for_what_it_is_of() {
    let sealed = serde_json::to_value(export_checkpoint()).expect("JSON");
    let plain: Value = serde_json::from_str(sealed["state"].as_str().expect("a text")).expect("JSON");
    let resumed = |change: &dyn Fn(&mut Value)| {
        let mut checkpoint = plain.clone();
        change(&mut checkpoint);
        let state = checkpoint.to_string();
        let checksum: String = Md5::digest(&state).iter().map(|byte| format!("{byte:02x}")).collect();
        let checkpoint: ExportCheckpoint =
            serde_json::from_value(json!({ "state": state, "checksum": checksum }))
                .expect("its form is right");
        let service = Script::new()
            .always(Expect::any(), MockResponse::page("dataStoreEntries", Vec::<Value>::new(), None));
        let export = store(&service, "Players").export().resume(checkpoint);
        (in_paused_time(export.write_to(Vec::new(), |_| Ok(()))), service.count())
    };
    assert!(resumed(&|_| {}).0.is_ok());
    for (name, value) in [
        ("page_size", json!(0)),
        ("page_size", json!(257)),
        // It would begin anew, behind what is written.
        ("token", json!(null)),
        ("token", json!("")),
        ("store", json!("Others")),
        ("scope", json!("s")),
        ("universe", json!("2")),
        ("prefix", json!("P")),
    ] {
        let (outcome, sent) = resumed(&|checkpoint| {
            let place =
                if checkpoint["of"].get(name).is_some() { &mut checkpoint["of"] } else { &mut *checkpoint };
            place[name] = value.clone();
        });
        assert_eq!((outcome.expect_err(name).kind(), sent), (ErrorKind::InvalidRequest, 0), "{name} {value}");
    }
}

/// Names as the SDK writes them, one of each way in which operations are polled.
const NAMES: [&str; 4] = [
    "assets.create:/assets/v1/operations/0123",
    "memory_stores.flush:/cloud/v2/universes/1/memory-store/operations/2?scope=TEST",
    "servers.launch_restart:/server-management/v1/universes/1/restarts#key=0123",
    "luau.create_session_task:/cloud/v2/universes/1/places/2/luau-execution-session-tasks/3",
];

const PATHS: [&str; 4] = [
    "universes/1/places/2/versions/3/luau-execution-sessions/4/tasks/5",
    "cloud/v2/universes/1/places/2/luau-execution-sessions/4/tasks/5",
    "universes/1/places/2/versions/3/luau-execution-session-tasks/5",
    "/assets/v1/operations/0123",
];

fn client() -> Client {
    script::json([]).client()
}

#[test]
fn the_samples_are_read() {
    let read = NAMES.iter().filter(|name| client().operations().resume::<Value>(name).is_ok()).count();
    assert!(read >= 3, "{read}");
    assert!(PATHS[..3].iter().all(|path| path.parse::<TaskPath>().is_ok()));
    assert!(client().operations().at_path::<Value>(&operations::ASSETS_CREATE, PATHS[3]).is_ok());
}

proptest! {
    #[test]
    fn a_token_asks_for_nothing_that_the_call_does_not(
        token in arbitrary_or_mutated([
            r#"[{"identifier":{"key":"a"},"count":2,"cursor":"a1"},{"identifier":{"key":"b"},"count":2,"cursor":"b1"}]"#,
            r#"["x",{},[],null]"#,
        ]),
    ) {
        let (script, outcome) = resume_histories(&token);
        if let Err(error) = &outcome {
            prop_assert_eq!(script.count(), 0, "{}", error);
            prop_assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        }
        for received in script.received() {
            for entry in script::body(&received)["entries"].as_array().into_iter().flatten() {
                prop_assert!(["a", "b"].map(|key| json!({ "key": key })).contains(&entry["identifier"]), "{}", entry);
                prop_assert_eq!(&entry["count"], &json!(2));
            }
        }
    }

    #[test]
    fn any_other_token_stays_in_its_parameter(token in any::<String>()) {
        let script = script::json([json!({ "inventoryItems": [] })]);
        let list = script.client().users().list_inventory_items(1);
        let outcome = in_paused_time(list.items().resume(token.as_str()).collect());
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
        let expected = match token.as_str() {
            "" => String::new(),
            token => format!("&pageToken={token}"),
        };
        let asked = script::target(&script.received()[0]);
        prop_assert_eq!(asked, format!("/cloud/v2/users/1/inventory-items?maxPageSize=100{expected}"));
    }

    #[test]
    fn a_damaged_checkpoint_is_refused_or_means_the_same(
        (export, import) in {
            let export = serde_json::to_string(&export_checkpoint()).expect("JSON");
            let import = serde_json::to_string(&import_checkpoint()).expect("JSON");
            (arbitrary_or_mutated([export.as_str()]), arbitrary_or_mutated([import.as_str()]))
        },
    ) {
        if let Ok(read) = serde_json::from_str::<ExportCheckpoint>(&export) {
            prop_assert_eq!(read, export_checkpoint());
        }
        if let Ok(read) = serde_json::from_str::<ImportCheckpoint>(&import) {
            prop_assert_eq!(read, import_checkpoint());
        }
    }

    #[test]
    fn a_file_that_differs_in_what_is_done_is_refused(file in mutated(vec![LINES.concat()])) {
        let done = LINES[..2].concat();
        let (service, outcome) = import(file.as_bytes(), Some(import_checkpoint()));
        if !file.starts_with(&done) {
            prop_assert_eq!(outcome.expect_err("another file").kind(), ErrorKind::InvalidRequest);
            prop_assert_eq!(service.count(), 0);
        }
    }

    #[test]
    fn damaged_lines_are_refused_or_written(file in arbitrary_or_mutated([&LINES.concat(), "{\"scope\":\"\"}"])) {
        if let (_, Err(error)) = import(file.as_bytes(), None) {
            prop_assert!(error.kind() == ErrorKind::InvalidRequest && error.to_string().contains("line "), "{}", error);
        }
    }

    #[test]
    fn a_name_of_an_operation_is_refused_or_written_as_it_is_meant(name in arbitrary_or_mutated(NAMES)) {
        match client().operations().resume::<Value>(&name) {
            Ok(operation) => {
                let written = operation.name().expect("a name").to_owned();
                let again = client().operations().resume::<Value>(&written).expect("the same");
                prop_assert_eq!(again.name(), Some(written.as_str()));
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidRequest),
        }
    }

    #[test]
    fn a_path_is_refused_or_taken_as_it_is_meant(path in arbitrary_or_mutated(PATHS)) {
        match path.parse::<TaskPath>() {
            Ok(task) => {
                let again = task.as_str().parse::<TaskPath>().expect("the same");
                prop_assert_eq!(again.as_str(), task.as_str());
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidRequest),
        }
        for operation in [&operations::ASSETS_CREATE, &operations::MEMORY_STORES_FLUSH] {
            if let Err(error) = client().operations().at_path::<Value>(operation, &path) {
                prop_assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            }
        }
    }

    #[test]
    fn stored_tokens_and_logins_are_refused_or_read(
        text in arbitrary_or_mutated([
            r#"{"access_token":"a","expires_at":"2026-01-02T03:04:05Z","refresh_token":"r","scopes":["openid"]}"#,
            r#"{"state":"s","nonce":"n","verifier":"v","scopes":["openid"]}"#,
        ]),
    ) {
        if let Ok(tokens) = serde_json::from_str::<TokenSet>(&text) {
            let written = serde_json::to_string(&tokens).expect("JSON");
            prop_assert!(serde_json::from_str::<TokenSet>(&written).expect("the same") == tokens);
        }
        if let Ok(login) = serde_json::from_str::<PendingLogin>(&text) {
            let written = serde_json::to_string(&login).expect("JSON");
            prop_assert!(serde_json::from_str::<PendingLogin>(&written).expect("the same") == login);
        }
    }
}
