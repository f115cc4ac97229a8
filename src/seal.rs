//! Text that comes back from a caller's storage as it was given out, or not at all.

use crate::wire::hex;
use md5::{Digest, Md5};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// A state with a checksum of it. It guards against damage, not against forgery: whoever can write a checkpoint can
/// also do what goes on from it.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Sealed<T> {
    /// As JSON in a text: the checksum is of what is kept, so that a state that gains a field can still be read.
    state: String,
    checksum: String,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

/// Why it cannot be read.
#[derive(Debug)]
pub(crate) struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the checkpoint is damaged: its checksum does not match")
    }
}

impl<T: Serialize + DeserializeOwned> Sealed<T> {
    pub(crate) fn of(state: &T) -> Self {
        // A checkpoint is text, numbers and flags, which JSON can always hold.
        let state = serde_json::to_string(state).unwrap_or_default();
        Self { checksum: checksum(&state), state, kind: PhantomData }
    }

    pub(crate) fn open(&self) -> Result<T, Damaged> {
        match checksum(&self.state) == self.checksum {
            true => serde_json::from_str(&self.state).map_err(|_| Damaged),
            false => Err(Damaged),
        }
    }
}

/// The checksum of a text, in hexadecimal.
pub(crate) fn checksum(text: &str) -> String {
    hex(&Md5::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Older {
        lines: u64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Newer {
        lines: u64,
        #[serde(default)]
        skipped: u64,
    }

    #[test]
    fn a_state_that_has_gained_a_field_is_read() {
        let kept = serde_json::to_string(&Sealed::of(&Older { lines: 7 })).expect("JSON");
        let sealed: Sealed<Newer> = serde_json::from_str(&kept).expect("a checkpoint");
        assert_eq!(sealed.open().expect("not damaged"), Newer { lines: 7, skipped: 0 });
    }

    #[test]
    fn a_state_that_was_changed_is_not_read() {
        let kept = serde_json::to_string(&Sealed::of(&Older { lines: 7 })).expect("JSON");
        let changed: Sealed<Older> = serde_json::from_str(&kept.replace('7', "8")).expect("the same form");
        assert!(changed.open().is_err());
    }
}
