//! A client of an emulator in the same process, without sockets: for tests that pause tokio's clock.

use super::steady;
use bytes::Bytes;
use opencloud::body::Body;
use opencloud::{Client, ClientBuilder, Error, Exchange, Transport};
use opencloud_emulator::{Builder, Emulator};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// An emulator whose time is tokio's.
#[derive(Clone)]
pub(crate) struct Direct {
    pub(crate) emulator: Arc<Emulator>,
    begun: Instant,
    /// How much time the emulator knows to have passed.
    told: Arc<Mutex<Duration>>,
}

impl Direct {
    pub(crate) async fn start(builder: Builder) -> Self {
        let emulator = builder.frozen_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let emulator = Arc::new(emulator.start().await.expect("an emulator"));
        Self { emulator, begun: Instant::now(), told: Arc::default() }
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        steady(Client::builder().api_key(super::KEY).transport(self.clone()))
    }

    fn bring_up_to_date(&self) {
        let mut told = self.told.lock().expect("the time");
        let passed = self.begun.elapsed();
        self.emulator.advance(passed - *told);
        *told = passed;
    }
}

impl Transport for Direct {
    fn exchange(&self, request: http::Request<Body>, _: usize) -> Exchange<'_> {
        Box::pin(async move {
            self.bring_up_to_date();
            let (mut parts, body) = request.into_parts();
            let body = match body {
                Body::Bytes { content_type, content, .. } => {
                    parts.headers.insert("content-type", content_type.parse().expect("a type"));
                    content
                }
                Body::Empty => Bytes::new(),
                other => panic!("only bytes are sent without a socket, not {other:?}"),
            };
            // What a connection adds.
            parts.headers.insert("content-length", body.len().into());
            let response = self.emulator.respond(http::Request::from_parts(parts, body)).await;
            response.ok_or_else(|| Error::interrupted("the connection broke"))
        })
    }
}
