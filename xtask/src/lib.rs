//! The repository's own commands, as a library so that tests can call them.

pub mod sync;
