//! Whether a notification is Roblox's.

use super::signature::{Signature, time};
use super::{Embed, SecretError, VerifyError, embed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use std::fmt;
use std::time::Duration;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "roblox-signature";

/// How far the time of a signature may be from now, unless told otherwise.
pub(super) const TOLERANCE: Duration = Duration::from_secs(300);

/// Checks signatures, and makes them for tests.
///
/// The signature is HMAC-SHA256, keyed with the secret's text, over the seconds of the header's `t`,
/// a full stop, and the body's raw bytes. A framework that hands over parsed JSON has lost these:
/// take the bytes. Comparing takes the same time whatever is compared.
///
/// ```
/// use opencloud::webhook::Verifier;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::new("new secret")?.also("old secret")?; // while it is rotated
/// let body = br#"{"NotificationId":"1","EventType":"SampleNotification"}"#;
/// let header = verifier.sign(jiff::Timestamp::now(), body);
/// verifier.verify(&header, body)?;
/// assert!(verifier.verify(&header, b"another body").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier {
    /// Keyed, one for each secret; the first one signs.
    keys: Vec<Hmac<Sha256>>,
    tolerance: Duration,
}

impl Verifier {
    /// With the secret that the webhook was given in the Creator Dashboard.
    ///
    /// # Errors
    ///
    /// If the secret is empty or stands between white space.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, SecretError> {
        Self { keys: Vec::new(), tolerance: TOLERANCE }.also(secret)
    }

    /// Takes signatures of this secret as well: while one is rotated, or for several webhooks.
    ///
    /// # Errors
    ///
    /// As [`Verifier::new`].
    pub fn also(mut self, secret: impl AsRef<str>) -> Result<Self, SecretError> {
        let secret = secret.as_ref();
        if secret.trim().is_empty() {
            return Err(SecretError::Empty);
        }
        if secret.trim() != secret {
            return Err(SecretError::Surrounded);
        }
        // HMAC takes a key of any length.
        self.keys.extend(Hmac::new_from_slice(secret.as_bytes()));
        Ok(self)
    }

    /// How far the time of a signature may be from now, in both directions; 300 seconds by default,
    /// as in Roblox's sample code.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Checks the value of the `roblox-signature` header against the raw body, and returns the time
    /// of signing.
    ///
    /// # Errors
    ///
    /// If the header is malformed, unsigned or oversized, if the signature does not fit, or if its
    /// time is further away than the tolerance.
    pub fn verify(&self, header: impl AsRef<[u8]>, body: &[u8]) -> Result<Timestamp, VerifyError> {
        self.verify_at(header, body, Timestamp::now())
    }

    /// As [`verify`](Self::verify), with the header taken from among all.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), and if the header is missing or comes more than once.
    pub fn verify_headers(&self, headers: &HeaderMap, body: &[u8]) -> Result<Timestamp, VerifyError> {
        let mut values = headers.get_all(SIGNATURE_HEADER).iter();
        match (values.next(), values.next()) {
            (None, _) => Err(VerifyError::MissingHeader),
            (Some(header), None) => self.verify(header, body),
            (Some(_), Some(_)) => Err(VerifyError::OversizedHeader),
        }
    }

    /// As [`verify`](Self::verify), at another time than now: for tests, and for queues that verify
    /// later than they receive.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        header: impl AsRef<[u8]>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Timestamp, VerifyError> {
        self.check(&Signature::parse(header.as_ref())?, body, now)
    }

    /// Checks an embed that Roblox posted to Discord or Slack: the footer that carries the signature,
    /// against the text of the description.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = opencloud::webhook::Verifier::new("secret")?;
    /// let (description, footer) = ("someone bought a thing", verifier.sign_embed(jiff::Timestamp::now(), "someone bought a thing"));
    /// assert!(footer.starts_with("Roblox-Signature: "));
    /// verifier.verify_embed(&footer, description)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), of the footer.
    pub fn verify_embed(&self, footer: &str, description: &str) -> Result<Timestamp, VerifyError> {
        self.verify_embed_at(footer, description, Timestamp::now())
    }

    /// Checks the [embed](Embed) of a message that Roblox posted to Discord.
    ///
    /// # Errors
    ///
    /// As [`verify_embed`](Self::verify_embed).
    pub fn verify_message(&self, embed: &Embed) -> Result<Timestamp, VerifyError> {
        self.verify_embed(embed.footer(), embed.description())
    }

    /// As [`verify_embed`](Self::verify_embed), at another time than now.
    ///
    /// # Errors
    ///
    /// As [`verify_embed`](Self::verify_embed).
    pub fn verify_embed_at(
        &self,
        footer: &str,
        description: &str,
        now: Timestamp,
    ) -> Result<Timestamp, VerifyError> {
        let (mac, seconds) = embed::parse(footer)?;
        let malformed = VerifyError::MalformedFooter;
        let time = time(seconds).ok_or(malformed("has a timestamp that is not a number of seconds"))?;
        let mac = STANDARD.decode(mac).map_err(|_| malformed("has a signature that is not base64"))?;
        self.check(&Signature { seconds, time, macs: vec![mac] }, description.as_bytes(), now)
    }

    /// The value of the header that Roblox would send with this body: for tests of your own service.
    pub fn sign(&self, time: Timestamp, body: &[u8]) -> String {
        let seconds = time.as_second().to_string();
        format!("t={seconds},v1={}", self.mac(&seconds, body))
    }

    /// The footer that Roblox would put under an embed with this description: for tests.
    pub fn sign_embed(&self, time: Timestamp, description: &str) -> String {
        let seconds = time.as_second().to_string();
        embed::footer(&self.mac(&seconds, description.as_bytes()), &seconds)
    }

    fn mac(&self, seconds: &str, body: &[u8]) -> String {
        let mac = self.keys.first().map(|key| message(key, seconds, body).finalize().into_bytes());
        mac.map(|mac| STANDARD.encode(mac)).unwrap_or_default()
    }

    fn check(
        &self,
        signature: &Signature<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Timestamp, VerifyError> {
        if signature.macs.is_empty() {
            return Err(VerifyError::Unsigned);
        }
        let fits = self.keys.iter().any(|key| {
            let message = message(key, signature.seconds, body);
            // In constant time.
            signature.macs.iter().any(|mac| message.clone().verify_slice(mac).is_ok())
        });
        if !fits {
            return Err(VerifyError::WrongSignature);
        }
        let (signed, tolerance) = (signature.time, self.tolerance);
        let age = now.duration_since(signed);
        let most = SignedDuration::try_from(tolerance).unwrap_or(SignedDuration::MAX);
        let by = age.unsigned_abs();
        if age > most {
            return Err(VerifyError::TooOld { signed, age: by, tolerance });
        }
        if age < -most {
            return Err(VerifyError::InTheFuture { signed, ahead: by, tolerance });
        }
        Ok(signed)
    }
}

/// What is signed: `<seconds>.<body>`.
fn message(key: &Hmac<Sha256>, seconds: &str, body: &[u8]) -> Hmac<Sha256> {
    key.clone().chain_update(seconds).chain_update(".").chain_update(body)
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of RFC 4231 for SHA-256 (case 5 is truncated, which Roblox does not do).
    #[test]
    fn the_mac_is_that_of_rfc_4231() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for (key, data, expected) in [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe".to_vec(), b"what do ya want for nothing?".to_vec(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            ((1..=25).collect(), vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.".to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ] {
            let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key").chain_update(&data);
            assert_eq!(hex(&mac.finalize().into_bytes()), expected);
        }
    }
}
