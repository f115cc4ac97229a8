//! An authorization server as Roblox documents its own, and one API route behind it.
//!
//! Time is a number that the test sets. Sleeping (latency) is on tokio's clock.

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jiff::Timestamp;
use opencloud::body::Body;
use opencloud::oauth::{App, AppBuilder, Callback, Login, TokenSet};
use opencloud::retry::Retry;
use opencloud::{Client, ClientBuilder, Error, Scope};
use opencloud::{Exchange, Transport};
use ring::signature::KeyPair as _;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tower::ServiceExt as _;

pub(crate) const CLIENT_ID: &str = "840974200211308101";
pub(crate) const SECRET: &str = "SECRET-OF-THE-APP-0123456789";
pub(crate) const REDIRECT: &str = "https://example.com/callback";
pub(crate) const START: i64 = 1_700_000_000;

/// The server. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Server(Arc<Mutex<Facts>>);

pub(crate) struct Facts {
    pub(crate) now: i64,
    pub(crate) keys: Vec<Key>,
    codes: HashMap<String, Grant>,
    /// By access token: when it ends.
    access: HashMap<String, i64>,
    /// Those that still work.
    refresh: HashSet<String>,
    next: u64,
    /// How long the endpoints of tokens and keys take.
    pub(crate) latency: Duration,
    /// How the token endpoint fails, once each: `None` after it has done its work and lost the answer.
    pub(crate) failures: Vec<Option<(u16, Value)>>,
    /// What is answered in the place of the keys.
    pub(crate) key_failure: Option<(u16, Value)>,
    /// What the ID token says instead.
    pub(crate) claims: Value,
    pub(crate) token_requests: Vec<HashMap<String, String>>,
    pub(crate) key_requests: usize,
    pub(crate) api_requests: usize,
}

#[derive(Clone)]
struct Grant {
    challenge: String,
    nonce: String,
    redirect_uri: String,
    ends: i64,
}

#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) private: Vec<u8>,
    public: Vec<u8>,
}

impl Key {
    pub(crate) fn new(id: &str) -> Self {
        let random = ring::rand::SystemRandom::new();
        let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let private = ring::signature::EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = ring::signature::EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref(), &random);
        let public = pair.expect("a pair").public_key().as_ref().to_vec();
        Self { id: id.to_owned(), private: private.as_ref().to_vec(), public }
    }

    fn public(&self) -> Value {
        let (x, y) = self.public[1..].split_at(32);
        let text = |bytes| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": text(x), "y": text(y) })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "typ": "JWT", "alg": "ES256", "kid": self.id }), claims)
    }

    /// With a header that need not tell the truth.
    pub(crate) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let random = ring::rand::SystemRandom::new();
        let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair =
            ring::signature::EcdsaKeyPair::from_pkcs8(algorithm, &self.private, &random).expect("a pair");
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = pair.sign(&random, signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Server {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Facts {
            now: START,
            keys: vec![Key::new("key-1")],
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashSet::new(),
            next: 0,
            latency: Duration::ZERO,
            failures: Vec::new(),
            key_failure: None,
            claims: json!({}),
            token_requests: Vec::new(),
            key_requests: 0,
            api_requests: 0,
        })))
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().expect("the facts")
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

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/oauth/v1/authorize", get(authorize))
            .route("/oauth/v1/token", post(token))
            .route("/oauth/v1/token/introspect", post(introspect))
            .route("/oauth/v1/token/resources", post(resources))
            .route("/oauth/v1/token/revoke", post(revoke))
            .route("/oauth/v1/userinfo", get(user_info))
            .route("/oauth/v1/certs", get(certs))
            .route("/cloud/v2/users/1", get(api))
            .with_state(self.clone())
    }

    /// At a port of this machine.
    pub(crate) async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = self.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    /// A connection to it without sockets.
    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder().transport(Direct(self.router())).retry(Retry::standard().jitter(false))
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
        let path = &url[url.find("/oauth/").expect("the page")..];
        let request = axum::http::Request::get(path).body(axum::body::Body::empty()).expect("a request");
        let answer = self.router().oneshot(request).await.expect("an answer");
        answer.headers()["location"].to_str().expect("a URL").to_owned()
    }

    /// A whole login.
    pub(crate) async fn login(&self, app: &App) -> Result<Login, Error> {
        let login = app.authorize([Scope::Openid, Scope::Profile]).begin()?;
        let back = self.visit(login.url()).await;
        app.finish(login.into_pending(), &Callback::from_query(&back)).await
    }

    /// The tokens of a new session.
    pub(crate) fn session(&self) -> TokenSet {
        let (access, refresh) = self.facts().give();
        let ends = self.facts().access[&access];
        TokenSet::new(access, Timestamp::from_second(ends).expect("a time"))
            .and_then(|tokens| tokens.with_refresh_token(refresh))
            .expect("tokens")
    }

    /// How many sessions can still be renewed.
    pub(crate) fn sessions(&self) -> usize {
        self.facts().refresh.len()
    }

    /// The user withdraws the authorization.
    pub(crate) fn withdraw(&self) {
        let mut facts = self.facts();
        facts.access.clear();
        facts.refresh.clear();
    }
}

impl Facts {
    fn give(&mut self) -> (String, String) {
        self.next += 1;
        let (access, refresh) =
            (format!("access-token-{}", self.next), format!("refresh-token-{}", self.next));
        self.access.insert(access.clone(), self.now + 899);
        self.refresh.insert(refresh.clone());
        (access, refresh)
    }

    fn is_good(&self, access: &str) -> bool {
        self.access.get(access).is_some_and(|ends| *ends > self.now)
    }

    /// What the ID token says, changed as the test wants.
    pub(crate) fn id_token(&self, nonce: &str) -> String {
        let mut claims = json!({
            "iss": "https://apis.roblox.com/oauth/",
            "sub": "156",
            "aud": CLIENT_ID,
            "exp": self.now + 899,
            "iat": self.now,
            "nonce": nonce,
            "name": "builder",
            "nickname": "The Builder",
            "preferred_username": "builderman",
            "created_at": 1_141_200_000,
            "profile": "https://www.roblox.com/users/156/profile",
            "picture": null
        });
        for (name, value) in self.claims.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        self.keys.last().expect("a key").sign(&claims)
    }
}

/// A transport that calls the router.
struct Direct(Router);

impl Transport for Direct {
    fn exchange(&self, request: http::Request<Body>, _: usize) -> Exchange<'_> {
        let router = self.0.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let body = match body {
                Body::Bytes { content_type, content, .. } => {
                    parts.headers.insert("content-type", content_type.parse().expect("a type"));
                    content
                }
                _ => Bytes::new(),
            };
            assert_eq!(parts.uri.host(), Some("apis.roblox.com"), "{}", parts.uri);
            let request = http::Request::from_parts(parts, axum::body::Body::from(body));
            let (parts, body) = router.oneshot(request).await.expect("an answer").into_parts();
            if parts.headers.contains_key("x-lost") {
                return Err(Error::interrupted("the connection broke"));
            }
            let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
            Ok(http::Response::from_parts(parts, body))
        })
    }
}

fn refuse(status: u16, error: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(json!({ "error": error, "error_description": "no" }))).into_response()
}

async fn authorize(State(server): State<Server>, Query(query): Query<HashMap<String, String>>) -> Response {
    let mut facts = server.facts();
    let known = query.get("client_id").is_some_and(|id| id == CLIENT_ID)
        && query.get("response_type").is_some_and(|kind| kind == "code")
        && query.get("code_challenge_method").is_some_and(|method| method == "S256");
    if !known {
        return refuse(400, "invalid_request");
    }
    facts.next += 1;
    let code = format!("code-{}", facts.next);
    let grant = Grant {
        challenge: query["code_challenge"].clone(),
        nonce: query["nonce"].clone(),
        redirect_uri: query["redirect_uri"].clone(),
        ends: facts.now + 60,
    };
    facts.codes.insert(code.clone(), grant);
    Redirect::to(&format!("{}?code={code}&state={}", query["redirect_uri"], query["state"])).into_response()
}

async fn token(State(server): State<Server>, Form(form): Form<HashMap<String, String>>) -> Response {
    let latency = server.facts().latency;
    tokio::time::sleep(latency).await;
    let mut facts = server.facts();
    facts.token_requests.push(form.clone());
    let failure = (!facts.failures.is_empty()).then(|| facts.failures.remove(0));
    if let Some(Some((status, body))) = failure {
        return (StatusCode::from_u16(status).expect("a status"), Json(body)).into_response();
    }
    let secret = form.get("client_secret").map(String::as_str);
    if form.get("client_id").is_none_or(|id| id != CLIENT_ID) || secret.is_some_and(|secret| secret != SECRET)
    {
        return refuse(401, "invalid_client");
    }
    let id_token = match form["grant_type"].as_str() {
        "authorization_code" => {
            let Some(grant) = facts.codes.remove(&form["code"]) else { return refuse(400, "invalid_grant") };
            let verifier = form.get("code_verifier").map_or("", String::as_str);
            let hash = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
            let is_theirs = URL_SAFE_NO_PAD.encode(hash) == grant.challenge
                && (43..=128).contains(&verifier.len())
                && form["redirect_uri"] == grant.redirect_uri;
            if !is_theirs || facts.now >= grant.ends {
                return refuse(400, "invalid_grant");
            }
            Some(facts.id_token(&grant.nonce))
        }
        "refresh_token" => {
            if !facts.refresh.remove(&form["refresh_token"]) {
                return refuse(400, "invalid_grant");
            }
            None
        }
        _ => return refuse(400, "unsupported_grant_type"),
    };
    let (access, refresh) = facts.give();
    let answer = json!({
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "Bearer",
        "expires_in": 899,
        "scope": "openid profile scope.of:tomorrow",
        "id_token": id_token
    });
    match failure {
        Some(_) => ([("x-lost", "true")], Json(answer)).into_response(),
        None => Json(answer).into_response(),
    }
}

async fn introspect(State(server): State<Server>, Form(form): Form<HashMap<String, String>>) -> Response {
    let facts = server.facts();
    if form.get("client_id").is_none_or(|id| id != CLIENT_ID) {
        return refuse(401, "invalid_client");
    }
    Json(json!({
        "active": facts.is_good(&form["token"]),
        "jti": "AT.1",
        "iss": "https://apis.roblox.com/oauth/",
        "token_type": "Bearer",
        "client_id": CLIENT_ID,
        "aud": "840974200211308101",
        "sub": "156",
        "scope": "openid asset:read",
        "exp": START + 899,
        "iat": START
    }))
    .into_response()
}

async fn resources(Form(form): Form<HashMap<String, String>>) -> Response {
    if form.get("client_secret").is_none_or(|secret| secret != SECRET) || !form.contains_key("token") {
        return refuse(401, "invalid_client");
    }
    Json(json!({ "resource_infos": [
        { "owner": { "id": "1", "type": "User" }, "resources": { "creator": { "ids": ["U"] } } },
        { "owner": { "id": "7", "type": "Group" }, "resources": {
            "universe": { "ids": ["3828411582", 2001] }, "creator": { "ids": [] }
        } }
    ] }))
    .into_response()
}

async fn revoke(State(server): State<Server>, Form(form): Form<HashMap<String, String>>) -> Response {
    if form.get("client_id").is_none_or(|id| id != CLIENT_ID) {
        return refuse(401, "invalid_client");
    }
    server.facts().refresh.remove(&form["token"]);
    StatusCode::OK.into_response()
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.strip_prefix("Bearer ").unwrap_or_default()
}

async fn user_info(State(server): State<Server>, headers: HeaderMap) -> Response {
    if !server.facts().is_good(bearer(&headers)) {
        return refuse(401, "invalid_token");
    }
    Json(json!({
        "sub": "156", "name": "The Builder", "nickname": "The Builder", "preferred_username": "builderman",
        "created_at": 1_141_200_000, "profile": "https://www.roblox.com/users/156/profile", "picture": null
    }))
    .into_response()
}

async fn certs(State(server): State<Server>) -> Response {
    let latency = server.facts().latency;
    tokio::time::sleep(latency).await;
    let mut facts = server.facts();
    facts.key_requests += 1;
    if let Some((status, body)) = facts.key_failure.clone() {
        return (StatusCode::from_u16(status).expect("a status"), Json(body)).into_response();
    }
    let mut keys: Vec<Value> = facts.keys.iter().map(Key::public).collect();
    // Keys of kinds that are not ours, and one that is none.
    keys.push(json!({ "kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB" }));
    keys.push(json!({ "kty": "EC", "crv": "P-256", "kid": "short" }));
    Json(json!({ "keys": keys })).into_response()
}

async fn api(State(server): State<Server>, headers: HeaderMap) -> Response {
    let mut facts = server.facts();
    facts.api_requests += 1;
    match facts.is_good(bearer(&headers)) {
        true => Json(json!({ "path": "users/1" })).into_response(),
        false => refuse(401, "invalid_token"),
    }
}
