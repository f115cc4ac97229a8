use crate::Credentials;
use crate::transport::limit::Share;
use crate::transport::retry::RetryPolicy;
use std::sync::Arc;
use std::time::Duration;

/// How a call is made. What is `None` is as the client says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) credentials: Option<Credentials>,
    /// Whether no credential is sent.
    pub(crate) anonymous: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<Arc<dyn RetryPolicy>>,
    pub(crate) idempotent: Option<bool>,
    /// The part of what the game uses up too that a job may take; `None` for all of it.
    pub(crate) share: Option<Share>,
}

impl Options {
    /// Those of a call that does no harm if it is sent twice, unless the caller says otherwise.
    pub(crate) fn or_idempotent(mut self) -> Self {
        self.idempotent.get_or_insert(true);
        self
    }
}
