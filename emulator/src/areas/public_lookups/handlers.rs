//! Requests of public look-ups. They have no state of their own.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, list, text, with_next};
use crate::areas::routes::Routes;
use crate::state::{State, seeded};

pub(crate) const ROUTES: Routes = &[
    ("POST /v1/usernames/users", find_by_names),
    ("POST /v1/users", find_by_ids),
    ("GET /v1/universes/{u}/places", list_places),
];

/// Roblox states this of ids alone (UK-21).
const MOST: usize = 200;

fn find_by_names(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let names = list(&body, "usernames");
    refuse_if!(names.len() > MOST, Failure::invalid("Too many usernames.").with_detail("2"));
    let mut seen = HashSet::new();
    let names = names.iter().filter_map(Value::as_str).filter(|name| seen.insert(name.to_lowercase()));
    let user = |name: &str| {
        let mut user = user(state, call, state.users.named(name)?)?;
        user["requestedUsername"] = json!(name);
        Some(user)
    };
    Ok(Response::json(json!({ "data": names.filter_map(user).collect::<Vec<_>>() })))
}

fn find_by_ids(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let ids = list(&body, "userIds");
    refuse_if!(ids.len() > MOST, Failure::invalid("Too many ids.").with_detail("1"));
    let mut seen = HashSet::new();
    let ids = ids.iter().filter_map(Value::as_u64).filter(|id| seen.insert(*id));
    Ok(Response::json(json!({ "data": ids.filter_map(|id| user(state, call, id)).collect::<Vec<_>>() })))
}

/// A user as look-ups show it, if there is one.
fn user(state: &State, call: &Call<'_>, id: u64) -> Option<Value> {
    if call.only_seeded && !seeded::is_user(state, id) {
        return None;
    }
    let profile = state.users.profile(id, call.shapes)?;
    Some(json!({
        "id": id,
        "name": profile["name"],
        "displayName": profile["displayName"],
        "hasVerifiedBadge": false,
    }))
}

fn list_places(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    state.universes.universe(universe, call.now)?;
    let mut places = Vec::new();
    for id in state.universes.places_of(universe) {
        let place = state.universes.place(universe, id, call.now)?;
        // Where a universe would start, there may be a place of another one.
        if place.universe == universe {
            places.push(json!({
                "id": id,
                "universeId": universe,
                "name": text(&place.fields, "displayName").unwrap_or_default(),
                "description": text(&place.fields, "description").unwrap_or_default(),
            }));
        }
    }
    if call.given("sortOrder") == Some("Desc") {
        places.reverse();
    }
    let pages = Pagination { size: "limit", token: "cursor", default: 10, max: 100 };
    let (page, next) = pages.page(call, &places)?;
    Ok(with_next(json!({ "data": page }), "nextPageCursor", next))
}
