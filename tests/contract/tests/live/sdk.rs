//! What the SDK makes of a recorded response.

use crate::body::Recording;
use crate::compare::losses;
use opencloud::Error;
use opencloud::retry::Retry;
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud_contract::shapes::info;
use opencloud_contract::{Samples, call, operations};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A service that responds to everything as recorded.
fn service(recording: &Recording) -> Script {
    let response = match &recording.body {
        Some(body) => MockResponse::json(body.clone()),
        None => MockResponse::empty(),
    };
    let response = response.with_status(recording.status);
    let headers = recording.headers.iter();
    let response = headers.fold(response, |response, (name, value)| response.header(name, value));
    Script::new().always(Expect::any(), response)
}

pub(crate) async fn problems(recording: &Recording) -> Vec<String> {
    let decoded = decode(recording).await;
    match (&recording.sdk.error, decoded) {
        (Some(expected), Err(error)) => of_error(recording, expected, &error),
        (Some(_), Ok(read)) => vec![format!("it is no error: {read}")],
        (None, Err(error)) => vec![format!("it cannot be read: {error}")],
        (None, Ok(read)) => of_success(recording, read),
    }
}

async fn decode(recording: &Recording) -> Result<Value, Error> {
    let client = service(recording).builder().retry(Retry::never()).build().expect("a client");
    match (recording.operation.as_deref(), recording.endpoint.as_deref()) {
        (Some(id), _) => {
            let operation = operations()
                .iter()
                .find(|operation| operation.id == id)
                .unwrap_or_else(|| panic!("{}: there is no operation {id}", recording.name));
            call(&client, id, &Samples::new(operation)).expect("a generated call").await.decoded
        }
        (None, Some("POST /api-keys/v1/introspect")) => {
            client.api_key().introspect().await.map(|read| written(&read))
        }
        (None, Some("GET /oauth/v1/userinfo")) => {
            let body = recording.body.clone().unwrap_or_default();
            let read: opencloud::oauth::UserInfo =
                serde_json::from_value(body).expect("what every login decodes");
            Ok(written(&read))
        }
        (None, endpoint) => {
            panic!("{}: neither operation nor a known endpoint: {endpoint:?}", recording.name)
        }
    }
}

fn written<T: Serialize>(read: &T) -> Value {
    serde_json::to_value(read).expect("JSON")
}

fn of_success(recording: &Recording, mut read: Value) -> Vec<String> {
    let sdk = &recording.sdk;
    let mut expected = sdk.decoded.clone().or_else(|| recording.body.clone()).unwrap_or(Value::Null);
    if let (Value::Object(expected), None) = (&mut expected, &sdk.decoded) {
        for (name, main) in &sdk.aliases {
            if let Some(value) = expected.remove(name) {
                expected.insert(main.clone(), value);
            }
        }
    }
    if let (Some(map), Some(known)) = (read.as_object_mut(), expected.as_object()) {
        for (key, value) in sdk.derived.iter().chain(&requested(recording)) {
            if !known.contains_key(key) && map.get(key) == Some(value) {
                map.remove(key);
            }
        }
    }
    // A response without a field and one without a body are read alike.
    let is_empty = |value: &Value| value.as_object().map_or(value.is_null(), Map::is_empty);
    if is_empty(&expected) && is_empty(&read) {
        return Vec::new();
    }
    losses(&expected, &read)
}

/// The ids that a response may leave out, as the request had them.
fn requested(recording: &Recording) -> BTreeMap<String, Value> {
    let operation = operations().iter().find(|known| Some(&known.id) == recording.operation.as_ref());
    let ids = operation.into_iter().flat_map(|operation| {
        let sent = Samples::new(operation);
        let parameters = &operation.parameters;
        info(operation).id_from_request.iter().map(move |id| {
            let value = match parameters.iter().any(|parameter| parameter.name == id.parameter) {
                true => sent.texts(id.parameter).swap_remove(0).into(),
                false => sent.body_value()[id.parameter].clone(),
            };
            (id.property.to_owned(), value)
        })
    });
    ids.collect()
}

fn of_error(recording: &Recording, expected: &Map<String, Value>, error: &Error) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |what: &str, expected: Value, found: Value| {
        if expected != found {
            problems.push(format!("{what} should be {expected}, and is {found}"));
        }
    };
    check("the status", recording.status.into(), error.status().map(|status| status.as_u16()).into());
    let sent = recording.body.as_ref().map(ToString::to_string).unwrap_or_default();
    let kept = error.body().map(|body| String::from_utf8_lossy(body).into_owned()).unwrap_or_default();
    check("the body", sent.into(), kept.into());
    for (name, value) in &recording.headers {
        let kept =
            error.headers().and_then(|headers| headers.get(name)).and_then(|value| value.to_str().ok());
        check(name, value.as_str().into(), kept.into());
    }
    for (what, expected) in expected {
        let found = match what.as_str() {
            "kind" => format!("{:?}", error.kind()).into(),
            "code" => error.code().into(),
            "message" => error.message().into(),
            "retry_after" => error.retry_after().map(|wait| wait.as_secs()).into(),
            "message_is_not" => {
                let is_so = expected.as_str() == Some(error.message());
                check("the message", Value::Bool(false), Value::Bool(is_so));
                continue;
            }
            other => panic!("{}: no accessor {other}", recording.name),
        };
        check(what, expected.clone(), found);
    }
    problems
}
