//! Responses of success: every operation, with any JSON and with its own response changed.

use crate::make::{any_json, changed_bytes, changed_json, rendered};
use crate::support::{accepted, block_on, ensure, hides_key, is_presentable, split, text as lossy};
use crate::{Check, MIB, Target};
use bytes::Bytes;
use opencloud::retry::Retry;
use opencloud::{Client, Error};
use opencloud_contract::shapes::{result, succeeding};
use opencloud_contract::{Samples, call, list, operations, responding, same, wait};
use opencloud_emulator::{Document, Mode, Operation, Sample};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

pub(super) const TARGET: Target = Target { name: "responses", cases: 1200, memory: 128 * MIB, inputs, check };

/// The full response of an operation, and what it may come to once it is done.
fn samples(operation: &Operation) -> Vec<Value> {
    let media = operation.successes().find_map(|response| response.content.first());
    let mut samples: Vec<Value> = media
        .map(|media| {
            succeeding(operation, Sample::response(Mode::Full).value(Document::embedded(), &media.schema))
        })
        .into_iter()
        .collect();
    if let Some(result) = result(operation) {
        samples.push(json!({ "path": "operations/7", "done": true, "response": result }));
    }
    samples
}

/// The id of the operation on the first line, the body behind it.
fn inputs() -> BoxedStrategy<Vec<u8>> {
    let all: Vec<&'static Operation> = operations().iter().collect();
    let whole = select(all).prop_flat_map(|operation| {
        let samples = samples(operation);
        let body = match samples.is_empty() {
            true => any_json(),
            false => prop_oneof![8 => changed_json(samples), 1 => any_json()].boxed(),
        };
        body.prop_map(|body| format!("{}\n{}", operation.id, rendered(&body)).into_bytes())
    });
    changed_bytes(whole)
}

fn check(input: &[u8]) -> Check {
    let (id, body) = split(input, b"\n");
    let id = lossy(id);
    let Some(operation) = operations().iter().find(|operation| operation.id == id) else { return Ok(()) };
    let decoded = decode(operation, body);
    match &decoded {
        // What takes no credential is asked without the key, so that a response has it from somewhere else.
        Err(error) if operation.public && !operation.oauth => is_presentable(error)?,
        Err(error) => is_presentable(error).and_then(|()| hides_key(error))?,
        // What was read is the same when it is sent back and read again: nothing is lost or changed on the way.
        Ok(read) => {
            accepted();
            let again = decode(operation, read.to_string().as_bytes());
            let again =
                again.map_err(|error| format!("what is read is read again: {id}: {error}: {read}"))?;
            ensure(same(&again, read), "what is read is read again as it is", || {
                format!("{id}: {again} of {read}")
            })?;
        }
    }
    let response: Value = serde_json::from_slice(body).unwrap_or_default();
    let beginning = Samples::from_beginning(operation);
    let client = client(response.to_string());
    if let Some(listed) = list(&client, &id, &beginning)
        && let Err(error) = block_on(listed)
    {
        is_presentable(&error)?;
    }
    if let Some(waited) = wait(&client, &id, &beginning)
        && let Err(error) = block_on(waited)
    {
        is_presentable(&error)?;
    }
    Ok(())
}

fn client(body: impl Into<Bytes>) -> Client {
    let script = responding(200, "application/json", body);
    let builder = Client::builder().api_key(crate::support::KEY).transport(script).retry(Retry::never());
    builder.build().expect("a client")
}

fn decode(operation: &'static Operation, body: &[u8]) -> Result<Value, Error> {
    let client = client(body.to_vec());
    let samples = Samples::new(operation);
    block_on(call(&client, &operation.id, &samples).expect("a generated call")).decoded
}
