//! State and rules of secrets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mix::mix;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Secrets {
    #[serde(with = "crate::pairs")]
    pub(super) secrets: BTreeMap<(u64, String), Secret>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) key_id: String,
    pub(super) domain: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Secrets {
    /// One secret, which sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> Secrets {
        let secret = Secret { key_id: key_id(2001), domain: None, created: now, updated: now };
        Secrets { secrets: BTreeMap::from([((2001, "sample".to_owned()), secret)]) }
    }
}

/// SE-02: a number as text.
pub(super) fn key_id(universe: u64) -> String {
    mix(!universe).to_string()
}
