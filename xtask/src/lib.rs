//! The repository's own commands, as a library so that tests can call them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod sync;
