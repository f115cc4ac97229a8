//! The guides: whole tasks, with what to watch out for. They are here only to be read.
//!
//! To begin with: `first_steps`. For every program: `lists`, `operations`, `errors`. Around it: `tracing`,
//! `testing`, `blocking` (programs without async), `many_users` and `schemas`. For users of other clients: `moving_over`. Each page is there if the features that its
//! programs need are enabled.
//!
//! `methods` lists every method with its cargo feature and scopes, whatever is enabled.
//!
//! Beside these, [filters](crate::filter) have theirs in their module, and so have
#![cfg_attr(feature = "oauth", doc = "[OAuth 2.0](crate::oauth)")]
#![cfg_attr(not(feature = "oauth"), doc = "OAuth 2.0 (feature `oauth`)")]
//! and
#![cfg_attr(feature = "webhook", doc = "[webhooks](crate::webhook).")]
#![cfg_attr(not(feature = "webhook"), doc = "webhooks (feature `webhook`).")]
//!
//! # A call as a future
//!
//! A call is a value; it does nothing until it becomes a future. `.await` does that, and gives the decoded response.
//! `send()` gives a future of the [`Response`](crate::Response), with status, headers and attempts. Whatever takes a
//! future and not just an `.await` is given `into_future()`, from [`IntoFuture`]. A call is `Clone`, to be made again.
#![cfg_attr(
    feature = "users",
    doc = r#"
```no_run
use futures_util::future::join_all;
use opencloud::{Client, Error};
use std::future::IntoFuture;

async fn calls(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    let call = client.users().get(156);
    let response = call.clone().send().await?; // with what came besides
    println!("{} {}", response.status(), response.display_name());

    let task = tokio::spawn(call.into_future()); // in a task of its own
    println!("{}", task.await??.name());

    let several = [156, 157].map(|user| client.users().get(user).into_future());
    for user in join_all(several).await { // at the same time
        println!("{}", user?.name());
    }
    Ok(())
}

fn without_async(client: &Client, runtime: &tokio::runtime::Runtime) -> Result<(), Error> {
    let user = runtime.block_on(client.users().get(156).into_future())?;
    println!("{}", user.name());
    Ok(())
}
```
"#
)]
//!
//! A future is `Send + 'static`: it holds a clone of the client. Dropping it cancels the call, also a request that is on its way.
//! For many calls, [`bulk`](crate::bulk) bounds how many run at a time and waits for rate limits. Whole programs are in the
//! guide `blocking`.

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

#[cfg(all(feature = "assets", feature = "helpers", feature = "places", feature = "servers"))]
#[doc = include_str!("../docs/deploying.md")]
pub mod deploying {}

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

#[doc = include_str!("../docs/methods.md")]
pub mod methods {}

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

#[cfg(all(feature = "default", feature = "helpers", feature = "public_lookups"))]
#[doc = include_str!("../docs/moving_over.md")]
pub mod moving_over {}

#[cfg(all(feature = "memory_stores", feature = "users"))]
#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[cfg(all(feature = "helpers", feature = "public_lookups"))]
#[doc = include_str!("../docs/public_lookups.md")]
pub mod public_lookups {}

#[cfg(all(feature = "schemars", feature = "user_restrictions"))]
#[doc = include_str!("../docs/schemas.md")]
pub mod schemas {}

#[cfg(all(feature = "helpers", feature = "secrets"))]
#[doc = include_str!("../docs/secrets.md")]
pub mod secrets {}

#[cfg(all(
    feature = "data_stores",
    feature = "helpers",
    feature = "messaging",
    feature = "testing",
    feature = "users"
))]
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
