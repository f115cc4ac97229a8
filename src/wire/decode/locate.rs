//! Where in a JSON text something stands.
//!
//! `serde_json` tells line and column. Following the path while decoding, as `serde_path_to_error` does,
//! would instantiate every type's reader a second time, which doubles the compile time of the crate; a
//! failure is rare enough to look at the text once more instead.

/// The path of the value at a line and column (both from 1), such as `members[3].id`. `.` is the whole.
pub(crate) fn path(text: &[u8], line: usize, column: usize) -> String {
    let start: usize =
        text.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let end = start.saturating_add(column.saturating_sub(1)).min(text.len());
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = &text[..end];
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' => steps.push(Step::Key(String::new())),
            b'[' => steps.push(Step::Index(0)),
            b'}' | b']' => {
                steps.pop();
            }
            b',' => match steps.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                Some(Step::Key(key)) => key.clear(),
                None => {}
            },
            b'"' => {
                let string = string(rest);
                // In an object the first string after `{` or `,` is the key.
                if let Some(Step::Key(key)) = steps.last_mut()
                    && key.is_empty()
                {
                    *key = String::from_utf8_lossy(string).into_owned();
                }
                rest = rest.get(string.len() + 1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(key) if path.is_empty() => path.push_str(&key),
            Step::Key(key) => {
                path.push('.');
                path.push_str(&key);
            }
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    if path.is_empty() { ".".to_owned() } else { path }
}

enum Step {
    Key(String),
    Index(usize),
}

/// The text up to the closing quote.
fn string(text: &[u8]) -> &[u8] {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' if !escaped => return &text[..at],
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn failing<T: serde::de::DeserializeOwned>(text: &str) -> String {
        let error = serde_json::from_str::<T>(text).err().expect("a failure");
        super::path(text.as_bytes(), error.line(), error.column())
    }

    #[test]
    fn the_failing_value_is_named() {
        type Numbers = BTreeMap<String, Vec<BTreeMap<String, i64>>>;
        for (text, path) in [
            (r#"{"members":[{"id":1},{"id":2,"age":"x"}]}"#, "members[1].age"),
            ("{\n \"a\": [],\n \"members\": [ {\"id\": true} ]\n}", "members[0].id"),
            (r#"{"quo\"te,":[{"k":null}]}"#, r#"quo\"te,[0].k"#),
            (r#"{"a":5}"#, "a"),
        ] {
            assert_eq!(failing::<Numbers>(text), path, "{text}");
        }
        assert_eq!(failing::<i64>("\"x\""), ".");
    }

    #[test]
    fn a_text_that_ends_early_is_no_problem() {
        for text in ["", "{", "{\"a\":[1,", "{\"a", "[[[", "\"\\"] {
            let error = serde_json::from_str::<Value>(text).expect_err(text);
            super::path(text.as_bytes(), error.line(), error.column());
            super::path(text.as_bytes(), usize::MAX, usize::MAX);
            super::path(text.as_bytes(), 0, 0);
        }
    }
}
