//! What notifications say.

use jiff::Timestamp;
use opencloud::webhook::{CommerceOrderState, Event, EventType, Notification, ParseError};
use serde_json::{Value, json};

fn notification(kind: &str, payload: Value) -> (Notification, Value) {
    let whole = json!({
        "NotificationId": "3fc8d9a1-0001",
        "EventType": kind,
        "EventTime": "2026-01-02T03:04:05.6789012Z",
        "EventPayload": payload,
        "AddedTomorrow": { "kept": true }
    });
    (Notification::parse(whole.to_string().as_bytes()).expect(kind), whole)
}

/// Every documented event, with a payload as the guides show it.
fn documented() -> Vec<(&'static str, Value)> {
    let order = |state: &str| {
        json!({
            "path": "universes/1/commerce-products/2/orders/3",
            "createTime": "2026-01-02T03:04:05Z",
            "updateTime": "2026-01-02T03:04:06Z",
            "state": state,
            "merchantOrderId": "4",
            "merchant": "SHOPIFY",
            "user": "users/5"
        })
    };
    let subscription = json!({ "Subscription": "universes/1/subscription-products/2/subscriptions/3", "Subscriber": "users/4" });
    let mut cancelled = subscription.clone();
    cancelled["Reason"] = json!("SUBSCRIBER_CANCELLED");
    vec![
        ("SampleNotification", json!({ "UserId": 1 })),
        ("RightToErasureRequest", json!({ "UserId": 1, "GameIds": [2, 3] })),
        ("CommerceProductOrderPaid", order("STATE_PAID")),
        ("CommerceProductOrderRefunded", order("STATE_REFUNDED")),
        (
            "AnalyticsAlert",
            json!({ "TargetType": "Universe", "TargetId": "7", "AlertMessage": "{\"metric\":\"DailyActiveUsers\"}" }),
        ),
        ("SubscriptionPurchased", subscription.clone()),
        ("SubscriptionRenewed", subscription.clone()),
        ("SubscriptionResubscribed", subscription.clone()),
        ("SubscriptionRefunded", subscription),
        ("SubscriptionCancelled", cancelled),
    ]
}

#[test]
fn every_documented_event_is_typed() {
    for (kind, payload) in documented() {
        let (read, whole) = notification(kind, payload.clone());
        assert_eq!(read.id(), "3fc8d9a1-0001");
        assert_eq!(read.event_type().as_str(), kind);
        assert!(!matches!(read.event(), Event::Unknown(_)), "{kind}");
        assert_eq!(read.payload(), &payload);
        // Written and read again it is the same, to the last property.
        assert_eq!(serde_json::to_value(&read).expect("JSON"), whole);
        assert_eq!(serde_json::from_value::<Notification>(whole).expect("JSON"), read);
        // And so is the event.
        assert_eq!(serde_json::to_value(read.event()).expect("JSON"), payload, "{kind}");
    }
    assert_eq!(EventType::KNOWN.len(), documented().len());
}

#[test]
fn the_fields_are_there() {
    let of = |kind: &str| {
        let (_, payload) = documented().into_iter().find(|(name, _)| *name == kind).expect(kind);
        notification(kind, payload).0
    };
    let erasure = of("RightToErasureRequest");
    assert_eq!(erasure.time(), Some("2026-01-02T03:04:05.6789012Z".parse().expect("a time")));
    let Event::RightToErasureRequest(erasure) = erasure.into_event() else { panic!("another event") };
    assert_eq!(erasure.user_id, 1.into());
    assert_eq!(erasure.start_place_ids, [2.into(), 3.into()]);

    let Event::CommerceProductOrderPaid(order) = of("CommerceProductOrderPaid").into_event() else {
        panic!("another event")
    };
    assert_eq!(order.state, CommerceOrderState::Paid);
    assert_eq!(order.merchant_order_id.as_deref(), Some("4"));

    let Event::AnalyticsAlert(alert) = of("AnalyticsAlert").into_event() else { panic!("another event") };
    assert_eq!(alert.message().expect("JSON")["metric"], "DailyActiveUsers");

    let Event::SubscriptionCancelled(change) = of("SubscriptionCancelled").into_event() else {
        panic!("another event")
    };
    assert_eq!(change.subscriber, "users/4");
    assert_eq!(change.reason.as_deref(), Some("SUBSCRIBER_CANCELLED"));
}

#[test]
fn ids_may_be_texts_and_names_of_subscriptions_vary() {
    let (read, _) = notification("RightToErasureRequest", json!({ "UserId": "1", "GameIds": ["2"] }));
    let Event::RightToErasureRequest(request) = read.event() else { panic!("another event") };
    assert_eq!((&request.user_id, &request.start_place_ids[..]), (&1.into(), &[2.into()][..]));

    let (read, _) = notification("SubscriptionRenewed", json!({ "path": "a/b", "userId": 5 }));
    let Event::SubscriptionRenewed(change) = read.event() else { panic!("another event") };
    assert_eq!((change.subscription.as_str(), change.subscriber.as_str()), ("a/b", "5"));
}

#[test]
fn what_came_in_goes_out() {
    for (kind, mut payload) in documented() {
        payload["AddedTomorrow"] = json!([1, 2.5, null, { "a": "b" }]);
        let (read, _) = notification(kind, payload.clone());
        assert!(!matches!(read.event(), Event::Unknown(_)), "{kind}");
        assert_eq!(serde_json::to_value(read.event()).expect("JSON"), payload, "{kind}");
    }
    // Times and ids as they were written.
    for payload in [
        json!({ "path": "a", "state": "STATE_LOST", "createTime": "2026-01-02T03:04:05.6789012+00:00" }),
        json!({ "path": "a", "state": "STATE_PAID", "user": null }),
    ] {
        let (read, _) = notification("CommerceProductOrderPaid", payload.clone());
        let Event::CommerceProductOrderPaid(order) = read.event() else { panic!("{payload}") };
        assert_eq!((order.raw(), &order.user), (&payload, &None));
        assert_eq!(serde_json::to_value(read.event()).expect("JSON"), payload);
    }
}

#[test]
fn a_payload_without_what_makes_it_one_is_kept_whole() {
    let required = |kind: &str| match kind {
        "SampleNotification" => &["UserId"][..],
        "RightToErasureRequest" => &["UserId", "GameIds"],
        "AnalyticsAlert" => &["TargetType", "TargetId", "AlertMessage"],
        kind if kind.starts_with("Subscription") => &["Subscription", "Subscriber"],
        _ => &["path", "state"],
    };
    for (kind, payload) in documented() {
        let is_unknown = |payload: &Value| {
            notification(kind, payload.clone()).0.event() == &Event::Unknown(payload.clone())
        };
        assert!(is_unknown(&json!({})), "{kind}");
        for name in required(kind) {
            for nothing in [Value::Null, json!(""), json!({})] {
                let mut payload = payload.clone();
                payload[*name] = nothing;
                assert!(is_unknown(&payload), "{kind}: {payload}");
            }
            let mut payload = payload.clone();
            payload.as_object_mut().expect("an object").remove(*name);
            assert!(is_unknown(&payload), "{kind} without {name}");
        }
        let needless = payload
            .as_object()
            .expect("an object")
            .keys()
            .filter(|name| !required(kind).contains(&name.as_str()));
        for name in needless {
            let mut payload = payload.clone();
            payload.as_object_mut().expect("an object").remove(name);
            assert!(!is_unknown(&payload), "{kind} without {name}");
        }
    }
}

#[test]
fn what_is_not_known_is_kept_whole() {
    for (kind, payload) in [
        ("EventOfTomorrow", json!({ "a": [1, { "b": null }] })),
        ("EventOfTomorrow", Value::Null),
        // Known by name, but not what the guide says.
        ("SampleNotification", json!("a text")),
        ("SampleNotification", json!({ "UserId": true })),
        ("SampleNotification", json!({ "UserId": "somebody" })),
        ("RightToErasureRequest", json!({ "UserId": 1, "GameIds": [2, null] })),
        (
            "CommerceProductOrderPaid",
            json!({ "path": "a", "state": "STATE_PAID", "createTime": "yesterday" }),
        ),
        ("SubscriptionRenewed", json!([1])),
    ] {
        let (read, whole) = notification(kind, payload.clone());
        assert_eq!(read.event(), &Event::Unknown(payload.clone()), "{kind}");
        assert_eq!(read.event_type().as_str(), kind);
        assert_eq!(serde_json::to_value(read.event()).expect("JSON"), payload);
        assert_eq!(serde_json::to_value(&read).expect("JSON"), whole);
    }
}

#[test]
fn what_is_no_notification_is_refused() {
    let refused = |body: &str| Notification::parse(body.as_bytes()).expect_err(body);
    assert!(matches!(refused(""), ParseError::Json(_)));
    assert!(matches!(refused("<html>"), ParseError::Json(_)));
    assert!(matches!(refused("[]"), ParseError::NoObject));
    assert!(matches!(refused("{}"), ParseError::Missing("NotificationId")));
    assert!(matches!(refused(r#"{"NotificationId":""}"#), ParseError::Missing("NotificationId")));
    assert!(matches!(refused(r#"{"NotificationId":"1"}"#), ParseError::Missing("EventType")));
    assert!(matches!(
        refused(r#"{"NotificationId":1,"EventType":"a"}"#),
        ParseError::Missing("NotificationId")
    ));
    // As deep as it likes.
    assert!(matches!(refused(&"[".repeat(1_000_000)), ParseError::Json(_)));
    // A time that cannot be read takes nothing else away.
    let read = Notification::parse(br#"{"NotificationId":"1","EventType":"a","EventTime":"now"}"#);
    assert_eq!(read.expect("a notification").time(), None);
}

#[test]
fn a_test_makes_its_own() {
    let made = Notification::new("1", "SampleNotification", Timestamp::UNIX_EPOCH, json!({ "UserId": 1 }));
    let body = serde_json::to_vec(&made).expect("JSON");
    assert_eq!(Notification::parse(&body).expect("a notification"), made);
}
