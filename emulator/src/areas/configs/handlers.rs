//! Requests of configs.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, rfc3339, text};
use crate::areas::configs::repository::{Repository, Revision, Rules};
use crate::areas::routes::Routes;
use crate::mix::mix;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}", get),
    ("GET /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/full", get_full),
    ("GET /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/draft", get_draft),
    ("PATCH /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/draft", update_draft),
    (
        "PUT /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/draft:overwrite",
        overwrite_draft,
    ),
    ("DELETE /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/draft", delete_draft),
    ("POST /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/publish", publish),
    ("GET /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/revisions", list_revisions),
    (
        "POST /creator-configs-public-api/v1/configs/universes/{u}/repositories/{r}/revisions/{v}/restore",
        restore,
    ),
];

const MAX_REPOSITORIES: usize = 10_000;

/// The repository of a call: every universe has all of them, empty at first.
fn repository<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut Repository, Failure> {
    let universe = call.number("universeId")?;
    let universes = &mut state.configs.universes;
    Failure::if_full_for(universes, &universe, MAX_REPOSITORIES, "repositories")?;
    let repositories = universes.entry(universe).or_default();
    let new = || Repository::new(format!("{:016x}", mix(!universe)));
    Ok(repositories.entry(call.param("repository").to_owned()).or_insert_with(new))
}

fn fresh_hash(state: &mut State) -> String {
    format!("{:016x}", mix(state.ids.number()))
}

/// CF-02: there is no configuration before the first one is published.
fn published<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut Repository, Failure> {
    let repository = repository(state, call)?;
    if call.shapes.is_live() && !repository.is_published() {
        return Err(Failure::not_found("No configuration was published."));
    }
    Ok(repository)
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(Response::json(published(state, call)?.values(call.now)))
}

fn get_full(state: &mut State, call: &Call<'_>) -> Outcome {
    Ok(Response::json(published(state, call)?.full(call.now)))
}

/// CF-04: there is no draft before something is staged.
fn get_draft(state: &mut State, call: &Call<'_>) -> Outcome {
    let repository = repository(state, call)?;
    refuse_if!(call.shapes.is_live() && !repository.has_draft(), Failure::not_found("There is no draft."));
    Ok(Response::json(repository.draft()))
}

/// Changes the draft of a call, if it is the one that the caller knows.
fn change(
    state: &mut State,
    call: &Call<'_>,
    body: &Map<String, Value>,
    apply: impl FnOnce(&mut Repository) -> Result<(), Failure>,
) -> Outcome {
    let hash = fresh_hash(state);
    let repository = repository(state, call)?;
    // CF-01: the guide calls it otherwise than the document.
    let known = text(body, "draftHash").or_else(|| text(body, "previousDraftHash"));
    repository.check_hash(known)?;
    // What is refused changes nothing.
    let mut changed = repository.clone();
    apply(&mut changed)?;
    changed.rehash(hash);
    *repository = changed;
    Ok(Response::json(json!({ "draftHash": repository.hash() })))
}

fn entries(body: &Map<String, Value>) -> Map<String, Value> {
    body.get("entries").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn update_draft(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    change(state, call, &body, |repository| repository.merge(&entries(&body), Rules::read(&body)))
}

fn overwrite_draft(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    change(state, call, &body, |repository| {
        repository.overwrite(&entries(&body), Rules::read(&body).unwrap_or_default())
    })
}

/// The body is optional, as is the hash in it.
fn delete_draft(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = if call.body.is_empty() { Map::new() } else { call.json()? };
    change(state, call, &body, |repository| {
        repository.discard();
        Ok(())
    })
}

fn publish(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    if text(&body, "deploymentStrategy") == Some("Invalid") {
        return Err(Failure::invalid("The deploymentStrategy must be GradualRollout or Immediate."));
    }
    let known = text(&body, "draftHash").ok_or_else(|| Failure::invalid("The draftHash is required."))?;
    let (hash, id) = (fresh_hash(state), state.ids.uuid());
    let repository = repository(state, call)?;
    repository.check_hash(Some(known))?;
    let version = repository.publish(id, text(&body, "message").map(str::to_owned), call.now)?;
    repository.rehash(hash);
    Ok(Response::json(json!({ "configVersion": version })))
}

/// Only drafts the way back; publishing it is the caller's part.
fn restore(state: &mut State, call: &Call<'_>) -> Outcome {
    let revision = call.param("revisionId").to_owned();
    change(state, call, &Map::new(), |repository| repository.restore(&revision))
}

fn list_revisions(state: &mut State, call: &Call<'_>) -> Outcome {
    let (from, until) = (call.query_time("startTime")?, call.query_time("endTime")?);
    let search = call.given("SearchKey");
    let ascending = call.given("SortOrder") == Some("SORT_ORDER_ASCENDING");
    let skip = call.query_number("Skip", 0)?;
    let size = call.query_number("MaxPageSize", 10)?.clamp(1, 100);
    let is_asked_for = |revision: &&Revision| {
        from.is_none_or(|from| revision.time >= from)
            && until.is_none_or(|until| revision.time <= until)
            && search.is_none_or(|key| revision.changes.keys().any(|changed| changed.contains(key)))
    };
    let mut found: Vec<_> = repository(state, call)?.revisions.iter().filter(is_asked_for).collect();
    if !ascending {
        found.reverse();
    }
    let page: Vec<_> = found.into_iter().skip(skip).take(size).map(revision_json).collect();
    Ok(Response::json(json!({ "revisions": page })))
}

fn revision_json(revision: &Revision) -> Value {
    let change = |(before, after): &(_, _)| json!({ "before": before, "after": after });
    let changes = revision.changes.iter();
    let changes: Map<_, _> = changes.map(|(key, both)| (key.clone(), change(both))).collect();
    json!({
        "revisionId": revision.id,
        "version": revision.version,
        "time": rfc3339(revision.time),
        "message": revision.message.as_deref().unwrap_or_default(),
        "publishedBy": "1001",
        "changes": changes,
    })
}
