//! Nothing is lost silently: whatever happens to the names of a response, a call gives what was there, or fails
//! with the names that it found, or was told nothing.
//!
//! Names are dropped, renamed and added at random, for every list and every operation that starts something.

use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Client, Error, ErrorKind};
use opencloud_contract::shapes::{
    Change, changed, extension, following, has_content, info, lists, may_hide, names, object, response,
    result,
};
use opencloud_contract::{Samples, call, list, operations, responding, wait};
use opencloud_emulator::Operation;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

/// Enough that every name of every response is dropped and renamed; all of them take seconds.
const CASES: u32 = 40;

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        3 => (0..16_usize).prop_map(Change::Drop),
        3 => (0..16_usize).prop_map(Change::Rename),
        1 => Just(Change::AddScalar),
        1 => Just(Change::AddNull),
        1 => Just(Change::AddEmptyList),
        1 => Just(Change::AddList),
        1 => Just(Change::AddObject),
    ];
    prop::collection::vec(change, 0..4)
}

/// Tries changes of one operation's responses.
fn try_changes(operation: &Operation, check: impl Fn(&[Change]) -> Result<(), String>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome =
        TestRunner::new(config).run(&changes(), |changes| check(&changes).map_err(TestCaseError::fail));
    outcome.unwrap_or_else(|failure| panic!("{}: {failure}", operation.id));
}

/// Waits on a clock that is at once where it is waited for.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

fn client(script: &Script) -> Client {
    script.builder().retry(opencloud::retry::Retry::never()).build().expect("a client")
}

/// A client of a service that sends this to every request.
fn client_of(body: &Value) -> Client {
    client(&responding(200, "application/json", body.to_string()))
}

/// Whether an error tells what was found instead, where a response is to blame.
fn is_told(error: &Error, found: &Value) -> Result<(), String> {
    let text = error.to_string();
    // A message holds twenty of them.
    let names = found.as_object().into_iter().flatten().map(|(name, _)| name).take(20);
    let mut names = names;
    let all = names.all(|name| text.contains(&format!("`{name}`")));
    match error.kind() {
        ErrorKind::Decode | ErrorKind::Operation if text.contains("the response lacks") && all => Ok(()),
        _ => Err(format!("an error without the names that were found ({:?}): {text}", error.kind())),
    }
}

/// Whether all that is required is there, under any name that is known.
fn has_required(required: &[&str], value: &Value, names: &[(String, String)]) -> bool {
    let is_there = |name: &str| {
        let others = names.iter().filter(|(known, _)| known == name).map(|(_, other)| other.as_str());
        std::iter::once(name).chain(others).any(|name| !value[name].is_null())
    };
    required.iter().all(|names| names.split('|').any(is_there))
}

/// A page of a list that is the last, by all that pages say of that.
fn last_page(operation: &Operation) -> Value {
    let info = info(operation);
    let paging = info.paging.expect("a list");
    let mut page = match following(operation) {
        Some(_) => result(operation),
        None => response(operation),
    }
    .expect("a page");
    let main = main(operation);
    if let Some(next) = paging.next {
        match paging.key {
            Some(_) => {
                page[main].as_array_mut().expect("items").iter_mut().for_each(|item| item[next] = Value::Null)
            }
            None => page[next] = Value::Null,
        }
    }
    for flag in ["hasMore", "activeServersFetchError", "shutdownServersFetchError"] {
        if let Some(flag) = page.get_mut(flag) {
            *flag = json!(false);
        }
    }
    page
}

/// The property that holds the items of a list.
fn main(operation: &Operation) -> &'static str {
    let info = info(operation);
    let expects = info.long_running.map_or(info.expects, |following| following.expects);
    expects.main.unwrap_or_else(|| panic!("{}: the table does not say where its items are", operation.id))
}

/// The other names of what a response has.
fn other_names(operation: &Operation) -> Vec<(String, String)> {
    let content = operation.successes().find_map(|response| response.content.first());
    content.map(|content| names(&content.schema)).unwrap_or_default()
}

#[test]
fn no_list_loses_its_items() {
    let mut tried = 0;
    for operation in lists() {
        tried += 1;
        let main = main(operation);
        let page = last_page(operation);
        let items = page[main].as_array().expect("items").len();
        assert!(items > 0, "{}: the sample is empty", operation.id);
        let names = other_names(operation);
        let required =
            info(operation).long_running.map_or(info(operation).expects, |facts| facts.expects).required;
        try_changes(operation, |changes| {
            let sent = changed(&page, changes);
            let client = client(&match following(operation) {
                Some(_) => Script::new().always(
                    Expect::any(),
                    MockResponse::json(json!({ "path": "operations/7", "done": true, "response": sent })),
                ),
                // By number, offset or repetition the list ends at an empty page.
                None => Script::new().expect(Expect::any(), MockResponse::json(sent.clone())).always(
                    Expect::any(),
                    MockResponse::json(object([(main, json!([])), ("readId", json!("r"))])),
                ),
            });
            let samples = Samples::from_beginning(operation);
            let outcome = block_on(list(&client, &operation.id, &samples).expect("a list"));
            let is_there = !sent[main].is_null();
            match outcome {
                Ok(found) if found.len() == items => Ok(()),
                Ok(found) if found.is_empty() && !is_there && !may_hide(&sent, false) => Ok(()),
                Ok(found) => Err(format!("{} items of {items}: {sent}", found.len())),
                Err(error) if is_there && has_required(required, &sent, &names) => {
                    Err(format!("all is there, and yet {error}: {sent}"))
                }
                Err(error) => is_told(&error, &sent),
            }
        });
    }
    assert_eq!(tried, 50, "a list came or went");
}

/// The lists that have no pages, and whatever else a call is about.
#[test]
fn no_call_loses_what_it_is_about() {
    let mut tried = 0;
    for operation in operations() {
        let info = info(operation);
        let expects = info.expects;
        if info.long_running.is_some() || (expects.main.is_none() && expects.required.is_empty()) {
            continue;
        }
        let Some(response) = response(operation) else { continue };
        tried += 1;
        let names = other_names(operation);
        try_changes(operation, |changes| {
            let sent = changed(&response, changes);
            let client = client_of(&sent);
            let samples = Samples::new(operation);
            let outcome = block_on(call(&client, &operation.id, &samples).expect("a call")).decoded;
            let has_all = has_required(expects.required, &sent, &names);
            let is_there = expects.main.is_none_or(|main| !sent[main].is_null());
            match outcome {
                Err(error) if has_all && is_there => Err(format!("all is there, and yet {error}: {sent}")),
                Err(error) => is_told(&error, &sent),
                Ok(_) if !has_all => Err(format!("something required is missing: {sent}")),
                Ok(read) => match expects.main {
                    Some(main) if is_there && opencloud_contract::same(&read[main], &response[main]) => {
                        Ok(())
                    }
                    Some(main) if is_there => Err(format!("{} of {sent}", read[main])),
                    Some(_) if may_hide(&sent, expects.is_single) => Err(format!("lost: {sent}")),
                    _ => Ok(()),
                },
            }
        });
    }
    assert!(tried >= 90, "{tried} calls are about something");
}

/// The envelope of an operation that is done, and the path to its result.
fn done(dialect: &str, result: &Value) -> Value {
    match dialect {
        "cloud" | "analytics" => json!({ "path": "operations/7", "done": true, "response": result }),
        "experiment" => json!({ "operation": {
            "operationId": "7", "done": true, "experiment": result, "experimentStats": result, "mde": result,
        } }),
        dialect => panic!("a dialect that is not done at once: {dialect}"),
    }
}

/// Operations that are done at once: their envelope changes, or their result.
#[test]
fn no_operation_loses_its_result() {
    let mut tried = 0;
    for operation in operations() {
        let Some(facts) = following(operation) else { continue };
        let dialect = facts["dialect"].as_str().expect("a dialect").to_owned();
        if !["cloud", "analytics", "experiment"].contains(&dialect.as_str()) {
            continue;
        }
        let following = info(operation).long_running.expect("a starter");
        let result = result(operation).expect("a result");
        tried += 1;
        let run = |body: Value| {
            let client = client_of(&body);
            let samples = Samples::from_beginning(operation);
            block_on(wait(&client, &operation.id, &samples).expect("a starter")).map(|(_, result)| result)
        };
        let whole = run(done(&dialect, &result)).expect("a result");
        try_changes(operation, |changes| {
            // In the envelope.
            let sent = match dialect.as_str() {
                "experiment" => {
                    object([("operation", changed(&done(&dialect, &result)["operation"], changes))])
                }
                _ => changed(&done(&dialect, &result), changes),
            };
            match run(sent.clone()) {
                Ok(read) if read == whole => {}
                // A result that has nothing to say, or a list that is empty because the result is not there.
                Ok(_) if !following.has_result && !has_content(&result) => {}
                Ok(read) => return Err(format!("{read} of the envelope {sent}")),
                Err(_) => {}
            }
            // In the result.
            let sent = changed(&result, changes);
            let expects = following.expects;
            let has_all = has_required(expects.required, &sent, &[]);
            let is_there = expects.main.is_none_or(|main| !sent[main].is_null());
            match run(done(&dialect, &sent)) {
                Err(error)
                    if has_all && is_there && sent.as_object().is_some_and(|sent| !sent.is_empty()) =>
                {
                    let is_all_strange =
                        result.as_object().is_some_and(|known| known.keys().all(|name| sent[name].is_null()));
                    if is_all_strange {
                        Ok(())
                    } else {
                        Err(format!("all is there, and yet {error}: {sent}"))
                    }
                }
                Err(error) => is_told(&error, &sent),
                Ok(_) if !has_all => Err(format!("something required is missing: {sent}")),
                Ok(read) => match expects.main {
                    Some(main) if is_there && read[main] == whole[main] => Ok(()),
                    Some(main) if is_there => Err(format!("{} of {sent}", read[main])),
                    Some(_) if may_hide(&sent, expects.is_single) => Err(format!("lost: {sent}")),
                    _ => Ok(()),
                },
            }
        });
    }
    assert_eq!(tried, 18, "an operation came or went");
}

/// The first response of every operation that is followed: without what it is followed by, that is told.
#[test]
fn no_operation_is_started_and_forgotten() {
    let mut tried = 0;
    for operation in operations() {
        let Some(facts) = following(operation) else { continue };
        let id = match facts["dialect"].as_str().expect("a dialect") {
            "cloud" | "analytics" | "luau" => {
                object([("path", json!("somewhere/7")), ("done", json!(false))])
            }
            "experiment" => object([("operation", json!({ "operationId": "7" }))]),
            "restart" => object([("id", json!("7")), ("instancesImpacted", json!(1))]),
            _ => object([("fileToOperationIdDict", json!({ "a.png": "7" }))]),
        };
        tried += 1;
        let name =
            id.as_object().and_then(|id| id.keys().find(|name| *name != "done")).expect("a name").clone();
        let mut sent = id;
        let value = sent.as_object_mut().and_then(|sent| sent.remove(&name)).expect("a value");
        sent["zzStrange"] = value;
        let client = client_of(&sent);
        let samples = Samples::from_beginning(operation);
        let error = block_on(wait(&client, &operation.id, &samples).expect("a starter"));
        let error = error.expect_err(&operation.id);
        is_told(&error, &sent).unwrap_or_else(|problem| panic!("{}: {problem}", operation.id));
        // The call itself, without waiting, tells it as well.
        let outcome = block_on(call(&client, &operation.id, &Samples::new(operation)).expect("a call"));
        let error = outcome.decoded.expect_err(&operation.id);
        is_told(&error, &sent).unwrap_or_else(|problem| panic!("{}: {problem}", operation.id));
    }
    assert_eq!(tried, 22, "an operation came or went");
}

/// A word about a property that is gone would do nothing.
#[test]
fn what_the_words_say_is_in_the_table() {
    let names = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut words = 0;
    for operation in operations() {
        let own = extension(operation);
        let info = info(operation);
        let of_result = info.long_running.map(|facts| facts.expects);
        for (main, required, expects) in [
            (&own["main"], &own["required_response"], Some(info.expects)),
            (&own["operation"]["main"], &own["operation"]["required"], of_result),
        ] {
            let Some(expects) = expects else { continue };
            words += names(required).len() + usize::from(main.is_string());
            for name in names(required) {
                assert!(expects.required.contains(&name.as_str()), "{}: {name}", operation.id);
            }
            if let Some(main) = main.as_str() {
                assert_eq!(expects.main, Some(main), "{}", operation.id);
            }
        }
        let of_request = own["id_from_request"].as_object().into_iter().flatten();
        let of_request: Vec<_> =
            of_request.map(|(name, sent)| (name.as_str(), sent.as_str().expect("a name"))).collect();
        let known: Vec<_> = info.id_from_request.iter().map(|id| (id.property, id.parameter)).collect();
        assert_eq!(known, of_request, "{}", operation.id);
        let errors = &own["errors_in_success"];
        assert_eq!(
            info.errors_in_success.map(|errors| errors.list),
            errors["list"].as_str(),
            "{}",
            operation.id
        );
        assert_eq!(info.conflict_is_value, own["conflict_body"] == "value", "{}", operation.id);
        if let Some(unless) = errors["unless"].as_str() {
            let response = response(operation).expect("a response");
            assert!(response.get(unless).is_some(), "{}: {unless}", operation.id);
        }
    }
    assert!(words >= 50, "{words} words");
}

/// What is created and responds with an id, a path or a version of its own, and may do so without it: why.
const UNNAMED: &[(&[&str], &str)] = &[
    (
        &["data_stores.create_entry", "data_stores.create_scoped_entry", "data_stores.undelete"],
        "no response is recorded; the caller has named what it is about, and a write that has succeeded is not to \
         look like a failure because its name is not repeated",
    ),
    (
        &["data_stores.increment_entry", "data_stores.increment_scoped_entry"],
        "the same; the value is what the call is about",
    ),
    (
        &[
            "ordered_data_stores.create_entry",
            "ordered_data_stores.increment_entry",
            "ordered_data_stores.create_value",
            "ordered_data_stores.increment_value",
        ],
        "the caller has named the entry; the value is what the call is about",
    ),
    (
        &["memory_stores.create_sorted_map_item"],
        "the caller has chosen the id: a response without it has that of the request (MS-14)",
    ),
    (&["data_stores.set_value"], "each of its fields may be missing (DS-11)"),
    (
        &["groups.assign_role", "groups.unassign_role"],
        "no response is recorded; the caller has named the membership",
    ),
    (
        &["secrets.create"],
        "no response is recorded; the caller has named the secret, and the key that seals it",
    ),
    (&["followings.create"], "the ids are those of the request"),
    (&["places.update_version_notes"], "the version is that of the request"),
    (
        &["localization.batch_get_table_entry_histories", "localization.list_name_description_history"],
        "it reads: the id is that of the request, or a place in the list",
    ),
];

/// What the service names and the caller cannot know is required, or it is said why not.
#[test]
fn what_is_created_is_named_or_there_is_a_reason() {
    let is_name = |name: &str| {
        ["id", "path", "version", "placeVersion", "versionNumber"].contains(&name) || name.ends_with("Id")
    };
    let mut reasons: Vec<&str> = UNNAMED.iter().flat_map(|(ids, _)| *ids).copied().collect();
    let mut required = 0;
    for operation in operations().iter().filter(|operation| operation.method.eq_ignore_ascii_case("POST")) {
        let info = info(operation);
        let has_name = |response: Value| {
            response.as_object().is_some_and(|response| response.keys().any(|name| is_name(name)))
        };
        if info.long_running.is_some() || !response(operation).is_some_and(has_name) {
            continue;
        }
        let is_required = !info.expects.required.is_empty();
        let reason = reasons.iter().position(|id| *id == operation.id);
        assert_ne!(is_required, reason.is_some(), "{}: required, or a reason", operation.id);
        required += usize::from(is_required);
        reason.map(|place| reasons.swap_remove(place));
    }
    assert!(reasons.is_empty(), "reasons for nothing: {reasons:?}");
    assert!(required >= 14, "{required} responses of creates are named");
}
