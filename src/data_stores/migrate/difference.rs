//! What a migration would change of an entry, for people to look at.

use crate::data_stores::EntryKey;
use crate::data_stores::entry::user_id;
use crate::data_stores::wire::{Content, Stored};
use crate::ids::UserId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// How many entries are shown at most.
pub(super) const MOST: usize = 100;
/// How many places of an entry are shown, and how many characters of what is there.
const PLACES: usize = 8;
const TEXT: usize = 60;

/// What an entry is, and what it would be. It reads as `global/Player_156: /coins 5 -> 500, /level added 1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Difference {
    /// Which entry.
    #[serde(flatten)]
    pub entry: EntryKey,
    /// What is there now, if anything.
    pub before: Option<EntryContent>,
    /// What would be there; nothing if the entry would be deleted.
    pub after: Option<EntryContent>,
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryContent {
    /// The value.
    pub value: Value,
    /// The users that the entry belongs to.
    pub users: Vec<UserId>,
    /// The attributes.
    pub attributes: Map<String, Value>,
}

impl Difference {
    pub(super) fn new(entry: &EntryKey, before: Option<&Stored>, after: Option<&Content>) -> Self {
        let before = before.map(|stored| {
            EntryContent::of(stored.value.as_deref(), stored.users.as_deref(), stored.attributes.as_deref())
        });
        let after = after.map(|content| {
            EntryContent::of(
                content.value.as_deref(),
                content.users.as_deref(),
                content.attributes.as_deref(),
            )
        });
        Self { entry: entry.clone(), before, after }
    }
}

impl EntryContent {
    fn of(value: Option<&RawValue>, users: Option<&[String]>, attributes: Option<&RawValue>) -> Self {
        let json = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
        let attributes = match json(attributes) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        let users = users.unwrap_or_default().iter().map(|path| UserId::from(user_id(path))).collect();
        Self { value: json(value).unwrap_or_default(), users, attributes }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: ", self.entry.scope, self.entry.key)?;
        let (before, after) = match (&self.before, &self.after) {
            (Some(before), Some(after)) => (before, after),
            (None, Some(after)) => return write!(f, "added {}", short(&after.value)),
            (_, None) => return f.write_str("deleted"),
        };
        let mut changes = Changes::default();
        changes.compare("", &before.value, &after.value);
        if before.users != after.users {
            let names = |users: &[UserId]| users.iter().map(UserId::to_string).collect::<Vec<_>>().join(" ");
            changes.add(|| format!("users [{}] -> [{}]", names(&before.users), names(&after.users)));
        }
        let map = |content: &EntryContent| Value::Object(content.attributes.clone());
        changes.compare("attributes", &map(before), &map(after));
        f.write_str(&changes.shown.join(", "))?;
        match changes.count - changes.shown.len() {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// The places that differ.
#[derive(Default)]
struct Changes {
    shown: Vec<String>,
    count: usize,
}

impl Changes {
    fn add(&mut self, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.shown.len() < PLACES {
            self.shown.push(text());
        }
    }

    fn compare(&mut self, path: &str, before: &Value, after: &Value) {
        match (before, after) {
            _ if before == after => {}
            (Value::Object(one), Value::Object(other)) => {
                let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
                for name in names {
                    let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                    self.member(&path, one.get(name), other.get(name));
                }
            }
            (Value::Array(one), Value::Array(other)) => {
                for at in 0..one.len().max(other.len()) {
                    self.member(&format!("{path}/{at}"), one.get(at), other.get(at));
                }
            }
            _ => {
                let name = if path.is_empty() { "value" } else { path };
                self.add(|| format!("{name} {} -> {}", short(before), short(after)));
            }
        }
    }

    fn member(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (Some(before), Some(after)) => self.compare(path, before, after),
            (None, Some(after)) => self.add(|| format!("{path} added {}", short(after))),
            (Some(before), None) => self.add(|| format!("{path} removed {}", short(before))),
            (None, None) => {}
        }
    }
}

/// The beginning of it, as JSON.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn content(value: Value) -> EntryContent {
        EntryContent { value, users: Vec::new(), attributes: Map::new() }
    }

    fn shown(before: Option<EntryContent>, after: Option<EntryContent>) -> String {
        let entry = EntryKey { scope: "global".into(), key: "k".into() };
        Difference { entry, before, after }.to_string()
    }

    #[test]
    fn it_names_the_places_that_differ() {
        let before =
            content(json!({ "a/b": { "c": 1 }, "list": [1, 2], "same": 3, "text": "x".repeat(200) }));
        let after = EntryContent {
            users: vec![156.into()],
            ..content(json!({ "a/b": { "c": 2 }, "list": [1], "same": 3, "text": 1, "new": null }))
        };
        let expected = format!(
            "global/k: /a~1b/c 1 -> 2, /list/1 removed 2, /new added null, /text \"{}... -> 1, users [] -> [156]",
            "x".repeat(TEXT - 1)
        );
        assert_eq!(shown(Some(before), Some(after)), expected);
        assert_eq!(shown(Some(content(json!(1))), Some(content(json!([1])))), "global/k: value 1 -> [1]");
        assert_eq!(shown(Some(content(json!(1))), None), "global/k: deleted");
        assert_eq!(shown(None, Some(content(json!(1)))), "global/k: added 1");
        let many = |value: u32| content(json!((0..20).map(|_| value).collect::<Vec<_>>()));
        assert!(shown(Some(many(1)), Some(many(2))).ends_with("/7 1 -> 2, and 12 more"));
    }
}
