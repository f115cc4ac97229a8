//! State and rules of localization tables.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, rfc3339, text};

/// The table that sample requests ask for, and how many entries it has from the beginning.
const SAMPLE: &str = "0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34";
const SEEDED: usize = 25;
const MAX_HISTORY: usize = 1_000;
const BAD_COUNT: &str = "39";
const BAD_CURSOR: &str = "45";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct LocalizationTables {
    pub(super) tables: BTreeMap<String, Vec<Entry>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) identifier: Identifier,
    pub(super) metadata: Value,
    pub(super) created: Timestamp,
    /// By locale, the oldest first; the last one counts, and none if it was deleted.
    pub(super) translations: BTreeMap<String, Vec<Translation>>,
}

/// All three parts together tell entries apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identifier {
    key: String,
    context: String,
    source: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Translation {
    pub(super) text: Option<String>,
    time: Timestamp,
}

impl LocalizationTables {
    pub(crate) fn seeded(now: Timestamp) -> LocalizationTables {
        let entry = |number: usize| Entry {
            identifier: Identifier {
                key: if number == 0 { "sample-key".to_owned() } else { format!("sample-key-{number}") },
                context: "sample".to_owned(),
                source: "sample".to_owned(),
            },
            metadata: json!({ "entryFormat": "Legacy" }),
            created: now,
            translations: BTreeMap::from([(
                "en-us".to_owned(),
                vec![Translation { text: Some("sample".to_owned()), time: now }],
            )]),
        };
        let entries = (0..SEEDED).map(entry).collect();
        LocalizationTables { tables: BTreeMap::from([(SAMPLE.to_owned(), entries)]) }
    }
}

impl Identifier {
    pub(super) fn read(value: Option<&Value>) -> Option<Identifier> {
        let identifier = value?.as_object()?;
        let part = |name: &str| text(identifier, name).unwrap_or_default().to_owned();
        let read = Identifier { key: part("key"), context: part("context"), source: part("source") };
        (!read.key.is_empty() || !read.source.is_empty()).then_some(read)
    }

    pub(super) fn json(&self) -> Value {
        json!({ "key": self.key, "context": self.context, "source": self.source })
    }
}

impl Entry {
    fn translation(&self, locale: &str) -> Option<Value> {
        let last = self.translations.get(locale)?.last()?;
        Some(json!({
            "locale": locale,
            "translationText": last.text.as_ref()?,
            "translator": { "agentType": "User", "id": 1001 },
            "updatedTime": rfc3339(last.time),
        }))
    }

    fn current(&self) -> Vec<Value> {
        self.translations.keys().filter_map(|locale| self.translation(locale)).collect()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "identifier": self.identifier.json(),
            "metadata": self.metadata,
            "createdTime": rfc3339(self.created),
            "translations": self.current(),
        })
    }

    /// Takes over the translations of an update, and gives those that it named as they are now.
    pub(super) fn translate(&mut self, updates: &[Value], now: Timestamp) -> Vec<Value> {
        let mut changed = Vec::new();
        for update in updates.iter().filter_map(Value::as_object) {
            let Some(locale) = text(update, "locale") else { continue };
            let is_deleted = update.get("delete") == Some(&json!(true));
            let new = text(update, "translationText").filter(|_| !is_deleted).map(str::to_owned);
            let history = self.translations.entry(locale.to_owned()).or_default();
            if history.len() >= MAX_HISTORY {
                history.remove(0);
            }
            history.push(Translation { text: new, time: now });
            changed.extend(self.translation(locale));
        }
        changed
    }
}

pub(super) fn history(entry: &Entry, locale: &str, query: &Map<String, Value>) -> Result<Value, Failure> {
    let count = query.get("count").and_then(Value::as_u64).unwrap_or(0) as usize;
    refuse_if!(count == 0, Failure::invalid("Count should be at least 1.").with_detail(BAD_COUNT));
    let start = match text(query, "cursor").filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => cursor
            .parse::<usize>()
            .map_err(|_| Failure::invalid("Invalid exclusive start id.").with_detail(BAD_CURSOR))?,
    };
    let mut records: Vec<_> = entry
        .translations
        .get(locale)
        .into_iter()
        .flatten()
        .map(|translation| {
            json!({
                "translationText": translation.text.as_deref().unwrap_or_default(),
                "created": rfc3339(translation.time),
                "translator": { "agentType": "User", "id": 1001 },
            })
        })
        .collect();
    if text(query, "sortOrder") != Some("Asc") {
        records.reverse();
    }
    let next = start.saturating_add(count);
    let total = records.len();
    let page: Vec<_> = records.into_iter().skip(start).take(count).collect();
    let mut response = json!({ "identifier": entry.identifier.json(), "history": page });
    if next < total {
        response["nextCursor"] = json!(next.to_string());
    }
    Ok(response)
}
