use crate::{Error, ErrorKind};
use http::StatusCode;
use std::fmt;
use std::sync::Arc;

type Decide<K> = Arc<dyn Fn(&K, &Error) -> bool + Send + Sync>;

/// What becomes of an entry that cannot be read: the caller decides, and unless they do it ends the task.
pub(super) struct Unreadable<K>(Option<Decide<K>>);

impl<K> Unreadable<K> {
    pub(super) fn decided_by(decide: impl Fn(&K, &Error) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(decide)))
    }

    /// Whether the entry is left out.
    pub(super) fn is_skipped(&self, entry: &K, error: &Error) -> bool {
        is_of_the_entry(error) && self.0.as_ref().is_some_and(|decide| decide(entry, error))
    }
}

/// Whether the entry may be what is wrong. What any other entry would have met with as well, such as a
/// service that is down or a key that has expired, is not a reason to leave this one out.
pub(super) fn is_of_the_entry(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidRequest
        | ErrorKind::Refused
        | ErrorKind::Conflict
        | ErrorKind::ResponseTooLarge
        | ErrorKind::Decode => true,
        ErrorKind::Service => error.status() == Some(StatusCode::INTERNAL_SERVER_ERROR),
        _ => false,
    }
}

impl<K> Default for Unreadable<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K> Clone for Unreadable<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> fmt::Debug for Unreadable<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "the caller decides" } else { "an error" })
    }
}
