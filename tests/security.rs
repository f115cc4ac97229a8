//! Credentials, hosts, paths and secrets.
#![cfg(feature = "full")]

#[path = "security/credentials.rs"]
mod credentials;
#[path = "security/paths.rs"]
mod paths;
#[path = "security/secrets.rs"]
mod secrets;
mod support;
