//! Data stores in the v2 API. A route without a scope means the scope `global`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::{
    Call, Comparison, Failure, Grammar, Operator, Outcome, Pagination, Response, list as items, synth,
    v2_page,
};
use crate::areas::data_stores::model::{Content, GLOBAL, Place, Revision, Version};
use crate::areas::data_stores::representation::{self, Time, time};
use crate::areas::routes::Routes;
use crate::document::encode_segment;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}/data-stores", list_stores),
    ("DELETE /cloud/v2/universes/{u}/data-stores/{s}", |state, call| mark(state, call, true)),
    ("POST /cloud/v2/universes/{u}/data-stores/{s}:undelete", |state, call| mark(state, call, false)),
    ("POST /cloud/v2/universes/{u}/data-stores:snapshot", snapshot),
    ("GET /cloud/v2/universes/{u}/data-stores/{s}/entries", list),
    ("POST /cloud/v2/universes/{u}/data-stores/{s}/entries", create),
    ("GET /cloud/v2/universes/{u}/data-stores/{s}/entries/{e}", get),
    ("PATCH /cloud/v2/universes/{u}/data-stores/{s}/entries/{e}", update),
    ("DELETE /cloud/v2/universes/{u}/data-stores/{s}/entries/{e}", delete),
    ("POST /cloud/v2/universes/{u}/data-stores/{s}/entries/{e}:increment", increment),
    ("GET /cloud/v2/universes/{u}/data-stores/{s}/entries/{e}:listRevisions", list_revisions),
    ("GET /cloud/v2/universes/{u}/data-stores/{s}/scopes/{c}/entries", list),
    ("POST /cloud/v2/universes/{u}/data-stores/{s}/scopes/{c}/entries", create),
    ("GET /cloud/v2/universes/{u}/data-stores/{s}/scopes/{c}/entries/{e}", get),
    ("PATCH /cloud/v2/universes/{u}/data-stores/{s}/scopes/{c}/entries/{e}", update),
    ("DELETE /cloud/v2/universes/{u}/data-stores/{s}/scopes/{c}/entries/{e}", delete),
    ("POST /cloud/v2/universes/{u}/data-stores/{s}/scopes/{c}/entries/{e}:increment", increment),
    ("GET /cloud/v2/universes/{u}/data-stores/{s}/scopes/{c}/entries/{e}:listRevisions", list_revisions),
];

/// How many stores a list looks at before it responds with what it has.
const CHECKED_STORES: usize = 512;

/// The entry that a call names, under this key.
fn place<'a>(call: &'a Call<'_>, key: &'a str) -> Result<Place<'a>, Failure> {
    let scope = match call.param("scope_id") {
        "" => GLOBAL,
        scope => scope,
    };
    Ok(Place { universe: call.number("universe_id")?, store: call.param("data_store_id"), scope, key })
}

/// The path of an entry, with a scope if the call has one.
fn path(call: &Call<'_>, scope: &str, id: &str) -> String {
    let universe = call.param("universe_id");
    let store = encode_segment(call.param("data_store_id"));
    let id = representation::key_in_path(call, id);
    match call.param("scope_id") {
        "" => format!("universes/{universe}/data-stores/{store}/entries/{id}"),
        _ => {
            let scope = encode_segment(scope);
            format!("universes/{universe}/data-stores/{store}/scopes/{scope}/entries/{id}")
        }
    }
}

fn full(call: &Call<'_>, place: Place<'_>, id: &str, version: &Version) -> Value {
    let mut entry = partial(call, place, id, version);
    if !version.deleted {
        let users: Vec<_> = version.users.iter().map(|user| format!("users/{user}")).collect();
        entry.insert("value".to_owned(), version.json());
        entry.insert("users".to_owned(), json!(users));
        entry.insert("attributes".to_owned(), Value::Object(version.attributes.clone()));
    }
    Value::Object(entry)
}

fn partial(call: &Call<'_>, place: Place<'_>, id: &str, version: &Version) -> Map<String, Value> {
    let state = if version.deleted { "DELETED" } else { "ACTIVE" };
    let fields = [
        ("path", path(call, place.scope, id)),
        ("createTime", time(call, Time::Entry, version.entry_created)),
        ("revisionId", version.id.clone()),
        ("revisionCreateTime", time(call, Time::Revision, version.created)),
        ("state", state.to_owned()),
        ("etag", version.etag()),
        ("id", id.to_owned()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// Users and attributes of a body; those that are missing are cleared.
fn belongings(body: &Map<String, Value>) -> Result<(Vec<u64>, Map<String, Value>), Failure> {
    let number = |user: &Value| user.as_str()?.strip_prefix("users/")?.parse().ok();
    let users: Option<Vec<u64>> = items(body, "users").iter().map(number).collect();
    let users = users.ok_or_else(|| Failure::invalid("users must be a list such as [\"users/123\"]."))?;
    let attributes = body.get("attributes").and_then(Value::as_object);
    Ok((users, attributes.cloned().unwrap_or_default()))
}

fn content(body: &Map<String, Value>) -> Result<Content, Failure> {
    let value = body.get("value").ok_or_else(|| Failure::invalid("The value is required."))?;
    let (users, attributes) = belongings(body)?;
    Ok(Content::of(value.to_string(), users, attributes))
}

/// `key@revision`: what follows the last `@` says which revision is meant.
fn split(id: &str) -> Result<(&str, Revision<'_>), Failure> {
    let Some((key, revision)) = id.rsplit_once('@') else { return Ok((id, Revision::Latest)) };
    if revision == "latest" {
        return Ok((key, Revision::Latest));
    }
    let Some(time) = revision.strip_prefix("latest:") else { return Ok((key, Revision::Id(revision))) };
    let refused = |_| Failure::invalid("What follows 'latest:' is not an RFC 3339 date and time.");
    Ok((key, Revision::At(time.parse().map_err(refused)?)))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let (key, revision) = split(call.param("entry_id"))?;
    let place = place(call, key)?;
    let version = state.data_stores.version(place, &revision, call.now);
    let version = version.map_err(|failure| no_revision(&revision, failure))?;
    let id = match revision {
        Revision::Latest => key.to_owned(),
        _ => format!("{key}@{}", version.id),
    };
    Ok(Response::json(full(call, place, &id, &version)))
}

/// Why there is no revision of that id: it was never one (DS-06), or it is replaced (DS-04).
fn no_revision(revision: &Revision<'_>, failure: Failure) -> Failure {
    match revision {
        Revision::Id(_) if failure.detail.as_deref() != Some("KeyNotFound") => failure,
        Revision::Id(id) if !is_revision(id) => Failure::invalid("Invalid version id."),
        Revision::Id(_) => Failure::not_found("Entry not found at revision").with_detail("KeyNotFound"),
        _ => failure,
    }
}

/// Whether a text is of the form `08DC3D3F43F9FCC1.0000000001.08DC3D3F43F9FCC1.01`.
fn is_revision(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let is = |part: &str, length, radix| part.len() == length && part.chars().all(|ch| ch.is_digit(radix));
    matches!(parts[..], [time, count, other, last]
        if is(time, 16, 16) && is(count, 10, 10) && is(other, 16, 16) && is(last, 2, 16))
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let key = call.query("id").unwrap_or_default();
    let place = place(call, key)?;
    let content = content(&call.json()?)?;
    refuse_if!(state.data_stores.current(place, call.now)?.is_some(), "The entry '{key}' exists already.");
    let version = state.data_stores.write(place, content, call.now)?;
    Ok(Response::json(full(call, place, key, &version)))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    // Here an `@` is part of the key.
    let key = call.param("entry_id");
    let place = place(call, key)?;
    let body = call.json()?;
    let content = content(&body)?;
    match state.data_stores.current(place, call.now)? {
        None if !call.flag("allowMissing") => return Err(Failure::missing(format_args!("entry '{key}'"))),
        Some(current) => {
            let etag = body.get("etag").and_then(Value::as_str).unwrap_or_default();
            // A sample made from the schema cannot know it.
            let is_sample = etag.starts_with("sample");
            if !etag.is_empty() && !is_sample && etag != current.etag() {
                return Err(Failure::aborted("The etag is not that of the current revision."));
            }
        }
        None => {}
    }
    let version = state.data_stores.write(place, content, call.now)?;
    Ok(Response::json(full(call, place, key, &version)))
}

fn increment(state: &mut State, call: &Call<'_>) -> Outcome {
    let key = call.param("entry_id");
    let place = place(call, key)?;
    let body = call.json()?;
    let amount = body.get("amount").unwrap_or(&Value::Null);
    let float = amount.as_f64().filter(|amount| amount.fract() == 0.0);
    let whole = amount.as_i64().or(float.map(|amount| amount as i64));
    let amount = whole.ok_or_else(|| Failure::invalid("The amount must be a whole number."))?;
    let (users, attributes) = belongings(&body)?;
    let version = state.data_stores.increment(place, amount, users, attributes, call.now)?;
    Ok(Response::json(full(call, place, key, &version)))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let place = place(call, call.param("entry_id"))?;
    state.data_stores.delete(place, call.now)?;
    Ok(synth::no_content(call))
}

/// The prefix of `id.startsWith("prefix")`.
fn prefix(filter: &str) -> Result<String, Failure> {
    let argument = filter.trim().strip_prefix("id.startsWith(").and_then(|rest| rest.strip_suffix(')'));
    argument
        .and_then(|argument| serde_json::from_str(argument).ok())
        .ok_or_else(|| Failure::invalid("The filter is invalid: only id.startsWith(\"...\") is supported."))
}

/// The guide writes the scope before the prefix, the reference does not. Only a whole scope counts: `g` asks for keys
/// that begin with that letter, not for everything in `global`.
fn has_prefix(scope: &str, key: &str, prefix: &str) -> bool {
    let of_scope = prefix.strip_prefix(scope).and_then(|rest| rest.strip_prefix('/'));
    key.starts_with(prefix) || of_scope.is_some_and(|prefix| key.starts_with(prefix))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let prefix = call.given("filter").map(prefix).transpose()?.unwrap_or_default();
    let place = place(call, "")?;
    let scope = (place.scope != "-").then_some(place.scope);
    let deleted = call.flag("showDeleted");
    let cut = Pagination::v2(256);
    let size = cut.size(call)?;
    let keys = state.data_stores.keys(place, scope, cut.after(call)?, deleted, call.now)?;
    let mut keys = keys.filter(|(scope, key)| has_prefix(scope, key, &prefix)).peekable();
    let page: Vec<_> = keys.by_ref().take(size).collect();
    let next = page.last().filter(|_| keys.peek().is_some()).map(|last| cut.token_at(call, last));
    let entries: Vec<_> =
        page.iter().map(|(scope, key)| json!({ "path": path(call, scope, key), "id": key })).collect();
    Ok(v2_page("dataStoreEntries", &entries, next))
}

const REVISION_FILTER: Grammar<'_> = Grammar {
    fields: &["revision_create_time"],
    operators: &[Operator::LessOrEqual, Operator::GreaterOrEqual],
    and: true,
};

fn time_of(part: &Comparison) -> Result<Timestamp, Failure> {
    part.values[0]
        .text
        .parse()
        .map_err(|_| Failure::invalid("The filter is invalid: an RFC 3339 date and time is expected."))
}

fn list_revisions(state: &mut State, call: &Call<'_>) -> Outcome {
    let filter = call.filter(&REVISION_FILTER)?;
    let bounds = filter.iter().map(|part| Ok((part.operator, time_of(part)?)));
    let bounds: Vec<_> = bounds.collect::<Result<_, Failure>>()?;
    let key = call.param("entry_id");
    let place = place(call, key)?;
    let mut versions = state.data_stores.versions(place, call.now)?;
    versions.reverse();
    versions.retain(|version| bounds.iter().all(|(operator, bound)| operator.holds(&version.created, bound)));
    let (page, next) = Pagination::v2(100).page(call, &versions)?;
    let id = |version: &Version| format!("{key}@{}", version.id);
    let revision = |version: &Version| Value::Object(partial(call, place, &id(version), version));
    let revisions: Vec<_> = page.iter().map(revision).collect();
    Ok(v2_page("dataStoreEntries", &revisions, next))
}

// Stores

fn list_stores(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universe_id")?;
    let prefix = call.given("filter").map(prefix).transpose()?.unwrap_or_default();
    let with_deleted = call.flag("showDeleted");
    let cut = Pagination::v2(100);
    let (size, after) = (cut.size(call)?, cut.after::<String>(call)?);
    let is_next = |name: &str| after.as_ref().is_none_or(|after| name > after.as_str());
    let mut stores = state.data_stores.stores(universe, call.now);
    stores.retain(|(name, _)| name.starts_with(&prefix) && is_next(name));
    let (mut found, mut looked_at) = (Vec::new(), 0);
    // Only the first are looked at: if all of them are deleted, the page is empty and the list goes on.
    for (name, store) in stores.iter().take(CHECKED_STORES) {
        if found.len() == size {
            break;
        }
        looked_at += 1;
        if with_deleted || !store.is_deleted() {
            found.push(representation::store(call, universe, name, store));
        }
    }
    let last = stores[..looked_at].last().filter(|_| looked_at < stores.len());
    let next = last.map(|(name, _)| cut.token_at(call, name));
    Ok(v2_page("dataStores", &found, next))
}

fn mark(state: &mut State, call: &Call<'_>, deleted: bool) -> Outcome {
    let universe = call.number("universe_id")?;
    let name = call.param("data_store_id");
    let store = state.data_stores.mark_store(universe, name, deleted, call.now)?;
    Ok(Response::json(representation::store(call, universe, name, store)))
}

fn snapshot(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universe_id")?;
    let (taken, is_new) = state.data_stores.snapshot(universe, call.now);
    let taken = time(call, Time::Snapshot, taken);
    Ok(Response::json(json!({ "newSnapshotTaken": is_new, "latestSnapshotTime": taken })))
}
