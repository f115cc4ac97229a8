//! What apps may ask, and what people decide.

use opencloud_emulator::{Emulator, OAuthApp};
use serde_json::json;

use crate::flow::{BACK, CHALLENGE, Flow, ID, PUBLIC_ID, SECRET, form, returned, text, value};

#[tokio::test]
async fn a_person_decides_on_the_page() {
    let flow = Flow::start().await;
    let asked = [
        ("client_id", ID),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid universe:write"),
        ("state", "\"><script>alert(1)</script>"),
    ];
    let page = flow.authorize(&asked).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<li>universe:write</li>") && page.text.contains("Player 1002"));
    assert!(!page.text.contains("<script>"), "what the app sends is text");
    assert!(page.header("content-security-policy").contains("script-src 'none'"));

    let decide = async |own: &[(&str, &str)]| flow.post("v1/authorize", &[&asked[..], own].concat()).await;
    let refused = decide(&[("emulator_decision", "deny")]).await;
    assert_eq!(value(&returned(&refused), "error"), Some("access_denied"));
    let allowed = decide(&[
        ("emulator_decision", "approve"),
        ("emulator_user", "other"),
        ("emulator_other_user", "77"),
        ("emulator_universes", "2001, 2002"),
    ])
    .await;
    let back = returned(&allowed);
    assert_eq!(value(&back, "state"), Some("\"><script>alert(1)</script>"));
    let code = value(&back, "code").expect("a code");
    let pairs =
        [("grant_type", "authorization_code"), ("code", code), ("client_id", ID), ("client_secret", SECRET)];
    let tokens = flow.post("v1/token", &pairs).await.ok();
    let infos = flow.about("v1/token/resources", text(&tokens, "access_token")).await.ok();
    let expected = json!({ "resource_infos": [{
        "owner": { "id": "77", "type": "User" },
        "resources": { "universe": { "ids": ["2001", "2002"] }, "creator": { "ids": ["U"] } },
    }] });
    assert_eq!(infos, expected);

    let nobody = [("emulator_decision", "approve"), ("emulator_user", "other"), ("emulator_other_user", "0")];
    assert!(decide(&nobody).await.text.contains("There is no such user."));
    let request = flow.browser.post(flow.url("v1/authorize")).header("sec-fetch-site", "cross-site");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(&asked));
    flow.client.send(request).await.refused(400);
}

#[tokio::test]
async fn what_an_app_must_not_ask() {
    let flow = Flow::start().await;
    flow.approve_as(1001);
    let with = async |changed: &[(&str, &str)]| {
        let mut pairs =
            vec![("client_id", ID), ("redirect_uri", BACK), ("response_type", "code"), ("scope", "openid")];
        pairs.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
        pairs.extend(changed);
        flow.authorize(&pairs).await
    };
    // Nobody is sent to an address that is not the app's.
    for changed in [("client_id", "0"), ("redirect_uri", "http://evil.example/"), ("redirect_uri", "")] {
        let response = with(&[changed]).await;
        assert_eq!((response.status, response.header("location")), (400, ""), "{changed:?}");
    }
    let told = async |changed: &[(&str, &str)]| {
        let back = returned(&with(changed).await);
        assert!(value(&back, "code").is_none());
        value(&back, "error").expect("an error").to_owned()
    };
    assert_eq!(told(&[("response_type", "token")]).await, "unsupported_response_type");
    // Two of Roblox's guides write it so.
    let response = with(&[("response_type", "Code")]).await;
    assert!(value(&returned(&response), "code").is_some());
    assert_eq!(told(&[("scope", "openid nothing:read")]).await, "invalid_scope");
    assert_eq!(told(&[("scope", "")]).await, "invalid_request");
    assert_eq!(told(&[("prompt", "whatever")]).await, "invalid_request");
    assert_eq!(told(&[("prompt", "none login")]).await, "invalid_request");
    assert_eq!(told(&[("client_id", PUBLIC_ID)]).await, "invalid_request", "a public app must use PKCE");
    let plain = [("code_challenge", CHALLENGE), ("code_challenge_method", "plain")];
    assert_eq!(told(&plain).await, "invalid_request");
    assert_eq!(told(&[("code_challenge", CHALLENGE)]).await, "invalid_request");
    let short = [("code_challenge", "short"), ("code_challenge_method", "S256")];
    assert_eq!(told(&short).await, "invalid_request");
    // Nothing but the state comes back if nothing is wanted.
    let response = with(&[("response_type", "none"), ("state", "x")]).await;
    assert_eq!(returned(&response), [("state".to_owned(), "x".to_owned())]);
    flow.settings(&json!({ "decision": "deny" })).await;
    assert_eq!(told(&[]).await, "access_denied");
}

#[tokio::test]
async fn an_app_is_held_to_what_it_registered() {
    let app = OAuthApp::confidential("42", "s").redirect_uri(BACK).scopes(["openid"]);
    let builder = Emulator::builder().oauth_app(app);
    let flow = Flow::of(builder.start().await.expect("started"));
    flow.approve_as(1001);
    let asked = async |back: &str, scope: &str| {
        let pairs =
            [("client_id", "42"), ("redirect_uri", back), ("response_type", "code"), ("scope", scope)];
        flow.authorize(&pairs).await
    };
    assert!(value(&returned(&asked(BACK, "openid").await), "code").is_some());
    assert_eq!(value(&returned(&asked(BACK, "profile").await), "error"), Some("invalid_scope"));
    assert_eq!(asked("http://localhost:3000/other", "openid").await.status, 400);
}

#[tokio::test]
async fn without_a_page_only_what_was_allowed_before_is_given() {
    let flow = Flow::start().await;
    let silently = async |scope: &str, user: Option<&str>| {
        let pairs = [
            ("client_id", ID),
            ("redirect_uri", BACK),
            ("response_type", "code"),
            ("scope", scope),
            ("prompt", "none"),
        ];
        let mut request = flow.browser.get(format!("{}?{}", flow.url("v1/authorize"), form(&pairs)));
        if let Some(user) = user {
            request = request.header("cookie", format!("a=b; emulator_user={user}"));
        }
        returned(&flow.client.send(request).await)
    };
    flow.tokens("openid group:read").await;
    flow.settings(&json!({})).await;
    assert_eq!(value(&silently("openid", None).await, "error"), Some("login_required"));
    assert!(value(&silently("openid", Some("1001")).await, "code").is_some());
    assert_eq!(value(&silently("profile", Some("1001")).await, "error"), Some("consent_required"));
    assert_eq!(value(&silently("openid", Some("1002")).await, "error"), Some("consent_required"));
}
