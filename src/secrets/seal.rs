//! Sealing: libsodium's sealed box (X25519 and XSalsa20-Poly1305, from an ephemeral key).

use super::Plaintext;
use crate::Error;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto_box::PublicKey;
use crypto_box::aead::OsRng;

const KEY_BYTES: usize = 32;

/// The key that a text in base64 is.
pub(super) fn key(text: &str) -> Result<PublicKey, Error> {
    let bytes = STANDARD.decode(text.trim()).ok();
    let bytes: Option<[u8; KEY_BYTES]> = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(PublicKey::from).ok_or_else(|| {
        Error::unreadable(format!(
            "the public key of the universe is not {KEY_BYTES} bytes in base64; nothing was sealed or sent"
        ))
    })
}

/// The content, sealed for a key, in base64.
pub(super) fn seal(content: &Plaintext, key: &PublicKey) -> Result<String, Error> {
    let sealed = key
        .seal(&mut OsRng, content.as_str().as_bytes())
        .map_err(|_| Error::invalid_request("the content of the secret cannot be sealed"))?;
    Ok(STANDARD.encode(sealed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto_box::SecretKey;

    /// The secret key 1, 2, .. 32, its public key, and what libsodium 1.0.20 (PyNaCl 1.6.2) sealed for it.
    const PUBLIC_KEY: &str = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=";
    const CONTENT: &str = "an 18-byte secret!";
    const SEALED_BY_LIBSODIUM: &str =
        "13AridKXtW6ntnMWRbMTYm8aqQS9KLqKjzIL1aD1GFyG8eaIuUHpxLi/BonEuzSvbk1kQVQyIC5r6J1hkaxW6fMW";

    fn secret_key() -> SecretKey {
        let mut bytes = [0; KEY_BYTES];
        (1..).zip(&mut bytes).for_each(|(value, byte)| *byte = value);
        SecretKey::from(bytes)
    }

    fn open(sealed: &str) -> Vec<u8> {
        secret_key().unseal(&STANDARD.decode(sealed).expect("base64")).expect("sealed for this key")
    }

    #[test]
    fn the_box_is_the_one_of_libsodium() {
        let ours = seal(&CONTENT.into(), &key(PUBLIC_KEY).expect("a key")).expect("a box");
        assert_eq!(open(&ours), CONTENT.as_bytes());
        assert_eq!(open(SEALED_BY_LIBSODIUM), CONTENT.as_bytes());
        // 32 bytes of the ephemeral key, 16 of the tag: as in Roblox's guide, 18 bytes become 66.
        assert_eq!(STANDARD.decode(&ours).expect("base64").len(), CONTENT.len() + 48);
        assert_eq!(ours.len(), SEALED_BY_LIBSODIUM.len());
    }

    #[test]
    fn no_box_is_like_another() {
        let key = key(PUBLIC_KEY).expect("a key");
        let seal = || seal(&CONTENT.into(), &key).expect("a box");
        assert_ne!(seal(), seal());
    }

    #[test]
    fn the_key_of_the_guide_is_read_and_others_are_refused() {
        key("Zgj4+V7vSaEZ06rXazKJUIcUnVa95tUNiwXAif/vdHo=").expect("Roblox's sample");
        for text in ["", "Zgj4", "Zgj4+V7vSaEZ06rXazKJUIcUnVa95tUNiwXAif/vdHo", "no base64!"] {
            assert!(key(text).is_err(), "{text}");
        }
    }
}
