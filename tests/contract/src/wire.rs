//! What goes over the wire, of a script or of a real service.

use bytes::Bytes;
use http::Request;
use opencloud::body::{Body, Form};
use opencloud::testing::{Expect, MockResponse, Received, Script};
use opencloud::{Exchange, Transport};
use std::sync::{Arc, Mutex};

/// A request as it would go over the wire.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    /// Scheme and authority.
    pub origin: String,
    /// As encoded, without the query.
    pub path: String,
    pub query: Option<String>,
    pub headers: http::HeaderMap,
    pub body: Bytes,
    /// The form, if the body is one.
    pub form: Option<Form>,
}

/// A service that sends this to every request.
pub fn responding(status: u16, content_type: &str, body: impl Into<Bytes>) -> Script {
    let response = MockResponse::status(status, body).header("content-type", content_type);
    Script::new().always(Expect::any(), response)
}

/// What was sent so far.
pub fn sent(script: &Script) -> Vec<Recorded> {
    script.received().into_iter().map(Recorded::of).collect()
}

impl Recorded {
    fn of(request: Received) -> Self {
        let mut headers = request.headers;
        let mut form = None;
        let mut typed = |content_type: &str| {
            let value = content_type.parse().expect("a media type");
            headers.insert(http::header::CONTENT_TYPE, value);
        };
        let body = match request.body {
            Body::Bytes { content_type, content, .. } => {
                typed(&content_type);
                content
            }
            Body::Form(parts) => {
                typed(&format!("multipart/form-data; boundary={BOUNDARY}"));
                let body = encode(&parts);
                form = Some(parts);
                body
            }
            _ => Bytes::new(),
        };
        let uri = request.uri;
        Self {
            method: request.method.to_string(),
            origin: format!(
                "{}://{}",
                uri.scheme_str().unwrap_or_default(),
                uri.authority().map_or("", |authority| authority.as_str())
            ),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            headers,
            body,
            form,
        }
    }
}

/// Keeps the target of what goes through it.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Option<(String, String)>>>);

impl Recorder {
    /// A transport that records and passes on.
    pub fn around(self, inner: Arc<dyn Transport>) -> impl Transport {
        Recording { recorder: self, inner }
    }

    /// Path and query of the last request, as sent.
    pub fn take(&self) -> Option<(String, String)> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }
}

struct Recording {
    recorder: Recorder,
    inner: Arc<dyn Transport>,
}

impl Transport for Recording {
    fn exchange(&self, request: Request<Body>, max_response_bytes: usize) -> Exchange<'_> {
        let uri = request.uri();
        let target = (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned());
        *self.recorder.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(target);
        self.inner.exchange(request, max_response_bytes)
    }
}

const BOUNDARY: &str = "contract-boundary";

fn encode(form: &Form) -> Bytes {
    let mut body = Vec::new();
    for part in form.parts() {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        body.extend_from_slice(
            format!("content-disposition: form-data; name=\"{}\"", part.name()).as_bytes(),
        );
        if let Some(name) = part.file_name() {
            body.extend_from_slice(format!("; filename=\"{name}\"").as_bytes());
        }
        if let Some(content_type) = part.content_type() {
            body.extend_from_slice(format!("\r\ncontent-type: {content_type}").as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(part.content().map_or(&[][..], |content| &content[..]));
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body.into()
}
