//! The emulator's authorization server, called without sockets, so that tests can pause tokio's clock.
//!
//! What the tests count, delay and lose on the way to it is in [`Facts`].

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request};
use jiff::Timestamp;
use opencloud::body::Body;
use opencloud::oauth::{App, AppBuilder, Callback, Login, TokenSet};
use opencloud::retry::Retry;
use opencloud::{Client, ClientBuilder, Error, Exchange, Scope, Transport};
use opencloud_emulator::{Emulator, OAuthApp, Seed, query_pairs};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

pub(crate) const CLIENT_ID: &str = "840974200211308101";
pub(crate) const SECRET: &str = "SECRET-OF-THE-APP-0123456789";
/// An app without a secret.
pub(crate) const PUBLIC_CLIENT_ID: &str = "840974200211308102";
pub(crate) const REDIRECT: &str = "https://example.com/callback";
pub(crate) const START: i64 = 1_700_000_000;
pub(crate) const ISSUER: &str = "https://apis.roblox.com/oauth/";
const USER: u64 = 156;

/// The server. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Server(Arc<Shared>);

struct Shared {
    emulator: Emulator,
    facts: Mutex<Facts>,
}

pub(crate) struct Facts {
    pub(crate) now: i64,
    /// The emulator's own time.
    emulator_now: i64,
    /// Those that have signed, the latest last.
    pub(crate) keys: Vec<Key>,
    /// How long the endpoints of tokens and keys take.
    pub(crate) latency: Duration,
    /// How token requests fail, once each: `None` after the server has done its work, and the response is lost.
    pub(crate) failures: Vec<Option<(u16, Value)>>,
    /// The response in place of the keys.
    pub(crate) key_failure: Option<(u16, Value)>,
    /// What ID tokens say instead.
    pub(crate) claims: Value,
    pub(crate) token_requests: Vec<HashMap<String, String>>,
    pub(crate) key_requests: usize,
    pub(crate) api_requests: usize,
}

#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    private: Vec<u8>,
}

fn pair(private: &[u8]) -> EcdsaKeyPair {
    let random = ring::rand::SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private, &random).expect("a pair")
}

impl Key {
    /// A key that the server does not have.
    pub(crate) fn new(id: &str) -> Self {
        let random = ring::rand::SystemRandom::new();
        let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        Self { id: id.to_owned(), private: private.as_ref().to_vec() }
    }

    /// The key that the emulator signs with after this number of rotations.
    fn of(emulator: &Emulator, rotations: usize) -> Self {
        let pairs = emulator.state().get("identity/oauth/keys/pairs").expect("keys");
        let private = STANDARD.decode(pairs[rotations].as_str().expect("a key")).expect("Base64");
        let digest = ring::digest::digest(&ring::digest::SHA256, pair(&private).public_key().as_ref());
        Self { id: URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]), private }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "typ": "JWT", "alg": "ES256", "kid": self.id }), claims)
    }

    /// With a header that need not tell the truth.
    pub(crate) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let random = ring::rand::SystemRandom::new();
        let signature = pair(&self.private).sign(&random, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Server {
    pub(crate) fn new() -> Self {
        let user = r#"{ "users": [{ "id": 156, "name": "builderman", "displayName": "The Builder",
            "createTime": "2006-03-01T08:00:00Z" }] }"#;
        let seed: Seed = user.parse().expect("a seed");
        let emulator = Emulator::builder()
            .frozen_at(SystemTime::UNIX_EPOCH + Duration::from_secs(START.unsigned_abs()))
            .oauth_app(OAuthApp::confidential(CLIENT_ID, SECRET))
            .oauth_app(OAuthApp::public(PUBLIC_CLIENT_ID))
            .seed(seed);
        // It starts at once.
        let emulator = emulator.start().now_or_never().expect("no waiting").expect("an emulator");
        let facts = Facts {
            now: START,
            emulator_now: START,
            keys: vec![Key::of(&emulator, 0)],
            latency: Duration::ZERO,
            failures: Vec::new(),
            key_failure: None,
            claims: json!({}),
            token_requests: Vec::new(),
            key_requests: 0,
            api_requests: 0,
        };
        Self(Arc::new(Shared { emulator, facts: Mutex::new(facts) }))
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.facts.lock().expect("the facts")
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.facts().now).expect("a time")
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.facts().now += seconds;
    }

    /// How often a refresh token was given for others, or tried.
    pub(crate) fn renewals(&self) -> usize {
        let facts = self.facts();
        facts.token_requests.iter().filter(|form| form["grant_type"] == "refresh_token").count()
    }

    /// Where it listens, too.
    pub(crate) fn url(&self) -> &str {
        self.0.emulator.base_url()
    }

    /// Another key signs from now on.
    pub(crate) fn rotate_keys(&self) {
        self.control(Method::POST, "rotate-keys", &json!({}));
        let mut facts = self.facts();
        let key = Key::of(&self.0.emulator, facts.keys.len());
        facts.keys.push(key);
    }

    /// A connection to it without sockets.
    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder().transport(Direct(self.clone())).retry(Retry::standard().jitter(false))
    }

    /// A confidential app whose clock is the server's.
    pub(crate) fn app_builder(&self) -> AppBuilder {
        let server = self.clone();
        App::builder(CLIENT_ID)
            .client_secret(SECRET)
            .redirect_uri(REDIRECT)
            .client(self.client())
            .clock(move || server.now())
    }

    pub(crate) fn app(&self) -> App {
        self.app_builder().build().expect("an app")
    }

    /// What a user's browser does: visits the page, says yes, and comes back.
    pub(crate) async fn visit(&self, url: &str) -> String {
        self.bring_up_to_date();
        let path = &url[url.find("/oauth/").expect("the page")..];
        let request = Request::get(path).body(Bytes::new()).expect("a request");
        let response = self.0.emulator.respond(request).await.expect("a response");
        response.headers()["location"].to_str().expect("a URL").to_owned()
    }

    /// A whole login.
    pub(crate) async fn login(&self, app: &App) -> Result<Login, Error> {
        let login = app.authorize([Scope::Openid, Scope::Profile]).begin()?;
        let back = self.visit(login.url()).await;
        app.finish(login.into_pending(), &Callback::from_query(&back)).await
    }

    /// The tokens of a new session.
    pub(crate) fn session(&self) -> TokenSet {
        self.session_with(&json!({ "scopes": ["openid", "profile"] }))
    }

    /// The tokens of a session with these scopes, for these universes.
    pub(crate) fn session_for(&self, scopes: &[&str], universes: &[&str]) -> TokenSet {
        self.session_with(&json!({ "scopes": scopes, "universes": universes }))
    }

    fn session_with(&self, wanted: &Value) -> TokenSet {
        let mut wanted = wanted.clone();
        (wanted["clientId"], wanted["user"]) = (json!(CLIENT_ID), json!(USER));
        let given = self.control(Method::POST, "tokens", &wanted);
        let text = |name: &str| given[name].as_str().expect("a token").to_owned();
        let ends = Timestamp::from_second(self.facts().now + 899).expect("a time");
        TokenSet::new(text("access_token"), ends)
            .and_then(|tokens| tokens.with_refresh_token(text("refresh_token")))
            .expect("tokens")
    }

    /// How many sessions can still be renewed.
    pub(crate) fn sessions(&self) -> usize {
        let known = self.control(Method::GET, "", &Value::Null);
        let sessions = known["sessions"].as_array().expect("sessions");
        sessions.iter().filter(|session| session["ended"] == false).count()
    }

    /// The user withdraws the authorization.
    pub(crate) fn withdraw(&self) {
        self.control(Method::POST, "revoke", &json!({ "user": USER }));
    }

    /// One of the emulator's endpoints that set up OAuth.
    fn control(&self, method: Method, what: &str, body: &Value) -> Value {
        self.bring_up_to_date();
        self.tell(method, format!("/__emulator/oauth/{what}").trim_end_matches('/'), body)
    }

    fn tell(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Bytes::from(body.to_string())).expect("a request");
        let response = self.0.emulator.respond(request).now_or_never().flatten().expect("a response");
        let (parts, body) = response.into_parts();
        assert!(parts.status.is_success(), "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// Gives the emulator the time and the claims of the facts.
    fn bring_up_to_date(&self) {
        let (passed, claims) = {
            let mut facts = self.facts();
            let passed = facts.now - facts.emulator_now;
            facts.emulator_now = facts.now;
            (passed, facts.claims.clone())
        };
        self.0.emulator.advance(Duration::from_secs(passed.unsigned_abs()));
        let settings = json!({
            "decision": { "approve": { "user": USER } },
            "issuer": ISSUER,
            "claims": claims,
            "reuseEndsSession": false,
        });
        self.tell(Method::PUT, "/__emulator/oauth/settings", &settings);
    }

    /// A request on its way to the emulator and back.
    async fn exchange(&self, request: Request<Body>) -> Result<http::Response<Bytes>, Error> {
        let (mut parts, body) = request.into_parts();
        assert_eq!(parts.uri.host(), Some("apis.roblox.com"), "{}", parts.uri);
        let body = match body {
            Body::Bytes { content_type, content, .. } => {
                parts.headers.insert("content-type", content_type.parse().expect("a type"));
                content
            }
            _ => Bytes::new(),
        };
        let failure = match parts.uri.path() {
            "/oauth/v1/token" => self.receive_token_request(&body).await,
            "/oauth/v1/certs" => self.receive_key_request().await,
            path => {
                self.facts().api_requests += usize::from(path.starts_with("/cloud/"));
                None
            }
        };
        if let Some(Some((status, body))) = failure {
            let response =
                http::Response::builder().status(status).header("content-type", "application/json");
            return Ok(response.body(body.to_string().into()).expect("a response"));
        }
        self.bring_up_to_date();
        let is_keys = parts.uri.path() == "/oauth/v1/certs";
        let mut response =
            self.0.emulator.respond(Request::from_parts(parts, body)).await.expect("a response");
        // As its listener adds it.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(self.facts().now.unsigned_abs());
        let date = httpdate::fmt_http_date(now).parse().expect("a date");
        response.headers_mut().insert(http::header::DATE, date);
        match failure {
            Some(_) => Err(Error::interrupted("the connection broke")),
            None if is_keys => Ok(response.map(|keys| with_other_keys(&keys))),
            None => Ok(response),
        }
    }

    async fn receive_token_request(&self, body: &[u8]) -> Option<Option<(u16, Value)>> {
        let latency = self.facts().latency;
        tokio::time::sleep(latency).await;
        let mut facts = self.facts();
        let form = query_pairs(std::str::from_utf8(body).expect("a form"));
        facts.token_requests.push(form.into_iter().collect());
        (!facts.failures.is_empty()).then(|| facts.failures.remove(0))
    }

    async fn receive_key_request(&self) -> Option<Option<(u16, Value)>> {
        let latency = self.facts().latency;
        tokio::time::sleep(latency).await;
        let mut facts = self.facts();
        facts.key_requests += 1;
        facts.key_failure.clone().map(Some)
    }
}

/// Adds keys of kinds that are not ours, and one that is malformed.
fn with_other_keys(keys: &[u8]) -> Bytes {
    let mut keys: Value = serde_json::from_slice(keys).expect("JSON");
    let list = keys["keys"].as_array_mut().expect("keys");
    list.push(json!({ "kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB" }));
    list.push(json!({ "kty": "EC", "crv": "P-256", "kid": "short" }));
    keys.to_string().into()
}

impl Facts {
    /// An ID token of this login, with the claims that the test wants.
    pub(crate) fn id_token(&self, nonce: &str) -> String {
        let mut claims = json!({
            "iss": ISSUER,
            "sub": USER.to_string(),
            "aud": CLIENT_ID,
            "exp": self.now + 899,
            "iat": self.now,
            "nonce": nonce,
            "name": "The Builder",
            "nickname": "The Builder",
            "preferred_username": "builderman",
        });
        for (name, value) in self.claims.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        self.keys.last().expect("a key").sign(&claims)
    }
}

/// A transport that calls the emulator.
struct Direct(Server);

impl Transport for Direct {
    fn exchange(&self, request: Request<Body>, _: usize) -> Exchange<'_> {
        let server = self.0.clone();
        Box::pin(async move { server.exchange(request).await })
    }
}
