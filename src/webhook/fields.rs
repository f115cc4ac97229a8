//! The fields of a payload.

use crate::wire::decode::Tolerant;
use serde_json::{Map, Value};

/// Reads fields. `None` says that the payload is not what is documented.
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// `None` of what is not an object.
    pub(super) fn of(payload: &'a Value) -> Option<Self> {
        payload.as_object().map(Self)
    }

    /// A field that must be there.
    pub(super) fn required<T: for<'de> Tolerant<'de>>(&self, name: &str) -> Option<T> {
        let value = self.0.get(name).filter(|value| !is_nothing(value))?;
        T::tolerant(value).ok()
    }

    /// A field that may be absent, but not of another kind.
    pub(super) fn optional<T: for<'de> Tolerant<'de>>(&self, name: &str) -> Option<Option<T>> {
        match self.0.get(name).is_none_or(is_nothing) {
            true => Some(None),
            false => self.required(name).map(Some),
        }
    }

    /// An id, which must be there: a number, or the text of one.
    pub(super) fn id<T: From<u64>>(&self, name: &str) -> Option<T> {
        number(self.0.get(name)?).map(T::from)
    }

    /// A list of ids, which must be there.
    pub(super) fn ids<T: From<u64>>(&self, name: &str) -> Option<Vec<T>> {
        self.0.get(name)?.as_array()?.iter().map(|value| number(value).map(T::from)).collect()
    }

    /// The text, or the number as text, of the first of these names that is there, whatever its case.
    pub(super) fn any_of(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|wanted| {
            let (_, value) = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            match value {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            }
        })
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}
