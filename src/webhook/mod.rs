//! Webhooks: whether a notification is from Roblox, and what it says (feature `webhook`).
//!
//! Nothing here needs a [`Client`](crate::Client). There are three steps, each of its own, so that a
//! service can answer after the first two and do its work later:
//!
//! 1. [`Verifier::verify`] checks signature and time over the body's **raw bytes**;
//! 2. [`ReplayGuard::claim`] says whether the notification was seen before;
//! 3. [`Notification::parse`] reads it.
//!
//! ```
//! use opencloud::webhook::{Event, Notification, Verifier};
//!
//! # fn receive(headers: &http::HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Verifier::new("the secret of the webhook")?;
//! verifier.verify_headers(headers, body)?;
//! let notification = Notification::parse(body)?;
//! match notification.event() {
//!     Event::RightToErasureRequest(request) => println!("forget {:?}", request.user_id),
//!     event => println!("{}: {event:?}", notification.event_type()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Roblox waits five seconds for a 2xx status, tries a notification five times more, and may send one
//! twice. The example `webhook_receiver` is a whole service.
//!
//! Source: Roblox's [guide](https://create.roblox.com/docs/cloud/webhooks/webhook-notifications).

mod embed;
mod error;
mod event;
mod notification;
mod payload;
mod replay;
mod signature;
mod verifier;

pub use error::{ParseError, SecretError, VerifyError};
pub use event::{Event, EventType};
pub use notification::Notification;
pub use payload::{
    AnalyticsAlert, CommerceOrder, CommerceOrderState, RightToErasureRequest, SampleNotification,
    SubscriptionChange,
};
pub use replay::{Claim, Claimed, MemoryReplayGuard, ReplayGuard};
pub use verifier::{SIGNATURE_HEADER, Verifier};
