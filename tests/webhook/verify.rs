//! Which signatures hold.

use super::{SECRET, verifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use opencloud::webhook::{SIGNATURE_HEADER, SecretError, Verifier, VerifyError};
use std::time::Duration;

const BODY: &[u8] = br#"{"NotificationId":"1","EventType":"SampleNotification","EventPayload":{"UserId":1}}"#;

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("a time")
}

/// Made with another implementation: `printf '1700000000.%s' "$body" | openssl dgst -sha256 -hmac
/// SECRET-OF-THE-WEBHOOK -binary | base64`.
const BY_OPENSSL: &str = "t=1700000000,v1=JYCLVwX6LrWQIgJB2fuXb1CbDf08qyOQpTXJx1mglSM=";

#[test]
fn a_signature_of_another_implementation_holds() {
    assert_eq!(verifier().sign(now(), BODY), BY_OPENSSL);
    assert_eq!(verifier().verify_at(BY_OPENSSL, BODY, now()), Ok(now()));
}

#[test]
fn a_tampered_body_is_refused() {
    for at in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[at] ^= 1;
        assert_eq!(verifier().verify_at(BY_OPENSSL, &body, now()), Err(VerifyError::WrongSignature));
    }
    for body in [&BODY[1..], &BODY[..BODY.len() - 1], b"", &[BODY, b"\n"].concat()] {
        assert_eq!(verifier().verify_at(BY_OPENSSL, body, now()), Err(VerifyError::WrongSignature));
    }
    // The same JSON, written differently: what is signed are bytes.
    let value: serde_json::Value = serde_json::from_slice(BODY).expect("JSON");
    let pretty = serde_json::to_vec_pretty(&value).expect("JSON");
    assert_eq!(verifier().verify_at(BY_OPENSSL, &pretty, now()), Err(VerifyError::WrongSignature));
}

#[test]
fn the_time_is_part_of_what_is_signed() {
    let moved = BY_OPENSSL.replace("1700000000", "1700000001");
    assert_eq!(verifier().verify_at(moved, BODY, now()), Err(VerifyError::WrongSignature));
    // A leading zero is the same number and another text.
    let padded = BY_OPENSSL.replace("t=1", "t=01");
    assert_eq!(verifier().verify_at(padded, BODY, now()), Err(VerifyError::WrongSignature));
}

#[test]
fn old_and_future_times_are_refused() {
    let header = verifier().sign(now(), BODY);
    let at = |seconds: i64| verifier().verify_at(&header, BODY, now() + SignedDuration::from_secs(seconds));
    for seconds in [-300, -1, 0, 1, 300] {
        assert_eq!(at(seconds), Ok(now()), "{seconds}");
    }
    assert!(matches!(at(301), Err(VerifyError::TooOld { .. })));
    assert!(matches!(at(-301), Err(VerifyError::InTheFuture { .. })));
    assert!(matches!(at(10 * 365 * 86_400), Err(VerifyError::TooOld { .. })));
    assert!(matches!(at(-10 * 365 * 86_400), Err(VerifyError::InTheFuture { .. })));

    // Either may be this machine's clock, and by how much is said.
    for (seconds, words) in [
        (400, "400 s ago by this machine's clock, and 300 s are allowed"),
        (-400, "400 s ahead of this machine's clock, and 300 s are allowed"),
    ] {
        let problem = at(seconds).expect_err("a clock that is off").to_string();
        assert!(problem.contains(words), "{problem}");
    }

    let wide = verifier().tolerance(Duration::from_secs(600));
    assert!(wide.verify_at(&header, BODY, now() + SignedDuration::from_secs(600)).is_ok());
    assert!(wide.verify_at(&header, BODY, now() + SignedDuration::from_secs(601)).is_err());
    let any = verifier().tolerance(Duration::MAX);
    assert!(any.verify_at(&header, BODY, Timestamp::MAX).is_ok());
}

#[test]
fn missing_parts_are_named() {
    let refused = |header: &str| verifier().verify_at(header, BODY, now()).expect_err(header);
    assert_eq!(refused("t=1700000000"), VerifyError::Unsigned);
    assert!(refused("t=1700000000").to_string().contains("secret"));
    assert!(matches!(refused("v1=AAE="), VerifyError::MalformedHeader(_)));
    assert!(matches!(refused(""), VerifyError::MalformedHeader(_)));
    assert_eq!(refused("t=1700000000,v1="), VerifyError::WrongSignature);
    let short = STANDARD.encode([0; 31]);
    assert_eq!(refused(&format!("t=1700000000,v1={short}")), VerifyError::WrongSignature);
    // A scheme to come does not replace the one that is known.
    assert_eq!(refused("t=1700000000,v2=AAE="), VerifyError::Unsigned);
}

#[test]
fn a_huge_header_is_refused() {
    let huge = format!("{},v1={}", BY_OPENSSL, "A".repeat(10_000_000));
    assert_eq!(verifier().verify_at(huge, BODY, now()), Err(VerifyError::OversizedHeader));
}

#[test]
fn headers_are_found_whatever_their_case() {
    let value = verifier().sign(Timestamp::now(), BODY);
    let mut headers = HeaderMap::new();
    assert_eq!(verifier().verify_headers(&headers, BODY), Err(VerifyError::MissingHeader));
    headers.insert(
        http::HeaderName::from_bytes(b"Roblox-Signature").expect("a name"),
        HeaderValue::from_str(&value).expect("a value"),
    );
    assert!(verifier().verify_headers(&headers, BODY).is_ok());
    headers.append(SIGNATURE_HEADER, HeaderValue::from_static("t=1"));
    assert_eq!(verifier().verify_headers(&headers, BODY), Err(VerifyError::OversizedHeader));
}

#[test]
fn several_secrets_hold_while_one_is_rotated() {
    let (old, new) = (verifier(), Verifier::new("the new secret").expect("a secret"));
    let both = new.clone().also(SECRET).expect("a secret");
    for signer in [&old, &new, &both] {
        assert!(both.verify_at(signer.sign(now(), BODY), BODY, now()).is_ok());
    }
    assert_eq!(both.sign(now(), BODY), new.sign(now(), BODY), "the first one signs");
    assert_eq!(new.verify_at(old.sign(now(), BODY), BODY, now()), Err(VerifyError::WrongSignature));
}

#[test]
fn useless_secrets_are_refused() {
    for secret in ["", " ", "\n"] {
        assert_eq!(Verifier::new(secret).expect_err("empty"), SecretError::Empty);
    }
    assert_eq!(Verifier::new("secret\n").expect_err("a line's end"), SecretError::Surrounded);
    assert!(verifier().also("").is_err());
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", verifier());
    assert!(!shown.contains(SECRET), "{shown}");
    let mut problems = vec![format!("{:?}", Verifier::new(format!("{SECRET} ")).expect_err("a space"))];
    let header = verifier().sign(now(), BODY);
    for problem in [
        verifier().verify_at(&header, b"", now()).expect_err("another body"),
        verifier().verify_at(&header, BODY, Timestamp::MAX).expect_err("old"),
    ] {
        problems.push(format!("{problem} {problem:?}"));
    }
    for text in problems {
        assert!(!text.contains(SECRET) && !text.contains(&header[16..]), "{text}");
    }
}

#[test]
fn embeds_of_discord_and_slack_are_verified_by_their_description() {
    let text = "**A user asks** for erasure, 1 universe\nüñí";
    let footer = verifier().sign_embed(now(), text);
    let direct = verifier().sign(now(), text.as_bytes());
    let mac = direct.strip_prefix("t=1700000000,v1=").expect("a signature");
    assert_eq!(footer, format!("Roblox-Signature: {mac}, Timestamp: 1700000000"));
    assert_eq!(verifier().verify_embed_at(&footer, text, now()), Ok(now()));
    assert_eq!(verifier().verify_embed_at(&footer, "another text", now()), Err(VerifyError::WrongSignature));
    let late = now() + SignedDuration::from_secs(301);
    assert!(matches!(verifier().verify_embed_at(&footer, text, late), Err(VerifyError::TooOld { .. })));
    for footer in ["", "Roblox", "Roblox-Signature: ?, Timestamp: 1", "Roblox-Signature: AAE=, Timestamp: x"]
    {
        assert!(matches!(
            verifier().verify_embed_at(footer, text, now()),
            Err(VerifyError::MalformedFooter(_))
        ));
    }
}
