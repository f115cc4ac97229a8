use bytes::Bytes;
use http::{Request, Response};
use opencloud::body::{Body, Form};
use opencloud::{Exchange, Transport};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// A transport that keeps what is sent and answers what it was told to.
#[derive(Clone, Debug)]
pub struct Double(Arc<State>);

type Reply = (u16, String, Bytes);

type Answer = dyn Fn(&[Recorded]) -> Reply + Send + Sync;

struct State {
    reply: Box<Answer>,
    sent: Mutex<Vec<Recorded>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("sent", &self.sent).finish_non_exhaustive()
    }
}

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

impl Double {
    /// Answers every request so.
    pub fn answering(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let reply = (status, content_type.to_owned(), body.into());
        Self(Arc::new(State { reply: Box::new(move |_| reply.clone()), sent: Mutex::default() }))
    }

    /// Answers as the function says of everything that was sent, the last request included.
    pub fn by(reply: impl Fn(&[Recorded]) -> (u16, Value) + Send + Sync + 'static) -> Self {
        let reply = move |sent: &[Recorded]| {
            let (status, body) = reply(sent);
            (status, "application/json".to_owned(), body.to_string().into())
        };
        Self(Arc::new(State { reply: Box::new(reply), sent: Mutex::default() }))
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Recorded> {
        self.0.sent.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl Transport for Double {
    fn exchange(&self, request: Request<Body>, _: usize) -> Exchange<'_> {
        let recorded = Recorded::of(request);
        let mut sent = self.0.sent.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        sent.push(recorded);
        let (status, content_type, body) = (self.0.reply)(&sent);
        drop(sent);
        let reply = Response::builder().status(status).header("content-type", content_type).body(body);
        Box::pin(async move { Ok(reply.expect("a valid reply")) })
    }
}

impl Recorded {
    fn of(request: Request<Body>) -> Self {
        let (parts, body) = request.into_parts();
        let mut headers = parts.headers;
        let mut form = None;
        let mut typed = |content_type: &str| {
            let value = content_type.parse().expect("a media type");
            headers.insert(http::header::CONTENT_TYPE, value);
        };
        let body = match body {
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
        let uri = parts.uri;
        Self {
            method: parts.method.to_string(),
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
