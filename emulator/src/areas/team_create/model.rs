//! State and rules of team create.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The universes in which Team Create is on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct TeamCreate {
    pub(super) enabled: BTreeSet<u64>,
}
