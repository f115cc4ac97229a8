//! Whatever comes over the network, nothing panics and nothing unsigned passes.

use super::verifier;
use jiff::Timestamp;
use opencloud::webhook::Notification;
use proptest::prelude::*;

fn time() -> impl Strategy<Value = Timestamp> {
    (0_i64..=4_000_000_000).prop_map(|seconds| Timestamp::from_second(seconds).expect("a time"))
}

/// Headers that are nearly right.
fn header() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..600),
        "(t|v1|v0|)=?[0-9]{0,22}(,(t|v1)=[A-Za-z0-9+/]{0,60}={0,3}){0,4}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn any_header_is_refused(header in header(), body in proptest::collection::vec(any::<u8>(), 0..200), now in time()) {
        prop_assert!(verifier().verify_at(&header, &body, now).is_err());
    }

    #[test]
    fn any_footer_is_refused(footer in "(Roblox-Signature:)?.{0,80}(,? ?Timestamp:)?.{0,30}", text in ".{0,40}", now in time()) {
        prop_assert!(verifier().verify_embed_at(&footer, &text, now).is_err());
    }

    #[test]
    fn what_is_signed_holds_and_one_other_bit_does_not(
        body in proptest::collection::vec(any::<u8>(), 1..200),
        now in time(),
        at in any::<proptest::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let header = verifier().sign(now, &body);
        prop_assert_eq!(verifier().verify_at(&header, &body, now), Ok(now));
        let mut other = body.clone();
        other[at.index(body.len())] ^= 1 << bit;
        prop_assert!(verifier().verify_at(&header, &other, now).is_err());
    }

    #[test]
    fn any_body_is_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Notification::parse(&body);
    }

    #[test]
    fn any_payload_is_kept(
        kind in "(SampleNotification|RightToErasureRequest|AnalyticsAlert|CommerceProductOrderPaid|SubscriptionRenewed|[A-Z]{1,8})",
        name in "(UserId|GameIds|path|state|TargetId|Reason)",
        text in ".{0,20}",
        number in any::<i64>(),
    ) {
        for value in [text.clone().into(), number.into(), serde_json::json!([number, text]), serde_json::json!({ "a": number })] {
            let payload = serde_json::json!({ name.as_str(): value });
            let made = Notification::new("1", kind.as_str(), Timestamp::UNIX_EPOCH, payload.clone());
            let body = serde_json::to_vec(&made).expect("JSON");
            let read = Notification::parse(&body).expect("a notification");
            prop_assert_eq!(read.payload(), &payload);
            prop_assert_eq!(serde_json::to_value(read.event()).expect("JSON"), payload);
        }
    }
}
