//! The guides: whole tasks, with what to watch out for. They are here only to be read.
//!
//! To begin with: `first_steps`. For every program: `lists`, `operations`, `errors`. Around it: `tracing`,
//! `testing`, `blocking` (programs without async) and `many_users`. Each page is there if the features that its
//! programs need are enabled.
//!
//! Beside these, [filters](crate::filter) have theirs in their module, and so have
#![cfg_attr(feature = "oauth", doc = "[OAuth 2.0](crate::oauth)")]
#![cfg_attr(not(feature = "oauth"), doc = "OAuth 2.0 (feature `oauth`)")]
//! and
#![cfg_attr(feature = "webhook", doc = "[webhooks](crate::webhook).")]
#![cfg_attr(not(feature = "webhook"), doc = "webhooks (feature `webhook`).")]

#[cfg(all(feature = "groups", feature = "users"))]
#[doc = include_str!("../docs/blocking.md")]
pub mod blocking {}

#[cfg(all(
    feature = "helpers",
    feature = "data_stores",
    feature = "memory_stores",
    feature = "ordered_data_stores"
))]
#[doc = include_str!("../docs/data_stores.md")]
pub mod data_stores {}

#[cfg(all(
    feature = "configs",
    feature = "data_stores",
    feature = "helpers",
    feature = "ordered_data_stores",
    feature = "webhook"
))]
#[doc = include_str!("../docs/erasure.md")]
pub mod erasure {}

#[cfg(all(feature = "helpers", feature = "groups", feature = "users"))]
#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[cfg(feature = "users")]
#[doc = include_str!("../docs/first_steps.md")]
pub mod first_steps {}

#[cfg(all(feature = "helpers", feature = "groups", feature = "users"))]
#[doc = include_str!("../docs/lists.md")]
pub mod lists {}

#[doc = include_str!("../docs/live-service.md")]
pub mod live_service {}

#[cfg(all(feature = "helpers", feature = "luau"))]
#[doc = include_str!("../docs/luau.md")]
pub mod luau {}

#[cfg(all(feature = "helpers", feature = "groups", feature = "oauth", feature = "users"))]
#[doc = include_str!("../docs/many_users.md")]
pub mod many_users {}

#[cfg(all(feature = "messaging", feature = "universes"))]
#[doc = include_str!("../docs/messaging.md")]
pub mod messaging {}

#[cfg(all(feature = "helpers", feature = "user_restrictions"))]
#[doc = include_str!("../docs/moderation.md")]
pub mod moderation {}

#[cfg(all(feature = "data_stores", feature = "helpers", feature = "luau", feature = "memory_stores"))]
#[doc = include_str!("../docs/moving_data.md")]
pub mod moving_data {}

#[cfg(all(feature = "memory_stores", feature = "users"))]
#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[cfg(all(feature = "helpers", feature = "secrets"))]
#[doc = include_str!("../docs/secrets.md")]
pub mod secrets {}

#[cfg(all(feature = "data_stores", feature = "helpers", feature = "testing", feature = "users"))]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[cfg(all(feature = "tracing", feature = "users"))]
#[doc = include_str!("../docs/tracing.md")]
pub mod tracing {}

#[cfg(all(feature = "helpers", feature = "assets"))]
#[doc = include_str!("../docs/uploads.md")]
pub mod uploads {}

#[cfg(all(feature = "helpers", feature = "groups", feature = "users"))]
#[doc = include_str!("../docs/users.md")]
pub mod users {}
