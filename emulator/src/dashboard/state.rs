//! What the emulator remembers, area by area, as the page shows it.

use serde_json::{Value, json};

use super::tree;
use crate::api::{Failure, Response};
use crate::document::query_pairs;
use crate::identity;
use crate::incoming::Incoming;
use crate::inner::Inner;
use crate::wire::WireResponse;

/// What is shown first.
const FIRST: &str = "dataStores";
/// Shown with less: it is made of secrets.
const IDENTITY: &str = "identity";

/// `?area=dataStores&search=coins`
pub(super) fn show(inner: &Inner, request: &Incoming, _: &str) -> Result<WireResponse, Failure> {
    let view = wanted(inner, request);
    let view = view.ok_or_else(|| Failure::no_route("The state has no such area."))?;
    Ok(Response::json(view).into())
}

/// The area that a query names.
pub(super) fn wanted(inner: &Inner, request: &Incoming) -> Option<Value> {
    let query = query_pairs(request.query().unwrap_or_default());
    let given = |name: &str| {
        let pair = query.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    view(inner, given("area"), given("search"))
}

/// The areas, and what is in one of them; none, if there is no such area.
pub(super) fn view(inner: &Inner, area: Option<&str>, search: Option<&str>) -> Option<Value> {
    let Some(Value::Object(mut state)) = inner.inspect(&[]) else { return None };
    // A counter is no area.
    state.retain(|_, value| value.is_object() || value.is_array());
    state.insert(IDENTITY.to_owned(), identity::control::overview(inner));
    let area = area.unwrap_or(FIRST);
    let shown = tree::of(state.get(area)?, search);
    let areas: Vec<_> = state.keys().map(|name| json!({ "name": name, "title": title(name) })).collect();
    Some(json!({ "areas": areas, "area": area, "search": search, "tree": shown }))
}

/// `dataStores` as `Data stores`.
fn title(name: &str) -> String {
    let mut title = String::new();
    for ch in name.chars() {
        if title.is_empty() {
            title.extend(ch.to_uppercase());
        } else if ch.is_uppercase() || ch == '_' {
            title.push(' ');
            title.extend(ch.to_lowercase().filter(|ch| *ch != '_'));
        } else {
            title.push(ch);
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_have_titles() {
        assert_eq!(title("orderedDataStores"), "Ordered data stores");
        assert_eq!(title("data_stores"), "Data stores");
        assert_eq!(title("users"), "Users");
    }
}
