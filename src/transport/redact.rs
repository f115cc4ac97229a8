//! What may be written to a log: bodies bounded, and without what looks like a secret.

use serde_json::Value;

/// The longest body in a log, in bytes.
const LONGEST: usize = 4096;

/// Parts of names whose values are hidden: secrets, and the URLs that are as good as one.
const HIDDEN: &[&str] = &[
    "secret",
    "token",
    "password",
    "apikey",
    "api_key",
    "authorization",
    "cookie",
    "signature",
    "uri",
    "url",
    "location",
];

/// A body as a log may show it.
pub(crate) fn body(content: &[u8]) -> String {
    let Ok(mut value) = serde_json::from_slice::<Value>(content) else {
        return format!("{} bytes that are not JSON", content.len());
    };
    hide(&mut value);
    let mut text = value.to_string();
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let name = name.to_lowercase();
                match HIDDEN.iter().any(|part| name.contains(part)) {
                    true => *value = Value::from("[hidden]"),
                    false => hide(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_hidden() {
        for (shown, expected) in [
            (r#"{"name":"a"}"#, r#"{"name":"a"}"#),
            (
                r#"{"secret":"s","list":[{"accessToken":["s"]}]}"#,
                r#"{"list":[{"accessToken":"[hidden]"}],"secret":"[hidden]"}"#,
            ),
            (r#"{"uploadUri":"https://presigned"}"#, r#"{"uploadUri":"[hidden]"}"#),
            ("secret", "6 bytes that are not JSON"),
        ] {
            assert_eq!(body(shown.as_bytes()), expected);
        }
        let long = body(Value::from("ü".repeat(10_000)).to_string().as_bytes());
        assert!(long.len() <= LONGEST + '…'.len_utf8());
    }
}
