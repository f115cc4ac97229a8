//! What several servers share when they call Roblox Open Cloud, kept in Redis or Valkey.
//!
//! | what is shared | by | while the server is away |
//! |---|---|---|
//! | rate limits | [`RedisRateLimit`] | calls fail, or go on with a part of each limit |
#![cfg_attr(
    feature = "oauth",
    doc = "| tokens of a login | [`RedisTokenStore`] | the token that is there is used until it ends |"
)]
#![cfg_attr(
    feature = "webhook",
    doc = "| webhooks that were seen | [`RedisReplayGuard`] | claims fail, or are remembered in the process |"
)]
//! | checkpoints of jobs | [`RedisCheckpoints`] | saving waits as long as the lease is good, then the job ends |
//! | work in parts | [`RedisSplit`] | the same |
//!
//! All of it stands under a prefix of yours at one [`Server`]. Tokens, checkpoints and parts of work are encrypted by your
//! [`SealingKeys`]; names are not, and neither are the keys of rate limits (operations, and ids of universes and users).
//!
//! Leases and windows go by the clock of the server, so that the clocks of your machines do not matter. The keys that are
//! used together have a hash tag, so that a cluster keeps them on one node.
//!
//! The [guide] says how to size it, and how to write a store of your own over another database.

#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod checkpoints;
#[cfg(any(doc, doctest))]
#[cfg(all(feature = "oauth", feature = "webhook"))]
#[doc = include_str!("../docs/several_servers.md")]
pub mod guide {}
mod job;
mod lease;
mod rate_limit;
#[cfg(feature = "webhook")]
mod replay;
mod seal;
mod server;
mod split;
#[cfg(feature = "oauth")]
mod tokens;

pub use checkpoints::{RedisCheckpoints, Take};
pub use job::Job;
pub use rate_limit::RedisRateLimit;
#[cfg(feature = "webhook")]
pub use replay::RedisReplayGuard;
pub use seal::SealingKeys;
pub use server::{Error, ErrorKind, Server, ServerBuilder};
pub use split::{RedisSplit, SplitProgress};
#[cfg(feature = "oauth")]
pub use tokens::RedisTokenStore;

/// The README's program, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
