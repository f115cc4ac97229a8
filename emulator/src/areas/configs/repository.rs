//! One repository of configuration: what is published, what is drafted, and how it came to be.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, later, rfc3339};

/// Roblox's guide states both.
const MAX_KEYS: usize = 100;
/// In characters.
const MAX_KEY: usize = 250;
/// What a message of a publication says if the values are to show only some time later (CF-05), and when that is.
const SLOWLY: &str = "slowly";
const LAG: i64 = 30;
const MAX_REVISIONS: usize = 1_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Repository {
    version: u64,
    entries: BTreeMap<String, Entry>,
    rules: Rules,
    draft: Draft,
    /// The oldest first.
    pub(super) revisions: Vec<Revision>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    value: Value,
    modified: Timestamp,
}

/// Conditional rules, and the order in which they are tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rules {
    rules: Map<String, Value>,
    order: Vec<String>,
}

/// What publishing would change.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Draft {
    hash: String,
    /// The new value of a key; none if the key is to go.
    changes: BTreeMap<String, Option<Value>>,
    rules: Option<Rules>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Revision {
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) time: Timestamp,
    pub(super) message: Option<String>,
    /// Before and after, by key.
    pub(super) changes: BTreeMap<String, (Option<Value>, Option<Value>)>,
    /// Everything as it was then.
    entries: BTreeMap<String, Value>,
    rules: Rules,
}

impl Repository {
    pub(super) fn new(hash: String) -> Repository {
        Repository {
            version: 0,
            entries: BTreeMap::new(),
            rules: Rules::default(),
            draft: Draft { hash, changes: BTreeMap::new(), rules: None },
            revisions: Vec::new(),
        }
    }

    /// Refuses what was written against a draft that has changed since.
    pub(super) fn check_hash(&self, known: Option<&str>) -> Result<(), Failure> {
        let current = &self.draft.hash;
        let Some(known) = known.filter(|known| known != current) else { return Ok(()) };
        Err(Failure::aborted(format!("The draft has changed: its hash is '{current}', not '{known}'.")))
    }

    pub(super) fn hash(&self) -> &str {
        &self.draft.hash
    }

    /// Merges changes into the draft: a null deletes, an object is merged with what is there.
    pub(super) fn merge(
        &mut self,
        entries: &Map<String, Value>,
        rules: Option<Rules>,
    ) -> Result<(), Failure> {
        for (key, change) in entries {
            let staged = match self.draft.changes.get(key) {
                Some(staged) => staged.clone(),
                None => self.entries.get(key).map(|entry| entry.value.clone()),
            };
            let new = (!change.is_null()).then(|| {
                let mut value = staged.unwrap_or_default();
                merge(&mut value, change);
                value
            });
            self.stage(key, new);
        }
        if let Some(rules) = rules {
            let mut merged = self.draft.rules.clone().unwrap_or_else(|| self.rules.clone());
            merged.rules.extend(rules.rules);
            merged.rules.retain(|_, rule| !is_empty_rule(rule));
            if !rules.order.is_empty() {
                merged.order = rules.order;
            }
            self.stage_rules(merged);
        }
        self.check_size()
    }

    /// Makes the draft end in exactly this, whatever is published.
    pub(super) fn overwrite(&mut self, entries: &Map<String, Value>, rules: Rules) -> Result<(), Failure> {
        self.discard();
        let gone: Vec<_> = self.entries.keys().filter(|key| !entries.contains_key(*key)).cloned().collect();
        for key in gone {
            self.stage(&key, None);
        }
        for (key, value) in entries {
            self.stage(key, (!value.is_null()).then(|| value.clone()));
        }
        self.stage_rules(rules);
        self.check_size()
    }

    /// Drafts the way back to a revision.
    pub(super) fn restore(&mut self, revision: &str) -> Result<(), Failure> {
        let known = self.revisions.iter().find(|known| known.id == revision).cloned();
        let revision = known.ok_or_else(|| Failure::missing(format_args!("revision '{revision}'")))?;
        self.overwrite(&revision.entries.into_iter().collect(), revision.rules)
    }

    pub(super) fn discard(&mut self) {
        self.draft.changes.clear();
        self.draft.rules = None;
    }

    /// The draft is another one from now on.
    pub(super) fn rehash(&mut self, hash: String) {
        self.draft.hash = hash;
    }

    /// What is published already is no change.
    fn stage(&mut self, key: &str, value: Option<Value>) {
        if self.entries.get(key).map(|entry| &entry.value) == value.as_ref() {
            self.draft.changes.remove(key);
        } else {
            self.draft.changes.insert(key.to_owned(), value);
        }
    }

    fn stage_rules(&mut self, rules: Rules) {
        self.draft.rules = (rules != self.rules).then_some(rules);
    }

    fn check_size(&self) -> Result<(), Failure> {
        if let Some(key) = self.draft.changes.keys().find(|key| key.chars().count() > MAX_KEY) {
            let beginning: String = key.chars().take(20).collect();
            let message = format!("The key '{beginning}...' is longer than {MAX_KEY} characters.");
            return Err(Failure::invalid(message));
        }
        let staged = |key: &String| self.draft.changes.get(key);
        let kept = self.entries.keys().filter(|key| staged(key).is_none()).count();
        let set = self.draft.changes.values().filter(|change| change.is_some()).count();
        refuse_if!(kept + set > MAX_KEYS, "A repository has at most {MAX_KEYS} keys.");
        Ok(())
    }

    pub(super) fn is_published(&self) -> bool {
        self.version > 0
    }

    pub(super) fn has_draft(&self) -> bool {
        !self.draft.changes.is_empty() || self.draft.rules.is_some()
    }

    /// Publishes the draft and gives the new version.
    pub(super) fn publish(
        &mut self,
        id: String,
        message: Option<String>,
        now: Timestamp,
    ) -> Result<u64, Failure> {
        refuse_if!(!self.has_draft(), "The draft changes nothing.");
        let mut changes = BTreeMap::new();
        for (key, value) in std::mem::take(&mut self.draft.changes) {
            let before = self.entries.remove(&key).map(|entry| entry.value);
            if let Some(value) = &value {
                self.entries.insert(key.clone(), Entry { value: value.clone(), modified: now });
            }
            changes.insert(key, (before, value));
        }
        if let Some(rules) = self.draft.rules.take() {
            self.rules = rules;
        }
        self.version += 1;
        let entries = self.entries.iter().map(|(key, entry)| (key.clone(), entry.value.clone())).collect();
        let rules = self.rules.clone();
        if self.revisions.len() >= MAX_REVISIONS {
            self.revisions.remove(0);
        }
        let version = self.version;
        self.revisions.push(Revision { id, version, time: now, message, changes, entries, rules });
        Ok(version)
    }

    /// Publishes one value without the draft, which is staged again on what is published then. A repository that is
    /// full takes no more keys.
    pub(super) fn publish_value(&mut self, key: String, value: Value, id: String, now: Timestamp) {
        let draft = std::mem::take(&mut self.draft.changes);
        let rules = self.draft.rules.take();
        self.stage(&key, Some(value));
        match self.check_size() {
            // That it changes nothing is no failure: everybody has the value already.
            Ok(()) => {
                drop(self.publish(id, Some("A variant of an experiment was rolled out.".to_owned()), now))
            }
            Err(_) => self.draft.changes.clear(),
        }
        self.draft.rules = rules;
        for (key, value) in draft {
            self.stage(&key, value);
        }
    }

    /// The published values, in the form in which a draft takes them.
    pub(super) fn values(&self, now: Timestamp) -> Value {
        let Some(shown) = self.shown(now) else {
            let rules = Rules::default().json();
            return json!({ "entries": {}, "conditionalRules": rules, "metadata": { "configVersion": 0 } });
        };
        json!({
            "entries": shown.entries,
            "conditionalRules": shown.rules.json(),
            "metadata": { "configVersion": shown.version },
        })
    }

    /// The latest revision whose values are there already (CF-05).
    fn shown(&self, now: Timestamp) -> Option<&Revision> {
        let is_there = |revision: &&Revision| {
            let is_slow = revision.message.as_ref().is_some_and(|message| message.contains(SLOWLY));
            !is_slow || later(revision.time, LAG) <= now
        };
        self.revisions.iter().rev().find(is_there)
    }

    pub(super) fn full(&self, now: Timestamp) -> Value {
        let entry = |entry: &Entry| {
            json!({
                "value": entry.value,
                "description": "",
                "lastModifiedTime": rfc3339(entry.modified),
                "lastAccessedTime": rfc3339(now),
                "variants": [],
            })
        };
        let entries: Map<String, Value> =
            self.entries.iter().map(|(key, known)| (key.clone(), entry(known))).collect();
        json!({
            "entries": entries,
            "conditionalRules": self.rules.json(),
            "metadata": { "configVersion": self.version },
        })
    }

    /// The changes that are drafted; a key that is to go has a null.
    pub(super) fn draft(&self) -> Value {
        let entry = |value| json!({ "value": value, "description": "" });
        let changes = self.draft.changes.iter();
        let entries: Map<String, Value> = changes.map(|(key, value)| (key.clone(), entry(value))).collect();
        json!({
            "draftHash": self.draft.hash,
            "entries": entries,
            "conditionalRules": self.draft.rules.as_ref().unwrap_or(&self.rules).json(),
        })
    }
}

impl Rules {
    /// The rules of a body; none if it has no rules to speak of.
    pub(super) fn read(body: &Map<String, Value>) -> Option<Rules> {
        let rules = body.get("conditionalRules")?.as_object()?;
        let order = rules.get("rulesOrder").and_then(Value::as_array).into_iter().flatten();
        let read = Rules {
            rules: rules.get("rules").and_then(Value::as_object).cloned().unwrap_or_default(),
            order: order.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        };
        (read != Rules::default()).then_some(read)
    }

    fn json(&self) -> Value {
        json!({ "rules": self.rules, "rulesOrder": self.order })
    }
}

/// A rule without tokens takes the rule away.
fn is_empty_rule(rule: &Value) -> bool {
    rule.get("tokens").and_then(Value::as_array).is_none_or(Vec::is_empty)
}

/// JSON merge patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_merged_as_rfc_7396_says() {
        let merged = |mut target: Value, patch: Value| {
            merge(&mut target, &patch);
            target
        };
        assert_eq!(merged(json!({ "a": "b" }), json!({ "a": "c" })), json!({ "a": "c" }));
        assert_eq!(merged(json!({ "a": "b", "b": 1 }), json!({ "a": null })), json!({ "b": 1 }));
        assert_eq!(merged(json!({ "a": ["b"] }), json!({ "a": "c" })), json!({ "a": "c" }));
        assert_eq!(merged(json!([1, 2]), json!({ "a": "b", "c": null })), json!({ "a": "b" }));
        let deep = merged(json!({ "a": { "b": "c" } }), json!({ "a": { "b": "d", "c": null } }));
        assert_eq!(deep, json!({ "a": { "b": "d" } }));
    }
}
