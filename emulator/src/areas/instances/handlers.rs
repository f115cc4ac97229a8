//! Requests of instances.

use serde_json::{Map, Value, json};

use crate::api::synth::typed;
use crate::api::{Call, Failure, Outcome, Pagination, Response, object, text, update_mask};
use crate::areas::instances::model::{Node, engine_instance, json};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}/places/{p}/instances/{i}", get),
    ("PATCH /cloud/v2/universes/{u}/places/{p}/instances/{i}", update),
    ("GET /cloud/v2/universes/{u}/places/{p}/instances/{i}:listChildren", list_children),
    ("GET /cloud/v2/universes/{u}/places/{p}/instances/{i}/operations/{o}", get_operation),
];

const MAX_SOURCE: usize = 200_000;
/// An operation whose result is larger fails with the code 422.
const MAX_RESULT: usize = 500_000;
const UNPROCESSABLE: i32 = 422;

/// Where a call's instance is, as paths begin.
fn place_path(call: &Call<'_>) -> Result<String, Failure> {
    Ok(format!("universes/{}/places/{}", call.number("universe_id")?, call.number("place_id")?))
}

/// The tree of a call's place, and the index of its instance.
fn instance<'a>(state: &'a mut State, call: &Call<'_>) -> Result<(&'a mut Vec<Node>, usize), Failure> {
    let (universe, place) = (call.number("universe_id")?, call.number("place_id")?);
    state.universes.own_place(universe, place, call.now)?;
    let id = call.param("instance_id");
    let tree = state.instances.tree(place)?;
    let index = tree.iter().position(|node| node.id == id);
    let index = index.ok_or_else(|| Failure::missing(format_args!("instance '{id}'")))?;
    Ok((tree, index))
}

/// Each response is an operation, also those of calls that only read.
fn begin(state: &mut State, call: &Call<'_>, kind: &str, result: Value) -> Outcome {
    let id = state.ids.uuid();
    let path = format!("{}/instances/{}/operations/{id}", place_path(call)?, call.param("instance_id"));
    // IN-01: what is small is done in the first response; a list takes a while here.
    let is_small = result.to_string().len() <= MAX_RESULT;
    if call.shapes.is_live() && is_small && kind == "Instance" {
        return Ok(Response::json(state.operations.at_once(&path, typed(kind, result))));
    }
    let message = format!("The result is larger than {MAX_RESULT} bytes.");
    let refused = || object(json!({ "code": UNPROCESSABLE, "message": message }));
    let result = is_small.then(|| typed(kind, result)).ok_or_else(refused);
    state.operations.begin(&path, result)
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let place = place_path(call)?;
    let (tree, index) = instance(state, call)?;
    let result = json(tree, &tree[index], &place);
    begin(state, call, "Instance", result)
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let place = place_path(call)?;
    let (tree, index) = instance(state, call)?;
    let node = &tree[index];
    let mut resource = Map::from_iter([("engineInstance".to_owned(), engine_instance(node))]);
    match call.given("updateMask") {
        // Without a mask, the properties that the body has are changed, however deep they are.
        None => merge(&mut resource, &body),
        mask => update_mask::apply(&mut resource, &body, mask, |name| name == "engineInstance")?,
    }
    // Cleared as a whole, there is nothing left of it.
    let engine = resource.get("engineInstance").and_then(Value::as_object).cloned().unwrap_or_default();
    let details = engine.get("Details").and_then(Value::as_object).cloned().unwrap_or_default();
    check_details(node, &details)?;
    let name = text(&engine, "Name").unwrap_or(&node.name).to_owned();
    let node = &mut tree[index];
    (node.name, node.details) = (name, details);
    let result = json(tree, &tree[index], &place);
    begin(state, call, "Instance", result)
}

fn merge(target: &mut Map<String, Value>, source: &Map<String, Value>) {
    for (name, value) in source {
        match (target.get_mut(name), value) {
            (Some(Value::Object(target)), Value::Object(source)) => merge(target, source),
            (_, Value::Null) => {}
            _ => drop(target.insert(name.clone(), value.clone())),
        }
    }
}

/// An instance stays of its class, and its source within the limit.
fn check_details(node: &Node, details: &Map<String, Value>) -> Result<(), Failure> {
    if let Some(class) = details.keys().find(|class| !node.details.contains_key(*class)) {
        return Err(Failure::invalid(format!("The instance '{}' is no {class}.", node.id)));
    }
    let sources = details.values().filter_map(|detail| detail.get("Source")?.as_str());
    if sources.into_iter().any(|source| source.len() > MAX_SOURCE) {
        return Err(Failure::invalid(format!("The Source is longer than {MAX_SOURCE} bytes.")));
    }
    Ok(())
}

fn list_children(state: &mut State, call: &Call<'_>) -> Outcome {
    let place = place_path(call)?;
    let (tree, index) = instance(state, call)?;
    let parent = &tree[index].id;
    let children: Vec<_> =
        tree.iter().filter(|node| node.parent == *parent).map(|node| json(tree, node, &place)).collect();
    let (page, next) = Pagination::v2(200).with_default(200).page(call, &children)?;
    let result = json!({ "instances": page, "nextPageToken": next.unwrap_or_default() });
    begin(state, call, "ListInstanceChildrenResponse", result)
}

fn get_operation(state: &mut State, call: &Call<'_>) -> Outcome {
    let (instance, operation) = (call.param("instance_id"), call.param("operation_id"));
    let path = format!("{}/instances/{instance}/operations/{operation}", place_path(call)?);
    state.operations.respond(&path)
}
