//! OAuth 2.0 against an authorization server with real keys, rotation, expiry and revocation.

mod browser;
mod emulator;
mod endpoints;
mod example;
mod failure_modes;
mod identity;
mod login;
mod processes;
mod provider;
mod store;
mod user_info;
