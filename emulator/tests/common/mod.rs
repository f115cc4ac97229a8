//! What the tests over HTTP share.

#![allow(dead_code, reason = "each test file uses its part")]

use opencloud_emulator::{Document, Emulator, Operation, Shapes, sample_request};
use serde_json::Value;

pub(crate) struct Client {
    pub(crate) emulator: Emulator,
    http: reqwest::Client,
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Response {
    /// The body of a response that must be a success.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The message of a refusal with this status.
    pub(crate) fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        self.text
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// 2026-01-02T03:04:05Z
pub(crate) fn start_time() -> std::time::SystemTime {
    std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_767_323_045)
}

impl Client {
    pub(crate) async fn start() -> Client {
        Client::shaped(Shapes::Live).await
    }

    pub(crate) async fn shaped(shapes: Shapes) -> Client {
        let builder = Emulator::builder().frozen_at(start_time()).shapes(shapes);
        Client::of(builder.start().await.expect("started"))
    }

    /// One that responds as Roblox's document says, not as the live service does.
    pub(crate) async fn by_document() -> Client {
        Client::shaped(Shapes::Document).await
    }

    pub(crate) fn of(emulator: Emulator) -> Client {
        Client { emulator, http: http() }
    }

    pub(crate) fn request(&self, method: &str, target: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        // Tests write a page token as it came. Of what it may hold (PG-03), only `+` means something else in a query.
        let target = target.replace('+', "%2B");
        let url = format!("{}{target}", self.emulator.base_url());
        self.http.request(method, url).header("x-api-key", "test")
    }

    pub(crate) async fn send_sample(&self, operation: &Operation) -> Response {
        self.send(sample(&self.http, self.emulator.base_url(), operation)).await
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        let response = request.send().await.expect("a response");
        Response {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("text"),
        }
    }

    pub(crate) async fn get(&self, target: &str) -> Response {
        self.send(self.request("GET", target)).await
    }

    pub(crate) async fn delete(&self, target: &str) -> Response {
        self.send(self.request("DELETE", target)).await
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Response {
        self.send(self.request("POST", target).json(body)).await
    }

    pub(crate) async fn patch(&self, target: &str, body: &Value) -> Response {
        self.send(self.request("PATCH", target).json(body)).await
    }

    /// All items of a list, page by page, and how many pages there were.
    pub(crate) async fn all(&self, target: &str, items: &str) -> (Vec<Value>, usize) {
        let mut found = Vec::new();
        let mut token = String::new();
        for pages in 1..1000 {
            let separator = if target.contains('?') { '&' } else { '?' };
            let mut page_target = target.to_owned();
            if !token.is_empty() {
                page_target.push_str(&format!("{separator}pageToken={token}"));
            }
            let page = self.get(&page_target).await.ok();
            // Some services leave out a list that is empty (PG-02).
            found.extend(page[items].as_array().into_iter().flatten().cloned());
            match page["nextPageToken"].as_str() {
                Some(next) if !next.is_empty() => {
                    assert_ne!(next, token, "the token repeats");
                    token = next.to_owned();
                }
                _ => return (found, pages),
            }
        }
        panic!("the list does not end");
    }

    /// No response so far had anything that the document does not allow.
    pub(crate) fn assert_responses_fit(&self) {
        for request in self.emulator.requests() {
            assert!(
                request.response_violations.is_empty(),
                "{} {}: {:?}",
                request.method,
                request.path,
                request.response_violations
            );
        }
    }
}

/// The sample request of an operation, to whatever emulator listens at an address.
pub(crate) fn sample(
    http: &reqwest::Client,
    base_url: &str,
    operation: &Operation,
) -> reqwest::RequestBuilder {
    let sample = sample_request(Document::embedded(), operation);
    let method = sample.method.parse().expect("a method");
    let mut request =
        http.request(method, format!("{base_url}{}", sample.target())).header("x-api-key", "test");
    for (name, value) in &sample.headers {
        request = request.header(name, value);
    }
    if let Some(content_type) = &sample.content_type {
        request = request.header("content-type", content_type);
    }
    if !sample.body.is_empty() {
        request.body(sample.body)
    } else if sample.method != "GET" {
        request.header("content-length", "0")
    } else {
        request
    }
}

/// A whole number, also if it is written as text, as ordered data stores do at times (OD-01, OD-06).
pub(crate) fn number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).expect("a number")
}

/// A content, sealed for the key that a universe gives out.
pub(crate) fn sealed(public_key: &Value, content: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use crypto_box::aead::rand_core::{CryptoRng, Error, RngCore};

    /// Good enough to seal for a test.
    struct Counter(u8);
    impl CryptoRng for Counter {}
    impl RngCore for Counter {
        fn next_u32(&mut self) -> u32 {
            let mut bytes = [0; 4];
            self.fill_bytes(&mut bytes);
            u32::from_le_bytes(bytes)
        }
        fn next_u64(&mut self) -> u64 {
            u64::from(self.next_u32())
        }
        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_mul(5).wrapping_add(3);
                *byte = self.0;
            }
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    let key = STANDARD.decode(public_key["secret"].as_str().expect("a key")).expect("base64");
    let key = crypto_box::PublicKey::from_slice(&key).expect("32 bytes");
    STANDARD.encode(key.seal(&mut Counter(7), content.as_bytes()).expect("sealed"))
}

/// Percent-encodes everything but letters and digits.
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => (byte as char).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// An HTTP client. Nothing here uses TLS, but in a build of the whole workspace `reqwest` has it and
/// wants to know whose cryptography to use.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
