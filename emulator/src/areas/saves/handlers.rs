//! Requests of saves.

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Response, list as items};
use crate::areas::routes::Routes;
use crate::areas::saves::model::{Save, Target, target};
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /toolbox-service/v1/saves", list),
    ("POST /toolbox-service/v1/saves", create),
    ("DELETE /toolbox-service/v1/saves", delete),
    ("POST /toolbox-service/v1/saves:bulkDelete", bulk_delete),
];

const MAX_SAVES: usize = 10_000;

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let target = target(&call.json()?)?;
    let saves = &mut state.saves.saves;
    refuse_if!(saves.iter().any(|save| save.target == target), Failure::aborted("This is saved already."));
    Failure::if_full(saves.len(), MAX_SAVES, "saves")?;
    saves.push(Save { target, saved: call.now });
    Ok(Response::empty(201))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.given("targetId").and_then(|id| id.parse().ok()).unwrap_or(0);
    let target = Target {
        kind: call.given("targetType").unwrap_or_default().to_owned(),
        id,
        collection: call.given("collectionName").unwrap_or_default().to_owned(),
    };
    match state.saves.remove(&target) {
        true => Ok(Response::empty(204)),
        false => Err(Failure::not_found("This is not saved.")),
    }
}

/// Counts what was there to be deleted.
fn bulk_delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let no_object = || Failure::invalid("A target is not an object.");
    let read = |one: &Value| one.as_object().ok_or_else(no_object).and_then(target);
    let targets: Vec<Target> = items(&body, "targets").iter().map(read).collect::<Result<_, _>>()?;
    let deleted = targets.iter().filter(|target| state.saves.remove(target)).count();
    Ok(Response::json(json!({ "deletedCount": deleted })))
}

/// The latest first, in numbered pages.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let page = call.query_number("page", 1)?;
    let limit = call.query_number("limit", 100)?.min(500);
    refuse_if!(page == 0 || limit == 0, "page and limit must be positive numbers.");
    let keyword = call.given("keyword").unwrap_or_default().to_lowercase();
    let is_asked_for = |save: &&Save| {
        call.given("targetType").is_none_or(|kind| save.target.kind == kind)
            && call.given("targetId").is_none_or(|id| save.target.id.to_string() == id)
            && call.given("collectionName").is_none_or(|name| save.target.collection == name)
            && save.name().to_lowercase().contains(&keyword)
    };
    let found: Vec<&Save> = state.saves.saves.iter().rev().filter(is_asked_for).collect();
    let skipped = (page - 1).saturating_mul(limit);
    let saves: Vec<_> = found.iter().skip(skipped).take(limit).map(|save| save.json()).collect();
    Ok(Response::json(json!({ "saves": saves, "totalCount": found.len() })))
}
