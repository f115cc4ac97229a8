//! Webhooks: whether a notification is from Roblox, and what it says (feature `webhook`).
//!
//! [`Verifier`] checks signature and time, [`Notification`] is what was sent, and a [`ReplayGuard`] says
//! whether it came before.
//!
#![doc = include_str!("../../docs/webhooks.md")]

mod embed;
mod error;
mod event;
mod fields;
mod message;
mod notification;
mod payload;
mod replay;
mod signature;
mod verifier;

pub use error::{ParseError, SecretError, VerifyError};
pub use event::{Event, EventType};
pub use message::Embed;
pub use notification::Notification;
pub use payload::{
    AnalyticsAlert, CommerceOrder, CommerceOrderState, Payload, RightToErasureRequest, SampleNotification,
    SubscriptionChange,
};
pub use replay::{Claim, Claimed, MemoryFull, MemoryReplayGuard, ReplayGuard};
pub use verifier::{SIGNATURE_HEADER, Verifier};
