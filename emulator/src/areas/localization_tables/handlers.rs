//! Localization tables: entries with their translations, and how each translation came to be.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::rfc3339;
use crate::failure::Failure;
use crate::page::Cut;
use crate::state::{State, mix, uuid_of};

pub(crate) const ROUTES: Routes = &[
    ("POST /legacy-localization-tables/v1/autolocalization/games/{g}/autolocalizationtable", create),
    ("PATCH /legacy-localization-tables/v1/localization-table/tables/{t}", update),
    ("GET /legacy-localization-tables/v1/localization-table/tables/{t}/entries", list_entries),
    ("GET /legacy-localization-tables/v1/localization-table/tables/{t}/entry-count", count_entries),
    (
        "POST /legacy-localization-tables/v1/localization-table/tables/{t}/entries/translation-history",
        list_history,
    ),
    ("GET /legacy-localization-tables/v1/localization-table/limits", get_limits),
];

/// The table that sample requests ask for, and how many entries it has from the beginning.
const SAMPLE: &str = "0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34";
const SEEDED: usize = 25;
const MAX_TABLES: usize = 10_000;
const MAX_ENTRIES: usize = 100_000;
const MAX_HISTORY: usize = 1_000;
/// The limits of the services are not documented; these are ours.
const MAX_PER_UPDATE: usize = 2_000;
const PAGE: usize = 10;
/// The codes of the services.
const NO_TABLE: &str = "4";
const TOO_MANY: &str = "10";
const NO_ENTRIES: &str = "16";
const BAD_IDENTIFIER: &str = "38";
const BAD_COUNT: &str = "39";
const BAD_CURSOR: &str = "45";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct LocalizationTables {
    tables: BTreeMap<String, Vec<Entry>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    identifier: Identifier,
    metadata: Value,
    created: Timestamp,
    /// By locale, the oldest first; the last one counts, and none if it was deleted.
    translations: BTreeMap<String, Vec<Translation>>,
}

/// All three parts together tell entries apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identifier {
    key: String,
    context: String,
    source: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Translation {
    text: Option<String>,
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

    fn table(&mut self, call: &Call<'_>) -> Result<&mut Vec<Entry>, Failure> {
        let table = self.tables.get_mut(&call.param("tableId").to_ascii_lowercase());
        table.ok_or_else(|| Failure::invalid("Table does not exist.").with_detail(NO_TABLE))
    }
}

impl Identifier {
    fn read(value: Option<&Value>) -> Option<Identifier> {
        let identifier = value?.as_object()?;
        let part = |name: &str| text(identifier, name).unwrap_or_default().to_owned();
        let read = Identifier { key: part("key"), context: part("context"), source: part("source") };
        (!read.key.is_empty() || !read.source.is_empty()).then_some(read)
    }

    fn json(&self) -> Value {
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

    fn json(&self) -> Value {
        json!({
            "identifier": self.identifier.json(),
            "metadata": self.metadata,
            "createdTime": rfc3339(self.created),
            "translations": self.current(),
        })
    }

    /// Takes over the translations of an update, and gives those that it named as they are now.
    fn translate(&mut self, updates: &[Value], now: Timestamp) -> Vec<Value> {
        let mut changed = Vec::new();
        for update in updates.iter().filter_map(Value::as_object) {
            let Some(locale) = text(update, "locale") else {
                continue;
            };
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

/// The automatic table of a game: the same one however often it is asked for.
fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let game = call.number("gameId")?;
    let id = uuid_of(mix(game));
    let tables = &mut state.localization_tables.tables;
    if tables.len() >= MAX_TABLES && !tables.contains_key(&id) {
        return Err(Failure::exhausted("The emulator holds no more tables."));
    }
    tables.entry(id.clone()).or_default();
    Ok(Reply::json(json!({
        "autoLocalizationTableId": id,
        "isAutolocalizationEnabled": true,
        "shouldUseLocalizationTable": true,
        "sourceLanguage": "en",
    })))
}

/// Entries are made, changed and deleted one by one; what fails is in the answer.
fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let updates = body.get("entries").and_then(Value::as_array).cloned().unwrap_or_default();
    if updates.len() > MAX_PER_UPDATE {
        let message = "Maximum entries exceeded. Send fewer at once.";
        return Err(Failure::invalid(message).with_detail(TOO_MANY));
    }
    let table = state.localization_tables.table(call)?;
    let (mut modified, mut failed) = (Vec::new(), Vec::new());
    for update in &updates {
        let Some(identifier) = Identifier::read(update.get("identifier")) else {
            failed.push(failure(update.get("identifier"), BAD_IDENTIFIER, "Invalid entry identifier."));
            continue;
        };
        let position = table.iter().position(|entry| entry.identifier == identifier);
        let translations = update.get("translations").and_then(Value::as_array).cloned().unwrap_or_default();
        if update.get("delete") == Some(&json!(true)) {
            match position {
                Some(position) => drop(table.remove(position)),
                None => {
                    let identifier = identifier.json();
                    failed.push(failure(Some(&identifier), BAD_IDENTIFIER, "The entry does not exist."));
                    continue;
                }
            }
            modified.push(json!({ "identifier": identifier.json(), "translations": [] }));
            continue;
        }
        if position.is_none() && table.len() >= MAX_ENTRIES {
            failed.push(failure(update.get("identifier"), TOO_MANY, "The table is full."));
            continue;
        }
        let index = position.unwrap_or_else(|| {
            let metadata = json!({ "entryFormat": "Legacy" });
            let translations = BTreeMap::new();
            table.push(Entry { identifier, metadata, created: call.now, translations });
            table.len() - 1
        });
        let entry = &mut table[index];
        if let Some(metadata) = update.get("metadata").filter(|metadata| metadata.is_object()) {
            entry.metadata = metadata.clone();
        }
        let translations = entry.translate(&translations, call.now);
        modified.push(json!({ "identifier": entry.identifier.json(), "translations": translations }));
    }
    Ok(Reply::json(json!({
        "modifiedEntriesAndTranslations": modified,
        "failedEntriesAndTranslations": failed,
    })))
}

fn failure(identifier: Option<&Value>, code: &str, message: &str) -> Value {
    let code: i32 = code.parse().unwrap_or_default();
    let mut failure = json!({ "error": { "errorCode": code, "errorMessage": message } });
    if let Some(identifier) = identifier {
        failure["identifier"] = identifier.clone();
    }
    failure
}

fn list_entries(state: &mut State, call: &Call<'_>) -> Outcome {
    let entries: Vec<_> = state.localization_tables.table(call)?.iter().map(Entry::json).collect();
    // The size of a page cannot be chosen.
    let cut = Cut { size: "", token: "cursor", default: PAGE, max: PAGE };
    let (page, next) = cut.page(call, &entries)?;
    let mut list = json!({ "data": page });
    if let Some(next) = next {
        list["nextPageCursor"] = json!(next);
    }
    Ok(Reply::json(list))
}

fn count_entries(state: &mut State, call: &Call<'_>) -> Outcome {
    let count = state.localization_tables.table(call)?.len();
    Ok(Reply::json(json!({ "entryCount": count, "id": call.param("tableId") })))
}

/// Each entry has a list of its own, and a cursor of its own in it.
fn list_history(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let locale = text(&body, "locale").unwrap_or_default();
    let queries = body.get("entries").and_then(Value::as_array).cloned().unwrap_or_default();
    if queries.is_empty() {
        return Err(Failure::invalid("Entries can't be null or empty").with_detail(NO_ENTRIES));
    }
    let table = state.localization_tables.table(call)?;
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for query in queries.iter().filter_map(Value::as_object) {
        let identifier = Identifier::read(query.get("identifier"));
        let entry = table.iter().find(|entry| Some(&entry.identifier) == identifier.as_ref());
        let Some(entry) = entry else {
            failed.push(failure(query.get("identifier"), BAD_IDENTIFIER, "Invalid entry identifier."));
            continue;
        };
        found.push(history(entry, locale, query)?);
    }
    Ok(Reply::json(json!({
        "tableId": call.param("tableId"),
        "locale": locale,
        "entries": found,
        "failedEntries": failed,
    })))
}

fn history(entry: &Entry, locale: &str, query: &Map<String, Value>) -> Result<Value, Failure> {
    let count = query.get("count").and_then(Value::as_u64).unwrap_or(0) as usize;
    if count == 0 {
        return Err(Failure::invalid("Count should be at least 1.").with_detail(BAD_COUNT));
    }
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
    let mut answer = json!({ "identifier": entry.identifier.json(), "history": page });
    if next < total {
        answer["nextCursor"] = json!(next.to_string());
    }
    Ok(answer)
}

fn get_limits(_: &mut State, _: &Call<'_>) -> Outcome {
    Ok(Reply::json(json!({
        "tableOperationLimits": { "maxEntriesPerUpdate": MAX_PER_UPDATE },
    })))
}
