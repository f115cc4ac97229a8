//! State and rules of subscriptions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Subscriptions {
    pub(super) since: Timestamp,
}

impl Subscriptions {
    pub(crate) fn seeded(now: Timestamp) -> Subscriptions {
        Subscriptions { since: now }
    }
}
