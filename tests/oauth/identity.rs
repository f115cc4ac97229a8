//! Which ID tokens are believed.

use super::emulator::{CLIENT_ID, Key, Server};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use opencloud::ErrorKind;
use opencloud::oauth::Callback;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const NONCE: &str = "the nonce of this login";

/// What comes of a token with these claims changed.
async fn with(claims: Value) -> Result<(), String> {
    let server = Server::new();
    server.facts().claims = claims;
    let token = server.facts().id_token(NONCE);
    verified(&server, &token).await
}

async fn verified(server: &Server, token: &str) -> Result<(), String> {
    match server.app().verify_id_token(token, Some(NONCE)).await {
        Ok(_) => Ok(()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::AuthorizationRequired, "{error}");
            assert!(token.len() < 20 || !error.to_string().contains(token), "{error}");
            Err(error.to_string())
        }
    }
}

#[tokio::test]
async fn a_token_as_it_should_be_is_believed() {
    assert_eq!(with(json!({})).await, Ok(()));
    assert_eq!(with(json!({ "aud": [CLIENT_ID] })).await, Ok(()));
    assert_eq!(with(json!({ "aud": [CLIENT_ID, "2"], "azp": CLIENT_ID })).await, Ok(()));
}

#[tokio::test]
async fn wrong_claims_are_refused() {
    let now = super::emulator::START;
    for (claims, why) in [
        (json!({ "iss": "https://apis.roblox.com/oauth" }), "issuer"),
        (json!({ "iss": "https://example.com/" }), "issuer"),
        (json!({ "iss": null }), "claim"),
        (json!({ "aud": "2" }), "another app"),
        (json!({ "aud": ["2", "3"] }), "another app"),
        (json!({ "aud": [] }), "another app"),
        (json!({ "aud": [CLIENT_ID, "2"] }), "another app"),
        (json!({ "azp": "2" }), "another app"),
        (json!({ "nonce": "another" }), "nonce"),
        (json!({ "nonce": null }), "nonce"),
        (json!({ "nonce": "" }), "nonce"),
        (json!({ "sub": "" }), "user"),
        (json!({ "exp": now - 61 }), "expired"),
        (json!({ "exp": null }), "claim"),
        // A time as a text is no time, and not no claim.
        (json!({ "exp": (now + 899).to_string() }), "claim"),
        (json!({ "nbf": "never" }), "claim"),
        (json!({ "exp": 1e300 }), "time"),
        (json!({ "nbf": now + 61 }), "not valid yet"),
        (json!({ "iat": now + 61 }), "not valid yet"),
    ] {
        let problem = with(claims.clone()).await.expect_err(&claims.to_string());
        assert!(problem.contains(why), "{claims}: {problem}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_the_skew() {
    let now = super::emulator::START;
    assert_eq!(with(json!({ "exp": now - 59 })).await, Ok(()));
    assert_eq!(with(json!({ "iat": now + 60, "nbf": now + 60 })).await, Ok(()));
    let server = Server::new();
    server.facts().claims = json!({ "exp": now - 1 });
    let token = server.facts().id_token(NONCE);
    let strict = server.app_builder().clock_skew(Duration::ZERO).build().expect("an app");
    assert!(strict.verify_id_token(&token, Some(NONCE)).await.is_err());
}

/// `AU-11`: clocks of users' machines are off by minutes, and no login sets them right.
#[tokio::test]
async fn a_clock_that_is_off_is_named() {
    let now = super::emulator::START;
    for (claims, by) in [(json!({ "exp": now - 130 }), 130), (json!({ "iat": now + 150 }), 150)] {
        let problem = with(claims.clone()).await.expect_err("a clock that is off");
        for words in
            [&format!(": {by} s by this machine's clock, and 60 s are allowed"), "AppBuilder::clock_skew"]
        {
            assert!(problem.contains(words), "{words}: {problem}");
        }
        assert!(!problem.contains("send them through the login"), "{problem}");
        let server = Server::new();
        server.facts().claims = claims;
        let token = server.facts().id_token(NONCE);
        let patient = server.app_builder().clock_skew(Duration::from_secs(180)).build().expect("an app");
        patient.verify_id_token(&token, Some(NONCE)).await.expect("within three minutes");
    }
}

/// The response that brings the tokens has a date, which tells a wrong clock from an old token.
#[tokio::test]
async fn a_login_says_how_far_the_clock_is_off() {
    for (moved, words) in [
        (1_000, "this machine's clock is 1000 s ahead of the `date` of Roblox's latest response"),
        (-300, "this machine's clock is 300 s behind the `date` of Roblox's latest response"),
    ] {
        let server = Server::new();
        let clock = server.clone();
        let app = server.app_builder().clock(move || clock.now() + SignedDuration::from_secs(moved));
        let app = app.build().expect("an app");
        let problem = server.login(&app).await.expect_err("a clock that is off").to_string();
        assert!(problem.contains(words), "{problem}");
    }
    let server = Server::new();
    server.facts().claims = json!({ "exp": super::emulator::START - 130 });
    let problem = server.login(&server.app()).await.expect_err("an old token").to_string();
    assert!(problem.contains("this machine's clock agrees with Roblox's latest response"), "{problem}");
}

#[tokio::test]
async fn other_algorithms_are_refused() {
    let server = Server::new();
    let token = server.facts().id_token(NONCE);
    let claims = token.split('.').nth(1).expect("claims");
    let header = |header: Value| URL_SAFE_NO_PAD.encode(header.to_string());
    let signature = token.rsplit('.').next().expect("a signature");
    let key = server.facts().keys[0].clone();
    for forged in [
        format!("{}.{claims}.", header(json!({ "alg": "none", "kid": key.id }))),
        format!("{}.{claims}.{signature}", header(json!({ "alg": "none", "kid": key.id }))),
        format!("{}.{claims}.{signature}", header(json!({ "alg": "None" }))),
        format!("{}.{claims}.{signature}", header(json!({ "alg": "ES384", "kid": key.id }))),
        format!("{}.{claims}.{signature}", header(json!({ "kid": key.id }))),
    ] {
        verified(&server, &forged).await.expect_err(&forged);
    }
    // HMAC, with what is public as the key.
    let public = json!({ "iss": "https://apis.roblox.com/oauth/", "sub": "156" });
    let signed = format!(
        "{}.{}",
        header(json!({ "alg": "HS256", "kid": key.id })),
        URL_SAFE_NO_PAD.encode(public.to_string())
    );
    let mac = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key-1"), signed.as_bytes());
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac));
    assert!(verified(&server, &forged).await.expect_err("HMAC").contains("ES256"));
    // An extension that must be understood (RFC 7515, section 4.1.11), signed by Roblox itself.
    let extended =
        key.sign_as(&json!({ "alg": "ES256", "kid": key.id, "crit": ["b64"], "b64": false }), &public);
    assert!(verified(&server, &extended).await.expect_err("crit").contains("extension"));
    assert_eq!(server.facts().key_requests, 0, "no key is fetched for any of them");
}

#[tokio::test]
async fn what_is_tampered_with_is_refused() {
    let server = Server::new();
    let token = server.facts().id_token(NONCE);
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).expect("JSON");
    claims["sub"] = json!("1");
    let forged = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]);
    assert!(verified(&server, &forged).await.expect_err("other claims").contains("signature"));
    for forged in [
        String::new(),
        "a".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}.{}", parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        "a".repeat(1 << 20),
    ] {
        verified(&server, &forged).await.expect_err("no token");
    }
    // Another key under the name of one of Roblox's.
    let forged = Key::new(&server.facts().keys[0].id).sign(&claims);
    assert!(verified(&server, &forged).await.expect_err("another key").contains("signature"));
    let forged = Key::new("key-of-mine").sign(&claims);
    assert!(verified(&server, &forged).await.expect_err("another key").contains("not one of Roblox's"));
}

#[tokio::test(start_paused = true)]
async fn keys_are_kept_and_fetched_again_when_there_are_new_ones() {
    let server = Server::new();
    let app = server.app();
    let verify = async || {
        let token = server.facts().id_token(NONCE);
        app.verify_id_token(&token, Some(NONCE)).await
    };
    for _ in 0..10 {
        verify().await.expect("an identity");
    }
    assert_eq!(server.facts().key_requests, 1);
    // Roblox has another key, however young those are that were fetched.
    tokio::time::advance(Duration::from_secs(1)).await;
    server.rotate_keys();
    verify().await.expect("an identity");
    assert_eq!(server.facts().key_requests, 2);
    // A forged key id does not have them fetched each time.
    let forged = Key::new("forged").sign(&json!({}));
    for _ in 0..10 {
        app.verify_id_token(&forged, None).await.expect_err("forged");
    }
    assert_eq!(server.facts().key_requests, 2);
    server.rotate_keys();
    verify().await.expect_err("not searched again within a minute");
    tokio::time::advance(Duration::from_secs(60)).await;
    verify().await.expect("an identity");
    assert_eq!(server.facts().key_requests, 3);
    // The keys of yesterday are fetched anew.
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    verify().await.expect("an identity");
    assert_eq!(server.facts().key_requests, 4);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_not_used_up_while_the_keys_cannot_be_had() {
    let server = Server::new();
    let app = server.app();
    let login = app.authorize([opencloud::Scope::Openid]).begin().expect("a login");
    let back = Callback::from_query(&server.visit(login.url()).await);
    let pending = login.into_pending();
    server.facts().key_failure = Some((503, json!({})));
    let error = app.finish(pending.clone(), &back).await.expect_err("no keys");
    assert!(error.is_service_failure(), "{error}");
    assert!(error.to_string().contains("nothing is wrong with the login, so try it again"), "{error}");
    assert_eq!(server.facts().token_requests.len(), 0);
    server.facts().key_failure = None;
    app.finish(pending, &back).await.expect("the same login");
}

#[tokio::test(start_paused = true)]
async fn known_keys_serve_through_an_outage() {
    let server = Server::new();
    let app = server.app();
    let known = server.facts().id_token(NONCE);
    app.verify_id_token(&known, Some(NONCE)).await.expect("an identity");
    server.facts().key_failure = Some((404, json!({})));
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    let requests = || server.facts().key_requests;
    for _ in 0..10 {
        app.verify_id_token(&known, Some(NONCE)).await.expect("signed with a key that is known");
    }
    assert_eq!(requests(), 2, "others are asked for once a minute");
    tokio::time::advance(Duration::from_secs(60)).await;
    app.verify_id_token(&known, Some(NONCE)).await.expect("still known");
    assert_eq!(requests(), 3);

    // Of another key nothing is known, which is not to say that it is forged.
    server.rotate_keys();
    let unknown = server.facts().id_token(NONCE);
    for _ in 0..10 {
        let error = app.verify_id_token(&unknown, Some(NONCE)).await.expect_err("no keys");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains("try it again"), "{error}");
    }
    assert_eq!(requests(), 4);
    server.facts().key_failure = None;
    tokio::time::advance(Duration::from_secs(60)).await;
    app.verify_id_token(&unknown, Some(NONCE)).await.expect("the outage is over");
}

#[tokio::test(start_paused = true)]
async fn keys_that_do_not_come_hold_up_nobody_for_long() {
    let server = Server::new();
    let app = server.app();
    server.facts().latency = Duration::from_secs(1000);
    let known = server.facts().id_token(NONCE);
    let begun = Instant::now();
    let error = app.verify_id_token(&known, Some(NONCE)).await.expect_err("no keys yet");
    assert!(error.is_timeout() && error.to_string().contains("try it again"), "{error}");
    assert!(!error.may_have_been_applied());
    assert_eq!(begun.elapsed(), Duration::from_secs(10));

    server.facts().latency = Duration::ZERO;
    app.verify_id_token(&known, Some(NONCE)).await.expect("an identity");
    server.facts().latency = Duration::from_secs(1000);
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    let begun = Instant::now();
    for _ in 0..10 {
        app.verify_id_token(&known, Some(NONCE)).await.expect("signed with a key that is known");
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_search_for_an_unknown_key_holds_up_no_known_one() {
    let server = Server::new();
    let app = server.app();
    let known = server.facts().id_token(NONCE);
    app.verify_id_token(&known, Some(NONCE)).await.expect("an identity");
    tokio::time::advance(Duration::from_secs(1)).await;
    server.facts().latency = Duration::from_secs(5);
    let forged = Key::new("forged").sign(&json!({}));
    let begun = Instant::now();
    let searches: Vec<_> = (0..10)
        .map(|_| {
            let (app, forged) = (app.clone(), forged.clone());
            tokio::spawn(async move { app.verify_id_token(&forged, None).await.is_err() })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..10 {
        app.verify_id_token(&known, Some(NONCE)).await.expect("a key that is known");
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    for search in searches {
        assert!(search.await.expect("a task"));
    }
    assert_eq!((begun.elapsed(), server.facts().key_requests), (Duration::from_secs(5), 2));
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_dropped_calls_no_token_forged() {
    let server = Server::new();
    let app = server.app();
    let known = server.facts().id_token(NONCE);
    app.verify_id_token(&known, Some(NONCE)).await.expect("an identity");
    tokio::time::advance(Duration::from_secs(1)).await;
    server.rotate_keys();
    let token = server.facts().id_token(NONCE);
    // Whoever logs in first closes their browser while the keys are on their way.
    server.facts().latency = Duration::from_secs(1);
    let deadline = Duration::from_millis(500);
    tokio::time::timeout(deadline, app.verify_id_token(&token, Some(NONCE))).await.expect_err("dropped");
    app.verify_id_token(&token, Some(NONCE)).await.expect("the next one has them fetched");
}

#[tokio::test(start_paused = true)]
async fn a_response_without_keys_puts_none_out_of_use() {
    for nothing in [json!({}), json!({ "keys": [] }), json!({ "keys": [{ "kty": "RSA", "kid": "key-1" }] })] {
        let server = Server::new();
        let app = server.app();
        let token = server.facts().id_token(NONCE);
        server.facts().key_failure = Some((200, nothing.clone()));
        let error = app.verify_id_token(&token, Some(NONCE)).await.expect_err("no keys");
        assert_eq!(error.kind(), ErrorKind::Decode, "{nothing}: {error}");
        server.facts().key_failure = None;
        app.verify_id_token(&token, Some(NONCE)).await.expect("an identity");
        server.facts().key_failure = Some((200, nothing));
        tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
        app.verify_id_token(&token, Some(NONCE)).await.expect("still known");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_logins_share_one_fetch_of_the_keys_and_one_failure() {
    let server = Server::new();
    server.facts().latency = Duration::from_secs(1);
    let app = server.app();
    let token = server.facts().id_token(NONCE);
    let all = async || {
        let tasks: Vec<_> = (0..1000)
            .map(|_| {
                let (app, token) = (app.clone(), token.clone());
                tokio::spawn(async move { app.verify_id_token(&token, Some(NONCE)).await.is_ok() })
            })
            .collect();
        let mut verified = 0;
        for task in tasks {
            verified += usize::from(task.await.expect("a task"));
        }
        verified
    };
    server.facts().key_failure = Some((404, json!({})));
    assert_eq!((all().await, server.facts().key_requests), (0, 1));
    server.facts().key_failure = None;
    assert_eq!((all().await, server.facts().key_requests), (1000, 2));
}

#[tokio::test]
async fn a_session_whose_identity_does_not_hold_is_ended() {
    let server = Server::new();
    server.facts().claims = json!({ "aud": "2" });
    server.login(&server.app()).await.expect_err("meant for another app");
    assert_eq!(server.sessions(), 0);
    server.facts().claims = json!({});
    server.login(&server.app()).await.expect("a login");
    assert_eq!(server.sessions(), 1);
}

#[tokio::test]
async fn a_login_without_an_id_token_is_none() {
    let server = Server::new();
    let app = server.app();
    let login = app.authorize([opencloud::Scope::Openid]).begin().expect("a login");
    let back = server.visit(login.url()).await;
    let response = json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 899 });
    server.facts().failures = vec![Some((200, response))];
    let error =
        app.finish(login.into_pending(), &Callback::from_query(&back)).await.expect_err("no identity");
    assert!(error.is_authorization_required() && error.to_string().contains("ID token"), "{error}");
}

#[tokio::test]
async fn a_login_with_the_wrong_nonce_is_refused() {
    let server = Server::new();
    server.facts().claims = json!({ "nonce": "of another login" });
    let error = server.login(&server.app()).await.expect_err("another nonce");
    assert!(error.is_authorization_required() && error.to_string().contains("nonce"), "{error}");
}

proptest::proptest! {
    /// Whatever stands in the place of a token, it is refused, and nothing panics.
    #[test]
    fn anything_else_is_refused(token in "([A-Za-z0-9_-]{0,40}[.]){0,3}.{0,20}", header in ".{0,60}") {
        let server = Server::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let encoded = URL_SAFE_NO_PAD.encode(header);
        let own = server.facts().id_token(NONCE);
        let (_, rest) = own.split_once('.').expect("claims");
        for token in [token, format!("{encoded}.{rest}")] {
            proptest::prop_assert!(runtime.block_on(verified(&server, &token)).is_err());
        }
    }
}
