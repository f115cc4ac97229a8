//! Operations are started, followed and finished over HTTP at the emulator.
//!
//! The waits are real, because sockets are; they go on side by side, and nothing depends on how long
//! they take.

use opencloud::Client;
use opencloud_contract::{Samples, operations, wait};
use opencloud_emulator::{Emulator, Operation};

#[tokio::test]
async fn started_operations_finish_at_the_emulator() {
    let emulator = Emulator::start().await.expect("a port");
    let client =
        Client::builder().api_key("contract-key").base_url(emulator.base_url()).build().expect("a client");
    let starters: Vec<&'static Operation> =
        operations().iter().filter(|operation| operation.long_running.is_some()).collect();
    assert_eq!(starters.len(), 22);
    let running: Vec<_> = starters
        .into_iter()
        .map(|operation| {
            let client = client.clone();
            tokio::spawn(async move {
                let samples = Samples::from_beginning(operation);
                (
                    operation.id.as_str(),
                    wait(&client, &operation.id, &samples).expect("a generated call").await,
                )
            })
        })
        .collect();
    let mut failures = Vec::new();
    for task in running {
        let (id, outcome) = task.await.expect("no panic");
        if let Err(error) = outcome {
            failures.push(format!("{id}: {error}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let violations: Vec<String> = emulator
        .requests()
        .iter()
        .filter(|request| !request.violations.is_empty())
        .map(|request| format!("{} {}: {:?}", request.method, request.path, request.violations))
        .collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
