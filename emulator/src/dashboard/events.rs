//! Traffic as it comes in, as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::api::Failure;
use crate::document::{Document, query_pairs};
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::inner::traffic::{Entry, Traffic};
use crate::wire::WireResponse;

/// Browsers open a connection for each page.
const MAX_LISTENERS: usize = 32;
/// Of those that came at once, only the latest are told.
const MAX_AT_ONCE: usize = 200;
/// Requests that follow each other closely are told together.
const GATHERING: Duration = Duration::from_millis(100);
/// A connection that is silent for longer may be taken for dead.
const ALIVE: Duration = Duration::from_secs(15);

struct Listener {
    traffic: Arc<Traffic>,
    document: &'static Document,
    changes: watch::Receiver<u64>,
    /// The number of the last request that was told.
    last: u64,
}

/// `?after=N` begins after request number N.
pub(super) fn listen(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    if inner.traffic.listeners() >= MAX_LISTENERS {
        return Err(Failure::exhausted(format!("There are {MAX_LISTENERS} listeners already.")));
    }
    let query = query_pairs(request.query().unwrap_or_default());
    let after = query.iter().find(|(name, _)| name == "after").and_then(|(_, value)| value.parse().ok());
    let mut changes = inner.traffic.subscribe();
    // What came in between the page and this is told at once.
    changes.mark_changed();
    let listener = Listener {
        traffic: Arc::clone(&inner.traffic),
        document: inner.document,
        changes,
        last: after.unwrap_or_default(),
    };
    Ok(WireResponse::stream("text/event-stream", futures_util::stream::unfold(listener, next)))
}

async fn next(mut listener: Listener) -> Option<(Bytes, Listener)> {
    match tokio::time::timeout(ALIVE, listener.changes.changed()).await {
        Err(_) => return Some((Bytes::from_static(b": alive\n\n"), listener)),
        Ok(Err(_)) => return None,
        Ok(Ok(())) => {}
    }
    tokio::time::sleep(GATHERING).await;
    listener.changes.mark_unchanged();
    let (traffic, last) = since(&listener.traffic, listener.document, listener.last);
    listener.last = last;
    Some((Bytes::from(format!("event: traffic\ndata: {traffic}\n\n")), listener))
}

/// The requests after that number, in short, and the number of the last one. `first` is the oldest that is still
/// remembered: what is older was cleared.
pub(super) fn since(traffic: &Traffic, document: &Document, number: u64) -> (Value, u64) {
    let all = traffic.after(0);
    let first = all.first().map(|entry| entry.number);
    let new: Vec<_> = all.iter().filter(|entry| entry.number > number).collect();
    let last = new.last().map_or(number, |entry| entry.number);
    let skipped = new.len().saturating_sub(MAX_AT_ONCE);
    let entries: Vec<_> = new[skipped..].iter().map(|entry| short(entry, document)).collect();
    (json!({ "first": first, "entries": entries }), last)
}

fn short(entry: &Entry, document: &Document) -> Value {
    let recorded = entry.recorded(document);
    json!({
        "number": recorded.number,
        "time": recorded.time,
        "method": recorded.method,
        "path": recorded.path,
        "query": recorded.query,
        "operation": recorded.operation,
        "status": recorded.status,
        "milliseconds": recorded.duration.as_secs_f64() * 1_000.0,
        "fault": recorded.fault,
        "violations": recorded.violations.len() + recorded.response_violations.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_came_in_yet() {
        let (traffic, last) = since(&Traffic::default(), Document::embedded(), 7);
        assert_eq!((traffic, last), (json!({ "first": null, "entries": [] }), 7));
    }
}
