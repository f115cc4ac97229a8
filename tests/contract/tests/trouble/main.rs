//! What goes wrong on the way, over real sockets: lists and operations against the emulator, which is made to
//! fail, and against a server that breaks its own rules, which the emulator never does.
//!
//! The waits are real and short; nothing depends on how long they take.

mod lists;
mod operations;
mod server;

use opencloud::Client;
use opencloud::retry::Retry;
use opencloud_emulator::Emulator;

/// A client that sends everything once: the transport repairs nothing.
fn client(base_url: &str) -> Client {
    let client = Client::builder().api_key("key").base_url(base_url).retry(Retry::never());
    client.build().expect("a client")
}

async fn start() -> (Emulator, Client) {
    let emulator = Emulator::start().await.expect("a port");
    let client = client(emulator.base_url());
    (emulator, client)
}

/// How often an operation was called.
fn calls(emulator: &Emulator, operation: &str) -> usize {
    emulator.requests().iter().filter(|request| request.operation.as_deref() == Some(operation)).count()
}
