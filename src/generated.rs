//! One module and handle per area. A hand-written module of the same name at the crate's root takes its place
//! and re-exports it.

#![allow(clippy::all, deprecated, unreachable_pub, rustdoc::bare_urls)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
