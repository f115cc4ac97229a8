//! How codes become tokens, what these are good for and how they end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opencloud_emulator::{Emulator, Seed};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::common::{Response, encode};
use crate::flow::{
    BACK, CHALLENGE, Flow, ID, PUBLIC_ID, SECRET, VERIFIER, error, form, returned, text, value, verified,
};

#[tokio::test]
async fn a_code_is_good_once_and_for_one_minute() {
    let flow = Flow::start().await;
    flow.approve_as(1001);
    let code = flow.code("openid").await;
    let tokens = flow.exchange(&code).await.ok();
    assert_eq!(error(flow.exchange(&code).await, 400), "invalid_grant");
    // Somebody else may have been first: what the code gave is taken back.
    assert_eq!(error(flow.refresh(text(&tokens, "refresh_token")).await, 400), "invalid_grant");
    let code = flow.code("openid").await;
    flow.advance(60);
    assert_eq!(error(flow.exchange(&code).await, 400), "invalid_grant");
    assert_eq!(error(flow.exchange("code-unknown").await, 400), "invalid_grant");
}

#[tokio::test]
async fn a_code_needs_the_verifier_the_address_and_the_app_that_asked() {
    let flow = Flow::start().await;
    flow.approve_as(1001);
    let code = flow.code("openid").await;
    let with = async |more: &[(&str, &str)]| {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", ID),
            ("client_secret", SECRET),
        ];
        flow.post("v1/token", &[&pairs[..], more].concat()).await
    };
    let other = "x".repeat(43);
    assert_eq!(error(with(&[]).await, 400), "invalid_grant");
    assert_eq!(error(with(&[("code_verifier", &other)]).await, 400), "invalid_grant");
    assert_eq!(error(with(&[("code_verifier", "short")]).await, 400), "invalid_grant");
    let elsewhere = [("code_verifier", VERIFIER), ("redirect_uri", "http://localhost:3000/other")];
    assert_eq!(error(with(&elsewhere).await, 400), "invalid_grant");
    let public = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("client_id", PUBLIC_ID),
    ];
    assert_eq!(error(flow.post("v1/token", &public).await, 400), "invalid_grant");
    with(&[("code_verifier", VERIFIER), ("redirect_uri", BACK)]).await.ok();
}

#[tokio::test]
async fn an_app_shows_its_secret_in_the_form_or_by_http_basic() {
    let flow = Flow::start().await;
    let basic = async |id: &str, secret: &str, pairs: &[(&str, &str)]| {
        let credentials = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        let request =
            flow.browser.post(flow.url("v1/token")).header("authorization", format!("Basic {credentials}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(pairs));
        flow.client.send(request).await
    };
    let tokens = flow.tokens("openid").await;
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let response = basic(ID, "wrong", &pairs).await;
    assert!(response.header("www-authenticate").starts_with("Basic"));
    assert_eq!(error(response, 401), "invalid_client");
    assert_eq!(error(basic("0", SECRET, &pairs).await, 401), "invalid_client");
    let twice = [&pairs[..], &[("client_secret", SECRET)]].concat();
    assert_eq!(error(basic(ID, SECRET, &twice).await, 400), "invalid_request");
    basic(ID, SECRET, &pairs).await.ok();
    let wrong = [&pairs[..], &[("client_id", ID), ("client_secret", "wrong")]].concat();
    assert_eq!(error(flow.post("v1/token", &wrong).await, 401), "invalid_client");
    let none = [&pairs[..], &[("client_id", ID)]].concat();
    assert_eq!(error(flow.post("v1/token", &none).await, 401), "invalid_client");
}

#[tokio::test]
async fn what_the_token_endpoint_does_not_understand() {
    let flow = Flow::start().await;
    let app = [("client_id", ID), ("client_secret", SECRET)];
    let with = async |more: &[(&str, &str)]| flow.post("v1/token", &[&app[..], more].concat()).await;
    assert_eq!(error(with(&[]).await, 400), "invalid_request");
    assert_eq!(error(with(&[("grant_type", "password")]).await, 400), "unsupported_grant_type");
    let twice = [("grant_type", "refresh_token"), ("grant_type", "refresh_token")];
    assert_eq!(error(with(&twice).await, 400), "invalid_request");
    let request = flow.browser.post(flow.url("v1/token")).json(&json!({ "grant_type": "refresh_token" }));
    assert_eq!(error(flow.client.send(request).await, 400), "invalid_request");
}

#[tokio::test]
async fn a_public_app_needs_no_secret_but_the_verifier() {
    let flow = Flow::start().await;
    flow.approve_as(1001);
    let pairs = [
        ("client_id", PUBLIC_ID),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let back = returned(&flow.authorize(&pairs).await);
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", value(&back, "code").expect("a code")),
        ("code_verifier", VERIFIER),
        ("client_id", PUBLIC_ID),
    ];
    let tokens = flow.post("v1/token", &pairs).await.ok();
    let token = text(&tokens, "refresh_token");
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", PUBLIC_ID)];
    flow.post("v1/token", &pairs).await.ok();
}

#[tokio::test]
async fn access_tokens_live_for_fifteen_minutes_and_refresh_tokens_for_ninety_days() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("group:read").await;
    let target = "/cloud/v2/groups/4001/join-requests";
    let access = text(&tokens, "access_token");
    flow.advance(899);
    flow.with_token(target, access).await.ok();
    flow.advance(1);
    let response = flow.with_token(target, access).await;
    assert_eq!(response.status, 401);
    assert_eq!(response.json()["errors"][0]["message"], "Invalid access token: it has expired.");
    let tokens = flow.refresh(text(&tokens, "refresh_token")).await.ok();
    flow.with_token(target, text(&tokens, "access_token")).await.ok();
    flow.advance(90 * 86_400);
    assert_eq!(error(flow.refresh(text(&tokens, "refresh_token")).await, 400), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let flow = Flow::start().await;
    let first = flow.tokens("openid group:read").await;
    let second = flow.refresh(text(&first, "refresh_token")).await.ok();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let claims = verified(&flow, text(&second, "id_token")).await;
    assert!(claims.get("nonce").is_none(), "a nonce belongs to the authorization");
    let target = "/cloud/v2/groups/4001/join-requests";
    // The access token before is good until it expires.
    flow.with_token(target, text(&first, "access_token")).await.ok();
    assert_eq!(error(flow.refresh(text(&first, "refresh_token")).await, 400), "invalid_grant");
    assert_eq!(error(flow.refresh(text(&second, "refresh_token")).await, 400), "invalid_grant");
    flow.with_token(target, text(&second, "access_token")).await.refused(401);

    flow.settings(&json!({ "reuseEndsSession": false, "decision": { "approve": { "user": 1 } } })).await;
    let code = flow.code("openid").await;
    let first = flow.exchange(&code).await.ok();
    let second = flow.refresh(text(&first, "refresh_token")).await.ok();
    assert_eq!(error(flow.refresh(text(&first, "refresh_token")).await, 400), "invalid_grant");
    flow.refresh(text(&second, "refresh_token")).await.ok();
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_but_not_for_more() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("openid group:read").await;
    let refresh = async |token: &str, scope: &str| {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", scope),
            ("client_id", ID),
            ("client_secret", SECRET),
        ];
        flow.post("v1/token", &pairs).await
    };
    let token = text(&tokens, "refresh_token");
    assert_eq!(error(refresh(token, "group:write").await, 400), "invalid_grant");
    let tokens = refresh(token, "openid").await.ok();
    assert_eq!(text(&tokens, "scope"), "openid");
    let response =
        flow.with_token("/cloud/v2/groups/4001/join-requests", text(&tokens, "access_token")).await;
    response.refused(403);
}

#[tokio::test]
async fn tokens_are_good_for_operations_with_oauth_and_for_their_scopes() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("universe:write universe.place:write openid").await;
    let token = text(&tokens, "access_token");
    flow.with_token("/cloud/v2/users/1001", token).await.ok();
    let response = flow.with_token("/cloud/v2/groups/4001/join-requests", token).await;
    let message = "The access token does not have the scope group:read.";
    assert_eq!(response.json(), json!({ "code": "PERMISSION_DENIED", "message": message }));
    response.refused(403);
    // Data stores take API keys only.
    flow.with_token("/cloud/v2/universes/2001/data-stores", token).await.refused(401);
    for wrong in ["unknown", text(&tokens, "refresh_token"), text(&tokens, "id_token")] {
        flow.with_token("/cloud/v2/users/1001", wrong).await.refused(401);
    }
}

#[tokio::test]
async fn a_token_is_good_only_for_the_universes_that_the_user_chose() {
    let flow = Flow::start().await;
    let wanted = json!({ "user": 1001, "scopes": ["universe.secret:read"], "universes": ["2001"] });
    let tokens = flow.client.post("/__emulator/oauth/tokens", &wanted).await.ok();
    let token = text(&tokens, "access_token");
    flow.with_token("/cloud/v2/universes/2001/secrets", token).await.ok();
    let refused = flow.with_token("/cloud/v2/universes/2002/secrets", token).await.refused(403);
    assert!(refused.contains("universe.secret:read for universe 2002"), "{refused}");
}

#[tokio::test]
async fn introspection_looks_at_the_lifetime_only() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("openid group:read").await;
    let about = async |name: &str| flow.about("v1/token/introspect", text(&tokens, name)).await.ok();
    let access = about("access_token").await;
    assert_eq!((&access["active"], text(&access, "sub")), (&json!(true), "1001"));
    assert_eq!((text(&access, "scope"), text(&access, "client_id")), ("openid group:read", ID));
    assert_eq!((&access["iat"], &access["exp"]), (&json!(1_767_323_045), &json!(1_767_323_945)));
    assert_eq!(about("refresh_token").await["active"], true);
    assert_eq!(about("id_token").await["token_type"], "id_token");

    let revoked = json!({ "user": 1001, "clientId": ID });
    assert_eq!(flow.client.post("/__emulator/oauth/revoke", &revoked).await.ok()["ended"], 1);
    assert_eq!(about("access_token").await["active"], true);
    flow.with_token("/cloud/v2/users/1001", text(&tokens, "access_token")).await.refused(401);
    flow.advance(900);
    for name in ["access_token", "id_token"] {
        assert_eq!(about(name).await, json!({ "active": false }), "{name}");
    }
    assert_eq!(about("refresh_token").await["active"], true);
    let pairs = [("token", text(&tokens, "refresh_token")), ("client_id", PUBLIC_ID)];
    let by_another = flow.post("v1/token/introspect", &pairs).await.ok();
    assert_eq!(by_another, json!({ "active": false }));
}

#[tokio::test]
async fn an_app_gives_a_session_back() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("openid group:read").await;
    let response = flow.about("v1/token/revoke", text(&tokens, "refresh_token")).await;
    assert_eq!((response.status, response.text.as_str()), (200, ""));
    assert_eq!(error(flow.refresh(text(&tokens, "refresh_token")).await, 400), "invalid_grant");
    flow.with_token("/cloud/v2/users/1001", text(&tokens, "access_token")).await.refused(401);
    let response = flow.about("v1/token/resources", text(&tokens, "access_token")).await;
    assert_eq!(error(response, 400), "invalid_token");
    assert_eq!(flow.about("v1/token/revoke", "unknown").await.status, 200);
}

/// The document lets an app make assets for a user or a group; a token is one user's.
#[tokio::test]
async fn assets_are_made_for_the_user_of_the_token_or_a_group_of_theirs() {
    let seed = json!({ "groups": [{ "id": 4001, "members": { "1001": "Owner", "1002": "Member" } }] });
    let seed: Seed = seed.to_string().parse().expect("a seed");
    let flow = Flow::of(Emulator::builder().seed(seed).start().await.expect("started"));
    assert_eq!(flow.client.get("/cloud/v2/groups/4001").await.ok()["owner"], "users/1001");
    let upload = async |user: u64, creator: Value| {
        let token = flow.client.emulator.access_token(user, ["asset:read", "asset:write"]).expect("a token");
        let asset = json!({
            "assetType": "Model", "displayName": "Mine", "description": "A model.",
            "creationContext": { "creator": creator }
        });
        let file = Part::bytes(&b"<roblox!"[..]).file_name("file").mime_str("model/x-rbxm").expect("a type");
        let form = Form::new().text("request", asset.to_string()).part("fileContent", file);
        let url = format!("{}/assets/v1/assets", flow.client.emulator.base_url());
        flow.client.send(flow.browser.post(url).bearer_auth(token).multipart(form)).await
    };
    upload(1001, json!({ "userId": 1001 })).await.ok();
    upload(1001, json!({ "groupId": 4001 })).await.ok();
    let message = upload(1002, json!({ "groupId": 4001 })).await.refused(403);
    assert!(message.contains("asset:write for group 4001"), "{message}");
    let message = upload(1002, json!({ "userId": 1001 })).await.refused(403);
    assert!(message.contains("asset:write for user 1001"), "{message}");
    upload(1001, json!({ "groupId": 4002 })).await.refused(403);
}

/// Roblox counts apps in browsers among the public ones: without this, none of them could log in.
#[tokio::test]
async fn the_script_of_a_page_may_read_what_an_app_is_told() {
    let flow = Flow::start().await;
    let page = |method: &str, endpoint: &str| {
        let method = method.parse().expect("a method");
        flow.browser.request(method, flow.url(endpoint)).header("origin", "http://localhost:3000")
    };
    let open = |response: &Response| response.header("access-control-allow-origin") == "*";
    for endpoint in [".well-known/openid-configuration", "v1/certs", "v1/userinfo"] {
        assert!(open(&flow.client.send(page("GET", endpoint)).await), "{endpoint}");
    }
    assert!(open(&flow.client.send(page("POST", "v1/token")).await), "errors as well");
    let asked = flow.client.send(page("OPTIONS", "v1/userinfo")).await;
    assert_eq!((asked.status, open(&asked)), (204, true));
    assert!(asked.header("access-control-allow-headers").contains("authorization"));
    let api = flow.client.get("/cloud/v2/users/1001").await;
    assert!(!open(&api), "the API is for no page");
}

#[tokio::test]
async fn keys_rotate_and_older_tokens_can_still_be_checked() {
    let flow = Flow::start().await;
    let before = flow.tokens("openid").await;
    flow.client.post("/__emulator/oauth/rotate-keys", &json!({})).await;
    let after = flow.refresh(text(&before, "refresh_token")).await.ok();
    verified(&flow, text(&before, "id_token")).await;
    verified(&flow, text(&after, "id_token")).await;
    let key = |tokens: &Value| text(tokens, "id_token").split('.').next().map(str::to_owned);
    assert_ne!(key(&before), key(&after));
}

#[tokio::test]
async fn nothing_secret_is_recorded_or_told() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("openid").await;
    flow.about("v1/token/introspect", text(&tokens, "access_token")).await.ok();
    let told = flow.client.get("/__emulator/oauth").await.text;
    let recorded = flow.client.get("/__emulator/requests").await.text;
    assert!(recorded.contains("authorization%5Fcode"), "{recorded}");
    for secret in [SECRET, VERIFIER, text(&tokens, "access_token"), text(&tokens, "refresh_token")] {
        assert!(!told.contains(secret) && !recorded.contains(secret), "{secret}");
    }
}
