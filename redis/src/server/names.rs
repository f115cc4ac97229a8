//! What keys are called: all begin with the caller's prefix, and those that one script needs have the same hash tag, so
//! that a cluster keeps them on one node.

use super::{Error, ErrorKind};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// A longer name is in a key by its hash.
const LONGEST: usize = 200;

#[derive(Clone, Debug)]
pub(crate) struct Names(Arc<str>);

impl Default for Names {
    fn default() -> Self {
        Self("opencloud".into())
    }
}

impl Names {
    pub(super) fn new(prefix: &str) -> Result<Self, Error> {
        let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        match (1..=64).contains(&prefix.len()) && prefix.bytes().all(is_taken) {
            true => Ok(Self(prefix.into())),
            false => Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "the prefix of the keys is invalid: {prefix:?}; take 1 to 64 letters, digits and `-_.:/`"
                ),
            )),
        }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.0
    }

    /// A key that stands alone.
    pub(crate) fn one(&self, name: &str) -> String {
        format!("{{{}:{name}}}", self.0)
    }

    /// The hash tag of a set of keys.
    pub(crate) fn set(&self, kind: &str, name: &str) -> String {
        format!("{{{}:{kind}:{}}}", self.0, short(name))
    }
}

/// A name as a part of a key.
pub(crate) fn short(name: &str) -> String {
    // A closing brace would end the hash tag.
    match name.len() <= LONGEST && !name.contains(['{', '}']) {
        true => name.to_owned(),
        false => format!("#{}", print(name.as_bytes())),
    }
}

/// The SHA-256 of something, in hexadecimal.
pub(crate) fn print(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_cannot_break_out_of_the_hash_tag() {
        for refused in ["", "a b", "a{b", "a}b", "ü", &"a".repeat(65)] {
            assert!(Names::new(refused).is_err(), "{refused:?}");
        }
        let names = Names::new("my-game").expect("a prefix");
        assert_eq!(names.set("token", "156"), "{my-game:token:156}");
    }

    #[test]
    fn a_name_of_any_text_and_length_is_part_of_a_key() {
        let names = Names::default();
        for name in ["a}b", "{", &"x".repeat(10_000)] {
            let key = names.set("token", name);
            assert!(key.len() < 300 && key.matches('}').count() == 1 && key.ends_with('}'), "{key}");
        }
        assert_ne!(names.set("token", "a}b"), names.set("token", "a}c"));
    }
}
