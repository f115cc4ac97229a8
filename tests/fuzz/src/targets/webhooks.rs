//! Webhooks: headers, bodies, and messages of chats.

use crate::make::{any_json, changed_bytes, changed_json, rendered, text};
use crate::support::{accepted, ensure, split, text as lossy};
use crate::{Check, MIB, Target};
use jiff::Timestamp;
use opencloud::webhook::{Embed, Notification, Verifier};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) const TARGET: Target = Target { name: "webhooks", cases: 2500, memory: 64 * MIB, inputs, check };

const NOW: i64 = 1_700_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap_or_default()
}

fn verifier() -> Verifier {
    Verifier::new("secret-of-the-webhook").expect("a secret")
}

/// Bodies as Roblox sends them, and a message as Discord does.
fn bodies() -> Vec<Value> {
    let event = |kind: &str, payload: Value| json!({ "NotificationId": "n", "EventType": kind, "EventTime": "2023-12-30T16:24:24.2118874Z", "EventPayload": payload });
    vec![
        event("SampleNotification", json!({ "UserId": 1 })),
        event("RightToErasureRequest", json!({ "UserId": 1, "GameIds": [1234, 2345] })),
        event(
            "SubscriptionCancelled",
            json!({ "SubscriptionId": "s", "Subscriber": { "SubscriberUserId": 7 }, "CancellationReason": { "ReasonCode": 1 } }),
        ),
        event(
            "CommerceProductOrderPaid",
            json!({ "OrderId": "o", "OrderItems": [{ "PriceAmount": "1.5", "Quantity": 2 }] }),
        ),
        json!({ "embeds": [{
            "description": "You have received a new notification for Right to Erasure for the User Id: 2425654247 in the game(s) with Ids: 10539205763, 13260950955",
            "footer": { "text": "Roblox-Signature: UIe6GJ78MHCmU/zUKBYP3LV0lAqwWRFR6UEfPt1xBFw=, Timestamp: 1683927229" },
        }] }),
    ]
}

/// The header on the first line, the body behind it.
fn inputs() -> BoxedStrategy<Vec<u8>> {
    let body = prop_oneof![
        5 => changed_json(bodies()).prop_map(|body| rendered(&body)),
        1 => any_json().prop_map(|body| rendered(&body)),
        1 => text(),
    ];
    let header = prop_oneof![
        3 => Just(None),
        2 => "(t|v1|v0|)=?[0-9]{0,22}(,(t|v1|T|V1)=[A-Za-z0-9+/]{0,60}={0,3}){0,4}".prop_map(Some),
        1 => text().prop_map(Some),
    ];
    let whole = (header, body).prop_map(|(header, body)| {
        let header = header.unwrap_or_else(|| verifier().sign(now(), body.as_bytes()));
        format!("{}\n{body}", header.replace(['\r', '\n'], " ")).into_bytes()
    });
    changed_bytes(whole)
}

fn check(input: &[u8]) -> Check {
    let (header, body) = split(input, b"\n");
    signature(header, body)?;
    notification(body)?;
    message(body)
}

/// What is accepted was signed: with this time, over this body.
fn signature(header: &[u8], body: &[u8]) -> Check {
    let verifier = verifier();
    match verifier.verify_at(header, body, now()) {
        Ok(time) => {
            accepted();
            // Zeros may stand before the seconds; they are signed too. The plain form is the one that is made here.
            let signed = verifier.sign(time, body);
            let mac = signed.split_once(",v1=").map(|(_, mac)| mac.to_owned()).unwrap_or_default();
            let plain = lossy(header).contains(&mac);
            ensure(plain, "what is accepted was signed", || lossy(header))?;
            let mut other = body.to_vec();
            other.push(b' ');
            ensure(verifier.verify_at(header, &other, now()).is_err(), "another body is not accepted", || {
                lossy(body)
            })
        }
        Err(error) => {
            let shown = format!("{error} {error:?}");
            ensure(!shown.contains("secret-of"), "an error does not show the secret", || shown.clone())?;
            ensure(error.to_string().lines().count() == 1, "an error is one line", || error.to_string())
        }
    }
}

/// A notification keeps its payload, and is the same when it is written and read again.
fn notification(body: &[u8]) -> Check {
    let read = match Notification::parse(body) {
        Ok(read) => read,
        Err(error) => return ensure(!error.to_string().is_empty(), "an error says something", String::new),
    };
    let sent: Value =
        serde_json::from_slice(body).map_err(|error| format!("what is read is JSON: {error}"))?;
    let is_kept = sent.as_object().is_some_and(|sent| sent.values().any(|value| value == read.payload()));
    ensure(
        is_kept || read.payload().is_null() || read.payload().as_object().is_some_and(|map| map.is_empty()),
        "a payload is kept",
        || format!("{read:?}"),
    )?;
    let written =
        serde_json::to_vec(&read).map_err(|error| format!("what is read can be written: {error}"))?;
    let again = Notification::parse(&written).map_err(|error| format!("what is written is read: {error}"))?;
    ensure(again == read, "a notification is read again as it was written", || lossy(&written))
}

/// A message is read or refused; a request for erasure names the user and the places that stand in the text.
fn message(body: &[u8]) -> Check {
    let Ok(embed) = Embed::parse(body) else { return Ok(()) };
    let _ = embed.id();
    ensure(
        verifier().verify_embed_at(embed.footer(), embed.description(), now()).is_err(),
        "an unsigned message is refused",
        || format!("{embed:?}"),
    )?;
    let Ok(request) = embed.erasure_request() else { return Ok(()) };
    let shown = format!("{request:?}");
    let text = embed.description();
    let numbers = shown.split(|ch: char| !ch.is_ascii_digit()).filter(|number| !number.is_empty());
    // Emphasis may stand between digits, which is Discord's.
    let text: String = text.chars().filter(|ch| !matches!(ch, '*' | '`')).collect();
    let mut missing = numbers.filter(|number| !text.contains(number));
    ensure(missing.next().is_none(), "an erasure names what the text names", || format!("{shown} of {text}"))
}
