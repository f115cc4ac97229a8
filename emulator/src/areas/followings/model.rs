//! State and rules of followings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Since when, by user and universe.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Followings {
    pub(super) users: BTreeMap<u64, BTreeMap<u64, Timestamp>>,
}

impl Followings {
    pub(super) fn of(&self, user: u64) -> impl Iterator<Item = (&u64, &Timestamp)> {
        self.users.get(&user).into_iter().flatten()
    }
}
