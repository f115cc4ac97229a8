//! Which shapes responses have where the live service and Roblox's document differ.

use std::fmt;
use std::str::FromStr;

use crate::state::mix;

/// The shapes of responses where the live service and Roblox's document differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Shapes {
    /// As the live service was seen to respond: `spec/live/facts.yaml` in the repository lists what was observed.
    #[default]
    Live,
    /// As Roblox's own document describes them.
    Document,
}

impl Shapes {
    pub(crate) fn is_live(self) -> bool {
        self == Shapes::Live
    }
}

/// One of several forms, for what the live service writes now in this way and now in that: always the same for the
/// same text, so that a test finds what it found before.
pub(crate) fn form_of(text: &str, forms: u64) -> u64 {
    text.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte))) % forms.max(1)
}

impl fmt::Display for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shapes::Live => "live",
            Shapes::Document => "document",
        })
    }
}

impl FromStr for Shapes {
    type Err = String;

    fn from_str(text: &str) -> Result<Shapes, String> {
        match text {
            "live" => Ok(Shapes::Live),
            "document" => Ok(Shapes::Document),
            other => Err(format!("`{other}` is invalid; the shapes are live and document")),
        }
    }
}
