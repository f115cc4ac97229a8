//! How values are written in the grammars of filters, or why they cannot be.

use jiff::Timestamp;

/// A value as written, or why the grammar cannot express it.
pub(super) type Written = Result<String, String>;

/// Text in quotation marks, with the escapes of the Common Expression Language.
pub(super) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for ch in text.chars() {
        match ch {
            '"' | '\\' => written.extend(['\\', ch]),
            '\n' => written.push_str(r"\n"),
            '\r' => written.push_str(r"\r"),
            '\t' => written.push_str(r"\t"),
            // Control characters all lie below U+00A0, so four digits are enough.
            _ if ch.is_control() => written.push_str(&format!(r"\u{:04x}", u32::from(ch))),
            _ => written.push(ch),
        }
    }
    written.push('"');
    written
}

/// An id that stands without quotation marks, or inside a resource path: digits only.
pub(super) fn digits(what: &str, id: &str) -> Written {
    match !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(id.to_owned()),
        false => Err(format!("{what} is a number, not {id:?}")),
    }
}

/// The path of a resource, as in `'users/156'`.
pub(super) fn resource(collection: &str, what: &str, id: &str) -> Written {
    digits(what, id).map(|id| format!("'{collection}/{id}'"))
}

/// A word that stands without quotation marks.
pub(super) fn word(what: &str, text: &str, also: &[char]) -> Written {
    let fits = |ch: char| ch.is_ascii_alphanumeric() || also.contains(&ch);
    match !text.is_empty() && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(format!("{what} is a word without quotation marks, which {text:?} cannot be")),
    }
}

/// The name of a field, which may lie inside another.
pub(super) fn field(name: &str) -> Written {
    let is_name = |part: &str| {
        part.starts_with(|ch: char| ch.is_ascii_alphabetic() || ch == '_')
            && part.chars().all(|ch| ch.is_ascii_alphanumeric() || ch == '_')
    };
    match name.split('.').all(is_name) {
        true => Ok(name.to_owned()),
        false => Err(format!("{name:?} is not a name of a field")),
    }
}

/// A moment of the years 1 to 9999, which is what RFC 3339 and the services can say.
pub(super) fn time(time: Timestamp) -> Written {
    let text = time.to_string();
    match text.starts_with("0000-") || !text.starts_with(|ch: char| ch.is_ascii_digit()) {
        true => Err(format!("the time {text} lies before the year 1")),
        false => Ok(text),
    }
}

/// A value that a comparison can be made with.
pub(super) trait Literal {
    fn write(&self) -> Written;
}

/// A number, whole or not.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// Any number; infinity and NaN cannot be written.
    Float(f64),
}

/// The sort key of a sorted map's item: text or a number.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SortKey {
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
}

/// Text, a number, or true or false.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Scalar {
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
    /// True or false.
    Flag(bool),
}

impl Literal for Number {
    fn write(&self) -> Written {
        match self {
            Self::Integer(number) => Ok(number.to_string()),
            // The debug form keeps the point or exponent that makes it no integer.
            Self::Float(number) if number.is_finite() => Ok(format!("{number:?}")),
            Self::Float(number) => Err(format!("{number} cannot be written as a number")),
        }
    }
}

impl Literal for String {
    fn write(&self) -> Written {
        Ok(quoted(self))
    }
}

impl Literal for bool {
    fn write(&self) -> Written {
        Ok(self.to_string())
    }
}

impl Literal for SortKey {
    fn write(&self) -> Written {
        match self {
            Self::Number(number) => number.write(),
            Self::Text(text) => text.write(),
        }
    }
}

impl Literal for Scalar {
    fn write(&self) -> Written {
        match self {
            Self::Number(number) => number.write(),
            Self::Text(text) => text.write(),
            Self::Flag(flag) => flag.write(),
        }
    }
}

macro_rules! from {
    ($kind:ident: $($from:ty => |$value:ident| $to:expr,)*) => {
        $(impl From<$from> for $kind {
            fn from($value: $from) -> Self {
                $to
            }
        })*
    };
}

// One whole and one floating type, so that a literal needs no suffix.
from!(Number: i64 => |number| Self::Integer(number), f64 => |number| Self::Float(number),);
from!(SortKey:
    i64 => |number| Self::Number(number.into()),
    f64 => |number| Self::Number(number.into()),
    &str => |text| Self::Text(text.to_owned()),
    String => |text| Self::Text(text),
);
from!(Scalar:
    i64 => |number| Self::Number(number.into()),
    f64 => |number| Self::Number(number.into()),
    &str => |text| Self::Text(text.to_owned()),
    String => |text| Self::Text(text),
    bool => |flag| Self::Flag(flag),
);

/// Comparisons that must all hold, each said once: the last word on a bound counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conjunction(Vec<(&'static str, Written)>);

impl Conjunction {
    /// Adds `left value`, where `left` is a field with its operator.
    pub(super) fn set(mut self, left: &'static str, value: Written) -> Self {
        match self.0.iter_mut().find(|(known, _)| *known == left) {
            Some((_, known)) => *known = value,
            None => self.0.push((left, value)),
        }
        self
    }

    /// The comparisons joined; without any, everything matches.
    pub(super) fn condition(self) -> super::Condition {
        if self.0.is_empty() {
            return super::Condition::Everything;
        }
        let parts: Result<Vec<String>, String> =
            self.0.into_iter().map(|(left, value)| Ok(format!("{left} {}", value?))).collect();
        super::Condition::of(parts.map(|parts| parts.join(" && ")))
    }
}
