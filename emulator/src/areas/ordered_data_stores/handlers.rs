//! Requests of ordered data stores.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, synth};
use crate::areas::ordered_data_stores::model::bounds;
use crate::areas::routes::Routes;
use crate::document::encode_segment;
use crate::mix::form_of;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}/ordered-data-stores/{s}/scopes/{c}/entries", list),
    ("POST /cloud/v2/universes/{u}/ordered-data-stores/{s}/scopes/{c}/entries", create),
    ("GET /cloud/v2/universes/{u}/ordered-data-stores/{s}/scopes/{c}/entries/{e}", get),
    ("PATCH /cloud/v2/universes/{u}/ordered-data-stores/{s}/scopes/{c}/entries/{e}", update),
    ("DELETE /cloud/v2/universes/{u}/ordered-data-stores/{s}/scopes/{c}/entries/{e}", delete),
    ("POST /cloud/v2/universes/{u}/ordered-data-stores/{s}/scopes/{c}/entries/{e}:increment", increment),
    ("GET /ordered-data-stores/v1/universes/{u}/orderedDataStores/{s}/scopes/{c}/entries", list),
    ("POST /ordered-data-stores/v1/universes/{u}/orderedDataStores/{s}/scopes/{c}/entries", create),
    ("GET /ordered-data-stores/v1/universes/{u}/orderedDataStores/{s}/scopes/{c}/entries/{e}", get),
    ("PATCH /ordered-data-stores/v1/universes/{u}/orderedDataStores/{s}/scopes/{c}/entries/{e}", update),
    ("DELETE /ordered-data-stores/v1/universes/{u}/orderedDataStores/{s}/scopes/{c}/entries/{e}", delete),
    (
        "POST /ordered-data-stores/v1/universes/{u}/orderedDataStores/{s}/scopes/{c}/entries/{e}:increment",
        increment,
    ),
];

/// What differs between the two APIs.
struct Dialect {
    is_v1: bool,
}

impl Dialect {
    fn of(call: &Call<'_>) -> Dialect {
        Dialect { is_v1: call.path.starts_with("/ordered-data-stores/") }
    }

    fn store<'a>(&self, call: &'a Call<'_>) -> &'a str {
        call.param(if self.is_v1 { "orderedDataStore" } else { "ordered_data_store_id" })
    }

    fn scope<'a>(&self, call: &'a Call<'_>) -> &'a str {
        call.param(if self.is_v1 { "scope" } else { "scope_id" })
    }

    fn entry<'a>(&self, call: &'a Call<'_>) -> &'a str {
        call.param(if self.is_v1 { "entry" } else { "entry_id" })
    }

    fn json(&self, call: &Call<'_>, id: &str, value: i64) -> Value {
        let universe = call.param("universe_id");
        let store = encode_segment(self.store(call));
        let scope = encode_segment(self.scope(call));
        let kind = if self.is_v1 { "orderedDataStores" } else { "ordered-data-stores" };
        let entry = encode_segment(id);
        json!({
            "path": format!("universes/{universe}/{kind}/{store}/scopes/{scope}/entries/{entry}"),
            "value": if self.is_text(call, id) { json!(value.to_string()) } else { json!(value) },
            "id": id,
        })
    }

    /// The live service writes numbers as text: always in v1 (OD-01), now and then in v2 (OD-06).
    fn is_text(&self, call: &Call<'_>, id: &str) -> bool {
        call.shapes.is_live() && (self.is_v1 || form_of(id, 2) == 0)
    }
}

fn store<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut BTreeMap<String, i64>, Failure> {
    let dialect = Dialect::of(call);
    state.ordered_data_stores.store(call.number("universe_id")?, dialect.store(call), dialect.scope(call))
}

fn missing(id: &str) -> Failure {
    Failure::missing(format_args!("entry '{id}'"))
}

/// A number of the body, rounded to the nearest whole one.
fn number(call: &Call<'_>, name: &str) -> Result<i64, Failure> {
    let body = call.json()?;
    let value = body.get(name);
    let refused = || Failure::invalid(format!("{name} must be a number."));
    if let Some(whole) = value.and_then(Value::as_i64) {
        return Ok(whole);
    }
    let number = value.and_then(Value::as_f64).ok_or_else(refused)?.round();
    // The limits of an int64 are powers of two, which a double holds exactly.
    let is_within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    is_within.then_some(number as i64).ok_or_else(refused)
}

fn put(state: &mut State, call: &Call<'_>, id: &str, value: i64) -> Outcome {
    let dialect = Dialect::of(call);
    let (store, scope) = (dialect.store(call), dialect.scope(call));
    state.ordered_data_stores.put(call.number("universe_id")?, store, scope, id, value)?;
    Ok(Response::json(dialect.json(call, id, value)))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let dialect = Dialect::of(call);
    let id = dialect.entry(call);
    let value = store(state, call)?.get(id).copied();
    let value = value.ok_or_else(|| missing(id))?;
    Ok(Response::json(dialect.json(call, id, value)))
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.query("id").unwrap_or_default();
    let value = number(call, "value")?;
    if store(state, call)?.contains_key(id) {
        // In these words, which clients know it by (OD-02).
        return Err(Failure::invalid("Entry already exists."));
    }
    put(state, call, id, value)
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = Dialect::of(call).entry(call);
    let value = number(call, "value")?;
    let may_be_missing = call.flag("allowMissing") || call.flag("allow_missing");
    refuse_if!(!may_be_missing && !store(state, call)?.contains_key(id), missing(id));
    put(state, call, id, value)
}

fn increment(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = Dialect::of(call).entry(call);
    let amount = number(call, "amount")?;
    let before = store(state, call)?.get(id).copied().unwrap_or(0);
    put(state, call, id, before.saturating_add(amount))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let dialect = Dialect::of(call);
    let id = dialect.entry(call);
    let removed = store(state, call)?.remove(id).is_some();
    if removed {
        state.ordered_data_stores.count = state.ordered_data_stores.count.saturating_sub(1);
    } else if !dialect.is_v1 {
        return Err(missing(id));
    }
    Ok(synth::no_content(call))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let dialect = Dialect::of(call);
    let bounds = call.given("filter").map(bounds).transpose()?;
    let (least, greatest) = bounds.unwrap_or((i64::MIN, i64::MAX));
    let order = call.given("orderBy").or_else(|| call.given("order_by"));
    let descending = match order {
        None | Some("value" | "value asc") => false,
        Some("value desc") => true,
        Some("desc") if dialect.is_v1 => true,
        Some("asc") if dialect.is_v1 => false,
        Some(_) => return Err(Failure::invalid("The order must be 'value' or 'value desc'.")),
    };
    let mut entries: Vec<_> = store(state, call)?
        .iter()
        .filter(|(_, value)| (least..=greatest).contains(*value))
        .map(|(id, value)| (*value, id.clone()))
        .collect();
    entries.sort();
    if descending {
        entries.reverse();
    }
    let (cut, items) = if dialect.is_v1 {
        let cut = Pagination { size: "max_page_size", token: "page_token", ..Pagination::v2(100) };
        (cut, "entries")
    } else {
        (Pagination::v2(100), "orderedDataStoreEntries")
    };
    let (page, next) = if descending {
        cut.page_by(call, &entries, |entry| Reverse(entry.clone()))?
    } else {
        cut.page_by(call, &entries, Clone::clone)?
    };
    let page: Vec<_> = page.iter().map(|(value, id)| dialect.json(call, id, *value)).collect();
    Ok(Response::json(json!({ items: page, "nextPageToken": next.unwrap_or_default() })))
}
