//! JSON as a value, as far as it can be one.

use super::{json_text, utf8};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// How many levels of lists and objects are looked into for the part that cannot be read.
const LEVELS: usize = 16;

/// Any JSON; `None` if it is not JSON. A part that a value cannot hold (a number beyond a double, half of a surrogate
/// pair, too many levels) becomes the text that stood there, so that it hides nothing of what is beside it.
pub(crate) fn any(json: &[u8]) -> Option<Value> {
    let text = utf8(json_text(json));
    serde_json::from_str(&text).ok().or_else(|| {
        let raw: &RawValue = serde_json::from_str(&text).ok()?;
        Some(readable(raw, LEVELS))
    })
}

fn readable(raw: &RawValue, levels: usize) -> Value {
    let text = raw.get();
    if let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    let below = levels.saturating_sub(1);
    match text.as_bytes().first() {
        Some(b'[') if levels > 0 => serde_json::from_str::<Vec<&RawValue>>(text)
            .map(|items| items.into_iter().map(|item| readable(item, below)).collect()),
        Some(b'{') if levels > 0 => serde_json::from_str::<BTreeMap<String, &RawValue>>(text)
            .map(|fields| fields.into_iter().map(|(name, value)| (name, readable(value, below))).collect()),
        _ => Ok(text.into()),
    }
    .unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use super::any;
    use serde_json::{Value, json};

    #[test]
    fn what_cannot_be_held_is_the_text_that_stood_there() {
        let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
        for (text, value) in [
            ("", None),
            ("{", None),
            (r#"{"a":1} x"#, None),
            ("\u{feff}{\"a\":1.50}", Some(json!({ "a": 1.5 }))),
            (r#"{"a":1e400,"b":["x",-1e999]}"#, Some(json!({ "a": "1e400", "b": ["x", "-1e999"] }))),
            (
                r#"[{"code":"Refused","at":"\ud800"}]"#,
                Some(json!([{ "code": "Refused", "at": "\"\\ud800\"" }])),
            ),
            (r#"{"\udfff":1}"#, Some(Value::String(r#"{"\udfff":1}"#.to_owned()))),
            (&format!(r#"{{"code":7,"inner":{deep}}}"#), None),
        ] {
            let read = any(text.as_bytes());
            match text.contains("inner") {
                true => assert_eq!(read.expect("JSON")["code"], 7),
                false => assert_eq!(read, value, "{text}"),
            }
        }
        assert_eq!(any(b"{\"a\":\"\xff\",\"b\":2}").expect("JSON")["b"], 2);
    }
}
