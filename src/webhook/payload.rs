//! What the events say.
//!
//! Every field may be absent; what has no field here is in the notification's
//! [payload](super::Notification::payload).

use crate::decode::object;
use crate::enums::open_enum;
use crate::ids::{PlaceId, UserId};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Someone pressed *Test response* in the Creator Dashboard.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct SampleNotification {
    /// Who pressed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

object!(SampleNotification { "UserId" => user_id, });

/// A user asks that their data is erased. [Delete it](https://create.roblox.com/docs/cloud/webhooks/automate-right-to-erasure)
/// wherever you hold any.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct RightToErasureRequest {
    /// Whose data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The start places of the experiences that may hold it (`GameIds` on the wire).
    #[serde(rename = "GameIds", skip_serializing_if = "Option::is_none")]
    pub start_place_ids: Option<Vec<PlaceId>>,
}

object!(RightToErasureRequest { "UserId" => user_id, "GameIds" => start_place_ids, });

open_enum! {
    /// The state of a [`CommerceOrder`].
    pub enum CommerceOrderState {
        Paid = "STATE_PAID",
        Refunded = "STATE_REFUNDED",
    }
}

/// An order of a commerce product.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CommerceOrder {
    /// `universes/{universe}/commerce-products/{product}/orders/{order}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_time: Option<Timestamp>,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_time: Option<Timestamp>,
    /// How it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<CommerceOrderState>,
    /// The merchant's own id of the order; the same order may be told of more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_order_id: Option<String>,
    /// The merchant, such as `SHOPIFY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// Who ordered: `users/{user}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

object!(CommerceOrder {
    "path" => path,
    "createTime" => create_time,
    "updateTime" => update_time,
    "state" => state,
    "merchantOrderId" => merchant_order_id,
    "merchant" => merchant,
    "user" => user,
});

/// An alert that was set on a metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct AnalyticsAlert {
    /// What the alert is about: `Universe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_type: Option<String>,
    /// The id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// The alert itself, a text that is JSON: `summary`, `metric`, `universe_id`,
    /// `evaluation_time_utc`, `alert_history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_message: Option<String>,
}

object!(AnalyticsAlert {
    "TargetType" => target_type,
    "TargetId" => target_id,
    "AlertMessage" => alert_message,
});

impl AnalyticsAlert {
    /// The alert's message, parsed; `None` if it is no JSON.
    pub fn message(&self) -> Option<Value> {
        serde_json::from_str(self.alert_message.as_deref()?).ok()
    }
}

/// A subscription was bought, renewed, taken up again, refunded or cancelled.
///
/// Roblox documents that these events name the subscription and the subscriber, and a cancellation
/// its reason, but not under which names. These are our reading: any of the names below, whatever
/// their case. The [payload](super::Notification::payload) holds whatever came.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct SubscriptionChange {
    /// Id or path of the subscription: `Subscription`, `SubscriptionId`, `SubscriptionPath` or `Path`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// Id or path of the subscriber: `Subscriber`, `SubscriberId`, `User` or `UserId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriber: Option<String>,
    /// Why it was cancelled: `Reason` or `CancellationReason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl SubscriptionChange {
    /// Of an object; `None` of anything else.
    pub(super) fn read(payload: &Value) -> Option<Self> {
        let payload = payload.as_object()?;
        let find = |names: &[&str]| {
            names.iter().find_map(|wanted| {
                let (_, value) = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
                match value {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                }
            })
        };
        Some(Self {
            subscription: find(&["subscription", "subscriptionId", "subscriptionPath", "path"]),
            subscriber: find(&["subscriber", "subscriberId", "user", "userId"]),
            reason: find(&["reason", "cancellationReason"]),
        })
    }
}
