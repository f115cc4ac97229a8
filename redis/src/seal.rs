//! What is kept is encrypted: XChaCha20-Poly1305, with the name of its record as associated data.

use crate::server::{Error, ErrorKind};
use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::fmt;

/// What sealed values begin with.
const VERSION: u8 = 1;
const NONCE: usize = 24;
/// How many keys there may be: each is tried.
const MOST: usize = 8;

/// The keys by which values are encrypted before they are sent to the server: 32 bytes each, which only your servers know.
///
/// ```
/// use opencloud_redis::SealingKeys;
///
/// # fn keys() -> Result<(), opencloud_redis::Error> {
/// # let (new, old) = ("1f".repeat(32), "2e".repeat(32));
/// let keys = SealingKeys::from_hex(&new)?.also_hex(&old)?; // while the key is changed
/// # Ok(())
/// # }
/// ```
///
/// The first key encrypts; all of them decrypt. To change the key, add the new one behind the old one on every server,
/// then put it first, and leave the old one out when every value has been written again.
///
/// A value is bound to the name of its record: one that was copied to another is not read. Whoever can write to the server
/// can still put an older value of the same record in its place.
#[derive(Clone)]
pub struct SealingKeys(Vec<XChaCha20Poly1305>);

impl SealingKeys {
    /// This key, which should be random: `openssl rand -hex 32`.
    pub fn new(key: [u8; 32]) -> Self {
        Self(vec![XChaCha20Poly1305::new(&key.into())])
    }

    /// As [`new`](Self::new), from 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration), if they are not. The error does not repeat them.
    pub fn from_hex(key: &str) -> Result<Self, Error> {
        bytes(key).map(Self::new)
    }

    /// Decrypts values of this key as well.
    #[must_use]
    pub fn also(mut self, key: [u8; 32]) -> Self {
        if self.0.len() < MOST {
            self.0.push(XChaCha20Poly1305::new(&key.into()));
        }
        self
    }

    /// As [`also`](Self::also), from 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration), if they are not, or if there are eight keys.
    pub fn also_hex(self, key: &str) -> Result<Self, Error> {
        match self.0.len() < MOST {
            true => Ok(self.also(bytes(key)?)),
            false => Err(invalid("there are eight already; leave the oldest out")),
        }
    }

    /// Encrypts the value of a record.
    pub(crate) fn seal(&self, record: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce = XNonce::try_generate()
            .map_err(|_| failed("sealed", record, "the system gives no random bytes"))?;
        let key = self.0.first().ok_or_else(|| failed("sealed", record, "there is no key"))?;
        let sealed = key
            .encrypt(&nonce, Payload { msg: value, aad: record.as_bytes() })
            .map_err(|_| failed("sealed", record, "it is too large"))?;
        Ok([&[VERSION][..], &nonce[..], &sealed[..]].concat())
    }

    /// Decrypts the value of a record.
    pub(crate) fn open(&self, record: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (version, rest) = sealed.split_first().ok_or_else(|| failed("read", record, "it is empty"))?;
        if *version != VERSION {
            let why = "another version of opencloud-redis has written it; run that version";
            return Err(Error::new(
                ErrorKind::OtherVersion,
                format!("the value of {record} cannot be read: {why}"),
            ));
        }
        let (nonce, text) =
            rest.split_at_checked(NONCE).ok_or_else(|| failed("read", record, "it is cut off"))?;
        let nonce = XNonce::try_from(nonce).map_err(|_| failed("read", record, "it is cut off"))?;
        let opened = self
            .0
            .iter()
            .find_map(|key| key.decrypt(&nonce, Payload { msg: text, aad: record.as_bytes() }).ok());
        opened.ok_or_else(|| {
            failed(
                "read",
                record,
                "none of the keys fits, or it is damaged or of another record; check the keys",
            )
        })
    }
}

fn failed(what: &str, record: &str, why: &str) -> Error {
    Error::new(ErrorKind::Unreadable, format!("the value of {record} cannot be {what}: {why}"))
}

fn invalid(why: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("the key to seal with is invalid: {why}"))
}

fn bytes(hex: &str) -> Result<[u8; 32], Error> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut key = [0; 32];
    let digits: Option<Vec<u32>> = hex.bytes().map(digit).collect();
    match digits {
        Some(digits) if digits.len() == 64 => {
            for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
                *byte = (pair[0] * 16 + pair[1]) as u8;
            }
            Ok(key)
        }
        _ => Err(invalid("it is not 64 hexadecimal digits; make one with `openssl rand -hex 32`")),
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKeys({} hidden)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_by_its_key_and_as_its_record_only() {
        let (one, two) = (SealingKeys::new([1; 32]), SealingKeys::new([2; 32]));
        let sealed = one.seal("a", b"a secret").expect("sealed");
        assert!(!sealed.windows(8).any(|part| part == b"a secret"));
        assert_eq!(one.open("a", &sealed).expect("opened"), b"a secret");
        for error in [one.open("b", &sealed), two.open("a", &sealed), one.open("a", &sealed[..20])] {
            assert_eq!(error.expect_err("not read").kind(), ErrorKind::Unreadable);
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(one.open("a", &changed).is_err(), "byte {at} was changed");
        }
    }

    #[test]
    fn a_key_is_changed_while_values_of_the_old_one_are_read() {
        let old = SealingKeys::new([1; 32]);
        let both = SealingKeys::new([2; 32]).also([1; 32]);
        let sealed = old.seal("a", b"value").expect("sealed");
        assert_eq!(both.open("a", &sealed).expect("by the old key"), b"value");
        let again = both.seal("a", b"value").expect("sealed");
        assert!(old.open("a", &again).is_err(), "the first one encrypts");
    }

    #[test]
    fn a_key_in_hexadecimal_is_checked_and_never_shown() {
        assert!(SealingKeys::from_hex(&"0f".repeat(32)).is_ok());
        for wrong in ["", "SECRET", &"0f".repeat(31), &"0g".repeat(32)] {
            let error = SealingKeys::from_hex(wrong).expect_err("no key").to_string();
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
        assert_eq!(format!("{:?}", SealingKeys::new([7; 32])), "SealingKeys(1 hidden)");
    }

    #[test]
    fn a_value_of_another_version_is_said_to_be() {
        let error = SealingKeys::new([1; 32]).open("a", &[9, 1, 2, 3]).expect_err("another version");
        assert_eq!(error.kind(), ErrorKind::OtherVersion);
    }
}
