//! The transport over HTTP.

use super::clients::{Clients, HttpOptions};
use super::hosts::{is_loopback, is_same_text};
use super::{Chunks, Exchange, LONGEST_ERROR, Opening, REFUSAL_TIME, Transport};
use crate::body::source::Source;
use crate::body::{Body, Form};
use crate::{Error, ErrorKind};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Uri};
use std::error::Error as StdError;
use std::future::Future;
use tokio::time::{Instant, timeout_at};

/// Sends with `reqwest`.
pub(crate) struct Reqwest {
    usual: Clients,
    /// For requests to this machine, if they go another way.
    here: Option<Clients>,
    /// Whether the client is the caller's own, which may follow redirects.
    is_foreign: bool,
    origins: Origins,
}

impl Reqwest {
    /// With the caller's own client, and another for uploads if there is one. Most requests go to the `bases`.
    pub(crate) fn new(calls: reqwest::Client, uploads: Option<reqwest::Client>, bases: &[Uri]) -> Self {
        let uploads = uploads.unwrap_or_else(|| calls.clone());
        let usual = Clients { calls, uploads };
        Self { usual, here: None, is_foreign: true, origins: Origins::new(bases) }
    }

    /// With clients of its own.
    pub(crate) fn build(options: &HttpOptions, bases: &[Uri]) -> Result<Self, Error> {
        let (usual, here) = Clients::build(options)?;
        Ok(Self { usual, here, is_foreign: false, origins: Origins::new(bases) })
    }

    /// The request on its way. It is sent when the future is polled.
    ///
    /// Not an `async fn`: its future would hold the request that was given, and each form that it goes through.
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> Result<Sent<impl Future<Output = Received> + use<>>, Error> {
        let (client, request) = self.request(request)?;
        let meant = self.is_foreign.then(|| Box::new(request.url().clone()));
        Ok(Sent { response: client.execute(request), meant })
    }

    /// The request as the client takes it, and the client.
    fn request(&self, request: http::Request<Body>) -> Result<(&reqwest::Client, reqwest::Request), Error> {
        let (parts, body) = request.into_parts();
        let here = self.here.as_ref().filter(|_| is_loopback(parts.uri.host().unwrap_or_default()));
        let clients = here.unwrap_or(&self.usual);
        let client = if body.is_upload() { &clients.uploads } else { &clients.calls };
        let url = self.origins.url(&parts.uri)?;
        check(&parts.uri, &url)?;
        let mut request = reqwest::Request::new(parts.method, url);
        // Moved, not copied: they are the call's own.
        *request.headers_mut() = parts.headers;
        Ok((client, with_body(client, request, body)?))
    }
}

impl Transport for Reqwest {
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_> {
        let sent = self.send(request);
        Box::pin(async move {
            let Sent { response, meant } = sent?;
            let mut response = received(response.await, meant)?;
            read(&mut response, max_response_bytes).await
        })
    }

    fn open(&self, request: http::Request<Body>, _: u64) -> Opening<'_> {
        let sent = self.send(request);
        Box::pin(async move {
            let Sent { response, meant } = sent?;
            let mut response = received(response.await, meant)?;
            let parts = head(&mut response);
            Ok(parts.map(|()| -> Chunks { Box::pin(response.bytes_stream().map_err(failed)) }))
        })
    }
}

type Received = Result<reqwest::Response, reqwest::Error>;

/// A request on its way, and the URL that it must come from if the client may follow redirects.
struct Sent<F> {
    response: F,
    meant: Option<Box<reqwest::Url>>,
}

/// The response, whose content is still to be read.
fn received(response: Received, meant: Option<Box<reqwest::Url>>) -> Result<reqwest::Response, Error> {
    let response = response.map_err(no_response)?;
    match meant.is_some_and(|meant| *response.url() != *meant) {
        true => Err(Error::configuration(
            "the HTTP client followed a redirect, and the credential with it; switch its redirects off",
        )),
        false => Ok(response),
    }
}

/// The origins that most requests go to, parsed.
#[derive(Default)]
struct Origins(Vec<(Uri, reqwest::Url)>);

impl Origins {
    fn new(bases: &[Uri]) -> Self {
        let parsed = |base: &Uri| Some((base.clone(), reqwest::Url::parse(&base.to_string()).ok()?));
        Self(bases.iter().filter_map(parsed).collect())
    }

    /// The URL as the client takes it. Of a known origin, only the path and the query are parsed.
    fn url(&self, uri: &Uri) -> Result<reqwest::Url, Error> {
        match self.0.iter().find(|(base, _)| is_same_text(base, uri)) {
            Some((_, origin)) => {
                let mut url = origin.clone();
                url.set_path(uri.path());
                url.set_query(uri.query());
                Ok(url)
            }
            None => reqwest::Url::parse(&uri.to_string())
                .map_err(|error| Error::invalid_request(format!("the URL cannot be sent: {error}"))),
        }
    }
}

/// The request with its body, and with the headers that say what that is.
fn with_body(
    client: &reqwest::Client,
    mut request: reqwest::Request,
    body: Body,
) -> Result<reqwest::Request, Error> {
    match body {
        Body::Empty if matches!(*request.method(), Method::GET | Method::HEAD) => {}
        // A body that may be there and is not: services insist on its length.
        Body::Empty => {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Body::Bytes { content_type, content, .. } => {
            set_content_type(request.headers_mut(), &content_type)?;
            *request.body_mut() = Some(content.into());
        }
        Body::Form(form) => {
            let request = reqwest::RequestBuilder::from_parts(client.clone(), request);
            return request.multipart(multipart(form)?).build().map_err(failed);
        }
        Body::Stream(stream) => {
            let (content_type, length, content) = stream.open()?;
            set_content_type(request.headers_mut(), &content_type)?;
            if let Some(length) = length {
                request.headers_mut().insert(CONTENT_LENGTH, length.into());
            }
            *request.body_mut() = Some(reqwest::Body::wrap_stream(content));
        }
    }
    Ok(request)
}

/// Refuses a URL that the client's parser reads as another host or path than ours: it resolves dot
/// segments, even encoded ones, and takes `\` for `/`.
fn check(meant: &Uri, read: &reqwest::Url) -> Result<(), Error> {
    let host = meant.host().unwrap_or_default();
    let same =
        read.host_str().is_some_and(|read| read.eq_ignore_ascii_case(host)) && read.path() == meant.path();
    match same {
        true => Ok(()),
        false => Err(Error::invalid_request(
            "the URL would not reach the server as it is; percent-encode its path",
        )),
    }
}

/// Sets the media type of a body, unless the caller has named another.
fn set_content_type(headers: &mut HeaderMap, content_type: &str) -> Result<(), Error> {
    let value = HeaderValue::try_from(content_type)
        .map_err(|_| Error::invalid_request(format!("`{content_type:?}` is not a media type")))?;
    headers.entry(CONTENT_TYPE).or_insert(value);
    Ok(())
}

/// The status and the headers, taken out of a response.
fn head(response: &mut reqwest::Response) -> http::Response<()> {
    let mut head = http::Response::new(());
    *head.status_mut() = response.status();
    *head.headers_mut() = std::mem::take(response.headers_mut());
    head
}

/// Reads the response up to the limit. What has arrived when the connection fails stays in the error. The
/// body of a refusal is waited for only a while: its status is known.
async fn read(incoming: &mut reqwest::Response, limit: usize) -> Result<http::Response<Bytes>, Error> {
    let is_success = incoming.status().is_success();
    let limit = if is_success { limit } else { limit.min(LONGEST_ERROR) };
    let mut content = Content { expected: expected_length(incoming.headers(), limit), ..Content::default() };
    let until = Instant::now() + REFUSAL_TIME;
    loop {
        let chunk = match is_success {
            true => incoming.chunk().await,
            // In a box, so that the room for its timer is not taken by every call.
            false => Box::pin(timeout_at(until, incoming.chunk())).await.unwrap_or(Ok(None)),
        };
        let chunk = match chunk {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => {
                let response = head(incoming).map(|()| content.into_bytes());
                return Err(failed(error).with_response(&response));
            }
        };
        if content.len() + chunk.len() > limit {
            if is_success {
                let response = head(incoming).map(|()| Bytes::new());
                return Err(Error::too_large(limit).with_response(&response));
            }
            content.push(chunk.slice(..limit - content.len()));
            break;
        }
        content.push(chunk);
    }
    Ok(head(incoming).map(|()| content.into_bytes()))
}

/// How long the body of a response will be, as far as it says so and may be so long.
fn expected_length(headers: &HeaderMap, limit: usize) -> usize {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    length.unwrap_or(0).min(limit).min(MOST_RESERVED)
}

/// The most memory that is taken for a body because its header says so, in bytes; what is longer grows as it
/// arrives.
const MOST_RESERVED: usize = 4 * 1024 * 1024;

/// The content of a response. What arrives in one piece is not copied.
#[derive(Default)]
struct Content {
    expected: usize,
    first: Bytes,
    all: BytesMut,
}

impl Content {
    fn len(&self) -> usize {
        if self.all.is_empty() { self.first.len() } else { self.all.len() }
    }

    fn push(&mut self, chunk: Bytes) {
        if self.len() == 0 {
            self.first = chunk;
            return;
        }
        if self.all.is_empty() {
            self.all.reserve(self.expected.max(self.first.len() + chunk.len()));
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&chunk);
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

fn multipart(form: Form) -> Result<reqwest::multipart::Form, Error> {
    form.into_parts().into_iter().try_fold(reqwest::multipart::Form::new(), |sum, part| {
        let (part_name, file_name) = (part.name().to_owned(), part.file_name().map(str::to_owned));
        let content_type = part.content_type().map(str::to_owned);
        let length = part.length();
        let content = match part.into_source() {
            (Source::Bytes(content), None) => reqwest::Body::from(content),
            (source, progress) => reqwest::Body::wrap_stream(source.open(progress)?),
        };
        let mut made = match length {
            Some(length) => reqwest::multipart::Part::stream_with_length(content, length),
            None => reqwest::multipart::Part::stream(content),
        };
        if let Some(name) = file_name {
            made = made.file_name(name);
        }
        if let Some(content_type) = content_type {
            made = made.mime_str(&content_type).map_err(|error| {
                Error::invalid_request(format!("`{content_type}` is not a media type: {error}"))
            })?;
        }
        Ok(sum.part(part_name, made))
    })
}

/// As [`failed`], of a request that got no response.
fn no_response(error: reqwest::Error) -> Error {
    match was_never_begun(&error) {
        true => Error::io(ErrorKind::Connect, error.without_url()),
        false => failed(error),
    }
}

/// Whether the server has certainly not begun the request: it was not written to the connection, or the
/// server says so in HTTP/2, by a GOAWAY that leaves the request's stream out or by REFUSED_STREAM (RFC
/// 9113, sections 6.8 and 8.7). Both reach a stream only in that case; a stream that the server may have
/// begun ends with an I/O error when its session does.
fn was_never_begun(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|cause| {
        let refused = cause.downcast_ref::<h2::Error>().is_some_and(|error| {
            let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            error.is_remote() && (error.is_go_away() || is_refused)
        });
        refused || cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
    })
}

/// What is known of the request's effect decides the kind; the URL is left out, because ids in it
/// may be personal.
fn failed(error: reqwest::Error) -> Error {
    let kind = match () {
        () if error.is_builder() => ErrorKind::InvalidRequest,
        () if error.is_connect() => ErrorKind::Connect,
        () if error.is_timeout() => ErrorKind::Timeout,
        () => ErrorKind::Io,
    };
    Error::io(kind, error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_a_known_origin_is_read_as_any_other() {
        let bases = ["https://apis.roblox.com", "http://localhost:1/x", "http://[::1]:2"];
        let known = Origins::new(&bases.map(|base| base.parse().expect(base)));
        for url in [
            "https://apis.roblox.com",
            "https://apis.roblox.com/a/b%2Fc?d=%2E&e='f'|g",
            "https://apis.roblox.com/a?",
            "https://apis.roblox.com/a/../b",
            "https://apis.roblox.com/a/%2e%2e/b\"c",
            "https://apis.roblox.com:443/a",
            "https://APIS.roblox.com/a",
            "http://localhost:1/x/a?b=c",
            "http://localhost:1/y",
            "http://[::1]:2/a",
        ] {
            let uri: Uri = url.parse().expect(url);
            let any = Origins::default().url(&uri).expect(url);
            assert_eq!(known.url(&uri).expect(url), any);
        }
    }

    #[test]
    fn a_url_that_the_parser_would_change_is_refused() {
        for (url, same) in [
            ("https://apis.roblox.com/a/b%2Fc?d=%2E", true),
            ("http://[::1]:1/a", true),
            ("https://APIS.roblox.com/a", true),
            ("https://apis.roblox.com/a/../b", false),
            ("https://apis.roblox.com/a/%2e%2e/b", false),
            ("https://apis.roblox.com/a/.", false),
            ("https://127.1/a", false),
        ] {
            let meant: http::Uri = url.parse().expect(url);
            let read: reqwest::Url = url.parse().expect(url);
            assert_eq!(check(&meant, &read).is_ok(), same, "{url}");
        }
    }
}
