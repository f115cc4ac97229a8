//! The guides: whole tasks, with what to watch out for. They are here only to be read.
//!
//! Beside these, [filters](crate::filter) have theirs in their module, and so have
#![cfg_attr(feature = "oauth", doc = "[OAuth 2.0](crate::oauth)")]
#![cfg_attr(not(feature = "oauth"), doc = "OAuth 2.0 (feature `oauth`)")]
//! and
#![cfg_attr(feature = "webhook", doc = "[webhooks](crate::webhook).")]
#![cfg_attr(not(feature = "webhook"), doc = "webhooks (feature `webhook`).")]

#[cfg(all(
    feature = "helpers",
    feature = "data_stores",
    feature = "memory_stores",
    feature = "ordered_data_stores"
))]
#[doc = include_str!("../docs/data_stores.md")]
pub mod data_stores {}

#[doc = include_str!("../docs/live-service.md")]
pub mod live_service {}

#[cfg(all(feature = "helpers", feature = "luau"))]
#[doc = include_str!("../docs/luau.md")]
pub mod luau {}

#[cfg(all(feature = "helpers", feature = "user_restrictions"))]
#[doc = include_str!("../docs/moderation.md")]
pub mod moderation {}

#[cfg(all(feature = "helpers", feature = "secrets"))]
#[doc = include_str!("../docs/secrets.md")]
pub mod secrets {}

#[cfg(all(feature = "helpers", feature = "assets"))]
#[doc = include_str!("../docs/uploads.md")]
pub mod uploads {}

#[cfg(all(feature = "helpers", feature = "groups", feature = "users"))]
#[doc = include_str!("../docs/users.md")]
pub mod users {}
