//! How an error reads: `GET /cloud/v2/users/{user_id}: 404 NOT_FOUND: no such user`.

use super::{Error, ErrorKind, OneLine};
use std::error::Error as StdError;
use std::fmt::{self, Write};

/// How much of a text stands in a line, in characters: of a message, which may repeat a token or a name that the
/// caller gave, and of a path or code. The accessors have all of it.
const LONGEST_MESSAGE: usize = 4_000;
const LONGEST_WORD: usize = 1_000;

impl fmt::Display for Error {
    /// On one line, whatever stands in keys, paths and the words of services.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&mut OneLine(f), self.0.shows_path)
    }
}

impl Error {
    fn write(&self, f: &mut impl Write, with_ids: bool) -> fmt::Result {
        let path = self.path().filter(|_| with_ids).or(self.path_template());
        if let (Some(method), Some(path)) = (self.method(), path) {
            write!(f, "{method} {}: ", Short(path, LONGEST_WORD))?;
        }
        match self.status() {
            // The response was none of a failed request: it told of a failed operation.
            Some(status) if status.is_success() && self.tells_of_operation() => {
                f.write_str("the operation failed: ")?;
            }
            Some(status) if self.code().is_some() => write!(f, "{} ", status.as_u16())?,
            Some(status) => write!(f, "{}: ", status.as_u16())?,
            None => {}
        }
        if let Some(code) = self.code() {
            write!(f, "{}: ", Short(code, LONGEST_WORD))?;
        }
        write!(f, "{}", Short(self.message(), LONGEST_MESSAGE))?;
        match (self.attempts(), self.stop_reason()) {
            (..=1, None) => {}
            (..=1, Some(why)) => write!(f, " (not sent again: {why})")?,
            (attempts, None) => write!(f, " (after {attempts} attempts)")?,
            (attempts, Some(why)) => write!(f, " (after {attempts} attempts: {why})")?,
        }
        if let Some(hint) = self.hint() {
            write!(f, " [{hint}]")?;
        }
        Ok(())
    }

    /// Whether a failure that came with a success is that of a long-running operation.
    fn tells_of_operation(&self) -> bool {
        self.kind() == ErrorKind::Operation || self.code().is_some()
    }
}

impl fmt::Debug for Error {
    /// What `main` shows of an error that it returns: as `Display`, with the path's ids, the causes, and what Roblox
    /// finds the request by. `{:#?}` shows a struct.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match f.alternate() {
            true => self.write_struct(f),
            false => self.write_in_full(&mut OneLine(f)),
        }
    }
}

impl Error {
    fn write_in_full(&self, f: &mut impl Write) -> fmt::Result {
        self.write(f, true)?;
        let mut source = self.source();
        let mut text = self.message().to_owned();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Most errors repeat their cause in their own text.
            if !text.contains(&cause_text) {
                write!(f, ": {}", Short(&cause_text, LONGEST_MESSAGE))?;
            }
            text = cause_text;
            source = cause.source();
        }
        let is_said = self.hint().is_some_and(|hint| hint.contains("may have been applied"));
        if self.may_have_been_applied() && !is_said {
            f.write_str(" (the request may have been applied)")?;
        }
        for (name, id) in self.request_ids() {
            write!(f, " ({name}: {id})")?;
        }
        Ok(())
    }

    fn write_struct(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("operation", &self.operation().map(|operation| operation.id))
            .field("path", &self.path())
            .field("status", &self.status())
            .field("code", &self.code())
            .field("message", &self.message())
            .field("attempts", &self.attempts())
            .field("may_have_been_applied", &self.may_have_been_applied())
            .field("request_ids", &self.request_ids().collect::<Vec<_>>())
            .field("hint", &self.hint())
            .finish_non_exhaustive()
    }
}

/// The beginning of a text, up to a number of characters.
struct Short<'a>(&'a str, usize);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(self.1) {
            None => f.write_str(self.0),
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
        }
    }
}
