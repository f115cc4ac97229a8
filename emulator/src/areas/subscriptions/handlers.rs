//! Requests of subscriptions.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Response, later, rfc3339};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes =
    &[("GET /cloud/v2/universes/{u}/subscription-products/{p}/subscriptions/{s}", get)];

const PERIOD: i64 = 30 * 86_400;

/// The id of a subscription is that of its user.
fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = call.number("subscription_id")?;
    let since = state.subscriptions.since;
    let (universe, product) = (call.number("universe_id")?, call.param("subscription_product_id"));
    if user > 999_999_999_999 {
        return Err(Failure::not_found(format!("The user {user} has not subscribed.")));
    }
    let path = format!("universes/{universe}/subscription-products/{product}/subscriptions/{user}");
    let renews = user.is_multiple_of(2);
    let elapsed = call.now.as_second().saturating_sub(since.as_second()).max(0);
    let periods = elapsed / PERIOD;
    let state = match (renews, periods) {
        (true, _) => "SUBSCRIBED_WILL_RENEW",
        (false, 0) => "SUBSCRIBED_WILL_NOT_RENEW",
        (false, _) => "EXPIRED",
    };
    let billed = later(since, if renews { periods * PERIOD } else { 0 });
    let active = state != "EXPIRED";
    let mut subscription = json!({ "path": path, "active": active, "willRenew": renews });
    if call.given("view") == Some("FULL") {
        let ends = later(billed, PERIOD);
        full(&mut subscription, user, state, since, billed);
        let name = if renews { "nextRenewTime" } else { "expireTime" };
        subscription[name] = json!(rfc3339(ends));
        if !active {
            subscription["expirationDetails"] = json!({ "reason": "SUBSCRIBER_CANCELLED" });
        }
    }
    Ok(Response::json(subscription))
}

fn full(subscription: &mut Value, user: u64, state: &str, since: Timestamp, billed: Timestamp) {
    subscription["user"] = json!(format!("users/{user}"));
    subscription["state"] = json!(state);
    subscription["createTime"] = json!(rfc3339(since));
    subscription["updateTime"] = json!(rfc3339(billed));
    subscription["lastBillingTime"] = json!(rfc3339(billed));
    subscription["purchasePlatform"] = json!("DESKTOP");
    subscription["paymentProvider"] = json!("ROBUX");
}
