//! What only sockets can show: servers that misbehave, HTTP/2 sessions that die, connections that are reused.
//!
//! A binary of its own: the deadlines of these tests are real, and one of them runs the binary again with a proxy in
//! its environment.

mod connections;
mod http2;
mod servers;
#[path = "../support/mod.rs"]
mod support;
