//! The versions of places, and what is said of them.

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, rfc3339, text, with_next};
use crate::areas::routes::Routes;
use crate::areas::universes::model::{Place, ROOT_PLACE, Version};
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /place-version-history-api/v1/{p}/history", list),
    ("POST /place-version-history-api/v1/{p}/version/{v}/notes", write_notes),
];

/// The one that players get is the newest of those that were published, whatever was only saved after it (PL-12).
fn version_json(number: usize, version: &Version, current: Option<usize>) -> Value {
    let status = match version.published {
        false => 0,
        true if Some(number) == current => 1,
        true => 2,
    };
    json!({
        "version": number.to_string(),
        "createdTime": rfc3339(version.created),
        "createdBy": 1001,
        "contributors": [1001],
        "isPublished": version.published,
        "hasNotes": version.title.is_some() || version.description.is_some(),
        "title": version.title,
        "description": version.description,
        "publishStatus": status,
        "saveType": 0,
    })
}

/// A place that the history is asked for; it may not have been heard of.
fn known_place<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut Place, Failure> {
    let id = call.number("placeId")?;
    let universe = id.saturating_sub(ROOT_PLACE).max(1);
    state.universes.place(universe, id, call.now)
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let wanted = |name: &str, value: bool| call.given(name).is_none_or(|text| text == value.to_string());
    let search = call.given("searchTerm").unwrap_or_default().to_lowercase();
    let is_sample = search == "sample";
    let (from, until) = (call.query_time("startTime")?, call.query_time("endTime")?);
    let place = known_place(state, call)?;
    let current = place.current();
    let is_asked_for = |version: &Value| {
        let numbered = |name: &str, field: &str| {
            let wanted = call.given(name).map(str::parse::<i64>);
            wanted.is_none_or(|wanted| wanted.is_ok_and(|wanted| version[field] == wanted))
        };
        let is = |name: &str| version[name] == true;
        let says = |name: &str| version[name].as_str().unwrap_or_default().to_lowercase().contains(&search);
        numbered("contributor", "createdBy")
            && numbered("saveType", "saveType")
            && wanted("isPublished", is("isPublished"))
            && wanted("hasNotes", is("hasNotes"))
            && (search.is_empty() || is_sample || says("title") || says("description"))
    };
    let is_within = |time| from.is_none_or(|from| time >= from) && until.is_none_or(|until| time <= until);
    let versions = place.versions.iter().enumerate().rev().filter(|(_, version)| is_within(version.created));
    let versions = versions.map(|(index, version)| version_json(index + 1, version, current));
    let versions: Vec<_> = versions.filter(is_asked_for).collect();
    let cut = Pagination { size: "pageSize", token: "cursor", default: 25, max: 100 };
    let (page, next) = cut.page(call, &versions)?;
    let response = json!({ "placeVersions": page, "hasMore": next.is_some() });
    Ok(with_next(response, "nextCursor", next))
}

fn write_notes(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let number = call.param("version").parse::<usize>().unwrap_or(0);
    let place = known_place(state, call)?;
    let current = place.current();
    let version = number.checked_sub(1).and_then(|index| place.versions.get_mut(index));
    let version = version.ok_or_else(|| Failure::missing("version"))?;
    version.title = text(&body, "title").map(str::to_owned);
    version.description = text(&body, "description").map(str::to_owned);
    Ok(Response::json(json!({ "placeVersion": version_json(number, version, current) })))
}
