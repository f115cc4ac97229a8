//! Every response that the document allows can be read: all fields, none, nulls, unknown enum values and
//! fields of tomorrow. What is read of a full response is all of it.

use opencloud_contract::shapes::{aliases, info, names, response, succeeding};
use opencloud_contract::{Samples, call, operations, responding};
use opencloud_emulator::{Document, Mode, Operation, Response, Sample};
use serde_json::{Value, json};

/// Each declared success response of an operation in a mode.
fn responses(operation: &Operation, mode: Mode) -> Vec<(u16, &'static str, Value)> {
    operation
        .successes()
        .flat_map(|response: &Response| {
            let media = response.content.first();
            media.map(|media| {
                let value = Sample::response(mode).value(Document::embedded(), &media.schema);
                // Some services declare text and send JSON; the decoder goes by the body.
                (response.status, "application/json", succeeding(operation, value))
            })
        })
        .collect()
}

async fn decode(
    operation: &'static Operation,
    status: u16,
    media: &str,
    body: Vec<u8>,
) -> Result<Value, String> {
    let client = responding(status, media, body).client();
    let samples = Samples::new(operation);
    call(&client, &operation.id, &samples)
        .expect("a generated call")
        .await
        .decoded
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_response_can_be_read() {
    let mut failures = Vec::new();
    for operation in operations() {
        for mode in Mode::ALL {
            for (status, media, value) in responses(operation, mode) {
                // What a call is about must be there.
                let is_told = |error: &String| {
                    matches!(mode, Mode::Empty | Mode::Nulls)
                        && !info(operation).expects.required.is_empty()
                        && error.contains("the response lacks")
                };
                let outcome = decode(operation, status, media, value.to_string().into()).await;
                if let Some(error) = outcome.err().filter(|error| !is_told(error)) {
                    failures.push(format!("{} {mode:?} {status}: {error}", operation.id));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn a_full_response_survives_a_round_trip() {
    let mut failures = Vec::new();
    for operation in operations() {
        for (status, media, value) in responses(operation, Mode::Full) {
            match decode(operation, status, media, value.to_string().into()).await {
                Ok(read) if opencloud_contract::same(&read, &value) => {}
                Ok(read) => failures.push(format!("{} {status}:\n  {read}\n  {value}", operation.id)),
                Err(error) => failures.push(format!("{} {status}: {error}", operation.id)),
            }
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

/// MS-01, MS-02, MS-08: a property under another of its names is the same property, and its own name counts
/// where both are there.
#[tokio::test]
async fn other_names_are_read() {
    let mut read = 0;
    for operation in operations() {
        let Some(response) = response(operation) else { continue };
        let schema =
            &operation.successes().find_map(|response| response.content.first()).expect("content").schema;
        for (name, alias, value_of) in aliases(schema) {
            read += 1;
            let told = |value: Value| {
                let mut value = value;
                let own = value.as_object_mut().and_then(|value| value.remove(&name)).unwrap_or_default();
                value[&alias] = match &value_of {
                    Some(property) => {
                        own.as_array().expect("a list").iter().map(|item| item[property].clone()).collect()
                    }
                    None => own,
                };
                value
            };
            let decoded = async |value: &Value| {
                let decoded = decode(operation, 200, "application/json", value.to_string().into()).await;
                decoded.unwrap_or_else(|error| panic!("{} {alias}: {error}", operation.id))
            };
            let same = |read: &Value, sent: &Value| {
                assert!(opencloud_contract::same(read, sent), "{} {alias}: {read} of {sent}", operation.id);
            };
            let otherwise = decoded(&told(response.clone())).await;
            match &value_of {
                None => assert_eq!(otherwise, decoded(&response).await, "{} {alias}", operation.id),
                Some(property) => {
                    let value = &response[&name][0][property];
                    assert_eq!(otherwise[&name], json!([{ property: value }]), "{} {alias}", operation.id);
                }
            }
            let mut both = told(response.clone());
            both[&name] = response[&name].clone();
            same(&decoded(&both).await[&name], &response[&name]);
            // A null under its own name is no value.
            let mut null = told(response.clone());
            null[&name] = Value::Null;
            assert_eq!(decoded(&null).await, otherwise, "{} {alias}", operation.id);
            // What has no value under the other name takes nothing away.
            let mut null = response.clone();
            null[&alias] = Value::Null;
            same(&decoded(&null).await[&name], &response[&name]);
        }
    }
    assert!(read >= 4, "{read} other names");
}

/// MS-14: an id that the caller has chosen is taken from the response, from the end of a path, and else from the
/// request. Whatever the response says counts.
#[tokio::test]
async fn an_id_that_the_caller_has_chosen_is_not_lost() {
    let mut told = Vec::new();
    for operation in operations() {
        for id in info(operation).id_from_request {
            told.push(operation.id.as_str());
            let name = id.property;
            let response = response(operation).expect("a response");
            let sent = match operation.parameters.iter().any(|parameter| parameter.name == id.parameter) {
                true => Samples::new(operation).texts(id.parameter).remove(0),
                false => Samples::new(operation).body_value()[id.parameter].as_str().expect("it").to_owned(),
            };
            let decoded = async |change: &dyn Fn(&mut Value)| {
                let mut changed = response.clone();
                change(&mut changed);
                let body = changed.to_string().into();
                let decoded = decode(operation, 200, "application/json", body).await;
                decoded.unwrap_or_else(|error| panic!("{}: {error}", operation.id))[name].clone()
            };
            let without = |response: &mut Value, names: &[&str]| {
                let response = response.as_object_mut().expect("an object");
                names.iter().for_each(|name| drop(response.remove(*name)));
            };
            let place = format!("{} {name}", operation.id);
            assert_ne!(sent, "said otherwise", "{place}");
            assert_eq!(decoded(&|response| response[name] = json!("said otherwise")).await, "said otherwise");
            assert_eq!(decoded(&|response| without(response, &[name, "path"])).await, sent, "{place}");
            assert_eq!(
                decoded(&|response| response.as_object_mut().expect("it").clear()).await,
                sent,
                "{place}"
            );
            let null = |response: &mut Value| {
                without(response, &["path"]);
                response[name] = Value::Null;
            };
            assert_eq!(decoded(&null).await, sent, "{place}");
            if names(&operation.successes().find_map(|told| told.content.first()).expect("it").schema)
                .contains(&(name.to_owned(), "path".to_owned()))
            {
                let path = |path: &'static str| {
                    move |response: &mut Value| {
                        without(response, &[name]);
                        response["path"] = json!(path);
                    }
                };
                assert_eq!(decoded(&path("things/at%2Fpath")).await, "at/path", "{place}");
                // The path of an update was seen to end so.
                assert_eq!(decoded(&path("things/")).await, sent, "{place}");
            }
        }
    }
    assert_eq!(told.len(), 21, "{told:?}");
}

/// A byte order mark before the JSON is no part of it.
#[tokio::test]
async fn a_byte_order_mark_is_skipped() {
    let with_mark = |text: &str| [b"\xEF\xBB\xBF ", text.as_bytes()].concat();
    for id in ["users.get", "assets.list_versions"] {
        let operation = operations().iter().find(|operation| operation.id == id).expect("an operation");
        let text = match id {
            "users.get" => json!({ "id": "7" }).to_string(),
            _ => json!([{ "path": "assets/1/versions/2" }]).to_string(),
        };
        let plain = decode(operation, 200, "application/json", text.clone().into()).await.expect("decoded");
        let marked = decode(operation, 200, "application/json", with_mark(&text)).await;
        assert_eq!(marked, Ok(plain), "{id}");
    }
    let users_get = operations().iter().find(|operation| operation.id == "users.get").expect("an operation");
    let mark = || b"\xEF\xBB\xBF".to_vec();
    assert_eq!(decode(users_get, 204, "application/json", mark()).await, Ok(json!({})));
    // CN-03
    let cut = decode(users_get, 200, "application/json", mark()).await.expect_err("nothing came");
    assert!(cut.contains("the response ends too early"), "{cut}");
}

#[tokio::test]
async fn a_response_without_a_body_says_nothing_or_fails_with_a_reason() {
    for operation in operations() {
        if let Err(error) = decode(operation, 204, "text/plain", Vec::new()).await {
            let lacks = error.contains("the response lacks") && error.contains("it is empty");
            assert!(lacks || error.contains("the response cannot be read"), "{}: {error}", operation.id);
        }
    }
}
