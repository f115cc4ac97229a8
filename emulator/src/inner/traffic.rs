//! The latest requests and responses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::document::{Document, Operation, Violation, validate_response};
use crate::incoming::{Incoming, is_secret};

const MAX_REQUESTS: usize = 1_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A request that the emulator responded to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// Counts the requests since the start; the first is 1.
    pub number: u64,
    pub method: String,
    /// As sent: percent-encoded, without the query.
    pub path: String,
    pub query: Option<String>,
    /// Names in small letters. Credentials are replaced by `[redacted]`.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// The operation's id, if the path is one's.
    pub operation: Option<String>,
    /// What the request had that the document does not allow.
    pub violations: Vec<Violation>,
    /// Why it was refused, where the live service does not say it: which limit is used up, what is wrong with the key.
    pub notes: Vec<Violation>,
    /// The status of the response; 0 if none was sent.
    pub status: u16,
    /// The fault that was played, as it was written.
    pub fault: Option<String>,
    /// What the response had that the document does not allow: a mistake of the emulator.
    pub response_violations: Vec<Violation>,
    pub response_content_type: Option<String>,
    pub response_body: Bytes,
    /// When it came, in the emulator's time, as RFC 3339.
    pub time: String,
    /// How long the response took.
    pub duration: Duration,
}

impl Recorded {
    /// The value of a request header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A request as it is kept: everything that takes time is left until somebody looks.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) request: Incoming,
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) notes: Vec<Violation>,
    pub(crate) status: u16,
    pub(crate) fault: Option<String>,
    pub(crate) response_content_type: Option<String>,
    pub(crate) response_body: Bytes,
    pub(crate) time: Timestamp,
    pub(crate) duration: Duration,
    pub(crate) checked: OnceLock<Vec<Violation>>,
}

impl Entry {
    /// Bytes in memory, about: heads can be as large as bodies.
    fn size(&self) -> usize {
        let head: usize =
            self.request.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let target = self.request.path().len() + self.request.query().map_or(0, str::len);
        target + head + self.request.body.len() + self.response_body.len()
    }

    /// What the response had that the document does not allow. What a fault made of it does not count.
    fn response_violations(&self, document: &Document) -> &[Violation] {
        self.checked.get_or_init(|| match self.operation {
            Some(operation) if self.fault.is_none() && self.status < 300 => validate_response(
                document,
                operation,
                self.status,
                self.response_content_type.as_deref(),
                &self.response_body,
            ),
            _ => Vec::new(),
        })
    }

    pub(crate) fn recorded(&self, document: &Document) -> Recorded {
        Recorded {
            number: self.number,
            method: self.request.method.to_string(),
            path: self.request.path().to_owned(),
            query: self.request.query().map(str::to_owned),
            headers: headers(&self.request.headers),
            body: self.request.body.clone(),
            operation: self.operation.map(|operation| operation.id.clone()),
            violations: self.violations.clone(),
            notes: self.notes.clone(),
            status: self.status,
            fault: self.fault.clone(),
            response_violations: self.response_violations(document).to_vec(),
            response_content_type: self.response_content_type.clone(),
            response_body: self.response_body.clone(),
            time: crate::api::rfc3339(self.time),
            duration: self.duration,
        }
    }
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), redacted(name, value))).collect()
}

fn redacted(name: &HeaderName, value: &HeaderValue) -> String {
    if is_secret(name) {
        "[redacted]".to_owned()
    } else {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    }
}

/// The latest requests, bounded in number and size.
pub(crate) struct Traffic {
    log: Mutex<Log>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    entries: VecDeque<Arc<Entry>>,
    size: usize,
    count: u64,
}

impl Default for Traffic {
    fn default() -> Traffic {
        Traffic { log: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl Traffic {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number that the entry gets.
    pub(crate) fn push(&self, mut entry: Entry) -> u64 {
        // What makes room is dropped when the lock is free again.
        let mut gone = Vec::new();
        let mut log = self.log();
        log.count += 1;
        let count = log.count;
        entry.number = count;
        log.size += entry.size();
        log.entries.push_back(Arc::new(entry));
        while log.entries.len() > MAX_REQUESTS || log.size > MAX_BYTES {
            let Some(oldest) = log.entries.pop_front() else { break };
            log.size -= oldest.size();
            gone.push(oldest);
        }
        drop(log);
        if self.changed.receiver_count() > 0 {
            self.changed.send_replace(count);
        }
        count
    }

    pub(crate) fn clear(&self) {
        let mut log = self.log();
        log.size = 0;
        let gone = std::mem::take(&mut log.entries);
        drop(log);
        drop(gone);
        if self.changed.receiver_count() > 0 {
            self.changed.send_replace(0);
        }
    }

    /// The entries that came after that number, the oldest first.
    pub(crate) fn after(&self, number: u64) -> Vec<Arc<Entry>> {
        self.log().entries.iter().filter(|entry| entry.number > number).cloned().collect()
    }

    /// How many are being told.
    pub(crate) fn listeners(&self) -> usize {
        self.changed.receiver_count()
    }

    /// Tells when something came in or was cleared.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(head: usize, body: usize) -> Entry {
        let mut headers = HeaderMap::new();
        headers.insert("x-long", "x".repeat(head).parse().expect("a value"));
        let method = http::Method::GET;
        let uri = http::Uri::from_static("/cloud/v2/users/1");
        Entry {
            number: 0,
            request: Incoming::local(method, uri, headers, vec![0; body]),
            operation: None,
            violations: Vec::new(),
            notes: Vec::new(),
            status: 200,
            fault: None,
            response_content_type: None,
            response_body: Bytes::new(),
            time: Timestamp::UNIX_EPOCH,
            duration: Duration::ZERO,
            checked: OnceLock::new(),
        }
    }

    #[test]
    fn the_oldest_make_room_whether_there_are_too_many_or_too_large_ones() {
        let numbers = |head: usize, body: usize, count: usize| {
            let traffic = Traffic::default();
            for _ in 0..count {
                traffic.push(entry(head, body));
            }
            let kept: Vec<_> = traffic.after(0).iter().map(|entry| entry.number).collect();
            (kept.len(), kept.last().copied())
        };
        assert_eq!(numbers(1, 1, MAX_REQUESTS + 7), (MAX_REQUESTS, Some(MAX_REQUESTS as u64 + 7)));
        assert_eq!(numbers(1, MAX_BYTES / 2, 5), (1, Some(5)));
        assert_eq!(numbers(MAX_BYTES / 2, 1, 5), (1, Some(5)), "heads count too");
    }
}
