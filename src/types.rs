//! All types of requests and responses.

#![allow(clippy::all, missing_debug_implementations, rustdoc::bare_urls)]

use crate::ids;

include!(concat!(env!("OUT_DIR"), "/raw.rs"));
