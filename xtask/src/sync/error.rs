//! Why a sync stops without touching `spec/`.

use std::fmt;

/// A failure, shown in one line that starts with the place to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    place: String,
    message: String,
}

impl Error {
    /// `place` is a file, `file:line`, or `file: place in the document`.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: one_line(&message.into()) }
    }

    /// A state that no input should be able to cause.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new("internal error", format!("{} (please report this)", message.into()))
    }
}

/// Messages of parsers may span lines and end in a full stop; ours do neither.
fn one_line(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for Error {}

pub type Result<T> = std::result::Result<T, Error>;
