//! What comes back from a caller's storage: resume tokens, checkpoints, tokens of OAuth.

use crate::make::{any_json, changed_bytes, changed_json, rendered, text};
use crate::support::{Service, accepted, block_on, ensure, is_presentable, split, text as lossy};
use crate::{Check, MIB, Target};
use md5::{Digest, Md5};
use opencloud::Client;
use opencloud::data_stores::{ExportCheckpoint, ImportCheckpoint, Store};
use opencloud::luau::PoolCheckpoint;
use opencloud::oauth::{FileTokenStore, TokenSet, TokenStore};
use opencloud::paging::Items;
use opencloud::types::LocalizationTableEntryHistoryQuery as Query;
use opencloud::types::{
    BatchGetTableEntryHistoriesRequest, ConfigRepository, LocalizationTableEntryIdentifier,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

pub(super) const RESUME_TOKENS: Target = Target {
    name: "resume_tokens",
    cases: 1200,
    memory: 64 * MIB,
    inputs: resume_tokens,
    check: check_resume_token,
};

pub(super) const CHECKPOINTS: Target = Target {
    name: "checkpoints",
    cases: 1800,
    memory: 64 * MIB,
    inputs: checkpoints,
    check: check_checkpoint,
};

pub(super) const TOKENS: Target = Target {
    name: "token_files",
    cases: 800,
    memory: 64 * MIB,
    inputs: token_files,
    check: check_token_file,
};

fn resume_tokens() -> BoxedStrategy<Vec<u8>> {
    // Of the two entries that the call asks for.
    let entry = |key: &str| json!({ "identifier": { "key": key, "source": "s" }, "count": 2, "cursor": "c" });
    let entries = vec![json!([entry("a")]), json!([entry("b"), entry("a")])];
    prop_oneof![
        3 => changed_json(entries).prop_map(|token| rendered(&token)),
        1 => any_json().prop_map(|token| rendered(&token)),
        2 => text(),
        1 => "[+-]?[0-9]{1,22}",
    ]
    .prop_map(String::into_bytes)
    .boxed()
}

fn check_resume_token(input: &[u8]) -> Check {
    let token = lossy(input);
    lists("pageToken", &token, |client| client.users().list_inventory_items(156).items())?;
    lists("page", &token, |client| client.creator_store().list_saves().items())?;
    lists("Skip", &token, |client| {
        client.configs().list_revisions(1, ConfigRepository::InExperienceConfig).items()
    })?;
    lists("", &token, |client| {
        let named = |key: &str| {
            let identifier: LocalizationTableEntryIdentifier =
                serde_json::from_value(json!({ "key": key, "source": "s" })).expect("an identifier");
            Query::new(identifier, 2)
        };
        let asked = BatchGetTableEntryHistoriesRequest::new("en-us", vec![named("a"), named("b")]);
        client.localization().batch_get_table_entry_histories("t", asked).items()
    })?;
    lists("", &token, |client| client.memory_stores().read_queue_items(1, "queue").items())
}

/// A list that is resumed anywhere ends, begins where the token says, or says that it cannot.
fn lists<T: 'static>(parameter: &str, token: &str, list: impl Fn(&Client) -> Items<T>) -> Check {
    let service = Service::json("{}");
    let client = service.client();
    let outcome = block_on(list(&client).resume(token).collect());
    ensure(service.count() <= 2, "a list without items ends", || service.count().to_string())?;
    if let Err(error) = &outcome {
        is_presentable(error)?;
    }
    if parameter.is_empty() && service.count() > 0 {
        accepted();
    }
    let Some(first) = service.sent().into_iter().next().filter(|_| !parameter.is_empty()) else {
        return Ok(());
    };
    let query = first.uri.query().unwrap_or_default().to_owned();
    let begins = query.split('&').find_map(|pair| pair.strip_prefix(parameter)?.strip_prefix('='));
    let is_there = match begins {
        Some(begins) => super::names::decoded(begins) == token,
        None => token.is_empty(),
    };
    ensure(is_there, "a list begins where its token says", || {
        format!("{parameter} of {query:?} for {token:?}")
    })
}

/// A checkpoint with a checksum that is right, so that its state is read: one line of JSON; and behind it the lines
/// of the file to import.
fn checkpoints() -> BoxedStrategy<Vec<u8>> {
    let of = json!({ "universe": "1", "store": "Players", "scope": null });
    let export = json!({
        "of": { "universe": "1", "store": "Players", "scope": null, "prefix": "" }, "page_size": 256, "token": "t", "is_done": false,
        "bytes": 10, "entries": 1, "vanished": 0, "skipped": 0, "with_buffers": 0, "shared_names": ["a/b"],
    });
    let line = json!({ "scope": "global", "key": "a", "value": 1, "users": [], "attributes": {} })
        .to_string()
        + "\n";
    let digest = hex(&Md5::new().chain_update("").chain_update(Md5::digest(&line)).finalize());
    let import = json!({ "of": of, "bytes": line.len(), "lines": 1, "digest": digest });
    let script = hex(&Md5::digest(format!("None false {SCRIPT}")));
    let pool = json!({ "places": ["1/2"], "tasks": { "a": { "script": script, "path": TASK } } });
    let state = prop_oneof![
        4 => changed_json(vec![export, import, pool]).prop_map(|state| rendered(&state)),
        1 => any_json().prop_map(|state| rendered(&state)),
    ];
    let sealed = (state, 0..20_u8).prop_map(|(state, damage)| match damage {
        0 => json!({ "state": state, "checksum": "0" }).to_string(),
        1 => state,
        _ => json!({ "state": state, "checksum": hex(&Md5::digest(&state)) }).to_string(),
    });
    let file = prop_oneof![2 => Just(line), 1 => text(), 1 => Just(String::new())];
    changed_bytes((sealed, file).prop_map(|(sealed, file)| format!("{sealed}\n{file}").into_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check_checkpoint(input: &[u8]) -> Check {
    let (checkpoint, file) = split(input, b"\n");
    if let Some(checkpoint) = read_again::<ExportCheckpoint>(checkpoint)? {
        export(&checkpoint)?;
    }
    if let Some(checkpoint) = read_again::<ImportCheckpoint>(checkpoint)? {
        import(&checkpoint, file)?;
    }
    if let Some(checkpoint) = read_again::<PoolCheckpoint>(checkpoint)? {
        pool(checkpoint)?;
    }
    Ok(())
}

/// What is read, if it can be; it is the same when it is written and read again.
fn read_again<T: Serialize + DeserializeOwned + PartialEq>(text: &[u8]) -> Result<Option<T>, String> {
    let Ok(read) = serde_json::from_slice::<T>(text) else { return Ok(None) };
    let written =
        serde_json::to_vec(&read).map_err(|error| format!("what is read can be written: {error}"))?;
    let again = serde_json::from_slice::<T>(&written).ok();
    ensure(again.as_ref() == Some(&read), "what is written is read again", || lossy(&written))?;
    Ok(Some(read))
}

fn store(service: &Service) -> Store {
    service.client().data_stores().store(1, "Players")
}

/// An export goes on from the place that is kept, ends, or says what is wrong.
fn export(checkpoint: &ExportCheckpoint) -> Check {
    let service = Service::json(r#"{"dataStoreEntries":[]}"#);
    let mut written = Vec::new();
    let outcome =
        block_on(store(&service).export().resume(checkpoint.clone()).write_to(&mut written, |_| Ok(())));
    ensure(service.count() <= 1, "an export of nothing ends", || service.count().to_string())?;
    match outcome {
        Err(error) => is_presentable(&error),
        Ok(end) => {
            accepted();
            ensure(end.is_done() && written.is_empty(), "an export of nothing writes nothing", || {
                format!("{end:?}")
            })?;
            ensure(end.entries() == checkpoint.entries(), "an export goes on counting", || format!("{end:?}"))
        }
    }
}

/// An import goes on in the file that the checkpoint is of, and in no other.
fn import(checkpoint: &ImportCheckpoint, file: &[u8]) -> Check {
    let service = Service::json(r#"{"path":"x","etag":"e"}"#);
    let outcome = block_on(store(&service).import().resume(checkpoint.clone()).read_from(file, |_| Ok(())));
    let lines = file.split(|byte| *byte == b'\n').count();
    ensure(service.count() <= 4 * lines, "an import writes its lines", || service.count().to_string())?;
    match outcome {
        Err(error) => is_presentable(&error),
        Ok(report) => {
            accepted();
            let end = &report.checkpoint;
            ensure(end.bytes() == file.len() as u64, "an import ends at the end of its file", || {
                format!("{end:?}")
            })?;
            ensure(end.lines() >= checkpoint.lines(), "an import goes on counting", || format!("{end:?}"))
        }
    }
}

const SCRIPT: &str = "return 1";
const TASK: &str = "universes/1/places/2/versions/3/luau-execution-sessions/s/tasks/t";

/// A pool follows the task that is kept, starts its script, or says what is wrong.
fn pool(checkpoint: PoolCheckpoint) -> Check {
    let service = Service::json(json!({ "path": TASK, "state": "COMPLETE", "output": {} }).to_string());
    let pool = service.client().luau().pool(1, 2).resume(checkpoint);
    let mut run = match pool.run([("a", SCRIPT)]) {
        Err(error) => return is_presentable(&error),
        Ok(run) => run,
    };
    accepted();
    let mut outcomes = 0;
    while let Some(outcome) = block_on(run.next()) {
        outcomes += 1;
        outcome.result.err().map_or(Ok(()), |error| is_presentable(&error))?;
    }
    ensure(outcomes == 1, "each script has an outcome", || outcomes.to_string())?;
    ensure(service.count() <= 2, "one task is followed or started", || service.count().to_string())
}

fn token_files() -> BoxedStrategy<Vec<u8>> {
    let tokens = json!({
        "access_token": "secret-access", "expires_at": "2030-01-01T00:00:00Z", "issued_at": "2029-12-31T23:45:00Z",
        "refresh_token": "secret-refresh", "scopes": ["openid", "asset:read"],
    });
    let whole = prop_oneof![
        4 => changed_json(vec![tokens]).prop_map(|tokens| rendered(&tokens)),
        1 => any_json().prop_map(|tokens| rendered(&tokens)),
        1 => select(&["", "\0", "null", "{}", "\u{feff}{}"][..]).prop_map(str::to_owned),
    ];
    changed_bytes(whole.prop_map(String::into_bytes))
}

/// A damaged file of tokens is an error that shows none of them.
fn check_token_file(input: &[u8]) -> Check {
    let folder = tempfile::tempdir().map_err(|error| format!("a folder: {error}"))?;
    let path = folder.path().join("tokens.json");
    std::fs::write(&path, input).map_err(|error| format!("a file: {error}"))?;
    let files = FileTokenStore::new(path);
    match block_on(files.load()) {
        Err(error) => {
            let shown = format!("{error} {error:?}");
            ensure(!shown.contains("secret-"), "an error shows no token", || shown.clone())
        }
        Ok(None) => Ok(()),
        Ok(Some(tokens)) => {
            accepted();
            // What a scope says is no secret, wherever the file has it from.
            let shown = format!("{:?}", tokens.clone().with_scopes([]));
            ensure(!shown.contains("secret-"), "the text of tokens shows none", || shown.clone())?;
            block_on(files.save(&tokens)).map_err(|error| format!("what is read can be written: {error}"))?;
            let again: Option<TokenSet> = block_on(files.load()).ok().flatten();
            ensure(again.as_ref() == Some(&tokens), "tokens are read again as they were written", || {
                shown.clone()
            })
        }
    }
}
