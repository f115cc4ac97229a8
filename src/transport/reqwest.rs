//! The transport over HTTP.

use super::{Exchange, Transport};
use crate::call::Body;
use crate::{Error, ErrorKind};
use bytes::{Bytes, BytesMut};
use std::time::Duration;

/// Sends with `reqwest`.
pub(crate) struct Reqwest {
    client: reqwest::Client,
}

impl Reqwest {
    pub(crate) fn new(client: reqwest::Client) -> Self {
        Self { client }
    }

    /// A client of its own: no redirects, because a credential would follow them.
    pub(crate) fn build(connect_timeout: Duration) -> Result<Self, Error> {
        #[cfg(feature = "rustls")]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Fails only if another thread was first, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(connect_timeout)
            .retry(reqwest::retry::never())
            .build()
            .map(Self::new)
            .map_err(|error| Error::configuration(format!("the HTTP client cannot be set up: {error}")))
    }

    async fn exchange(
        &self,
        request: http::Request<Body>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, Error> {
        let (parts, body) = request.into_parts();
        let request = self.client.request(parts.method, parts.uri.to_string()).headers(parts.headers);
        let request = match body {
            // A body that may be there and is not: services insist on its length.
            Body::Empty => request.header(http::header::CONTENT_LENGTH, "0"),
            Body::Bytes { content_type, content } => {
                request.header(http::header::CONTENT_TYPE, content_type).body(content)
            }
            Body::Form(form) => request.multipart(multipart(form)?),
        };
        let mut reply = request.send().await.map_err(failed)?;
        let mut response = http::Response::builder().status(reply.status());
        if let Some(headers) = response.headers_mut() {
            *headers = reply.headers().clone();
        }
        let mut content = BytesMut::new();
        while let Some(chunk) = reply.chunk().await.map_err(failed)? {
            if content.len() + chunk.len() > limit {
                return Err(Error::too_large(limit));
            }
            content.extend_from_slice(&chunk);
        }
        response.body(content.freeze()).map_err(|error| Error::io(ErrorKind::Io, error))
    }
}

impl Transport for Reqwest {
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_> {
        Box::pin(self.exchange(request, max_response_bytes))
    }
}

fn multipart(form: crate::call::Form) -> Result<reqwest::multipart::Form, Error> {
    form.parts().iter().try_fold(reqwest::multipart::Form::new(), |sum, part| {
        let length = part.content().len() as u64;
        let mut made = reqwest::multipart::Part::stream_with_length(part.content().clone(), length);
        if let Some(name) = part.file_name() {
            made = made.file_name(name.to_owned());
        }
        if let Some(content_type) = part.content_type() {
            made = made.mime_str(content_type).map_err(|error| {
                Error::invalid_request(format!("`{content_type}` is no media type: {error}"))
            })?;
        }
        Ok(sum.part(part.name().to_owned(), made))
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
