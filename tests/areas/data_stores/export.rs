//! Export and import: nothing twice, nothing lost.

use super::{emulator, store, store_of};
use opencloud::ErrorKind;
use opencloud::data_stores::{ExportCheckpoint, ImportCheckpoint, Store};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};

const COUNT: usize = 23;

pub(super) async fn fill(store: &Store) {
    for number in 0..COUNT {
        let scoped = if number % 3 == 0 { store.clone().scope("other") } else { store.clone() };
        scoped
            .set(format!("key{number}@x"), &json!({ "n": number, "text": "ä\n\"" }))
            .users([number as u64 + 1])
            .attributes([("a", number)])
            .await
            .expect("it is there");
    }
}

pub(super) async fn whole(store: &Store) -> Vec<u8> {
    let mut file = Vec::new();
    store.export().write_to(&mut file, |_| Ok(())).await.expect("a response");
    file
}

#[tokio::test]
async fn an_export_holds_every_entry_with_all_that_belongs_to_it() {
    let emulator = emulator().await;
    let store = store(&emulator);
    fill(&store).await;
    let mut file = Vec::new();
    let end = store.export().checkpoint_every(5).write_to(&mut file, |_| Ok(())).await.expect("a response");
    assert!(end.is_done());
    assert_eq!((end.entries(), end.bytes(), end.vanished()), (COUNT as u64, file.len() as u64, 0));
    let lines: Vec<Value> = String::from_utf8(file)
        .expect("it is there")
        .lines()
        .map(|line| serde_json::from_str(line).expect("it is there"))
        .collect();
    assert_eq!(lines.len(), COUNT);
    let line = lines.iter().find(|line| line["key"] == "key3@x").expect("it is there");
    assert_eq!(line["scope"], "other");
    assert_eq!(line["value"], json!({ "n": 3, "text": "ä\n\"" }));
    assert_eq!((&line["users"], &line["attributes"]), (&json!(["users/4"]), &json!({ "a": 3 })));
    for name in ["revisionId", "createTime", "revisionCreateTime"] {
        assert!(line[name].is_string(), "{name}");
    }
    // A scope that was chosen is exported alone.
    let mut other = Vec::new();
    let end =
        store.clone().scope("other").export().write_to(&mut other, |_| Ok(())).await.expect("a response");
    assert_eq!(end.entries(), 8);
}

#[tokio::test]
async fn an_export_that_cannot_save_its_checkpoint_ends_and_goes_on_from_the_last() {
    let emulator = emulator().await;
    let store = store(&emulator);
    fill(&store).await;
    let expected = whole(&store).await;
    for killed_at in 0..6 {
        let mut file = Vec::new();
        let mut saved = None;
        let mut count = 0;
        let export = store.export().checkpoint_every(4).write_to(&mut file, |checkpoint| {
            count += 1;
            if count > killed_at {
                return Err(io::Error::other("disk full"));
            }
            saved = Some(checkpoint.clone());
            Ok(())
        });
        let error = export.await.expect_err("a failure");
        assert!(error.to_string().contains("disk full") && !error.may_have_been_applied(), "{error}");
        let mut export = store.export().checkpoint_every(4);
        file.truncate(
            saved
                .as_ref()
                .map_or(0, |saved: &ExportCheckpoint| usize::try_from(saved.bytes()).expect("it is there")),
        );
        if let Some(saved) = saved {
            export = export.resume(saved);
        }
        export.write_to(&mut file, |_| Ok(())).await.expect("a response");
        assert!(file == expected, "killed at checkpoint {killed_at}");
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_export_is_refused_and_a_finished_one_does_nothing() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("key", &1).await.expect("a response");
    let done = store.export().write_to(Vec::new(), |_| Ok(())).await.expect("a response");
    for other in [store.clone().scope("x").export(), store.export().prefix("k")] {
        let error = other.resume(done.clone()).write_to(Vec::new(), |_| Ok(())).await.expect_err("a failure");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
    let mut file = Vec::new();
    store.export().resume(done.clone()).write_to(&mut file, |_| Ok(())).await.expect("a response");
    assert!(file.is_empty());
}

#[tokio::test]
async fn an_import_brings_back_what_an_export_holds() {
    let (emulator, other) = (emulator().await, emulator().await);
    let (from, to) = (store(&emulator), store(&other));
    fill(&from).await;
    let file = whole(&from).await;
    let mut checkpoints = Vec::new();
    let report = to
        .import()
        .read_from(&file[..], |checkpoint| {
            checkpoints.push(checkpoint.clone());
            Ok(())
        })
        .await
        .expect("it is there");
    assert_eq!((report.written, report.skipped), (COUNT as u64, 0));
    assert_eq!(checkpoints.as_slice(), std::slice::from_ref(&report.checkpoint));
    assert_eq!((report.checkpoint.bytes(), report.checkpoint.lines()), (file.len() as u64, COUNT as u64));
    let content = |file: Vec<u8>| -> Vec<Value> {
        let text = String::from_utf8(file).expect("it is there");
        let read = |line: &str| -> Value {
            let line: Value = serde_json::from_str(line).expect("it is there");
            json!([line["scope"], line["key"], line["value"], line["users"], line["attributes"]])
        };
        text.lines().map(read).collect()
    };
    assert_eq!(content(whole(&to).await), content(file.clone()));
    // Resumed at its end there is nothing to do; a file that is shorter is another one.
    let again = to
        .import()
        .resume(report.checkpoint.clone())
        .read_from(&file[..], |_| Ok(()))
        .await
        .expect("a response");
    assert_eq!((again.written, again.skipped), (0, 0));
    to.import().resume(report.checkpoint).read_from(&file[1..], |_| Ok(())).await.expect_err("a failure");
}

#[tokio::test]
async fn an_import_that_fails_anywhere_goes_on_without_loss() {
    let source = emulator().await;
    let from = store(&source);
    fill(&from).await;
    let file = whole(&from).await;
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    for broken_at in 0..lines.len() {
        let mut broken = lines.clone();
        broken[broken_at] = b"{ broken\n";
        let target = emulator().await;
        let to = store(&target);
        let error = to
            .import()
            .concurrency(3)
            .read_from(&broken.concat()[..], |_| Ok(()))
            .await
            .expect_err("a failure");
        assert!(error.to_string().contains(&format!("line {} ", broken_at + 1)), "{error}");
        let report = to.import().skip_existing().read_from(&file[..], |_| Ok(())).await.expect("a response");
        assert_eq!(report.written + report.skipped, COUNT as u64);
        assert_eq!(to.entries().all_scopes().items().collect().await.expect("a response").len(), COUNT);
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_may_leave_alone_what_is_there() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let script = Script::new()
        .expect(
            Expect::post(path).query("id", "a").json(json!({ "value": 1, "users": [] })),
            MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "exists"),
        )
        .expect(Expect::get(format!("{path}/a")), MockResponse::json(json!({ "value": 2 })));
    let file = br#"{"scope":"s","key":"a","value":1}"#;
    let import = store_of(&script.client()).import().skip_existing();
    let report = import.read_from(&file[..], |_: &ImportCheckpoint| Ok(())).await.expect("a response");
    assert_eq!((report.written, report.skipped), (0, 1));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn no_digit_is_lost_and_no_line_is_broken() {
    let value = "{\n \"n\" : 123456789012345678901234567890.10 }";
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes";
    let listed = json!({ "id": "a@b", "path": "universes/1/data-stores/Players/scopes/s/entries/a%40b" });
    let gone = json!({ "id": "gone", "path": "universes/1/data-stores/Players/scopes/s/entries/gone" });
    let script = Script::new()
        .expect(
            Expect::get(format!("{path}/-/entries")),
            MockResponse::page("dataStoreEntries", [listed, gone], None),
        )
        .always(
            Expect::get(format!("{path}/s/entries/a@b@latest")),
            MockResponse::bytes(format!(r#"{{"value":{value}}}"#)).header("content-type", "application/json"),
        )
        .always(
            Expect::get(format!("{path}/s/entries/gone")),
            MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "deleted meanwhile"),
        )
        .always(Expect::patch(format!("{path}/s/entries/a@b")), MockResponse::json(json!({})));
    let store = store_of(&script.client());
    let mut file = Vec::new();
    let end = store.export().write_to(&mut file, |_| Ok(())).await.expect("a response");
    assert_eq!((end.entries(), end.vanished()), (1, 1));
    let text = String::from_utf8(file.clone()).expect("it is there");
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains(r#""value":{"n":123456789012345678901234567890.10}"#), "{text}");
    store.import().read_from(&file[..], |_| Ok(())).await.expect("a response");
    let sent = script.received().pop().expect("it is there").bytes().cloned().expect("it is there");
    assert!(String::from_utf8_lossy(&sent).contains("123456789012345678901234567890.10"));
}

#[tokio::test]
async fn of_several_lines_of_a_key_the_last_one_stays() {
    let emulator = emulator().await;
    let store = store(&emulator);
    emulator.fault("data_stores.update_scoped_entry=latency:50ms,count=1").expect("a fault");
    let lines = (1..=5).map(|value| format!("{{\"scope\":\"global\",\"key\":\"k\",\"value\":{value}}}\n"));
    let file = lines.collect::<String>() + "{\"scope\":\"s\",\"key\":\"k\",\"value\":6}\n";
    let report = store.import().read_from(file.as_bytes(), |_| Ok(())).await.expect("a response");
    assert_eq!((report.written, report.checkpoint.lines()), (6, 6));
    assert_eq!(store.get::<i64>("k").await.expect("a response").expect("it is there").value, 5);
}

#[tokio::test]
async fn of_several_lines_of_a_key_the_first_one_stays_if_what_exists_is_skipped() {
    let emulator = emulator().await;
    let store = store(&emulator);
    let lines = (1..=3).map(|value| format!("{{\"scope\":\"global\",\"key\":\"k\",\"value\":{value}}}\n"));
    let file = lines.collect::<String>();
    let import = store.import().skip_existing();
    let report = import.read_from(file.as_bytes(), |_| Ok(())).await.expect("a response");
    assert_eq!((report.written, report.skipped), (1, 2));
    assert_eq!(store.get::<i64>("k").await.expect("a response").expect("it is there").value, 1);
}

/// Three keys, the second of which gets this response.
fn with_a_bad_entry(response: MockResponse) -> Script {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let keys = ["a", "b", "c"].map(|key| json!({ "id": key, "path": format!("{path}/{key}") }));
    Script::new()
        .always(Expect::get(path), MockResponse::page("dataStoreEntries", keys, None))
        .always(Expect::get(format!("{path}/b")), response)
        .always(Expect::any(), MockResponse::json(json!({ "value": 1 })))
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_read_is_left_out_only_if_the_caller_says_so() {
    let refusal = |status, code: &str| MockResponse::error(ErrorShape::Code, status, code, "words");
    for (response, asked) in [
        (refusal(400, "INVALID_ARGUMENT"), true),
        (refusal(500, "INTERNAL"), true),
        (MockResponse::json(json!({ "users": "odd" })), true),
        // Any other entry would get the same response.
        (refusal(401, "UNAUTHENTICATED"), false),
        (refusal(403, "PERMISSION_DENIED"), false),
        (refusal(429, "RESOURCE_EXHAUSTED"), false),
        (refusal(503, "UNAVAILABLE"), false),
    ] {
        let export = |skip: bool| {
            let script = with_a_bad_entry(response.clone());
            let seen = Arc::new(Mutex::new(Vec::new()));
            let told = Arc::clone(&seen);
            let export = store_of(&script.client()).scope("s").export().skip_unreadable(move |key, error| {
                told.lock().expect("a list").push((key.key.clone(), error.to_string()));
                skip
            });
            (export, seen)
        };
        let (refused, seen) = export(false);
        let error = refused.write_to(Vec::new(), |_| Ok(())).await.expect_err("an error");
        assert!(error.to_string().contains("`b`"), "{error}");
        let seen = std::mem::take(&mut *seen.lock().expect("a list"));
        assert_eq!(seen, if asked { vec![("b".to_owned(), error.to_string())] } else { vec![] });

        let (skipped, _) = export(true);
        let mut file = Vec::new();
        let outcome = skipped.write_to(&mut file, |_| Ok(())).await;
        assert_eq!(outcome.is_ok(), asked, "{error}");
        if let Ok(end) = outcome {
            assert_eq!((end.entries(), end.vanished(), end.skipped()), (2, 0, 1));
            assert_eq!(file.split_inclusive(|byte| *byte == b'\n').count(), 2);
        }
    }
}

#[tokio::test]
async fn keys_that_no_path_can_hold_are_exported_imported_and_erased_too() {
    let (emulator, other) = (emulator().await, emulator().await);
    let (from, to) = (store(&emulator), store(&other));
    let odd = [("global", "."), ("global", ".."), ("global", "a\nb"), ("global", "\u{7f}"), ("..", "plain")];
    for (number, (scope, key)) in odd.into_iter().enumerate() {
        let store = from.clone().scope(scope).v1();
        store.set(key, &number).users([156]).attributes([("n", number)]).await.expect("a response");
    }
    from.set("plain", &9).await.expect("a response");
    assert_eq!(from.get::<i64>(".").await.expect("a response").expect("it is there").users, [156.into()]);
    let file = whole(&from).await;
    assert_eq!(file.split_inclusive(|byte| *byte == b'\n').count(), 6);
    let report = to.import().read_from(&file[..], |_| Ok(())).await.expect("a response");
    assert_eq!((report.written, report.skipped), (6, 0));
    let again = to.import().skip_existing().read_from(&file[..], |_| Ok(())).await.expect("a response");
    assert_eq!((again.written, again.skipped), (0, 6));
    for (number, (scope, key)) in odd.into_iter().enumerate() {
        let entry =
            to.clone().scope(scope).get::<usize>(key).await.expect("a response").expect("it is there");
        assert_eq!(
            (entry.value, entry.users, &entry.attributes["n"]),
            (number, vec![156.into()], &json!(number))
        );
    }
    let report = to.erase_user(156).find().await.expect("a response").erase().await;
    assert!(report.is_complete() && report.done.len() == 5, "{report}");
    assert_eq!(to.entries().all_scopes().items().collect().await.expect("a response").len(), 1);
}

#[tokio::test]
async fn a_prefix_holds_in_every_scope() {
    let emulator = emulator().await;
    let store = store(&emulator);
    for (scope, key) in [("global", "Player_1"), ("Player_s", "x"), ("s", "Player_2"), ("s", "Pet")] {
        store.clone().scope(scope).set(key, &1).await.expect("a response");
    }
    let mut file = Vec::new();
    let end = store.export().prefix("Player_").write_to(&mut file, |_| Ok(())).await.expect("a response");
    let text = String::from_utf8(file).expect("a text");
    assert_eq!(end.entries(), 2, "{text}");
    assert!(text.contains("Player_1") && text.contains("Player_2"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_resumed_export_asks_for_pages_as_it_began() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/-/entries";
    let page = |token: Option<&str>| MockResponse::page("dataStoreEntries", Vec::<Value>::new(), token);
    let script = Script::new()
        .expect(Expect::get(path).query("maxPageSize", 7), page(Some("two")))
        .expect(Expect::get(path).query("maxPageSize", 7).query("pageToken", "two"), page(None));
    let store = store_of(&script.client());
    let mut saved = None;
    let killed = store.export().checkpoint_every(7).write_to(Vec::new(), |checkpoint| {
        saved = Some(checkpoint.clone());
        Err(io::Error::other("the disk is full"))
    });
    let error = killed.await.expect_err("a failure");
    assert_eq!(error.kind(), ErrorKind::LocalIo);
    assert!(std::error::Error::source(&error).is_some_and(|source| source.to_string() == "the disk is full"));
    let export = store.export().checkpoint_every(100).resume(saved.expect("a checkpoint"));
    assert!(export.write_to(Vec::new(), |_| Ok(())).await.expect("a response").is_done());
    script.assert_done();
}

#[tokio::test]
async fn an_import_that_fails_ends_what_is_under_way_and_says_how_far_it_came() {
    let source = emulator().await;
    let from = store(&source);
    fill(&from).await;
    let file = whole(&from).await;
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    for broken_at in [0, 1, 10, COUNT - 1] {
        let mut broken = lines.clone();
        broken[broken_at] = b"{ broken\n";
        let broken = broken.concat();
        let target = emulator().await;
        let to = store(&target);
        let mut saved: Option<ImportCheckpoint> = None;
        let import = to.import().concurrency(5).read_from(&broken[..], |checkpoint| {
            saved = Some(checkpoint.clone());
            Ok(())
        });
        import.await.expect_err("a failure");
        let saved = saved.expect("a checkpoint");
        assert_eq!(saved.lines(), broken_at as u64);
        // Once that is fixed, it goes on where it failed, and no line is written that was counted.
        let report = to.import().resume(saved).read_from(&file[..], |_| Ok(())).await.expect("a response");
        assert_eq!(report.written, (COUNT - broken_at) as u64);
        assert_eq!(to.entries().all_scopes().items().collect().await.expect("a response").len(), COUNT);
    }
}

#[tokio::test]
async fn an_import_goes_where_it_was_meant_to() {
    let emulator = emulator().await;
    let store = store(&emulator);
    fill(&store).await;
    let file = whole(&store).await;
    let done = store.import().read_from(&file[..], |_| Ok(())).await.expect("a response").checkpoint;
    let resumed = store.clone().scope("other").import().resume(done);
    let error = resumed.read_from(&file[..], |_| Ok(())).await.expect_err("a failure");
    assert!(error.is_usage() && error.to_string().contains("another import"), "{error}");
    let scoped = store.clone().scope("nowhere").import();
    let error = scoped.read_from(&file[..], |_| Ok(())).await.expect_err("a failure");
    assert!(
        error.is_usage() && error.to_string().contains("line 1 of the import is of the scope"),
        "{error}"
    );
    let unsaved = store.import().read_from(&file[..], |_| Err(io::Error::other("the disk is full")));
    assert_eq!(unsaved.await.expect_err("a failure").kind(), ErrorKind::LocalIo);
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_is_named() {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes/s/entries";
    let keys = ["a", "b"].map(|key| json!({ "id": key, "path": format!("{path}/{key}") }));
    let refused = || MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "not a number");
    let script = Script::new()
        .always(Expect::get(path), MockResponse::page("dataStoreEntries", keys, None))
        .always(Expect::get(format!("{path}/b")), refused())
        .always(Expect::patch(format!("{path}/b")), refused())
        .always(Expect::any(), MockResponse::json(json!({ "value": 1 })));
    let store = store_of(&script.client()).scope("s");
    let export = store.export().write_to(Vec::new(), |_| Ok(())).await.expect_err("a failure");
    let search = store.erase_user(156).find().await.expect_err("a failure");
    for error in [&export, &search] {
        assert!(error.to_string().contains("the entry `b` of the scope `s`: not a number"), "{error}");
        assert_eq!((error.code(), error.kind()), (Some("INVALID_ARGUMENT"), ErrorKind::Refused));
    }
    assert!(search.to_string().contains("the data store `Players`: "), "{search}");
    let file =
        ["a", "b"].map(|key| format!("{}\n", json!({ "scope": "s", "key": key, "value": 1 }))).concat();
    let import = store.import().read_from(file.as_bytes(), |_| Ok(())).await.expect_err("a failure");
    assert!(import.to_string().contains("line 2 of the import: not a number"), "{import}");
}

/// A store that lists these names over all scopes, and holds these entries.
fn listing(pages: &[&[&str]], entries: &[(&str, &str)]) -> Script {
    let path = "/cloud/v2/universes/1/data-stores/Players/scopes";
    let mut script = Script::new();
    for (number, page) in pages.iter().enumerate() {
        let names = page
            .iter()
            .map(|name| json!({ "id": name, "path": format!("{}/-/entries/{name}", &path[10..]) }));
        let next = (number + 1 < pages.len()).then(|| format!("page{number}"));
        let page = MockResponse::page("dataStoreEntries", names.collect::<Vec<_>>(), next.as_deref());
        script = script.expect(Expect::get(format!("{path}/-/entries")), page);
    }
    for (scope, key) in entries {
        let path = format!("{path}/{}/entries/{}", scope.replace('/', "%2F"), key.replace('/', "%2F"));
        let entry = json!({ "value": format!("{scope} {key}"), "users": ["users/156"] });
        script = script.always(Expect::get(path), MockResponse::json(entry));
    }
    script.always(Expect::any(), MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "none"))
}

#[tokio::test(start_paused = true)]
async fn a_slash_may_be_of_the_scope_or_of_the_key() {
    let there = [("a", "b/c"), ("d/e", "f"), ("g", "h/i"), ("g/h", "i"), ("x", "y")];
    // Both entries of a name are written where it is listed first.
    let pages: &[&[&str]] = &[&["a/b/c", "d/e/f", "g/h/i"], &["g/h/i", "x/y", "x/gone"]];
    let script = listing(pages, &there);
    let mut file = Vec::new();
    let end = store_of(&script.client()).export().write_to(&mut file, |_| Ok(())).await.expect("an export");
    assert_eq!((end.entries(), end.vanished(), end.skipped()), (5, 1, 0));
    let written: Vec<Value> = file
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect();
    for (line, (scope, key)) in written.iter().zip(there) {
        assert_eq!((&line["scope"], &line["key"]), (&json!(scope), &json!(key)));
        assert_eq!(line["value"], json!(format!("{scope} {key}")));
    }
    let plan = store_of(&listing(pages, &there).client()).erase_user(156).find().await.expect("a plan");
    let found: Vec<_> = plan.entries.iter().map(|entry| (entry.scope.as_str(), entry.key.as_str())).collect();
    assert_eq!((found, plan.vanished), (there.to_vec(), 1));
}

#[tokio::test(start_paused = true)]
async fn a_resumed_export_remembers_which_names_were_of_several_entries() {
    let there = [("g", "h/i"), ("g/h", "i")];
    let pages: &[&[&str]] = &[&["g/h/i"], &["g/h/i"]];
    let script = listing(pages, &there);
    let mut saved = None;
    let killed = store_of(&script.client()).export().write_to(Vec::new(), |checkpoint| {
        saved = Some(serde_json::to_string(checkpoint).expect("JSON"));
        Err(io::Error::other("the disk is full"))
    });
    killed.await.expect_err("a failure");
    let saved: ExportCheckpoint = serde_json::from_str(&saved.expect("a checkpoint")).expect("a checkpoint");
    assert_eq!(saved.entries(), 2, "both are written where the name is listed first");
    let end = store_of(&script.client()).export().resume(saved).write_to(Vec::new(), |_| Ok(())).await;
    assert_eq!(end.expect("an export").entries(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_is_nowhere_is_reported_and_not_counted_as_vanished() {
    let script = || listing(&[&["a/b/c"]], &[]);
    let error =
        store_of(&script().client()).export().write_to(Vec::new(), |_| Ok(())).await.expect_err("nowhere");
    assert!(error.is_decode() && error.to_string().contains("`a/b/c` was listed over all scopes"), "{error}");
    assert_eq!(error.attempts(), 2, "both ways were asked for: {error}");
    assert_eq!(error.operation().map(|operation| operation.id), Some("data_stores.get_scoped_entry"));
    let skipping = store_of(&script().client()).export().skip_unreadable(|_, _| true);
    let end = skipping.write_to(Vec::new(), |_| Ok(())).await.expect("an export");
    assert_eq!((end.entries(), end.vanished(), end.skipped()), (0, 0, 1));
    store_of(&script().client()).erase_user(156).find().await.expect_err("nowhere");
    let plan = store_of(&script().client()).erase_user(156).skip_unreadable(|_, _| true).find().await;
    let plan = plan.expect("a plan");
    assert_eq!((plan.vanished, plan.unreadable.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_prefix_is_of_the_key_wherever_that_begins() {
    let there = [("a", "b/c"), ("a/b", "d")];
    let script = || listing(&[&["a/b/c", "a/b/d", "a/x"]], &there);
    for (prefix, found) in [("b", 1), ("d", 1), ("c", 0), ("q", 0)] {
        let export = store_of(&script().client()).export().prefix(prefix);
        let end = export.write_to(Vec::new(), |_| Ok(())).await.expect(prefix);
        assert_eq!((end.entries(), end.vanished()), (found, 0), "{prefix}");
    }
}
