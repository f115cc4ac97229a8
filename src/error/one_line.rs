//! Text from outside, on one line.

use std::error::Error;
use std::fmt::{self, Write};

/// A formatter that lets no control character through: whatever a service, a file or a caller's key
/// says, it can neither begin a line of its own in a log nor steer a terminal.
pub(crate) struct OneLine<'a, 'b>(pub(crate) &'a mut fmt::Formatter<'b>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut parts = text.split(is_hidden);
        if let Some(first) = parts.next() {
            self.0.write_str(first)?;
        }
        parts.try_for_each(|part| {
            self.0.write_char(' ')?;
            self.0.write_str(part)
        })
    }
}

/// Control characters, the line ends of Unicode, and the marks that turn the direction of writing.
pub(super) fn is_hidden(ch: char) -> bool {
    let is_mark = matches!(
        ch,
        '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    );
    ch.is_control() || is_mark
}

/// Shows a text on one line.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(f).write_str(self.0)
    }
}

/// An error and what caused it, in one line.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Many libraries repeat their cause in their own text.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_the_line() {
        for (text, shown) in [
            ("plain", "plain"),
            ("", ""),
            ("a\nb\r\n", "a b  "),
            ("\u{1b}[31mred\u{7}", " [31mred "),
            ("a\u{2028}b\u{202e}c\u{85}", "a b c "),
            ("näïve 漢字 👍", "näïve 漢字 👍"),
        ] {
            assert_eq!(Shown(text).to_string(), shown);
        }
    }
}
