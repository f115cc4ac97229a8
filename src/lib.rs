//! Roblox Open Cloud for Rust: every operation that takes an API key or OAuth 2.0, typed.
//!
//! ```no_run
//! # async fn run() -> Result<(), opencloud::Error> {
//! use opencloud::Client;
//!
//! let client = Client::from_env()?; // ROBLOX_API_KEY
//! let user = client.users().get(156).await?;
//! println!("{}", user.display_name());
//! # Ok(())
//! # }
//! ```
//!
//! A call is a value; awaiting it sends it. What an operation requires is an argument, what it
//! takes besides is a setter, and how the call is made is a `with_*` method. `send()` gives the
//! [`Response`] with status, headers and attempts; a list also has `items()` and `pages()`, and a
//! call that starts a long-running operation has `start()` and `wait()`.
//!
//! There is one module, handle and cargo feature per area ([`users`], [`groups`], ...); [`types`]
//! holds all types. The default features are the areas that most users need, `full` is all of them.
//!
//! | what for | where |
//! |---|---|
//! | whole tasks, step by step | [`guide`] |
//! | credentials, time-outs, addresses, HTTP | [`ClientBuilder`] |
//! | why a call failed, and what to do about it | [`Error`] and [`ErrorKind`] |
//! | what is sent again, and when | [`retry`]; for one call `with_retry` |
//! | staying below Roblox's rate limits | [`limit`] |
//! | streams of items and pages, and going on later | [`paging`] |
//! | filters that compile only when they are legal | [`filter`] |
//! | long-running operations | [`operation`] |
//! | one thing for many, with a report | [`bulk`] |
//! | how far long work has come | [`Progress`] |
//! | what an API key lacks for the calls to be made | [`api_key`] |
//! | which cargo feature a method is behind, and its scopes | [`guide::methods`] |
//! | what the document says of each operation | [`operations`] |
//! | calls that no operation describes | [`Client::request`] |
//!
//! Where Roblox's document and guides are silent, the decision is ours; it is written down where it is made.

#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What no enabled area uses is unused; with all areas and their helpers, nothing may be.
#![cfg_attr(
    not(all(feature = "full", feature = "helpers")),
    allow(dead_code, unreachable_pub, unused_imports, unused_macros)
)]

// Generated types name the crate by its path.
extern crate self as opencloud;

mod progress;
#[cfg(all(feature = "helpers", any(feature = "data_stores", feature = "luau")))]
mod seal;
mod wire;

mod spec;
pub mod types;

pub mod body;
mod error;

mod credentials;
pub mod filter;
#[cfg(all(feature = "helpers", any(feature = "assets", feature = "places")))]
mod markup;
#[cfg(all(feature = "helpers", any(feature = "ads", feature = "creator_store")))]
pub mod money;

mod transport;

mod call;
mod client;

pub mod bulk;
pub mod operation;
pub mod paging;

// A module of helpers re-exports the generated calls of its area, which need no helpers: docs.rs shows both as they are.
#[cfg(all(feature = "helpers", feature = "ads"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "ads")))]
pub mod ads;
pub mod api_key;
#[cfg(all(feature = "helpers", feature = "assets"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "assets")))]
pub mod assets;
#[cfg(all(feature = "helpers", feature = "creator_store"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "creator_store")))]
pub mod creator_store;
#[cfg(all(feature = "helpers", feature = "data_stores"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "data_stores")))]
pub mod data_stores;
#[cfg(all(
    feature = "helpers",
    feature = "configs",
    feature = "data_stores",
    feature = "ordered_data_stores"
))]
pub mod erasure;
mod generated;
#[cfg(all(feature = "helpers", feature = "groups"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "groups")))]
pub mod groups;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(all(feature = "helpers", feature = "luau"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "luau")))]
pub mod luau;
#[cfg(all(feature = "helpers", feature = "memory_stores"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "memory_stores")))]
pub mod memory_stores;
#[cfg(feature = "oauth")]
pub mod oauth;
#[cfg(all(feature = "helpers", feature = "ordered_data_stores"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "ordered_data_stores")))]
pub mod ordered_data_stores;
#[cfg(all(feature = "helpers", feature = "places"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "places")))]
pub mod places;
#[cfg(all(feature = "helpers", feature = "public_lookups"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "public_lookups")))]
pub mod public_lookups;
#[cfg(all(feature = "helpers", feature = "secrets"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "secrets")))]
pub mod secrets;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(all(feature = "helpers", feature = "user_restrictions"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "user_restrictions")))]
pub mod user_restrictions;
#[cfg(all(feature = "helpers", feature = "users"))]
#[cfg_attr(docsrs, doc(auto_cfg = false, cfg(feature = "users")))]
pub mod users;
#[cfg(feature = "webhook")]
pub mod webhook;

/// The crates whose types are in this crate's signatures, in the versions that it uses: `opencloud::jiff::Timestamp`.
/// A version of your own choice may be another one, whose types do not fit.
pub use {bytes, http, jiff, serde_json};

pub use call::{CallFuture, Request, Response, path_segment};
pub use client::{Client, ClientBuilder};
pub use credentials::{Credentials, CredentialsProvider, Provided};
pub use error::{Error, ErrorKind};
pub use generated::*;
pub use progress::Progress;
pub use spec::{OperationInfo, RateLimitStatus, RateLimitWindow, Scope, operations};
pub use transport::{Chunks, Exchange, Opening, Transport, limit, retry};
pub use wire::{enums, ids};

/// The README's programs, compiled.
#[cfg(all(doctest, feature = "default"))]
#[doc = include_str!("../README.md")]
struct Readme;
