//! State and rules of thumbnails.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What was asked for before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rendered {
    pub(super) rendered: BTreeSet<String>,
}
