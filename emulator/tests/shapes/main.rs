//! How the emulator responds where the live service and Roblox's document differ: each test names the facts of
//! `spec/live/facts.yaml` that it is about, and looks at both shapes.

#[path = "../common/mod.rs"]
mod common;

mod data_stores;
mod luau;
mod memory_stores;
mod ordered_data_stores;
mod places;
mod restarts;
mod servers;
mod universes;
mod user_restrictions;

use serde_json::Value;

/// The names of an object, in their order.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
