//! Numbers and ids for new things.

use serde::{Deserialize, Serialize};

use crate::mix::uuid_of;

/// Ids of new things are larger.
const FIRST_NEW_ID: u64 = 70_000_000;

/// Hands out each number once.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Ids {
    pub(crate) last: u64,
}

impl Ids {
    pub(crate) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// An id that nothing has that is there from the beginning.
    pub(crate) fn new_id(&mut self) -> u64 {
        FIRST_NEW_ID + self.number()
    }

    pub(crate) fn uuid(&mut self) -> String {
        uuid_of(self.number())
    }
}
