//! Every answer that the document allows can be read: all fields, none, nulls, unknown enum values and
//! fields of tomorrow. What is read of a full answer is all of it.

use opencloud::Client;
use opencloud_contract::{Double, Samples, call, operations};
use opencloud_emulator::{Document, Mode, Operation, Response, Sample};
use serde_json::Value;

/// Each declared success answer of an operation in a mode.
fn answers(operation: &Operation, mode: Mode) -> Vec<(u16, &'static str, Value)> {
    operation
        .successes()
        .flat_map(|response: &Response| {
            let media = response.content.first();
            media.map(|media| {
                let value = Sample::response(mode).value(Document::embedded(), &media.schema);
                // Some services declare text and send JSON; the decoder goes by the body.
                (response.status, "application/json", value)
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
    let double = Double::answering(status, media, body);
    let client = Client::builder().api_key("contract-key").transport(double).build().expect("a client");
    let samples = Samples::new(operation);
    call(&client, &operation.id, &samples)
        .expect("a generated call")
        .await
        .decoded
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_answer_can_be_read() {
    let mut failures = Vec::new();
    for operation in operations() {
        for mode in Mode::ALL {
            for (status, media, value) in answers(operation, mode) {
                if let Err(error) = decode(operation, status, media, value.to_string().into()).await {
                    failures.push(format!("{} {mode:?} {status}: {error}", operation.id));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn a_full_answer_survives_a_round_trip() {
    let mut failures = Vec::new();
    for operation in operations() {
        for (status, media, value) in answers(operation, Mode::Full) {
            match decode(operation, status, media, value.to_string().into()).await {
                Ok(read) if opencloud_contract::same(&read, &value) => {}
                Ok(read) => failures.push(format!("{} {status}:\n  {read}\n  {value}", operation.id)),
                Err(error) => failures.push(format!("{} {status}: {error}", operation.id)),
            }
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn an_answer_without_a_body_says_nothing_or_fails_with_a_reason() {
    for operation in operations() {
        if let Err(error) = decode(operation, 204, "text/plain", Vec::new()).await {
            assert!(error.contains("the answer cannot be read"), "{}: {error}", operation.id);
        }
    }
}
