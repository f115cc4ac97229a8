//! What a request uses up of a limit.

/// A part of a limit that a request uses up.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(super) key: Key,
    pub(super) limit: u64,
    /// The length of the window.
    pub(super) seconds: u32,
    pub(super) cost: u64,
    /// What counts anything else is in no header.
    pub(super) counts_requests: bool,
    /// The service's own word for a refusal.
    pub(super) name: Option<&'static str>,
    /// What is limited, for the message.
    pub(super) what: &'static str,
}

/// Whose limit it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A hash of the owner, the key or the token, and the operation's id.
    Credential(u64, &'static str),
    /// The same, of a limit for the day.
    Daily(u64, &'static str),
    /// A universe and the class of its requests.
    Universe(u64, &'static str),
    /// A universe, the class, and a hash of what else the limit is for.
    Part(u64, &'static str, u64),
}

impl Charge {
    /// One request of a limit on requests.
    pub(super) fn of_requests(key: Key, limit: u64, seconds: u32, what: &'static str) -> Charge {
        Charge { key, limit, seconds, cost: 1, counts_requests: true, name: None, what }
    }
}
