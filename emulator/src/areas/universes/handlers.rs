//! Requests of universes.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, rfc3339, rfc3339_nanos, update_mask};
use crate::areas::routes::Routes;
use crate::areas::universes::model::{IN_TEAM_CREATE, Place, in_team_create, root_place};
use crate::areas::universes::publishing;
use crate::document::camel;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}", get),
    ("PATCH /cloud/v2/universes/{u}", update),
    ("GET /cloud/v2/universes/{u}/places/{p}", get_place),
    ("PATCH /cloud/v2/universes/{u}/places/{p}", update_place),
    ("POST /universes/v1/{u}/places/{p}/versions", publishing::publish),
];

/// A private server costs so much at least, if it costs anything (UN-03).
const LEAST_PRICE: i64 = 10;

impl Place {
    /// The live service leaves out what a place is not (UN-06).
    fn json(&self, id: u64, call: &Call<'_>) -> Value {
        let live = call.shapes.is_live();
        let mut place = self.fields.clone();
        let universe = self.universe;
        let path = format!("universes/{universe}/places/{id}");
        place.insert("path".to_owned(), json!(path));
        let is_root = id == root_place(universe);
        if is_root || !live {
            place.insert("root".to_owned(), json!(is_root));
        }
        if !live {
            place.insert("universeRuntimeCreation".to_owned(), json!(false));
        }
        Value::Object(place)
    }
}

fn universe_json(state: &mut State, call: &Call<'_>) -> Result<Value, Failure> {
    let id = call.number("universe_id")?;
    let mut universe = state.universes.universe(id, call.now)?.clone();
    // A universe is called what its first place is called.
    let place = state.universes.place(id, root_place(id), call.now)?;
    for name in ["displayName", "description"] {
        if let Some(value) = place.fields.get(name) {
            universe.insert(name.to_owned(), value.clone());
        }
    }
    // It belongs to one of them (UN-06).
    if universe.contains_key("group") {
        universe.remove("user");
    }
    Ok(Value::Object(universe))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(Response::json(universe_json(state, call)?))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let mut body = call.json()?;
    let id = call.number("universe_id")?;
    let is_read_only = |name: &str| update_mask::is_read_only(call.document, call.operation, name);
    let mut sent_mask = call.given("updateMask").map(str::to_owned);
    if call.shapes.is_live() {
        // What only the service sets is passed over without a word (UN-01).
        body.retain(|name, _| !is_read_only(name));
        sent_mask = sent_mask.map(|mask| {
            let field = |path: &str| camel(path.split('.').next().unwrap_or_default());
            let kept = mask.split(',').filter(|path| !is_read_only(&field(path)));
            kept.collect::<Vec<_>>().join(",")
        });
        if sent_mask.as_deref() == Some("") || (sent_mask.is_none() && body.is_empty()) {
            return Ok(Response::json(universe_json(state, call)?));
        }
    }
    check_price(state, call, id, &body, sent_mask.as_deref())?;
    let universe = state.universes.universe(id, call.now)?;
    let is_writable = |name: &str| {
        !matches!(name, "path" | "templateRootPlace" | "group")
            && update_mask::is_writable(call.document, call.operation, name)
    };
    update_mask::apply(universe, &body, sent_mask.as_deref(), is_writable)?;
    universe.insert("updateTime".to_owned(), json!(rfc3339(call.now)));
    Ok(Response::json(universe_json(state, call)?))
}

/// Who may not have private servers is told by a failure of the service, which does not pass (UN-03): a private
/// universe, and one whose first place has `no private servers` in its name.
fn check_price(
    state: &mut State,
    call: &Call<'_>,
    id: u64,
    body: &Map<String, Value>,
    mask: Option<&str>,
) -> Result<(), Failure> {
    let name = "privateServerPriceRobux";
    let is_meant = mask.is_none_or(|mask| {
        mask.split(',').any(|path| matches!(camel(path).as_str(), "*" | "privateServerPriceRobux"))
    });
    let Some(price) = body.get(name).and_then(Value::as_i64).filter(|_| is_meant) else { return Ok(()) };
    refuse_if!((1..LEAST_PRICE).contains(&price), "The {name} must be 0 or at least {LEAST_PRICE}.");
    let is_private = state.universes.universe(id, call.now)?.get("visibility") == Some(&json!("PRIVATE"));
    let is_barred = state.universes.place(id, root_place(id), call.now)?.is_called("no private servers");
    refuse_if!(is_private || is_barred, Failure::of_status(500, "The server cannot process the request."));
    Ok(())
}

/// The place of a call, which must be the universe's.
fn place<'a>(state: &'a mut State, call: &Call<'_>) -> Result<(u64, &'a mut Place), Failure> {
    let id = call.number("place_id")?;
    Ok((id, state.universes.own_place(call.number("universe_id")?, id, call.now)?))
}

fn get_place(state: &mut State, call: &Call<'_>) -> Outcome {
    let (id, place) = place(state, call)?;
    Ok(Response::json(place.json(id, call)))
}

fn update_place(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let (id, place) = place(state, call)?;
    refuse_if!(place.is_called(IN_TEAM_CREATE), in_team_create());
    let is_writable = |name: &str| {
        !matches!(name, "path" | "templatePlace")
            && update_mask::is_writable(call.document, call.operation, name)
    };
    update_mask::apply(&mut place.fields, &body, call.given("updateMask"), is_writable)?;
    // With nine digits (PL-08).
    let now = if call.shapes.is_live() { rfc3339_nanos(call.now) } else { rfc3339(call.now) };
    place.fields.insert("updateTime".to_owned(), json!(now));
    Ok(Response::json(place.json(id, call)))
}
