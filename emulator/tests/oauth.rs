//! OAuth 2.0: from the consent page to calls with tokens, by the endpoints and lifetimes of Roblox's guides.

mod common;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{Answer, Client, encode, start_time};
use opencloud_emulator::{Emulator, OAuthApp};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

const ID: &str = "1000000000000000001";
const SECRET: &str = "local-client-secret";
const PUBLIC_ID: &str = "1000000000000000002";
const BACK: &str = "http://localhost:3000/back";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct Flow {
    client: Client,
    browser: reqwest::Client,
}

impl Flow {
    async fn start() -> Flow {
        Flow::of(Emulator::builder().frozen_at(start_time()).start().await.expect("started"))
    }

    fn of(emulator: Emulator) -> Flow {
        let client = Client::of(emulator);
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Flow { client, browser: browser.expect("a client") }
    }

    fn url(&self, endpoint: &str) -> String {
        format!("{}/oauth/{endpoint}", self.client.emulator.base_url())
    }

    /// From now on, this user allows everything.
    fn approve_as(&self, user: u64) {
        self.client.emulator.approve_as(Some(user));
    }

    async fn settings(&self, settings: &Value) {
        let request = self.client.request("PUT", "/__emulator/oauth/settings").json(settings);
        assert_eq!(self.client.send(request).await.status, 204);
    }

    async fn authorize(&self, pairs: &[(&str, &str)]) -> Answer {
        let query = form(pairs);
        let url = format!("{}?{query}", self.url("v1/authorize"));
        self.client.send(self.browser.get(url)).await
    }

    /// The code that the app gets for these scopes.
    async fn code(&self, scope: &str) -> String {
        let answer = self
            .authorize(&[
                ("client_id", ID),
                ("redirect_uri", BACK),
                ("response_type", "code"),
                ("scope", scope),
                ("state", "s t&te"),
                ("nonce", "n-1"),
                ("code_challenge", CHALLENGE),
                ("code_challenge_method", "S256"),
            ])
            .await;
        let back = returned(&answer);
        assert_eq!(value(&back, "state"), Some("s t&te"), "{}", answer.text);
        value(&back, "code").expect("a code").to_owned()
    }

    async fn post(&self, endpoint: &str, pairs: &[(&str, &str)]) -> Answer {
        let request = self.browser.post(self.url(endpoint));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(pairs));
        self.client.send(request).await
    }

    async fn exchange(&self, code: &str) -> Answer {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("client_id", ID),
            ("client_secret", SECRET),
        ];
        self.post("v1/token", &pairs).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", ID),
            ("client_secret", SECRET),
        ];
        self.post("v1/token", &pairs).await
    }

    /// The tokens for these scopes of user 1001.
    async fn tokens(&self, scope: &str) -> Value {
        self.approve_as(1001);
        let code = self.code(scope).await;
        self.exchange(&code).await.ok()
    }

    async fn with_token(&self, target: &str, token: &str) -> Answer {
        let url = format!("{}{target}", self.client.emulator.base_url());
        self.client.send(self.browser.get(url).bearer_auth(token)).await
    }

    async fn about(&self, endpoint: &str, token: &str) -> Answer {
        let pairs = [("token", token), ("client_id", ID), ("client_secret", SECRET)];
        self.post(endpoint, &pairs).await
    }

    fn advance(&self, seconds: u64) {
        self.client.emulator.advance(Duration::from_secs(seconds));
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The query with which a browser is sent back to the app.
fn returned(answer: &Answer) -> Vec<(String, String)> {
    assert!(matches!(answer.status, 302 | 303), "{} {}", answer.status, answer.text);
    let (to, query) = answer.header("location").split_once('?').expect("a query");
    assert_eq!(to, BACK);
    opencloud_emulator::query_pairs(query)
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}"))
}

/// The error of a refusal in the form of RFC 6749.
fn error(answer: Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert!(!text(&body, "error_description").is_empty());
    text(&body, "error").to_owned()
}

/// The claims of a token, after its signature was checked against the published keys.
async fn verified(flow: &Flow, token: &str) -> Value {
    let configuration = flow.client.get("/oauth/.well-known/openid-configuration").await.ok();
    assert_eq!(configuration["id_token_signing_alg_values_supported"], json!(["ES256"]));
    let jwks = flow.client.send(flow.browser.get(text(&configuration, "jwks_uri"))).await.ok();
    let parts: Vec<_> = token.split('.').collect();
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("Base64 for URLs");
    let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)).expect("JSON");
    let header = json(parts[0]);
    assert_eq!(header["alg"], "ES256");
    let keys = jwks["keys"].as_array().expect("keys");
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the key that signed");
    assert_eq!((text(key, "kty"), text(key, "crv")), ("EC", "P-256"));
    let point = [vec![4], decoded(text(key, "x")), decoded(text(key, "y"))].concat();
    let signed = format!("{}.{}", parts[0], parts[1]);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &decoded(parts[2]))
        .expect("a good signature");
    let claims = json(parts[1]);
    assert_eq!(claims["iss"], configuration["issuer"]);
    claims
}

#[tokio::test]
async fn from_the_code_to_the_users_name() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("openid profile").await;
    assert_eq!(text(&tokens, "token_type"), "Bearer");
    assert_eq!((&tokens["expires_in"], &tokens["scope"]), (&json!(899), &json!("openid profile")));
    let claims = verified(&flow, text(&tokens, "id_token")).await;
    assert_eq!((text(&claims, "sub"), text(&claims, "aud")), ("1001", ID));
    assert_eq!((text(&claims, "nonce"), text(&claims, "nickname")), ("n-1", "Player 1001"));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_767_323_045), &json!(1_767_323_945)));
    let user = flow.with_token("/oauth/v1/userinfo", text(&tokens, "access_token")).await.ok();
    assert_eq!((text(&user, "sub"), text(&user, "preferred_username")), ("1001", "player_1001"));
    assert!(user["created_at"].is_i64());
    assert!(text(&user, "picture").starts_with("http"));
}

#[tokio::test]
async fn without_openid_there_is_no_identity() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("group:read").await;
    assert!(tokens.get("id_token").is_none());
    let answer = flow.with_token("/oauth/v1/userinfo", text(&tokens, "access_token")).await;
    assert!(answer.header("www-authenticate").contains("insufficient_scope"));
    answer.refused(403);
    let tokens = flow.tokens("openid").await;
    let user = flow.with_token("/oauth/v1/userinfo", text(&tokens, "access_token")).await.ok();
    assert_eq!(user, json!({ "sub": "1001" }));
    assert_eq!(flow.with_token("/oauth/v1/userinfo", "no-such-token").await.status, 401);
}

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
        let answer = with(&[changed]).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{changed:?}");
    }
    let told = async |changed: &[(&str, &str)]| {
        let back = returned(&with(changed).await);
        assert!(value(&back, "code").is_none());
        value(&back, "error").expect("an error").to_owned()
    };
    assert_eq!(told(&[("response_type", "token")]).await, "unsupported_response_type");
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
    let answer = with(&[("response_type", "none"), ("state", "x")]).await;
    assert_eq!(returned(&answer), [("state".to_owned(), "x".to_owned())]);
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
    let answer = basic(ID, "wrong", &pairs).await;
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    assert_eq!(error(answer, 401), "invalid_client");
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
    let target = "/cloud/v2/groups/4001/roles";
    let access = text(&tokens, "access_token");
    flow.advance(899);
    flow.with_token(target, access).await.ok();
    flow.advance(1);
    let answer = flow.with_token(target, access).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["errors"][0]["message"], "Invalid access token: it has expired.");
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
    let target = "/cloud/v2/groups/4001/roles";
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
    let answer = flow.with_token("/cloud/v2/groups/4001/roles", text(&tokens, "access_token")).await;
    answer.refused(403);
}

#[tokio::test]
async fn tokens_are_good_for_operations_with_oauth_and_for_their_scopes() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("universe:write universe.place:write openid").await;
    let token = text(&tokens, "access_token");
    flow.with_token("/cloud/v2/users/1001", token).await.ok();
    let answer = flow.with_token("/cloud/v2/groups/4001/roles", token).await;
    let message = "The access token does not have the scope group:read.";
    assert_eq!(answer.json(), json!({ "code": "PERMISSION_DENIED", "message": message }));
    answer.refused(403);
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
    let answer = flow.about("v1/token/revoke", text(&tokens, "refresh_token")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(error(flow.refresh(text(&tokens, "refresh_token")).await, 400), "invalid_grant");
    flow.with_token("/cloud/v2/users/1001", text(&tokens, "access_token")).await.refused(401);
    let answer = flow.about("v1/token/resources", text(&tokens, "access_token")).await;
    assert_eq!(error(answer, 400), "invalid_token");
    assert_eq!(flow.about("v1/token/revoke", "unknown").await.status, 200);
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

/// The program itself, which ends without a chance to write anything.
#[cfg(feature = "sqlite")]
struct Program {
    process: std::process::Child,
    base_url: String,
}

#[cfg(feature = "sqlite")]
impl Program {
    fn start(directory: &std::path::Path) -> Program {
        use std::io::{BufRead as _, BufReader};
        use std::process::{Command, Stdio};

        let mut process = Command::new(env!("CARGO_BIN_EXE_opencloud-emulator"))
            .args(["--port", "0", "--data"])
            .arg(directory)
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut line = String::new();
        let output = process.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let (_, base_url) = line.trim().split_once("at ").expect("an address");
        Program { base_url: base_url.to_owned(), process }
    }

    async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> reqwest::Response {
        let credentials = STANDARD.encode(format!("{ID}:{SECRET}"));
        common::http()
            .post(format!("{}{path}", self.base_url))
            .header("authorization", format!("Basic {credentials}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(pairs))
            .send()
            .await
            .expect("an answer")
    }

    async fn refresh(&self, token: &str) -> (u16, Value) {
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let answer = self.post("/oauth/v1/token", &pairs).await;
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn keys(&self) -> Value {
        let answer = reqwest::get(format!("{}/oauth/v1/certs", self.base_url)).await;
        answer.expect("an answer").json().await.expect("JSON")
    }
}

#[cfg(feature = "sqlite")]
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sessions_outlive_a_crash_and_so_does_what_was_used_up() {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oauth-sessions");
    let _ = std::fs::remove_dir_all(&directory);
    let program = Program::start(&directory);
    let wanted = json!({ "user": 1001, "scopes": ["openid", "group:read"] });
    let url = format!("{}/__emulator/oauth/tokens", program.base_url);
    let tokens: Value =
        common::http().post(url).json(&wanted).send().await.expect("an answer").json().await.expect("JSON");
    let (_, second) = program.refresh(text(&tokens, "refresh_token")).await;
    let keys = program.keys().await;
    drop(program);

    let program = Program::start(&directory);
    assert_eq!(program.keys().await, keys);
    let url = format!("{}/oauth/v1/userinfo", program.base_url);
    let user =
        common::http().get(url).bearer_auth(text(&second, "access_token")).send().await.expect("an answer");
    assert_eq!(user.status(), 200);
    let (status, third) = program.refresh(text(&second, "refresh_token")).await;
    assert_eq!(status, 200, "{third}");
    // Used a second time, it ends the session, although the answer is a refusal.
    assert_eq!(program.refresh(text(&second, "refresh_token")).await.0, 400);
    drop(program);

    let program = Program::start(&directory);
    let (status, refused) = program.refresh(text(&third, "refresh_token")).await;
    assert_eq!((status, text(&refused, "error")), (400, "invalid_grant"));
    assert!(text(&refused, "error_description").contains("has ended"), "{refused}");
}
