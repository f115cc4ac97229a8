//! The program, as a process of its own: its command line, and what it keeps when it is killed.

mod command_line;
#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "sqlite")]
mod persistence;
#[path = "../common/process.rs"]
mod process;
