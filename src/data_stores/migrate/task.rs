//! What a migration is to do.

use crate::client::Options;
use crate::data_stores::engine::Pace;
use crate::data_stores::unreadable::Unreadable;
use crate::data_stores::{EntryKey, Store};

/// What is migrated, and how.
#[derive(Debug)]
pub(super) struct Of {
    pub(super) store: Store,
    pub(super) target: Option<Store>,
    pub(super) prefix: String,
    pub(super) pace: Pace,
    pub(super) skip_existing: bool,
    pub(super) is_dry: bool,
    pub(super) unreadable: Unreadable<EntryKey>,
    pub(super) options: Options,
}
