//! What an entry holds, as a text that is the same for the same content, however it is written.

use super::entry::user_id;
use super::wire::{Content, Stored};
use crate::wire::hex;
use md5::{Digest, Md5};
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use std::fmt::Write as _;

/// A digest of value, users and attributes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of_stored(stored: &Stored) -> Self {
        Self::of(stored.value.as_deref(), stored.users.as_deref(), stored.attributes.as_deref())
    }

    pub(super) fn of_content(content: &Content) -> Self {
        Self::of(content.value.as_deref(), content.users.as_deref(), content.attributes.as_deref())
    }

    fn of(value: Option<&RawValue>, users: Option<&[String]>, attributes: Option<&RawValue>) -> Self {
        let mut text = value.map(canonical).unwrap_or_default();
        let mut users: Vec<&str> = users.unwrap_or_default().iter().map(|path| user_id(path)).collect();
        users.sort_unstable();
        users.dedup();
        text.push_str(&format!("\n{}\n", users.join(",")));
        // No attributes are the same as an empty map of them.
        text.push_str(
            &attributes.map(canonical).filter(|map| map != "null").unwrap_or_else(|| "{}".to_owned()),
        );
        Self(hex(&Md5::digest(text)))
    }
}

/// JSON without white space, its names sorted, and each number written in one way. What is nested too deep to be read
/// stays as it is.
fn canonical(json: &RawValue) -> String {
    let Ok(value) = serde_json::from_str::<Value>(json.get()) else { return json.get().to_owned() };
    let mut text = String::with_capacity(json.get().len());
    write(&value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, member) in members {
                // A string is JSON whatever it holds, and writing to a string does not fail.
                let _ = write!(text, "{}:", Value::from(name.as_str()));
                write(member, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Number(number) => text.push_str(&plain(number)),
        other => text.push_str(&other.to_string()),
    }
}

/// The whole number if it is one: a service may send 1 for 1.0.
fn plain(number: &Number) -> String {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) if float.fract() == 0.0 && float.abs() <= EXACT => {
            format!("{float:.0}").replace("-0", "0")
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str, users: &[&str], attributes: Option<&str>) -> Fingerprint {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).expect("JSON");
        Fingerprint::of_content(&Content {
            value: Some(raw(value)),
            users: Some(users.iter().map(|user| (*user).to_owned()).collect()),
            attributes: attributes.map(raw),
            ..Content::default()
        })
    }

    #[test]
    fn the_same_content_has_one_fingerprint() {
        let one = of(r#"{"a":[1,-0.0,2.5],"b":"x"}"#, &["users/1", "users/2"], None);
        let other = of("{ \"b\" : \"\\u0078\",\n\"a\" : [1.0, 0, 25e-1] }", &["users/2", "1"], Some("{}"));
        assert_eq!(one, other);
        assert_eq!(of("-10.0", &[], None), of("-10", &[], None));
    }

    #[test]
    fn another_content_has_another() {
        let one = of(r#"{"a":1}"#, &["users/1"], None);
        for other in [
            of(r#"{"a":2}"#, &["users/1"], None),
            of(r#"{"a":1,"b":null}"#, &["users/1"], None),
            of(r#"{"a":"1"}"#, &["users/1"], None),
            of(r#"{"a":1}"#, &[], None),
            of(r#"{"a":1}"#, &["users/1"], Some(r#"{"n":1}"#)),
        ] {
            assert_ne!(one, other);
        }
        assert_ne!(of("-10.0", &[], None), of("10", &[], None));
        assert_ne!(of("9007199254740993", &[], None), of("9007199254740992", &[], None));
    }
}
