//! What a message says that Roblox posts to Discord, whose embed has sentences where a webhook of one's own gets JSON.

use super::{ParseError, RightToErasureRequest, VerifyError, embed};
use crate::ids::{PlaceId, UserId};
use serde_json::Value;

/// The longest description that is read, in bytes. Discord allows 4096 characters.
const LONGEST: usize = 16_384;

/// The embed of a message that Roblox has posted to Discord (or Guilded, which has the same): a description, and the
/// footer that signs it.
///
/// ```
/// use opencloud::webhook::{Embed, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::new("the webhook's secret")?;
/// let description = "Right to Erasure, User Id: 156, game Ids: 42, 43";
/// # let footer = verifier.sign_embed(jiff::Timestamp::now(), description);
/// # let message = serde_json::json!({ "embeds": [{ "description": description, "footer": { "text": footer } }] });
/// # let message = message.to_string().into_bytes();
/// // The JSON of the message, as Discord's API gives it to a bot.
/// let embed = Embed::parse(&message)?;
/// verifier.verify_message(&embed)?;
/// let request = embed.erasure_request()?;
/// assert_eq!((request.user_id, request.start_place_ids), (156.into(), vec![42.into(), 43.into()]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embed {
    description: String,
    footer: String,
}

impl Embed {
    /// An embed whose parts a library for bots has read.
    pub fn new(description: impl Into<String>, footer: impl Into<String>) -> Self {
        Self { description: description.into(), footer: footer.into() }
    }

    /// Reads a message, which must have exactly one embed, or an embed alone: JSON, as Discord's API writes them.
    ///
    /// # Errors
    ///
    /// If it is not JSON of this form. An embed without a footer is read; it is not signed.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let message: Value = serde_json::from_slice(message).map_err(ParseError::Json)?;
        let embed = match &message["embeds"] {
            Value::Array(embeds) if embeds.len() == 1 => &embeds[0],
            Value::Null => &message,
            _ => return Err(ParseError::NoEmbed),
        };
        let description = embed["description"].as_str().ok_or(ParseError::NoEmbed)?;
        Ok(Self::new(description, embed["footer"]["text"].as_str().unwrap_or_default()))
    }

    /// The text.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The text below it, which carries the signature.
    pub fn footer(&self) -> &str {
        &self.footer
    }

    /// What a [`ReplayGuard`](super::ReplayGuard) can know the message by, for it has no id: its signature, which
    /// covers text and time.
    ///
    /// # Errors
    ///
    /// If the footer does not have Roblox's form.
    pub fn id(&self) -> Result<&str, VerifyError> {
        embed::parse(&self.footer).map(|(signature, _)| signature)
    }

    /// The request for erasure that the text is: whose data, and the start places of the experiences that may hold it
    /// (RE-02). [Verify](super::Verifier::verify_message) it first.
    ///
    /// Roblox's guide shows the text and does not promise it. So only what must be there is looked for: the words
    /// "right to erasure", a user id, and a list of ids at the end. What is not as expected is an error, never a
    /// request that leaves something out.
    ///
    /// # Errors
    ///
    /// If it is not a request for erasure, or not one that can be read whole.
    pub fn erasure_request(&self) -> Result<RightToErasureRequest, ParseError> {
        erasure(&self.description).ok_or(ParseError::NoErasureRequest)
    }
}

fn erasure(text: &str) -> Option<RightToErasureRequest> {
    if text.len() > LONGEST {
        return None;
    }
    // Lower case of ASCII letters keeps every position; emphasis is Discord's.
    let text: String = text.chars().filter(|ch| !matches!(ch, '*' | '`')).collect();
    let text = text.to_ascii_lowercase();
    let (_, rest) = text.split_once("right to erasure")?;
    let (_, rest) = rest.split_once("user id")?;
    let rest = rest.trim_start_matches(|ch: char| ch == ':' || ch.is_whitespace());
    let end = rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(rest.len());
    let (user, rest) = rest.split_at(end);
    let (before, places) = rest.rsplit_once(':')?;
    // Another number would be another id, of which nothing is known.
    if before.contains(|ch: char| ch.is_ascii_digit()) {
        return None;
    }
    let places = places.trim().trim_end_matches('.');
    let places = places.split(',').map(|id| number(id.trim()).map(PlaceId::from));
    Some(RightToErasureRequest {
        user_id: UserId::from(number(user)?),
        start_place_ids: places.collect::<Option<Vec<_>>>()?,
    })
}

fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && *number > 0)
}
