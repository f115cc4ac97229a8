//! What a response looks like, without anything that it says.

use serde_json::{Map, Value};

/// Properties whose value is the user's own, of any form.
const FREE: &[&str] = &["value", "data", "attributes", "metadata", "results", "binaryInput"];

/// Properties whose value is a word of the API.
const WORDS: &[&str] =
    &["@type", "assetType", "code", "errorCode", "moderationState", "state", "status", "type"];

/// Words that may stand in a path: what is not one of them is an id or a name.
const PATH_WORDS: &[&str] = &[
    "assets",
    "cloud",
    "data-stores",
    "entries",
    "game-servers",
    "groups",
    "items",
    "logs",
    "luau-execution-session-tasks",
    "luau-execution-sessions",
    "memberships",
    "memory-store",
    "memory-stores",
    "operations",
    "ordered-data-stores",
    "places",
    "queues",
    "roles",
    "scopes",
    "sorted-maps",
    "tasks",
    "universes",
    "user-restrictions",
    "users",
    "v1",
    "v2",
    "versions",
];

/// The kind of each value in the place of the value: names of properties and words of the API stay, and
/// whatever could be an id, a name, a secret or a player's data goes.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "boolean".into(),
        Value::Number(number) if number.is_f64() => "number with a fraction".into(),
        Value::Number(_) => "number".into(),
        Value::String(text) => kind_of(text).into(),
        Value::Array(items) => {
            let mut shapes: Vec<Value> = Vec::new();
            for item in items.iter().map(shape) {
                if !shapes.contains(&item) {
                    shapes.push(item);
                }
            }
            Value::Array(shapes)
        }
        Value::Object(object) => Value::Object(members(object)),
    }
}

fn members(object: &Map<String, Value>) -> Map<String, Value> {
    let member = |(name, value): (&String, &Value)| match name {
        name if !is_name(name) => ("<key>".to_owned(), shape(value)),
        name if FREE.contains(&name.as_str()) => (name.clone(), kind_only(value)),
        name if WORDS.contains(&name.as_str()) && value.as_str().is_some_and(is_word) => {
            (name.clone(), value.clone())
        }
        name => (name.clone(), shape(value)),
    };
    object.iter().map(member).collect()
}

/// Whether a key of an object is a property's name, and not an id that a map has for a key.
fn is_name(key: &str) -> bool {
    let mut letters = key.chars();
    let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '@');
    begins && key.len() <= 40 && letters.all(|letter| letter.is_ascii_alphabetic() || letter == '_')
}

/// Whether a text is one word of the API: letters, and what stands between them in names of types.
pub(crate) fn is_word(text: &str) -> bool {
    text.len() <= 120
        && text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b'/'))
}

/// The kind alone, of a value whose inside is the user's.
fn kind_only(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(_) => "list".into(),
        Value::Object(_) => "object".into(),
    }
}

fn kind_of(text: &str) -> String {
    if text.is_empty() {
        return "empty text".to_owned();
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return "digits".to_owned();
    }
    if let Some(seconds) = text.strip_suffix('s')
        && !seconds.is_empty()
        && seconds.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return "seconds, as in \"3s\"".to_owned();
    }
    if text.parse::<jiff::Timestamp>().is_ok() {
        return time(text);
    }
    if text.len() <= 40
        && text.contains('_')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    {
        return text.to_owned();
    }
    match text.split('/').collect::<Vec<_>>() {
        parts if parts.len() > 1 && parts.iter().any(|part| PATH_WORDS.contains(part)) => path(&parts),
        _ => "text".to_owned(),
    }
}

fn time(text: &str) -> String {
    let zone = if text.ends_with(['Z', 'z']) { "Z" } else { "an offset" };
    let digits = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.bytes().take_while(u8::is_ascii_digit).count());
    format!("time with {digits} fractional digits and {zone}")
}

fn path(parts: &[&str]) -> String {
    let part = |part: &&str| part.is_empty() || PATH_WORDS.contains(part);
    let parts: Vec<&str> = parts.iter().map(|word| if part(word) { word } else { "{}" }).collect();
    format!("path {}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_of_the_values_is_left() {
        let response = json!({
            "path": "cloud/v2/universes/7654321/memory-store/queues/secret-queue/items/abc",
            "id": "76543",
            "state": "PROCESSING",
            "createTime": "2026-05-01T02:03:04.123456789Z",
            "updateTime": "2026-05-01T02:03:04+00:00",
            "expires": "3.5s",
            "none": null,
            "empty": "",
            "data": { "player": "Builder" },
            "displayName": "Builder",
            "list": [{ "id": 1 }, { "id": 2 }, { "id": "x y" }],
            "12345": true,
        });
        let expected = json!({
            "path": "path cloud/v2/universes/{}/memory-store/queues/{}/items/{}",
            "id": "digits",
            "state": "PROCESSING",
            "createTime": "time with 9 fractional digits and Z",
            "updateTime": "time with 0 fractional digits and an offset",
            "expires": "seconds, as in \"3s\"",
            "none": null,
            "empty": "empty text",
            "data": "object",
            "displayName": "text",
            "list": [{ "id": "number" }, { "id": "text" }],
            "<key>": "boolean",
        });
        assert_eq!(shape(&response), expected);
    }

    #[test]
    fn a_word_of_the_api_is_told_from_a_sentence() {
        assert_eq!(shape(&json!({ "code": "NOT_FOUND" })), json!({ "code": "NOT_FOUND" }));
        assert_eq!(shape(&json!({ "code": "user 156 is banned" })), json!({ "code": "text" }));
        assert_eq!(shape(&json!({ "status": 3 })), json!({ "status": "number" }));
    }
}
