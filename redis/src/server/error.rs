use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// What went wrong with the server, or with what it holds. It names the server, and never its password.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: Arc<str>,
    source: Option<Arc<redis::RedisError>>,
}

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It was set up wrongly: an address that is none, a name that is too long.
    Configuration,
    /// The server cannot be reached, does not respond in time, or is not ready.
    Away,
    /// The server is a replica that takes no writes.
    ReadOnly,
    /// The server has no room: its `maxmemory` is reached, or its disk is full.
    Full,
    /// The server refused the credentials, or the user may not run a command.
    Denied,
    /// The keys were written by a version of this crate whose format this one does not read.
    OtherVersion,
    /// The lease was lost: it ran out, and somebody else has it or had it since. Nothing was written.
    LeaseLost,
    /// A value is larger than is stored.
    TooLarge,
    /// A value cannot be decrypted or read: it is damaged, of another record, or its key is not among those given.
    Unreadable,
    /// The server responded with something else.
    Unexpected,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into().into(), source: None }
    }

    /// Of what the server, or the way to it, has said.
    pub(crate) fn of_server(what: &str, server: &str, error: redis::RedisError) -> Self {
        let code = error.code().unwrap_or_default().to_owned();
        let said = said(&error);
        let (kind, why) = match code.as_str() {
            "READONLY" => (ErrorKind::ReadOnly, "is a read-only replica; connect to its primary".to_owned()),
            "OOM" => {
                let fix = "raise `maxmemory`, or remove what is not needed";
                (ErrorKind::Full, format!("is full (`maxmemory` is reached); {fix}"))
            }
            "MISCONF" => (
                ErrorKind::Full,
                format!("takes no writes, because it cannot save them: {said}; look at its disk"),
            ),
            "NOAUTH" | "WRONGPASS" | "NOPERM" => {
                let fix = "check the user and the password of the address, and the user's permissions";
                (ErrorKind::Denied, format!("has refused access: {said}; {fix}"))
            }
            "OTHERFORMAT" => (ErrorKind::OtherVersion, other_format(error.detail().unwrap_or_default())),
            "CROWDED" => (
                ErrorKind::Full,
                "has as many waiting requests as it takes; ask for less at a time".to_owned(),
            ),
            "LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "BUSY" | "NOREPLICAS" => {
                (ErrorKind::Away, format!("is not ready: {said}; try again"))
            }
            "MOVED" | "ASK" | "CROSSSLOT" => {
                let fix = "connect to a node or a proxy that holds all of them";
                (ErrorKind::Configuration, format!("holds a part of a cluster's keys, and not these; {fix}"))
            }
            _ if error.kind() == redis::ErrorKind::AuthenticationFailed => {
                (ErrorKind::Denied, format!("has refused access: {said}; check the user and the password"))
            }
            _ if error.kind() == redis::ErrorKind::InvalidClientConfig => (
                ErrorKind::Configuration,
                format!("cannot be used as the address says: {said}; correct the address"),
            ),
            _ if error.is_io_error() || error.is_timeout() || error.is_connection_dropped() => {
                let fix = "check the address, and that the server runs";
                (ErrorKind::Away, format!("cannot be reached: {said}; {fix}"))
            }
            _ => (ErrorKind::Unexpected, format!("responded with an error: {said}; check what runs there")),
        };
        let message = format!("{what} failed: the Redis server at {server} {why}");
        Self { kind, message: message.into(), source: Some(Arc::new(error)) }
    }

    pub(crate) fn late(what: &str, server: &str, seconds: f64) -> Self {
        let why =
            format!("has not responded within {seconds} s; check the network, and how busy the server is");
        Self::new(ErrorKind::Away, format!("{what} failed: the Redis server at {server} {why}"))
    }

    pub(crate) fn other_version(what: &str, server: &str, format: &str) -> Self {
        let why = other_format(format);
        Self::new(ErrorKind::OtherVersion, format!("{what} failed: the Redis server at {server} {why}"))
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the server can do nothing for now: it is away, full, or takes no writes.
    pub fn is_away(&self) -> bool {
        matches!(self.kind, ErrorKind::Away | ErrorKind::ReadOnly | ErrorKind::Full)
    }

    /// Whether a request may have been carried out although its response did not arrive.
    #[cfg(feature = "webhook")]
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.kind == ErrorKind::Away
    }
}

fn other_format(format: &str) -> String {
    let own = super::FORMAT;
    format!(
        "has keys of format {format:?} under this prefix, and this version of opencloud-redis reads format {own:?}; choose \
         another prefix, or run the version that wrote them"
    )
}

/// The server's own words.
fn said(error: &redis::RedisError) -> String {
    match error.detail() {
        Some(detail) if !detail.is_empty() => detail.to_owned(),
        _ => error.to_string(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
