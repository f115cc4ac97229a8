//! Ordered data stores: whole numbers that are listed by value. Both APIs are over one state.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply};
use crate::failure::Failure;
use crate::page::Cut;
use crate::route::encode_segment;
use crate::shapes::form_of;
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

/// Characters of an id; the guide says 50.
const MAX_ID: usize = 63;
const MAX_NAME: usize = 50;
const MAX_ENTRIES: usize = 1_000_000;
/// How many stores without entries are remembered, as after somebody looked for one.
const MAX_EMPTY: usize = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct OrderedDataStores {
    #[serde(with = "crate::state::pairs")]
    entries: BTreeMap<(u64, String, String), BTreeMap<String, i64>>,
    count: usize,
}

impl OrderedDataStores {
    /// One entry, which sample requests ask for.
    pub(crate) fn seeded() -> OrderedDataStores {
        let store = BTreeMap::from([("sample-entry".to_owned(), 7)]);
        let mut stores = OrderedDataStores::default();
        for name in ["sample-store", "sample"] {
            let place = (2001, name.to_owned(), "global".to_owned());
            stores.entries.insert(place, store.clone());
        }
        stores
    }
}

impl OrderedDataStores {
    fn store(
        &mut self,
        universe: u64,
        store: &str,
        scope: &str,
    ) -> Result<&mut BTreeMap<String, i64>, Failure> {
        for name in [store, scope] {
            if name.chars().count() > MAX_NAME {
                return Err(Failure::invalid(format!(
                    "A data store's name and scope have at most {MAX_NAME} characters."
                )));
            }
        }
        if self.entries.len() > self.count + MAX_EMPTY {
            self.entries.retain(|_, entries| !entries.is_empty());
        }
        Ok(self.entries.entry((universe, store.to_owned(), scope.to_owned())).or_default())
    }

    pub(crate) fn put(
        &mut self,
        universe: u64,
        store: &str,
        scope: &str,
        id: &str,
        value: i64,
    ) -> Result<(), Failure> {
        check_id(id)?;
        let is_full = self.count >= MAX_ENTRIES;
        let entries = self.store(universe, store, scope)?;
        if is_full && !entries.contains_key(id) {
            return Err(Failure::exhausted("The emulator holds no more entries."));
        }
        let is_new = entries.insert(id.to_owned(), value).is_none();
        self.count += usize::from(is_new);
        Ok(())
    }
}

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
    Failure::not_found(format!("The entry '{id}' does not exist."))
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

fn check_id(id: &str) -> Result<(), Failure> {
    let length = id.chars().count();
    if length == 0 || length > MAX_ID {
        return Err(Failure::invalid(format!("The id must have 1 to {MAX_ID} characters.")));
    }
    Ok(())
}

fn put(state: &mut State, call: &Call<'_>, id: &str, value: i64) -> Outcome {
    let dialect = Dialect::of(call);
    let (store, scope) = (dialect.store(call), dialect.scope(call));
    state.ordered_data_stores.put(call.number("universe_id")?, store, scope, id, value)?;
    Ok(Reply::json(dialect.json(call, id, value)))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let dialect = Dialect::of(call);
    let id = dialect.entry(call);
    let value = store(state, call)?.get(id).copied();
    let value = value.ok_or_else(|| missing(id))?;
    Ok(Reply::json(dialect.json(call, id, value)))
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
    if !may_be_missing && !store(state, call)?.contains_key(id) {
        return Err(missing(id));
    }
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
    Ok(crate::synth::no_content(call))
}

/// `entry >= 10 && entry <= 50`, with exactly one space between the words.
fn bounds(filter: &str) -> Result<(i64, i64), Failure> {
    let refused = || {
        Failure::invalid(
            "The filter is invalid: it is of the form 'entry >= 10 && entry <= 50', with one space between words.",
        )
    };
    let (mut least, mut greatest) = (i64::MIN, i64::MAX);
    let comparisons: Vec<_> = filter.split(" && ").collect();
    if comparisons.len() > 2 {
        return Err(refused());
    }
    for comparison in comparisons {
        let words: Vec<_> = comparison.split(' ').collect();
        let ["entry", operator, number] = words[..] else {
            return Err(refused());
        };
        let number: i64 = number.parse().map_err(|_| refused())?;
        match operator {
            ">=" => least = least.max(number),
            "<=" => greatest = greatest.min(number),
            _ => return Err(refused()),
        }
    }
    Ok((least, greatest))
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
        let cut = Cut { size: "max_page_size", token: "page_token", ..Cut::v2(100) };
        (cut, "entries")
    } else {
        (Cut::v2(100), "orderedDataStoreEntries")
    };
    let (page, next) = if descending {
        cut.page_by(call, &entries, |entry| Reverse(entry.clone()))?
    } else {
        cut.page_by(call, &entries, Clone::clone)?
    };
    let page: Vec<_> = page.iter().map(|(value, id)| dialect.json(call, id, *value)).collect();
    Ok(Reply::json(json!({ items: page, "nextPageToken": next.unwrap_or_default() })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_into_nothing_leaves_nothing_behind_for_ever() {
        let mut stores = OrderedDataStores::default();
        stores.put(1, "kept", "global", "id", 5).expect("kept");
        for universe in 0..10 * MAX_EMPTY as u64 {
            assert!(stores.store(universe, "empty", "global").expect("a store").is_empty());
            assert!(stores.entries.len() <= MAX_EMPTY + 2);
        }
        assert_eq!(stores.store(1, "kept", "global").expect("a store").len(), 1);
    }

    #[test]
    fn filters_are_bounds_with_single_spaces() {
        assert_eq!(bounds("entry >= 10").expect("good"), (10, i64::MAX));
        assert_eq!(bounds("entry >= -10 && entry <= 50").expect("good"), (-10, 50));
        for bad in [
            "entry>=10",
            "entry  >= 10",
            "value >= 10",
            "entry > 10",
            "entry >= x",
            "entry >= 1 || entry <= 2",
            "entry >= 1 && entry <= 2 && entry <= 3",
        ] {
            assert!(bounds(bad).is_err(), "{bad}");
        }
    }
}
