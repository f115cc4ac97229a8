//! The kinds of events.

use super::payload::{
    AnalyticsAlert, CommerceOrder, RightToErasureRequest, SampleNotification, SubscriptionChange,
};
use crate::enums::open_enum;
use serde::Serialize;
use serde::de::DeserializeOwned;
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

/// What happened, with what is known of it. Written as JSON it is the payload.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Event {
    /// Someone tests the webhook.
    SampleNotification(SampleNotification),
    /// A user asks that their data is erased.
    RightToErasureRequest(RightToErasureRequest),
    /// An order was paid.
    CommerceProductOrderPaid(CommerceOrder),
    /// An order was paid back.
    CommerceProductOrderRefunded(CommerceOrder),
    /// A metric crossed a line.
    AnalyticsAlert(AnalyticsAlert),
    /// Someone subscribed.
    SubscriptionPurchased(SubscriptionChange),
    /// A subscription goes on.
    SubscriptionRenewed(SubscriptionChange),
    /// Someone subscribed again.
    SubscriptionResubscribed(SubscriptionChange),
    /// A subscription was paid back.
    SubscriptionRefunded(SubscriptionChange),
    /// A subscription was cancelled.
    SubscriptionCancelled(SubscriptionChange),
    /// An event that this version does not know, or a payload that is not what Roblox documents:
    /// the payload as it came.
    Unknown(Value),
}

impl Event {
    /// Never fails: what cannot be read is kept.
    pub(super) fn read(kind: &EventType, payload: &Value) -> Self {
        let event = match kind {
            EventType::SampleNotification => typed(payload).map(Self::SampleNotification),
            EventType::RightToErasureRequest => typed(payload).map(Self::RightToErasureRequest),
            EventType::CommerceProductOrderPaid => typed(payload).map(Self::CommerceProductOrderPaid),
            EventType::CommerceProductOrderRefunded => typed(payload).map(Self::CommerceProductOrderRefunded),
            EventType::AnalyticsAlert => typed(payload).map(Self::AnalyticsAlert),
            EventType::SubscriptionPurchased => subscription(payload, Self::SubscriptionPurchased),
            EventType::SubscriptionRenewed => subscription(payload, Self::SubscriptionRenewed),
            EventType::SubscriptionResubscribed => subscription(payload, Self::SubscriptionResubscribed),
            EventType::SubscriptionRefunded => subscription(payload, Self::SubscriptionRefunded),
            EventType::SubscriptionCancelled => subscription(payload, Self::SubscriptionCancelled),
            EventType::Unknown(_) => None,
        };
        event.unwrap_or_else(|| Self::Unknown(payload.clone()))
    }
}

fn typed<T: DeserializeOwned>(payload: &Value) -> Option<T> {
    T::deserialize(payload).ok()
}

fn subscription(payload: &Value, event: fn(SubscriptionChange) -> Event) -> Option<Event> {
    SubscriptionChange::read(payload).map(event)
}
