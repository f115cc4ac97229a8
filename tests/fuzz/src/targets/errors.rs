//! Responses that are errors: any status, headers and body.

use crate::make::{any_json, changed_bytes, changed_json, headers, rendered, text};
use crate::support::{Service, accepted, block_on, ensure, hides_key, is_presentable, response};
use crate::{Check, MIB, Target};
use opencloud::{Error, testing::ErrorShape};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

pub(super) const TARGET: Target = Target { name: "errors", cases: 1200, memory: 64 * MIB, inputs, check };

const HEADERS: &[&str] = &[
    "content-type",
    "retry-after",
    "x-ratelimit-reset",
    "x-ratelimit-remaining",
    "roblox-id",
    "www-authenticate",
    "date",
    "location",
];

const TYPES: &[&str] = &[
    "application/json",
    "text/html",
    "text/plain",
    "application/problem+json",
    "",
    "application/json; charset=utf-8",
    "x",
];

/// An error in each of the shapes that services have.
fn shapes() -> Vec<Value> {
    let mut shapes = vec![
        json!({ "errors": [{ "code": 0, "message": "no", "userFacingMessage": "No", "retryable": true }] }),
        json!({ "code": "NOT_FOUND", "message": "no", "details": [{ "@type": "type.googleapis.com/x", "reason": "R" }] }),
        json!({ "error": "NOT_FOUND", "message": "no", "errorDetails": [{ "errorDetailType": "x", "datastoreErrorCode": "y" }] }),
        json!({ "errors": { "field": ["no"] }, "title": "invalid", "status": 400, "traceId": "00-1" }),
        json!({ "type": "about:blank", "title": "no", "status": 404, "detail": "none" }),
        json!({ "errorCode": "X", "errorMessage": "no", "field": "f", "hint": "h" }),
        json!({ "error": { "code": "X", "message": "no" } }),
        json!({ "code": 5, "message": "no", "details": [] }),
        json!({ "error": "invalid_grant", "error_description": "no" }),
    ];
    shapes.push(json!([shapes[0], "x", null]));
    debug_assert!(shapes.len() < ErrorShape::ALL.len());
    shapes
}

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let status = prop_oneof![
        4 => select(&[400_u16, 401, 403, 404, 408, 409, 412, 413, 429, 500, 502, 503, 504][..]),
        1 => 100..1000_u16,
    ];
    let body = prop_oneof![
        4 => changed_json(shapes()).prop_map(|body| rendered(&body)),
        1 => any_json().prop_map(|body| rendered(&body)),
        1 => text(),
        1 => (text(), text()).prop_map(|(title, body)| format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>")),
    ];
    let value = prop_oneof![select(TYPES).prop_map(str::to_owned), text(), "[0-9]{1,12}"];
    let whole = (status, headers(HEADERS, value), body)
        .prop_map(|(status, headers, body)| format!("{status}\n{headers}\n{body}").into_bytes());
    changed_bytes(whole)
}

fn check(input: &[u8]) -> Check {
    let sent = response(input);
    let response = sent.clone();
    let service = Service::new(move |_| response.clone());
    let client = service.client();
    let outcomes: [Option<Error>; 3] = block_on(async {
        [
            client.request(http::Method::GET, "/cloud/v2/users/1").await.err(),
            client.users().get(156).await.err(),
            client.groups().list_memberships(7).await.err(),
        ]
    });
    let status = sent.status();
    for error in outcomes {
        let Some(error) = error else {
            ensure(!status.is_client_error() && !status.is_server_error(), "a refusal is an error", || {
                status.to_string()
            })?;
            continue;
        };
        is_presentable(&error)?;
        if error.code().is_some() {
            accepted();
        }
        hides_key(&error)?;
        ensure(error.status() == Some(status), "an error has the status of the response", || {
            format!("{error:?}")
        })?;
        if !status.is_success() {
            ensure(
                error.body().is_some_and(|body| body == sent.body()),
                "an error has the body of the response",
                || format!("{:?}", error.body()),
            )?;
        }
        // None of these may panic, whatever was sent.
        let _ = (
            error.code(),
            error.details(),
            error.hint(),
            error.request_ids().count(),
            error.may_have_been_applied(),
        );
    }
    ensure(service.count() == 3, "what is not to be repeated is sent once", || service.count().to_string())
}
