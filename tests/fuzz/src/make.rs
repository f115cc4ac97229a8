//! How inputs are made: texts that end something, JSON that is changed, bytes that are changed.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// Texts that mean something to some reader.
const TEXTS: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "/",
    "//",
    "-",
    "_",
    "%",
    "%2F",
    "%2e%2e",
    "%00",
    "%zz",
    "?",
    "#",
    ":",
    ";",
    ",",
    "=",
    "&",
    "\\",
    "\"",
    "'",
    "\0",
    "\r\n",
    "\n",
    "\r",
    "\t",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{feff}",
    "é",
    "😀",
    "ß",
    "İ",
    "null",
    "true",
    "false",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "-0",
    "0",
    "00",
    "1",
    "-1",
    "+1",
    "1.0",
    "1e300",
    "1e19",
    "1e400",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "12345678901234567890123",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "10000-01-01T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "3s",
    "1.5s",
    "-1s",
    "1e9s",
    "315576000000s",
    "9223372036854775807s",
    "users/1",
    "users/",
    "/users/1",
    "groups/1/roles/2",
    "universes/1/places/2",
    "operations/1",
    "https://apis.roblox.com/x",
    "//example.com",
    "[]",
    "{}",
    "[\"x\"]",
    "a/b/c/d/e/f/g/h",
    "fuzz-secret-key",
    "RESOURCE_EXHAUSTED",
    "PERMISSION_DENIED",
    "COMPLETE",
    "FAILED",
    "CANCELLED",
    "PROCESSING",
];

/// Numbers that JSON can write and Rust cannot hold, or not exactly.
const NUMBERS: &[&str] = &[
    "1e400",
    "-1e400",
    "1e19",
    "1.0",
    "0.1",
    "-0",
    "-0.0",
    "1e-400",
    "9223372036854775808",
    "18446744073709551616",
    "12345678901234567890123",
    "0.12345678901234567890123",
    "1E2",
    "-9223372036854775809",
];

/// Text of any kind, mostly short.
pub(crate) fn text() -> BoxedStrategy<String> {
    let part = prop_oneof![
        4 => select(TEXTS).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9_.:/-]{0,12}",
        1 => "\\PC{0,8}",
        1 => any::<String>(),
        1 => (select(TEXTS), 2..3000_usize).prop_map(|(text, times)| text.repeat(times)),
    ];
    vec(part, 1..4).prop_map(|parts| parts.concat()).boxed()
}

/// JSON of any kind.
pub(crate) fn any_json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..20_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        // Rendered as the number itself.
        select(NUMBERS).prop_map(|number| Value::from(format!("{RAW}{number}{RAW}"))),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((text(), inner), 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
    .boxed()
}

const RAW: &str = "@raw@";

/// A value as the text of JSON, with the numbers that no value can hold.
pub(crate) fn rendered(value: &Value) -> String {
    value.to_string().replace(&format!("\"{RAW}"), "").replace(&format!("{RAW}\""), "")
}

/// One change of a JSON value.
#[derive(Clone, Debug)]
enum Edit {
    Replace(Value),
    Remove,
    Rename(String),
    Insert(String, Value),
    Wrap(bool),
    Nest(u8),
    AsText,
    AsNumber,
    CopyFrom(Index),
    Repeat(u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => any_json().prop_map(Edit::Replace),
        2 => Just(Edit::Remove),
        2 => text().prop_map(Edit::Rename),
        2 => (text(), any_json()).prop_map(|(name, value)| Edit::Insert(name, value)),
        1 => any::<bool>().prop_map(Edit::Wrap),
        1 => any::<u8>().prop_map(Edit::Nest),
        1 => Just(Edit::AsText),
        1 => Just(Edit::AsNumber),
        2 => any::<Index>().prop_map(Edit::CopyFrom),
        1 => (2..60_u8).prop_map(Edit::Repeat),
    ]
}

/// One of these values with some changes in it.
pub(crate) fn changed_json(values: Vec<Value>) -> BoxedStrategy<Value> {
    (select(values), vec((any::<Index>(), edit()), 0..6))
        .prop_map(|(mut value, edits)| {
            for (place, edit) in edits {
                apply(&mut value, place, edit);
            }
            value
        })
        .boxed()
}

fn apply(value: &mut Value, place: Index, edit: Edit) {
    let mut pointers = Vec::new();
    collect(value, String::new(), &mut pointers);
    let pointer = &pointers[place.index(pointers.len())];
    let (parent, name) =
        pointer.rsplit_once('/').map_or(("", None), |(parent, name)| (parent, Some(unescape(name))));
    match (edit, name) {
        (Edit::Remove, Some(name)) => match value.pointer_mut(parent) {
            Some(Value::Object(members)) => drop(members.remove(&name)),
            Some(Value::Array(items)) => drop(items.remove(name.parse().unwrap_or(0))),
            _ => {}
        },
        (Edit::Rename(new), Some(name)) => {
            if let Some(Value::Object(members)) = value.pointer_mut(parent)
                && let Some(member) = members.remove(&name)
            {
                members.insert(new, member);
            }
        }
        (Edit::CopyFrom(other), _) => {
            let copied = value.pointer(&pointers[other.index(pointers.len())]).cloned().unwrap_or_default();
            replace(value, pointer, |_| copied);
        }
        (edit, _) => replace(value, pointer, |old| changed(old, edit)),
    }
}

fn changed(old: Value, edit: Edit) -> Value {
    match (edit, old) {
        (Edit::Replace(new), _) => new,
        (Edit::Insert(name, new), Value::Object(mut members)) => {
            members.insert(name, new);
            Value::Object(members)
        }
        (Edit::Insert(_, new), Value::Array(mut items)) => {
            items.push(new);
            Value::Array(items)
        }
        (Edit::Wrap(true), old) => json!([old]),
        (Edit::Wrap(false), old) => json!({ "value": old }),
        (Edit::Nest(times), old) => (0..times).fold(old, |inner, _| json!([inner])),
        (Edit::AsText, Value::Number(number)) => number.to_string().into(),
        (Edit::AsNumber, Value::String(text)) => text.parse::<i64>().map_or(json!(7), Value::from),
        (Edit::Repeat(times), Value::Array(items)) => {
            let many = std::iter::repeat_n(items, usize::from(times)).flatten();
            many.take(3000).collect()
        }
        (Edit::Repeat(times), Value::String(text)) if text.len() < 1000 => {
            text.repeat(usize::from(times)).into()
        }
        (_, old) => old,
    }
}

fn replace(value: &mut Value, pointer: &str, by: impl FnOnce(Value) -> Value) {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = by(place.take());
    }
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| collect(member, format!("{pointer}/{}", escape(name)), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
    found.push(pointer);
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescape(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

/// One change of bytes.
#[derive(Clone, Debug)]
enum Cut {
    Flip(Index, u8),
    Delete(Index, usize),
    Insert(Index, Vec<u8>),
    Text(Index, String),
    Copy(Index, Index, usize),
    End(Index),
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        2 => (any::<Index>(), 1..=255_u8).prop_map(|(at, bits)| Cut::Flip(at, bits)),
        2 => (any::<Index>(), 1..20_usize).prop_map(|(at, length)| Cut::Delete(at, length)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Cut::Insert(at, bytes)),
        3 => (any::<Index>(), text()).prop_map(|(at, text)| Cut::Text(at, text)),
        2 => (any::<Index>(), any::<Index>(), 1..200_usize).prop_map(|(from, to, length)| Cut::Copy(from, to, length)),
        1 => any::<Index>().prop_map(Cut::End),
    ]
}

/// Bytes with some changes in them, or none.
pub(crate) fn changed_bytes(bytes: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Vec<u8>> {
    let cuts = prop_oneof![3 => Just(Vec::new()), 1 => vec(cut(), 1..6)];
    (bytes, cuts)
        .prop_map(|(mut bytes, cuts)| {
            for cut in cuts {
                bytes = changed_by(bytes, &cut);
            }
            bytes
        })
        .boxed()
}

fn changed_by(mut bytes: Vec<u8>, cut: &Cut) -> Vec<u8> {
    let length = bytes.len();
    match cut {
        Cut::Flip(at, bits) if length > 0 => bytes[at.index(length)] ^= bits,
        Cut::Delete(at, many) if length > 0 => {
            let at = at.index(length);
            bytes.drain(at..(at + many).min(length));
        }
        Cut::Insert(at, new) => {
            drop(bytes.splice(at.index(length + 1)..at.index(length + 1), new.iter().copied()))
        }
        Cut::Text(at, new) => drop(bytes.splice(at.index(length + 1)..at.index(length + 1), new.bytes())),
        Cut::Copy(from, to, many) if length > 0 => {
            let (from, to) = (from.index(length), to.index(length));
            let copied = bytes[from..(from + many).min(length)].to_vec();
            bytes.splice(to..to, copied);
        }
        Cut::End(at) if length > 0 => bytes.truncate(at.index(length)),
        _ => {}
    }
    bytes
}

/// Lines of the form `name: value`.
pub(crate) fn headers(
    names: &'static [&'static str],
    value: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<String> {
    vec((select(names), value), 0..6)
        .prop_map(|headers| {
            headers
                .into_iter()
                .map(|(name, value)| format!("{name}: {}\n", value.replace(['\r', '\n'], " ")))
                .collect()
        })
        .boxed()
}
