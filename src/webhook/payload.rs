//! What the events say.

use super::fields::Fields;
use crate::ids::{PlaceId, UserId};
use crate::wire::enums::open_enum;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use std::ops::Deref;

/// A payload: what is known of it, whose fields can be used directly, and all that came.
///
/// Written as JSON it is what came, to the last property.
///
/// ```
/// use opencloud::webhook::{Event, EventType, Notification};
/// use serde_json::json;
///
/// let payload = json!({ "UserId": 1, "AddedTomorrow": true });
/// let kind = EventType::SampleNotification;
/// let notification = Notification::new("an id", kind, jiff::Timestamp::UNIX_EPOCH, payload);
/// let Event::SampleNotification(sample) = notification.event() else { unreachable!() };
/// assert_eq!(sample.user_id, 1.into());
/// assert_eq!(sample.raw()["AddedTomorrow"], true);
/// ```
#[derive(Clone, PartialEq)]
pub struct Payload<T> {
    known: T,
    whole: Value,
}

impl<T> Payload<T> {
    /// The payload as it came.
    pub fn raw(&self) -> &Value {
        &self.whole
    }

    /// What is known of it, for keeps.
    pub fn into_known(self) -> T {
        self.known
    }
}

impl<T> Deref for Payload<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.known
    }
}

/// As what is known of it.
impl<T: fmt::Debug> fmt::Debug for Payload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.known.fmt(f)
    }
}

impl<T> Serialize for Payload<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.whole.serialize(serializer)
    }
}

/// `None` if it is not what is documented.
pub(super) fn read<T: Read>(whole: &Value) -> Option<Payload<T>> {
    let known = T::read(&Fields::of(whole)?)?;
    Some(Payload { known, whole: whole.clone() })
}

/// What can be read from a payload.
pub(super) trait Read: Sized {
    fn read(fields: &Fields<'_>) -> Option<Self>;
}

/// Someone pressed *Test response* in the Creator Dashboard.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SampleNotification {
    /// Who pressed it.
    pub user_id: UserId,
}

impl Read for SampleNotification {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self { user_id: fields.id("UserId")? })
    }
}

/// A user asks that their data is erased. [Delete it](https://create.roblox.com/docs/cloud/webhooks/automate-right-to-erasure)
/// wherever you hold any.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RightToErasureRequest {
    /// Whose data.
    pub user_id: UserId,
    /// The start places of the experiences that may hold it (`GameIds` on the wire).
    pub start_place_ids: Vec<PlaceId>,
}

impl Read for RightToErasureRequest {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self { user_id: fields.id("UserId")?, start_place_ids: fields.ids("GameIds")? })
    }
}

open_enum! {
    /// The state of a [`CommerceOrder`].
    pub enum CommerceOrderState {
        Paid = "STATE_PAID",
        Refunded = "STATE_REFUNDED",
    }
}

/// An order of a commerce product.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CommerceOrder {
    /// `universes/{universe}/commerce-products/{product}/orders/{order}`.
    pub path: String,
    /// When it was made.
    pub create_time: Option<Timestamp>,
    /// When it last changed.
    pub update_time: Option<Timestamp>,
    /// How it stands.
    pub state: CommerceOrderState,
    /// The merchant's own id of the order; the same order may be told of more than once.
    pub merchant_order_id: Option<String>,
    /// The merchant, such as `SHOPIFY`.
    pub merchant: Option<String>,
    /// Who ordered: `users/{user}`.
    pub user: Option<String>,
}

impl Read for CommerceOrder {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            path: fields.required("path")?,
            create_time: fields.optional("createTime")?,
            update_time: fields.optional("updateTime")?,
            state: fields.required("state")?,
            merchant_order_id: fields.optional("merchantOrderId")?,
            merchant: fields.optional("merchant")?,
            user: fields.optional("user")?,
        })
    }
}

/// An alert that was set on a metric.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AnalyticsAlert {
    /// What the alert is about: `Universe`.
    pub target_type: String,
    /// The id of it.
    pub target_id: String,
    /// The alert itself, a text that is JSON: `summary`, `metric`, `universe_id`,
    /// `evaluation_time_utc`, `alert_history`.
    pub alert_message: String,
}

impl Read for AnalyticsAlert {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            target_type: fields.required("TargetType")?,
            target_id: fields.required("TargetId")?,
            alert_message: fields.required("AlertMessage")?,
        })
    }
}

impl AnalyticsAlert {
    /// The alert's message, parsed; `None` if it is not JSON.
    pub fn message(&self) -> Option<Value> {
        serde_json::from_str(&self.alert_message).ok()
    }
}

/// A subscription was bought, renewed, taken up again, refunded or cancelled.
///
/// Roblox documents that these events name the subscription and the subscriber, and a cancellation
/// its reason, but not under which names. These are our reading: any of the names below, whatever
/// their case. A payload without a subscription or a subscriber under these names is
/// [`Event::Unknown`](super::Event::Unknown).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SubscriptionChange {
    /// Id or path of the subscription: `Subscription`, `SubscriptionId`, `SubscriptionPath` or `Path`.
    pub subscription: String,
    /// Id or path of the subscriber: `Subscriber`, `SubscriberId`, `User` or `UserId`.
    pub subscriber: String,
    /// Why it was cancelled: `Reason` or `CancellationReason`.
    pub reason: Option<String>,
}

impl Read for SubscriptionChange {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            subscription: fields.any_of(&["subscription", "subscriptionId", "subscriptionPath", "path"])?,
            subscriber: fields.any_of(&["subscriber", "subscriberId", "user", "userId"])?,
            reason: fields.any_of(&["reason", "cancellationReason"]),
        })
    }
}
