//! Which shapes responses have where the live service and Roblox's document differ.

use std::fmt;
use std::str::FromStr;

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
