//! The transport over HTTP.

use super::hosts::is_loopback;
use super::{Chunks, Exchange, LONGEST_ERROR, Opening, Transport};
use crate::call::source::Source;
use crate::call::{Body, Form};
use crate::{Error, ErrorKind};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use std::time::Duration;

/// What an HTTP client is built with.
#[derive(Default)]
pub(crate) struct HttpOptions {
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) proxy: Option<String>,
    pub(crate) no_proxy: bool,
    /// Whether requests to this machine go past the system's proxy.
    pub(crate) skip_proxy_here: bool,
}

impl HttpOptions {
    pub(crate) fn is_empty(&self) -> bool {
        self.connect_timeout.is_none() && self.proxy.is_none() && !self.no_proxy
    }
}

/// Sends with `reqwest`.
pub(crate) struct Reqwest {
    client: reqwest::Client,
    /// For requests to this machine, if they go another way.
    here: Option<reqwest::Client>,
}

impl Reqwest {
    pub(crate) fn new(client: reqwest::Client) -> Self {
        Self { client, here: None }
    }

    /// A client of its own: no redirects, because a credential would follow them.
    pub(crate) fn build(options: HttpOptions) -> Result<Self, Error> {
        #[cfg(feature = "rustls")]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Fails only if another thread was first, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let new = || {
            let builder = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never());
            match options.connect_timeout {
                Some(timeout) => builder.connect_timeout(timeout),
                None => builder,
            }
        };
        let built = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|error| Error::configuration(format!("the HTTP client cannot be set up: {error}")))
        };
        let mut builder = new();
        if options.no_proxy {
            builder = builder.no_proxy();
        }
        if let Some(url) = &options.proxy {
            // The URL may hold a password, so it is not repeated.
            let proxy = reqwest::Proxy::all(url.as_str())
                .map_err(|_| Error::configuration("the proxy is no http, https or socks URL"))?;
            builder = builder.proxy(proxy);
        }
        let here = options.skip_proxy_here.then(|| built(new().no_proxy())).transpose()?;
        Ok(Self { client: built(builder)?, here })
    }

    /// Sends the request; the answer's content is still to be read.
    async fn send(&self, request: http::Request<Body>) -> Result<reqwest::Response, Error> {
        let (parts, body) = request.into_parts();
        let uri = parts.uri;
        let here = self.here.as_ref().filter(|_| is_loopback(uri.host().unwrap_or_default()));
        let client = here.unwrap_or(&self.client);
        let request = client.request(parts.method, uri.to_string()).headers(parts.headers);
        let request = match body {
            // A body that may be there and is not: services insist on its length.
            Body::Empty => request.header(http::header::CONTENT_LENGTH, "0"),
            Body::Bytes { content_type, content } => {
                request.header(http::header::CONTENT_TYPE, content_type).body(content)
            }
            Body::Form(form) => request.multipart(multipart(form)?),
            Body::Stream(stream) => {
                let (content_type, length, content) = stream.open()?;
                let request = match length {
                    Some(length) => request.header(http::header::CONTENT_LENGTH, length),
                    None => request,
                };
                request
                    .header(http::header::CONTENT_TYPE, content_type)
                    .body(reqwest::Body::wrap_stream(content))
            }
        };
        let request = request.build().map_err(failed)?;
        let url = request.url().clone();
        check(&uri, &url)?;
        let reply = client.execute(request).await.map_err(failed)?;
        if *reply.url() != url {
            return Err(Error::configuration(
                "the HTTP client followed a redirect, and the credential with it; switch its redirects off",
            ));
        }
        Ok(reply)
    }

    async fn exchange(
        &self,
        request: http::Request<Body>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, Error> {
        read(self.send(request).await?, limit).await
    }

    async fn open(&self, request: http::Request<Body>) -> Result<http::Response<Chunks>, Error> {
        let mut reply = self.send(request).await?;
        let mut parts = http::Response::new(());
        *parts.status_mut() = reply.status();
        *parts.headers_mut() = std::mem::take(reply.headers_mut());
        Ok(parts.map(|()| -> Chunks { Box::pin(reply.bytes_stream().map_err(failed)) }))
    }
}

impl Transport for Reqwest {
    fn exchange(&self, request: http::Request<Body>, max_response_bytes: usize) -> Exchange<'_> {
        Box::pin(self.exchange(request, max_response_bytes))
    }

    fn open(&self, request: http::Request<Body>, _: u64) -> Opening<'_> {
        Box::pin(self.open(request))
    }
}

/// Refuses a URL that the client's parser reads as another host or path than ours: it resolves dot
/// segments, even encoded ones, and takes `\` for `/`.
fn check(meant: &http::Uri, read: &reqwest::Url) -> Result<(), Error> {
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

/// Reads the answer up to the limit. What has arrived when the connection fails stays in the error.
async fn read(mut reply: reqwest::Response, limit: usize) -> Result<http::Response<Bytes>, Error> {
    let status = reply.status();
    let limit = if status.is_success() { limit } else { limit.min(LONGEST_ERROR) };
    let mut response = http::Response::new(Bytes::new());
    *response.status_mut() = status;
    *response.headers_mut() = std::mem::take(reply.headers_mut());
    let mut content = BytesMut::new();
    loop {
        let chunk = match reply.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => {
                *response.body_mut() = content.freeze();
                return Err(failed(error).with_reply(&response));
            }
        };
        if content.len() + chunk.len() > limit {
            if status.is_success() {
                return Err(Error::too_large(limit).with_reply(&response));
            }
            content.extend_from_slice(&chunk[..limit - content.len()]);
            break;
        }
        content.extend_from_slice(&chunk);
    }
    *response.body_mut() = content.freeze();
    Ok(response)
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
                Error::invalid_request(format!("`{content_type}` is no media type: {error}"))
            })?;
        }
        Ok(sum.part(part_name, made))
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
