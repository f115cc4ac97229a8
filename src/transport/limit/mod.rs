//! The client-side rate limiter: requests wait here instead of being refused there.
//!
//! [`RateLimit::from_spec`] knows the limit of each operation, for API keys and for OAuth 2.0
//! tokens, and the limits that services keep besides, such as those of data stores per universe.
//! What responses say in `x-ratelimit-*` corrects it, each window by what speaks of it.

mod client;
mod local;
mod quota;
mod rules;
mod schedule;
mod seen;
mod settings;
mod share;
mod store;
mod units;
mod window;

pub use crate::spec::operations::Limit;
pub use client::RateLimit;
pub(crate) use client::{Acquiring, Place};
pub use quota::{Observation, Quota};
pub(crate) use rules::{Counted, Owner};
pub(crate) use share::Share;
pub use store::{Acquire, Permit, RateLimitStore};
