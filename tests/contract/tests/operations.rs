//! Every operation that starts something is followed at the route that the document names.

use opencloud::testing::{Expect, MockResponse, Script};
use opencloud_contract::shapes::{following, result};
use opencloud_contract::{Recorded, Samples, operations, sent, wait};
use opencloud_emulator::{Document, Operation, RequestParts, validate_request};
use serde_json::{Value, json};

/// A path of a template, with something for each parameter.
fn filled(template: &str) -> String {
    let fill = |part: &str| match part.split_once('}') {
        Some((_, rest)) => format!("7{rest}"),
        None => part.to_owned(),
    };
    template.split('{').map(fill).collect()
}

/// The service, by the number of requests so far: it has started something, it works on it, it is done.
fn response(facts: &Value, result: &Value, requests: usize) -> (u16, Value) {
    let base = facts["base"].as_str().unwrap_or_default().trim_end_matches('/');
    let poll = filled(facts["poll"].as_str().unwrap_or_default());
    let path = poll.strip_prefix(base).unwrap_or(&poll).trim_start_matches('/').to_owned();
    let done = requests > 2;
    let state = |done: bool, yes: &'static str, no: &'static str| if done { yes } else { no };
    match facts["dialect"].as_str().unwrap_or_default() {
        "cloud" | "analytics" if done => (200, json!({ "path": path, "done": true, "response": result })),
        "cloud" => (200, json!({ "path": path })),
        "analytics" => (202, json!({ "path": path, "done": false })),
        "luau" => (200, json!({ "path": path, "state": state(done, "COMPLETE", "PROCESSING") })),
        "experiment" => (
            200,
            json!({ "operation": {
                "operationId": "7", "done": done, "experiment": result, "experimentStats": result, "mde": result,
            } }),
        ),
        "restart" => {
            let places = json!({ "7": { "state": state(done, "SUCCEEDED", "RESTARTING") } });
            (200, json!({ "id": "r", "restartStatuses": { "r": { "placeRestartStatuses": places } } }))
        }
        "thumbnail_upload" => (
            200,
            json!({
                "fileToOperationIdDict": { "a.png": "7" },
                "uploadStatus": if done { 2 } else { 1 },
                "uploadThumbnailStatusDict": {},
            }),
        ),
        dialect => panic!("a dialect that no test knows: {dialect}"),
    }
}

/// What is wrong with a poll.
fn problems(operation: &Operation, facts: &Value, poll: &Recorded) -> Vec<String> {
    let document = Document::embedded();
    let Some(found) = document.find(&poll.method, &poll.path) else {
        return vec![format!("{} {} is no operation", poll.method, poll.path)];
    };
    let mut problems = Vec::new();
    // Where the document names no route, the call itself is repeated.
    let route = facts["poll"].as_str().unwrap_or(&operation.path);
    if found.operation.path != route {
        problems.push(format!("polled at {}, not at {route}", found.operation.path));
    }
    let parts = RequestParts {
        path: &poll.path,
        query: poll.query.as_deref(),
        headers: &poll.headers,
        body: &poll.body,
    };
    problems.extend(validate_request(document, found.operation, &parts).iter().map(ToString::to_string));
    problems
}

#[tokio::test(start_paused = true)]
async fn every_starter_is_followed_at_its_route() {
    let mut failures = Vec::new();
    let mut followed = 0;
    for operation in operations() {
        let Some(facts) = following(operation) else { continue };
        followed += 1;
        let (known, result) = (facts.clone(), result(operation).unwrap_or_default());
        let mut requests = 0;
        let script = Script::new().respond_with(Expect::any(), move |_| {
            requests += 1;
            let (status, body) = response(&known, &result, requests);
            MockResponse::json(body).with_status(status)
        });
        let client = script.client();
        let samples = Samples::from_beginning(operation);
        let outcome = wait(&client, &operation.id, &samples).expect("a generated call").await;
        let sent = sent(&script);
        let mut problems: Vec<String> =
            sent.iter().skip(1).flat_map(|poll| problems(operation, &facts, poll)).collect();
        match outcome {
            Ok((Some(_), _)) if sent.len() == 3 => {}
            outcome => problems.push(format!("{} requests, and then {outcome:?}", sent.len())),
        }
        if !problems.is_empty() {
            failures.push(format!("{}:\n    {}", operation.id, problems.join("\n    ")));
        }
    }
    assert!(failures.is_empty(), "{} of {followed}:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(followed, 22, "an operation came or went");
}
