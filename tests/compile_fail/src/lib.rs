//! Code that must not compile. This crate has the dependencies of the files in `cases`; `tests/messages.rs` compiles
//! each of them.
