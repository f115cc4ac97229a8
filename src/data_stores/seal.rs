//! Text that comes back from a caller's storage as it was given out, or not at all.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A state with a checksum of it. It guards against damage, not against forgery: whoever can write checkpoints can
/// write data stores too.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed<T> {
    state: T,
    checksum: String,
}

/// Why it cannot be read.
#[derive(Debug)]
pub(super) struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the checkpoint is damaged: its checksum does not match")
    }
}

impl<T: Serialize> Sealed<T> {
    pub(super) fn of(state: T) -> Self {
        Self { checksum: checksum(&state), state }
    }

    pub(super) fn open(self) -> Result<T, Damaged> {
        if checksum(&self.state) == self.checksum { Ok(self.state) } else { Err(Damaged) }
    }
}

/// Of the state as JSON, in whichever format it is kept.
fn checksum(state: &impl Serialize) -> String {
    // A checkpoint is text, numbers and flags, which JSON can always hold.
    hex(&Md5::digest(serde_json::to_vec(state).unwrap_or_default()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
