//! What is told to `tracing`: a span for each call, an event for each retry. Without the feature
//! `tracing` all of this is nothing.

#[cfg(feature = "tracing")]
pub(crate) use on::Trace;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::Trace;

#[cfg(feature = "tracing")]
mod on {
    use super::super::redact;
    use crate::body::Body;
    use crate::spec::OperationInfo;
    use crate::spec::RateLimitStatus;
    use crate::{Credentials, Error};
    use bytes::Bytes;
    use std::future::Future;
    use std::time::Duration;
    use tracing::Instrument;
    use tracing::field::Empty;

    #[derive(Clone)]
    pub(crate) struct Trace {
        span: tracing::Span,
        bodies: bool,
    }

    impl Trace {
        pub(crate) fn new(
            operation: Option<&'static OperationInfo>,
            request: &http::Request<Body>,
            bodies: bool,
        ) -> Self {
            let span = tracing::info_span!(
                "opencloud.call",
                operation = operation.map_or("request", |operation| operation.id),
                method = request.method().as_str(),
                host = request.uri().host().unwrap_or_default(),
                attempt = Empty,
                status = Empty,
                limited_ms = Empty,
                wait_ms = Empty,
                remaining = Empty,
                error = Empty,
                request_ids = Empty,
            );
            if bodies && let Body::Bytes { content, .. } = request.body() {
                span.in_scope(|| tracing::debug!(body = redact::body(content), "request"));
            }
            Self { span, bodies }
        }

        pub(crate) fn within<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
            future.instrument(self.span)
        }

        pub(crate) fn attempt(&self, attempt: u32) {
            self.span.record("attempt", attempt);
        }

        /// How long the limiter held the call.
        pub(crate) fn limited(&self, wait: Duration) {
            self.span.record("limited_ms", milliseconds(wait));
        }

        pub(crate) fn response(&self, response: &http::Response<Bytes>, secret: Option<&Credentials>) {
            self.span.record("status", response.status().as_u16());
            if let Some(remaining) = RateLimitStatus::read(response.headers()).remaining {
                self.span.record("remaining", remaining);
            }
            if self.bodies {
                let body = redact::body(response.body());
                let hidden = secret.and_then(|secret| secret.hide(&body));
                tracing::debug!(body = hidden.unwrap_or(body), "response");
            }
        }

        pub(crate) fn retry(&self, error: &Error, wait: Duration) {
            self.span.record("wait_ms", milliseconds(wait));
            // Not the service's words: they may name a person.
            tracing::warn!(
                kind = ?error.kind(),
                status = error.status().map(|status| status.as_u16()),
                wait_ms = milliseconds(wait),
                request_ids = request_ids(error),
                "sending again"
            );
        }

        pub(crate) fn failure(&self, error: &Error) {
            self.span.record("error", tracing::field::debug(error.kind()));
            if let Some(ids) = request_ids(error) {
                self.span.record("request_ids", ids);
            }
        }
    }

    /// What Roblox's support finds the request by (`ER-09`).
    fn request_ids(error: &Error) -> Option<String> {
        let ids = error.request_ids().map(|(name, id)| format!("{name}={id}"));
        let ids = ids.collect::<Vec<_>>().join(" ");
        (!ids.is_empty()).then_some(ids)
    }

    fn milliseconds(time: Duration) -> u64 {
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::body::Body;
    use crate::spec::OperationInfo;
    use crate::{Credentials, Error};
    use bytes::Bytes;
    use std::future::Future;
    use std::time::Duration;

    #[derive(Clone)]
    pub(crate) struct Trace;

    impl Trace {
        pub(crate) fn new(_: Option<&'static OperationInfo>, _: &http::Request<Body>, _: bool) -> Self {
            Self
        }

        pub(crate) fn within<F: Future>(self, future: F) -> F {
            future
        }

        pub(crate) fn attempt(&self, _: u32) {}
        pub(crate) fn limited(&self, _: Duration) {}
        pub(crate) fn response(&self, _: &http::Response<Bytes>, _: Option<&Credentials>) {}
        pub(crate) fn retry(&self, _: &Error, _: Duration) {}
        pub(crate) fn failure(&self, _: &Error) {}
    }
}
