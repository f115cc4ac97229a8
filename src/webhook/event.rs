//! The kinds of events.

use super::payload::{
    AnalyticsAlert, CommerceOrder, Payload, RightToErasureRequest, SampleNotification, SubscriptionChange,
    read,
};
use crate::wire::enums::open_enum;
use serde::Serialize;
use serde_json::Value;

open_enum! {
    /// What happened.
    ///
    /// Roblox's guide describes the five subscription events without their literal names; the ones
    /// here are our reading, and a name that differs is `Unknown` and keeps its payload.
    pub enum EventType {
        SampleNotification = "SampleNotification",
        RightToErasureRequest = "RightToErasureRequest",
        CommerceProductOrderPaid = "CommerceProductOrderPaid",
        CommerceProductOrderRefunded = "CommerceProductOrderRefunded",
        AnalyticsAlert = "AnalyticsAlert",
        SubscriptionPurchased = "SubscriptionPurchased",
        SubscriptionRenewed = "SubscriptionRenewed",
        SubscriptionResubscribed = "SubscriptionResubscribed",
        SubscriptionRefunded = "SubscriptionRefunded",
        SubscriptionCancelled = "SubscriptionCancelled",
    }
}

/// What happened, with what is known of it. Written as JSON it is the payload as it came.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Event {
    /// Someone tests the webhook.
    SampleNotification(Payload<SampleNotification>),
    /// A user asks that their data is erased.
    RightToErasureRequest(Payload<RightToErasureRequest>),
    /// An order was paid.
    CommerceProductOrderPaid(Payload<CommerceOrder>),
    /// An order was paid back.
    CommerceProductOrderRefunded(Payload<CommerceOrder>),
    /// A metric crossed a line.
    AnalyticsAlert(Payload<AnalyticsAlert>),
    /// Someone subscribed.
    SubscriptionPurchased(Payload<SubscriptionChange>),
    /// A subscription goes on.
    SubscriptionRenewed(Payload<SubscriptionChange>),
    /// Someone subscribed again.
    SubscriptionResubscribed(Payload<SubscriptionChange>),
    /// A subscription was paid back.
    SubscriptionRefunded(Payload<SubscriptionChange>),
    /// A subscription was cancelled.
    SubscriptionCancelled(Payload<SubscriptionChange>),
    /// An event that this version does not know, or a payload that is not what Roblox documents:
    /// the payload as it came.
    Unknown(Value),
}

impl Event {
    /// Never fails: what cannot be read is kept.
    pub(super) fn read(kind: &EventType, payload: &Value) -> Self {
        let event = match kind {
            EventType::SampleNotification => read(payload).map(Self::SampleNotification),
            EventType::RightToErasureRequest => read(payload).map(Self::RightToErasureRequest),
            EventType::CommerceProductOrderPaid => read(payload).map(Self::CommerceProductOrderPaid),
            EventType::CommerceProductOrderRefunded => read(payload).map(Self::CommerceProductOrderRefunded),
            EventType::AnalyticsAlert => read(payload).map(Self::AnalyticsAlert),
            EventType::SubscriptionPurchased => read(payload).map(Self::SubscriptionPurchased),
            EventType::SubscriptionRenewed => read(payload).map(Self::SubscriptionRenewed),
            EventType::SubscriptionResubscribed => read(payload).map(Self::SubscriptionResubscribed),
            EventType::SubscriptionRefunded => read(payload).map(Self::SubscriptionRefunded),
            EventType::SubscriptionCancelled => read(payload).map(Self::SubscriptionCancelled),
            EventType::Unknown(_) => None,
        };
        event.unwrap_or_else(|| Self::Unknown(payload.clone()))
    }
}
