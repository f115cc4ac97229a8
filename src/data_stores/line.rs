//! An entry as a line of JSON.

use super::EntryKey;
use super::scan;
use super::wire::{Content, Stored};
use crate::Error;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// What is needed to write the entry again, and what is good to know of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) scope: String,
    pub(super) key: String,
    #[serde(deserialize_with = "present")]
    value: Box<RawValue>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    attributes: Option<Box<RawValue>>,
    /// Where the value shows Luau buffers, which an import cannot bring back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    buffers: Vec<String>,
    #[serde(default)]
    revision_id: Option<String>,
    #[serde(default)]
    create_time: Option<Timestamp>,
    #[serde(default)]
    revision_create_time: Option<Timestamp>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<RawValue>, D::Error> {
    Box::<RawValue>::deserialize(deserializer)
}

impl Line {
    /// The text of the line, and whether the entry holds Luau buffers.
    pub(super) fn write(of: &EntryKey, mut stored: Stored) -> Result<(Vec<u8>, bool), Error> {
        let value = stored
            .value
            .take()
            .ok_or_else(|| stored.blame(Error::unreadable("the service gave an entry without a value")))?;
        let value = on_one_line(value)?;
        let line = Self {
            scope: of.scope.clone(),
            key: of.key.clone(),
            buffers: scan::paths(value.get()),
            value,
            users: stored.users.unwrap_or_default(),
            attributes: stored.attributes.map(on_one_line).transpose()?,
            revision_id: stored.revision_id,
            create_time: stored.create_time,
            revision_create_time: stored.revision_create_time,
        };
        let mut text = serde_json::to_vec(&line).map_err(Error::encode)?;
        text.push(b'\n');
        Ok((text, !line.buffers.is_empty()))
    }

    pub(super) fn read(text: &[u8], number: u64) -> Result<Self, Error> {
        serde_json::from_slice(text).map_err(|error| {
            Error::invalid_request(format!("line {number} of the import is not an entry: {error}"))
        })
    }

    /// What is to be stored: all of it, so that it replaces what is there.
    pub(super) fn content(self, allow_buffers: bool) -> Content {
        let (value, users) = (Some(self.value), Some(self.users));
        Content { value, users, attributes: self.attributes, etag: None, allow_buffers }
    }
}

/// The same JSON without the white space between its tokens, if that has line breaks.
fn on_one_line(json: Box<RawValue>) -> Result<Box<RawValue>, Error> {
    // One character at a time is searched for by whole words.
    if !json.get().contains('\n') && !json.get().contains('\r') {
        return Ok(json);
    }
    let mut text = String::with_capacity(json.get().len());
    let (mut in_string, mut is_escaped) = (false, false);
    for ch in json.get().chars() {
        if in_string || !ch.is_ascii_whitespace() {
            text.push(ch);
        }
        in_string ^= ch == '"' && !is_escaped;
        is_escaped = in_string && ch == '\\' && !is_escaped;
    }
    RawValue::from_string(text).map_err(Error::encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_the_same_on_one_line() {
        for (text, expected) in [
            ("{\n  \"a b\\\"\\\\\" : [ 1,\r\n 2 ]\n}", "{\"a b\\\"\\\\\":[1,2]}"),
            ("123456789012345678901234567890.10", "123456789012345678901234567890.10"),
            ("[ 1 ]", "[ 1 ]"),
        ] {
            let json = RawValue::from_string(text.to_owned()).expect("it is there");
            assert_eq!(on_one_line(json).expect("it is there").get(), expected);
        }
    }
}
