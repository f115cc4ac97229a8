//! What bounds a call when a server gives too much, too slowly, or is not who it says it is: each on a real socket.
//!
//! None of it depends on how fast the machine is: where something must end early, what it must end before is many times
//! later.
#![cfg(all(feature = "full", feature = "helpers"))]

mod bodies;
#[cfg(all(target_os = "linux", feature = "rustls", not(feature = "native-tls")))]
mod certificates;
mod drip;
mod heads;
mod lists;
mod server;
