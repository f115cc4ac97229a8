//! All types of requests and responses.
//!
//! Every field that can be absent is an `Option`. A type that no request holds has for each text, list and count a method of
//! the field's name, for where absence says nothing: `user.display_name()` is a `&str`, empty where the field is absent; a
//! list is a slice, and a count such as `member_count()` is 0. An id that is empty is refused when it is sent. A type that
//! requests hold too has setters of these names instead, `place.display_name("..")`, and is read by its fields.
//!
//! Times, booleans, enums and other numbers have no such method: of them, absent is something else than 0 or false.

#![allow(clippy::all, missing_debug_implementations, rustdoc::bare_urls)]

use crate::ids;

include!(concat!(env!("OUT_DIR"), "/raw.rs"));
