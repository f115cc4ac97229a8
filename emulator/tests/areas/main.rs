//! Each area over HTTP: what its operations do to the state, and what they refuse.

mod ads;
mod assets;
mod commerce;
#[path = "../common/mod.rs"]
mod common;
mod configs;
mod data_stores;
mod development;
mod events;
mod experiments;
mod groups;
mod live_services;
mod operations;
mod users;
