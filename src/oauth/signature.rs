//! JSON Web Signatures with ES256, which is all that Roblox signs ID tokens with (RFC 7515, RFC 7518).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

/// The length of a coordinate of P-256, in bytes.
const COORDINATE: usize = 32;

/// A key that verifies ES256.
#[derive(Clone)]
pub(super) struct PublicKey(UnparsedPublicKey<Vec<u8>>);

impl PublicKey {
    /// By its coordinates, as a key set holds them; `None` if they cannot be such. Whether the point is on
    /// the curve is found out by the first signature.
    pub(super) fn of_point(x: &str, y: &str) -> Option<Self> {
        // An uncompressed point.
        let mut point = vec![4];
        for coordinate in [x, y] {
            let bytes = URL_SAFE_NO_PAD.decode(coordinate).ok().filter(|bytes| bytes.len() == COORDINATE)?;
            point.extend(bytes);
        }
        Some(Self(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)))
    }
}

/// A token whose signature has not been looked at.
pub(super) struct Unverified<'a> {
    pub(super) header: Header,
    /// What is signed: header and claims as they were sent.
    signed: &'a str,
    claims: &'a str,
    signature: &'a str,
}

/// What the header says.
#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    /// Extensions that must be understood; there are none that this code understands.
    pub(super) crit: Option<Value>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart: three parts, of which the first is an object in JSON.
    pub(super) fn read(token: &'a str) -> Result<Self, String> {
        let (signed, signature) = token.rsplit_once('.').ok_or("it has no parts")?;
        let (header, claims) = signed
            .split_once('.')
            .filter(|(_, claims)| !claims.contains('.'))
            .ok_or("it has not three parts")?;
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|error| error.to_string())?;
        let header = serde_json::from_slice(&header).map_err(|error| error.to_string())?;
        Ok(Self { header, signed, claims, signature })
    }

    /// The claims, if this key has signed them.
    pub(super) fn verify(&self, key: &PublicKey) -> Option<Value> {
        let signature = URL_SAFE_NO_PAD.decode(self.signature).ok()?;
        key.0.verify(self.signed.as_bytes(), &signature).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(self.claims).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7515, appendix A.3.
    const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9\
        .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
        .DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    #[test]
    fn the_example_of_the_standard_is_verified() {
        let token = Unverified::read(TOKEN).expect("a token");
        assert_eq!(token.header.alg, "ES256");
        let key = PublicKey::of_point(X, Y).expect("a key");
        assert_eq!(token.verify(&key).expect("claims")["iss"], "joe");
        // Any other byte, and any other key.
        let at = TOKEN.len() / 2;
        let other = if &TOKEN[at..=at] == "A" { "B" } else { "A" };
        let forged = format!("{}{other}{}", &TOKEN[..at], &TOKEN[at + 1..]);
        assert!(Unverified::read(&forged).is_ok_and(|token| token.verify(&key).is_none()));
        let swapped = PublicKey::of_point(Y, X).expect("no point of the curve, which nobody has looked at");
        assert!(token.verify(&swapped).is_none());
    }

    #[test]
    fn what_is_no_key_is_none() {
        for (x, y) in [("", ""), (X, ""), (&X[..40], Y), ("!", Y), (&format!("{X}="), Y)] {
            assert!(PublicKey::of_point(x, y).is_none(), "{x} {y}");
        }
    }
}
