//! Requests of localization tables.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, text, with_next};
use crate::areas::localization_tables::model::{Entry, Identifier, LocalizationTables, history};
use crate::areas::routes::Routes;
use crate::mix::{mix, uuid_of};
use crate::state::State;

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

const MAX_TABLES: usize = 10_000;
const MAX_ENTRIES: usize = 100_000;
/// The limits of the services are not documented; these are ours.
const MAX_PER_UPDATE: usize = 2_000;
const PAGE: usize = 10;
/// The codes of the services.
const NO_TABLE: &str = "4";
const TOO_MANY: &str = "10";
const NO_ENTRIES: &str = "16";
const BAD_IDENTIFIER: &str = "38";

impl LocalizationTables {
    fn table(&mut self, call: &Call<'_>) -> Result<&mut Vec<Entry>, Failure> {
        let table = self.tables.get_mut(&call.param("tableId").to_ascii_lowercase());
        table.ok_or_else(|| Failure::invalid("Table does not exist.").with_detail(NO_TABLE))
    }
}

/// The automatic table of a game: the same one however often it is asked for.
fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let game = call.number("gameId")?;
    let id = uuid_of(mix(game));
    let tables = &mut state.localization_tables.tables;
    Failure::if_full_for(tables, &id, MAX_TABLES, "tables")?;
    tables.entry(id.clone()).or_default();
    Ok(Response::json(json!({
        "autoLocalizationTableId": id,
        "isAutolocalizationEnabled": true,
        "shouldUseLocalizationTable": true,
        "sourceLanguage": "en",
    })))
}

/// Entries are made, changed and deleted one by one; what fails is in the response.
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
            let identifier = identifier.json();
            if let Some(position) = position {
                table.remove(position);
                modified.push(json!({ "identifier": identifier, "translations": [] }));
            } else {
                failed.push(failure(Some(&identifier), BAD_IDENTIFIER, "The entry does not exist."));
            }
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
    Ok(Response::json(json!({
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
    let cut = Pagination { size: "", token: "cursor", default: PAGE, max: PAGE };
    let (page, next) = cut.page(call, &entries)?;
    Ok(with_next(json!({ "data": page }), "nextPageCursor", next))
}

fn count_entries(state: &mut State, call: &Call<'_>) -> Outcome {
    let count = state.localization_tables.table(call)?.len();
    Ok(Response::json(json!({ "entryCount": count, "id": call.param("tableId") })))
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
    Ok(Response::json(json!({
        "tableId": call.param("tableId"),
        "locale": locale,
        "entries": found,
        "failedEntries": failed,
    })))
}

fn get_limits(_: &mut State, _: &Call<'_>) -> Outcome {
    Ok(Response::json(json!({ "tableOperationLimits": { "maxEntriesPerUpdate": MAX_PER_UPDATE } })))
}
