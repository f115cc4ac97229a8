//! Credentials, hosts, paths and secrets.
//!
//! A binary of its own: a test of what is logged settles for the whole process which spans are wanted.

mod credentials;
mod paths;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
