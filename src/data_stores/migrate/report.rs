use super::Difference;
use crate::data_stores::{EntryKey, SomeEntries};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a [migration](super::Migration) has done, or in a dry run would do. A resumed one counts what was done before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[must_use = "some entries may not be migrated"]
pub struct MigrationReport {
    /// How many entries went through the function.
    pub read: u64,
    /// How many of them were written.
    pub changed: u64,
    /// How many were deleted, or not copied into the other store.
    pub deleted: u64,
    /// How many stay as they are.
    pub kept: u64,
    /// How many keys were listed, but deleted before they were read.
    pub vanished: u64,
    /// Those that others changed in every pass. They are not migrated.
    pub contended: SomeEntries<EntryKey>,
    /// Those that were about to be written when a run was killed or a response was lost, and that others have changed
    /// since: nobody knows whether they are migrated. They were left alone.
    pub in_doubt: SomeEntries<EntryKey>,
    /// Those that could not be read or written, and were left out
    /// ([`skip_unreadable`](super::Migration::skip_unreadable)).
    pub unreadable: SomeEntries<EntryKey>,
    /// The first differences, of a dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample: Vec<Difference>,
}

impl MigrationReport {
    /// Whether every entry that was there is dealt with: none is contended, in doubt or unreadable.
    pub fn is_complete(&self) -> bool {
        [&self.contended, &self.in_doubt, &self.unreadable].iter().all(|entries| entries.count == 0)
    }
}

/// `120 read: 100 changed, 20 kept`
impl fmt::Display for MigrationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.changed, "changed"),
            (self.deleted, "deleted"),
            (self.kept, "kept"),
            (self.vanished, "deleted by others meanwhile"),
            (self.contended.count, "contended"),
            (self.in_doubt.count, "in doubt"),
            (self.unreadable.count, "unreadable"),
        ];
        write!(f, "{} read", self.read)?;
        let mut before = ": ";
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{before}{count} {what}")?;
            before = ", ";
        }
        Ok(())
    }
}
