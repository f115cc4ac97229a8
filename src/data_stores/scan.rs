//! Finds Luau buffers in the text of a value, however deep they are, without reading it into memory.

use std::borrow::Cow;

/// The names in the object that a buffer is written as.
pub(super) const TYPE: &str = "t";
pub(super) const BUFFER: &str = "buffer";
pub(super) const PLAIN: &str = "base64";
pub(super) const COMPRESSED: &str = "zbase64";

/// How many are named at most.
const MOST: usize = 64;

/// An object or a list that is not over.
enum Open<'a> {
    Object {
        /// The key of the value that comes, as it is written, with its quotes.
        key: Option<&'a str>,
        is_buffer: bool,
        has_content: bool,
    },
    List {
        index: usize,
    },
}

/// Where the JSON shows buffers, as JSON pointers: the first 64.
pub(super) fn paths(json: &str) -> Vec<String> {
    if !may_show(json) {
        return Vec::new();
    }
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut found = Vec::new();
    let mut rest = json;
    while let Some(ch) = rest.bytes().next() {
        let length = if ch == b'"' { text_length(rest) } else { 1 };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        match (ch, open.last_mut()) {
            (b'{', _) => open.push(Open::Object { key: None, is_buffer: false, has_content: false }),
            (b'[', _) => open.push(Open::List { index: 0 }),
            (b'}' | b']', _) => {
                if let Some(Open::Object { is_buffer: true, has_content: true, .. }) = open.pop() {
                    found.push(pointer(&open));
                    if found.len() == MOST {
                        break;
                    }
                }
            }
            (b',', Some(Open::Object { key, .. })) => *key = None,
            (b',', Some(Open::List { index })) => *index += 1,
            (b'"', Some(Open::Object { key: key @ None, .. })) => *key = Some(token),
            (b'"', Some(Open::Object { key: Some(key), is_buffer, has_content })) => match &*plain(key) {
                TYPE => *is_buffer = plain(token) == BUFFER,
                COMPRESSED | PLAIN => *has_content = true,
                _ => {}
            },
            _ => {}
        }
    }
    found
}

/// Whether it is worth a look. Letters can be written as escapes, though nothing is known to do so.
fn may_show(json: &str) -> bool {
    (json.contains(BUFFER) && json.contains(PLAIN)) || json.contains("\\u00")
}

/// The length of the text that begins here, with its quotes. Quotes are ASCII, so it ends between letters.
fn text_length(json: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

/// What a text says.
fn plain(token: &str) -> Cow<'_, str> {
    let inner = token.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(token);
    match inner.contains('\\') {
        true => serde_json::from_str(token).map_or(Cow::Borrowed(inner), Cow::Owned),
        false => Cow::Borrowed(inner),
    }
}

fn pointer(open: &[Open<'_>]) -> String {
    let mut path = String::new();
    for level in open {
        path.push('/');
        match level {
            Open::Object { key, .. } => {
                path.push_str(&plain(key.unwrap_or_default()).replace('~', "~0").replace('/', "~1"));
            }
            Open::List { index } => path.push_str(&index.to_string()),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn white_space_and_escapes_change_nothing() {
        let escaped = r#"{"a\n\"" : [ 0, "x,]}{", { "\u0074" : "\u0062uffer" , "zbase6\u0034":"" } ]}"#;
        assert_eq!(paths(escaped), ["/a\n\"/2"]);
        assert_eq!(paths(r#"["a\\",{"t":"buffer","base64":"\\"}]"#), ["/1"]);
        // The words as values, as keys of others, and behind each other.
        for none in [
            r#"{"t":"buffer","a":"base64"}"#,
            r#"[{"t":"buffer"},{"base64":"x"}]"#,
            r#"{"t":{"t":"buffer"},"base64":{"base64":"x"}}"#,
            r#"{"base64":"buffer","buffer":"t"}"#,
        ] {
            assert_eq!(paths(none), [] as [&str; 0], "{none}");
        }
    }

    #[test]
    fn they_are_found_at_any_depth_and_not_all_of_many() {
        let buffer = r#"{"t":"buffer","base64":""}"#;
        let deep = format!("{}{buffer}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(paths(&deep), ["/0".repeat(100_000)]);
        let many = format!("[{}]", vec![buffer; 1_000].join(","));
        assert_eq!(paths(&many).len(), MOST);
    }

    /// Values with many of the words that matter.
    fn value() -> impl Strategy<Value = Value> {
        let word =
            prop_oneof!["t", "buffer", "base64", "zbase64", "a/b~", "\\PC{0,3}", "[\"\\\\{},\\[\\]:]{0,4}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            word.clone().prop_map(Value::from)
        ];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(word.clone(), inner.clone(), 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
                (proptest::bool::ANY, inner).prop_map(|(is_compressed, other)| {
                    json!({ "t": "buffer", if is_compressed { "zbase64" } else { "base64" }: "x", "m": other })
                }),
            ]
        })
    }

    /// The same by looking at a value in memory.
    fn looked_up(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(at, item)| looked_up(item, &format!("{path}/{at}"), found));
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    looked_up(member, &format!("{path}/{name}"), found);
                }
                if crate::data_stores::LuauBuffer::of(value).is_some() {
                    found.push(path.to_owned());
                }
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn what_is_found_in_the_text_is_what_is_in_the_value(value in value()) {
            let mut expected = Vec::new();
            looked_up(&value, "", &mut expected);
            expected.truncate(MOST);
            for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
                prop_assert_eq!(&paths(&text), &expected);
            }
            for path in &expected {
                prop_assert!(value.pointer(path).and_then(crate::data_stores::LuauBuffer::of).is_some());
            }
        }
    }
}
