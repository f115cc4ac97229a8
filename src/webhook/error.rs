//! Why a notification is refused. None of these texts holds a secret or a signature.

use jiff::Timestamp;
use std::fmt;
use std::time::Duration;

/// Why a secret cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// It is empty: everyone could sign.
    Empty,
    /// It begins or ends with white space: it was probably read from a file with the line's end.
    Surrounded,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the webhook's secret is empty",
            Self::Surrounded => {
                "the webhook's secret begins or ends with white space; was it read from a file with the line's end?"
            }
        })
    }
}

impl std::error::Error for SecretError {}

/// Why a notification is not taken for Roblox's. Response 400 or 401, and say no more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no `roblox-signature` header.
    MissingHeader,
    /// The header is longer than any that Roblox sends, or comes more than once.
    OversizedHeader,
    /// The header does not read `t=<seconds>,v1=<base64>`.
    MalformedHeader(&'static str),
    /// The footer does not read `Roblox-Signature: <base64>, Timestamp: <seconds>`.
    MalformedFooter(&'static str),
    /// The notification is not signed: the webhook was set up without a secret.
    Unsigned,
    /// The signature is not that of this body and time under any of the secrets.
    WrongSignature,
    /// It was signed too long ago.
    #[non_exhaustive]
    TooOld {
        /// When it was signed.
        signed: Timestamp,
        /// How long ago that is, by the clock of this machine.
        age: Duration,
        /// How long ago it may have been.
        tolerance: Duration,
    },
    /// It is signed for a time that has not come.
    #[non_exhaustive]
    InTheFuture {
        /// When it was signed.
        signed: Timestamp,
        /// How far that is ahead of the clock of this machine.
        ahead: Duration,
        /// How far the clocks may differ.
        tolerance: Duration,
    },
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader => f.write_str("there is no `roblox-signature` header"),
            Self::OversizedHeader => {
                f.write_str("the `roblox-signature` header is too long or there is more than one")
            }
            Self::MalformedHeader(why) => write!(f, "the `roblox-signature` header {why}"),
            Self::MalformedFooter(why) => write!(f, "the embed's footer {why}"),
            Self::Unsigned => f.write_str(
                "the notification has no signature; set a secret for the webhook in the Creator Dashboard",
            ),
            Self::WrongSignature => f.write_str(
                "the signature does not fit; is it verified over the raw bytes of the body, with this webhook's secret?",
            ),
            Self::TooOld { signed, age, tolerance } => write!(
                f,
                "it was signed at {signed}: {} s ago by this machine's clock, and {} s are allowed; it is an old \
                 notification, or this machine's clock is fast by as much",
                age.as_secs(),
                tolerance.as_secs()
            ),
            Self::InTheFuture { signed, ahead, tolerance } => write!(
                f,
                "it is signed for {signed}: {} s ahead of this machine's clock, and {} s are allowed; set this \
                 machine's clock right, which is slow by about that",
                ahead.as_secs(),
                tolerance.as_secs()
            ),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Why a body is not a notification.
#[derive(Debug)]
#[non_exhaustive]
pub enum ParseError {
    /// It is not JSON.
    Json(serde_json::Error),
    /// It is JSON, but no object.
    NoObject,
    /// A property that every notification has is missing or no text.
    Missing(&'static str),
    /// It is a message without an embed that has a description, or with several embeds.
    NoEmbed,
    /// It is an embed, but no request for erasure, or none that can be read whole.
    NoErasureRequest,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "the notification is not JSON: {error}"),
            Self::NoObject => f.write_str("the notification is not JSON object"),
            Self::Missing(name) => write!(f, "the notification has no `{name}`"),
            Self::NoEmbed => f.write_str("the message does not have one embed with a description"),
            Self::NoErasureRequest => {
                f.write_str("the embed is not a request for erasure with a user and games; read it yourself")
            }
        }
    }
}

impl std::error::Error for ParseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::NoObject | Self::Missing(_) | Self::NoEmbed | Self::NoErasureRequest => None,
        }
    }
}
