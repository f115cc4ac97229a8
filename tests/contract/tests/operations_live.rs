//! Operations are started, followed and finished over HTTP at the emulator.
//!
//! The waits are real, because sockets are; they go on side by side, and nothing depends on how long
//! they take.

use opencloud::Client;
use opencloud_contract::{Samples, operations, wait};
use opencloud_emulator::{Emulator, Operation};

#[tokio::test]
async fn started_operations_finish_at_the_emulator() {
    let starters: Vec<&'static Operation> =
        operations().iter().filter(|operation| operation.long_running.is_some()).collect();
    assert_eq!(starters.len(), 22);
    let running: Vec<_> = starters.into_iter().map(|operation| tokio::spawn(problems(operation))).collect();
    let mut failures = Vec::new();
    for task in running {
        failures.extend(task.await.expect("no panic"));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What goes wrong with an operation. Each has an emulator of its own: several start with the same thing,
/// and what one of them discards another would start.
async fn problems(operation: &'static Operation) -> Vec<String> {
    let emulator = Emulator::start().await.expect("a port");
    let client =
        Client::builder().api_key("contract-key").base_url(emulator.base_url()).build().expect("a client");
    let samples = Samples::from_beginning(operation);
    let outcome = wait(&client, &operation.id, &samples).expect("a generated call").await;
    let failure = outcome.err().map(|error| format!("{}: {error}", operation.id));
    let violations = emulator.requests().into_iter().flat_map(|request| {
        let place = format!("{} {}", request.method, request.path);
        request.violations.into_iter().map(move |violation| format!("{place}: {violation}"))
    });
    failure.into_iter().chain(violations).collect()
}
