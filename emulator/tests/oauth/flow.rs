//! A browser and an app that go through the flow.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use opencloud_emulator::Emulator;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::common::{Client, Response, encode, start_time};

pub(crate) const ID: &str = "1000000000000000001";
pub(crate) const SECRET: &str = "local-client-secret";
pub(crate) const PUBLIC_ID: &str = "1000000000000000002";
pub(crate) const BACK: &str = "http://localhost:3000/back";
/// The pair of RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct Flow {
    pub(crate) client: Client,
    pub(crate) browser: reqwest::Client,
}

impl Flow {
    pub(crate) async fn start() -> Flow {
        Flow::of(Emulator::builder().frozen_at(start_time()).start().await.expect("started"))
    }

    pub(crate) fn of(emulator: Emulator) -> Flow {
        let client = Client::of(emulator);
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Flow { client, browser: browser.expect("a client") }
    }

    pub(crate) fn url(&self, endpoint: &str) -> String {
        format!("{}/oauth/{endpoint}", self.client.emulator.base_url())
    }

    /// From now on, this user allows everything.
    pub(crate) fn approve_as(&self, user: u64) {
        self.client.emulator.approve_as(Some(user));
    }

    pub(crate) async fn settings(&self, settings: &Value) {
        let request = self.client.request("PUT", "/__emulator/oauth/settings").json(settings);
        assert_eq!(self.client.send(request).await.status, 204);
    }

    pub(crate) async fn authorize(&self, pairs: &[(&str, &str)]) -> Response {
        let query = form(pairs);
        let url = format!("{}?{query}", self.url("v1/authorize"));
        self.client.send(self.browser.get(url)).await
    }

    /// The code that the app gets for these scopes.
    pub(crate) async fn code(&self, scope: &str) -> String {
        let response = self
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
        let back = returned(&response);
        assert_eq!(value(&back, "state"), Some("s t&te"), "{}", response.text);
        value(&back, "code").expect("a code").to_owned()
    }

    pub(crate) async fn post(&self, endpoint: &str, pairs: &[(&str, &str)]) -> Response {
        let request = self.browser.post(self.url(endpoint));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(pairs));
        self.client.send(request).await
    }

    pub(crate) async fn exchange(&self, code: &str) -> Response {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("client_id", ID),
            ("client_secret", SECRET),
        ];
        self.post("v1/token", &pairs).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Response {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", ID),
            ("client_secret", SECRET),
        ];
        self.post("v1/token", &pairs).await
    }

    /// The tokens for these scopes of user 1001.
    pub(crate) async fn tokens(&self, scope: &str) -> Value {
        self.approve_as(1001);
        let code = self.code(scope).await;
        self.exchange(&code).await.ok()
    }

    pub(crate) async fn with_token(&self, target: &str, token: &str) -> Response {
        let url = format!("{}{target}", self.client.emulator.base_url());
        self.client.send(self.browser.get(url).bearer_auth(token)).await
    }

    pub(crate) async fn about(&self, endpoint: &str, token: &str) -> Response {
        let pairs = [("token", token), ("client_id", ID), ("client_secret", SECRET)];
        self.post(endpoint, &pairs).await
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.client.emulator.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The query with which a browser is sent back to the app.
pub(crate) fn returned(response: &Response) -> Vec<(String, String)> {
    assert!(matches!(response.status, 302 | 303), "{} {}", response.status, response.text);
    let (to, query) = response.header("location").split_once('?').expect("a query");
    assert_eq!(to, BACK);
    opencloud_emulator::query_pairs(query)
}

pub(crate) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

pub(crate) fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}"))
}

/// The error of a refusal in the form of RFC 6749 (AU-07).
pub(crate) fn error(response: Response, status: u16) -> String {
    assert_eq!(response.status, status, "{}", response.text);
    assert_eq!(response.header("cache-control"), "no-store");
    let body = response.json();
    assert!(!text(&body, "error_description").is_empty());
    text(&body, "error").to_owned()
}

/// The claims of a token, after its signature was checked against the published keys.
pub(crate) async fn verified(flow: &Flow, token: &str) -> Value {
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
