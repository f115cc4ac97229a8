//! What several servers share when they call Roblox Open Cloud, kept in Redis or Valkey.

#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod rate_limit;
mod server;

pub use rate_limit::RedisRateLimit;
pub use server::{Error, ErrorKind, Server, ServerBuilder};
