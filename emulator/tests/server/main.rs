//! What all areas share: routes and validation, keys, limits, faults, the state and its seed, the dashboard.

#[path = "../common/mod.rs"]
mod common;
mod dashboard;
mod every_operation;
mod faults;
mod gateway;
mod guides;
mod http2;
mod keys;
mod only_seeded;
mod rate_limits;
mod state;
