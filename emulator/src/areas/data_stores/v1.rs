//! Data stores in the v1 API: names in the query, values as they are, everything else in headers.

use jiff::Timestamp;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, refuse_unfit};
use crate::areas::data_stores::model::{Content, GLOBAL, Place, Revision, Store, Version, starts_with};
use crate::areas::routes::Routes;
use crate::document::encode_base64;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /datastores/v1/universes/{u}/standard-datastores", list_stores),
    ("GET /datastores/v1/universes/{u}/standard-datastores/datastore/entries", list),
    ("GET /datastores/v1/universes/{u}/standard-datastores/datastore/entries/entry", get),
    ("POST /datastores/v1/universes/{u}/standard-datastores/datastore/entries/entry", set),
    ("DELETE /datastores/v1/universes/{u}/standard-datastores/datastore/entries/entry", delete),
    ("POST /datastores/v1/universes/{u}/standard-datastores/datastore/entries/entry/increment", increment),
    ("GET /datastores/v1/universes/{u}/standard-datastores/datastore/entries/entry/versions", list_versions),
    (
        "GET /datastores/v1/universes/{u}/standard-datastores/datastore/entries/entry/versions/version",
        get_version,
    ),
];

const CUT: Pagination<'_> = Pagination { size: "limit", token: "cursor", default: 16, max: 100 };

fn place<'a>(call: &'a Call<'_>) -> Result<Place<'a>, Failure> {
    Ok(Place {
        universe: call.number("universeId")?,
        store: call.query("datastoreName").unwrap_or_default(),
        scope: call.given("scope").unwrap_or(GLOBAL),
        key: call.query("entryKey").unwrap_or_default(),
    })
}

/// Seven decimals and an offset, as this API writes times.
fn time(time: Timestamp) -> String {
    let ticks = time.subsec_nanosecond() / 100;
    format!("{}.{ticks:07}+00:00", time.strftime("%Y-%m-%dT%H:%M:%S"))
}

fn users_in(call: &Call<'_>) -> Result<Vec<u64>, Failure> {
    let Some(text) = call.header("roblox-entry-userids") else { return Ok(Vec::new()) };
    let wrong = "roblox-entry-userids must be a JSON list of numbers such as [1,2].";
    serde_json::from_str(text).map_err(|_| Failure::invalid(wrong).with_detail("InvalidUserIds"))
}

fn attributes_in(call: &Call<'_>) -> Result<Map<String, Value>, Failure> {
    let Some(text) = call.header("roblox-entry-attributes") else { return Ok(Map::new()) };
    serde_json::from_str(text).map_err(|_| Failure::invalid("roblox-entry-attributes must be a JSON object."))
}

fn md5(bytes: &[u8]) -> String {
    encode_base64(Md5::digest(bytes))
}

/// The value as it is, and everything else in headers.
fn value(version: &Version) -> Response {
    let body = version.value.to_string();
    let md5 = md5(body.as_bytes());
    let attributes = Value::Object(version.attributes.clone()).to_string();
    Response::content("application/json", body)
        .with_header("content-md5", md5)
        .with_header("roblox-entry-version", version.id.clone())
        .with_header("roblox-entry-created-time", time(version.entry_created))
        .with_header("roblox-entry-version-created-time", time(version.created))
        .with_header("roblox-entry-attributes", attributes)
        .with_header("roblox-entry-userids", json!(version.users).to_string())
}

fn version_json(version: &Version) -> Value {
    json!({
        "version": version.id,
        "deleted": version.deleted,
        "contentLength": version.value.len(),
        "createdTime": time(version.created),
        "objectCreatedTime": time(version.entry_created),
    })
}

/// JSON under the content type that the document declares.
fn declared(call: &Call<'_>, value: &Value) -> Response {
    let media = call.operation.successes().find_map(|response| response.json());
    let content_type = media.map_or("application/json", |media| media.media_type.as_str());
    Response::content(content_type, value.to_string())
}

/// The end of a list: empty at the live service (DS-08), null by the document.
fn end(call: &Call<'_>) -> Value {
    if call.shapes.is_live() { json!("") } else { Value::Null }
}

fn page_json(call: &Call<'_>, list: &str, items: &[Value], next: Option<String>) -> Value {
    json!({ list: items, "nextPageCursor": next.map_or_else(|| end(call), Value::from) })
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let place = place(call)?;
    let stores = &mut state.data_stores;
    if call.shapes.is_live() && stores.is_tombstone(place, call.now) {
        // Nothing, and no error: it was there (DS-10).
        return Ok(Response::empty(204));
    }
    let version = stores.version(place, &Revision::Latest, call.now)?;
    Ok(value(&version))
}

/// The refusal of a write whose condition does not hold: at the live service with the entry as it is (DS-09).
fn not_met(call: &Call<'_>, current: Option<&Version>, message: &str, name: &str) -> Outcome {
    let is_live = call.shapes.is_live();
    if let Some(current) = current.filter(|_| is_live) {
        return Ok(value(current).with_status(412));
    }
    let status = if is_live { 412 } else { 409 };
    Err(Failure { status, ..Failure::aborted(message) }.with_detail(name))
}

fn set(state: &mut State, call: &Call<'_>) -> Outcome {
    let place = place(call)?;
    refuse_unfit(call.body)?;
    let body = std::str::from_utf8(call.body).ok();
    let body = body.filter(|body| serde_json::from_str::<Value>(body).is_ok());
    let body = body.ok_or_else(|| Failure::invalid("The value is not JSON."))?;
    if call.header("content-md5").is_some_and(|sent| sent != md5(call.body)) {
        let failure = Failure::invalid("content-md5 is not the checksum of the body.");
        return Err(failure.with_detail("ContentMd5Mismatch"));
    }
    let exclusive = call.flag("exclusiveCreate");
    let current = state.data_stores.current(place, call.now)?;
    if let Some(wanted) = call.given("matchVersion") {
        refuse_if!(exclusive, "matchVersion and exclusiveCreate cannot be given together.");
        if current.as_ref().is_none_or(|current| current.id != wanted) {
            return not_met(call, current.as_ref(), "The current version is another.", "VersionMismatch");
        }
    }
    if exclusive && current.is_some() {
        return not_met(call, current.as_ref(), "The key exists already.", "KeyExists");
    }
    let (users, attributes) = (users_in(call)?, attributes_in(call)?);
    let content = Content { value: body.to_owned(), users, attributes, is_buffer: false };
    let version = state.data_stores.write(place, content, call.now)?;
    Ok(declared(call, &version_json(&version)))
}

fn increment(state: &mut State, call: &Call<'_>) -> Outcome {
    refuse_if!(call.header("content-length").is_none(), "content-length: 0 is required.");
    let amount = call.given("incrementBy").unwrap_or("1");
    let amount = amount.parse().map_err(|_| Failure::invalid("incrementBy must be a whole number."))?;
    let (users, attributes) = (users_in(call)?, attributes_in(call)?);
    let version = state.data_stores.increment(place(call)?, amount, users, attributes, call.now)?;
    Ok(value(&version))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    state.data_stores.delete(place(call)?, call.now)?;
    Ok(Response::empty(204))
}

/// What is wrong with a cursor is the one thing that the guide shows the name of.
fn check_cursor(call: &Call<'_>) -> Result<(), Failure> {
    let place = CUT.after::<Value>(call);
    place.map(drop).map_err(|failure| failure.with_detail("InvalidCursor"))
}

/// A page comes from a single partition, and is shorter than asked for where that one ends. How the service divides
/// names, it does not say; here it is by their first letter, so that they stay in their order.
fn partition(name: &str) -> u8 {
    name.bytes().next().unwrap_or_default() / 32
}

fn list_stores(state: &mut State, call: &Call<'_>) -> Outcome {
    check_cursor(call)?;
    let universe = call.number("universeId")?;
    let prefix = call.given("prefix").unwrap_or_default();
    let mut stores = state.data_stores.stores(universe, call.now);
    stores.retain(|(name, store)| name.starts_with(prefix) && !store.is_deleted());
    let cut = CUT.with_default(1);
    let (mut page, mut next) = cut.page_by(call, &stores, |(name, _)| (*name).clone())?;
    let first = page.first().map(|(name, _)| partition(name));
    if let Some(end) = page.iter().position(|(name, _)| Some(partition(name)) != first) {
        page.truncate(end);
        next = page.last().map(|(name, _)| cut.token_at(call, name));
    }
    let json =
        |(name, store): &(&String, &Store)| json!({ "name": name, "createdTime": time(store.created) });
    let stores: Vec<_> = page.iter().map(json).collect();
    Ok(Response::json(page_json(call, "datastores", &stores, next)))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    check_cursor(call)?;
    let place = place(call)?;
    let everywhere = call.flag("allScopes");
    let scope = (!everywhere).then_some(place.scope);
    let prefix = call.given("prefix").unwrap_or_default();
    // Deleted keys stay on this list until they are purged.
    let size = CUT.size(call)?;
    let keys = state.data_stores.keys(place, scope, CUT.after(call)?, true, call.now)?;
    let is_asked_for = |(scope, key): &(&str, &str)| {
        if everywhere { starts_with(scope, key, prefix) } else { key.starts_with(prefix) }
    };
    let mut keys = keys.filter(is_asked_for).peekable();
    let mut page: Vec<(&str, &str)> = Vec::new();
    while let Some((scope, key)) = keys.peek().copied()
        && page.len() < size
        && page.last().is_none_or(|(_, last)| partition(last) == partition(key))
    {
        page.push((scope, key));
        keys.next();
    }
    let next = page.last().filter(|_| keys.peek().is_some()).map(|last| CUT.token_at(call, last));
    let json = |(scope, key): &(&str, &str)| {
        if everywhere { json!({ "key": key, "scope": scope }) } else { json!({ "key": key }) }
    };
    let keys: Vec<_> = page.iter().map(json).collect();
    Ok(Response::json(page_json(call, "keys", &keys, next)))
}

fn list_versions(state: &mut State, call: &Call<'_>) -> Outcome {
    check_cursor(call)?;
    let (start, end) = (call.query_time("startTime")?, call.query_time("endTime")?);
    let mut versions = state.data_stores.versions(place(call)?, call.now)?;
    versions.retain(|version| {
        start.is_none_or(|start| version.created >= start) && end.is_none_or(|end| version.created <= end)
    });
    if call.query("sortOrder") == Some("Descending") {
        versions.reverse();
    }
    let (page, next) = CUT.page(call, &versions)?;
    let page: Vec<_> = page.iter().map(version_json).collect();
    Ok(declared(call, &page_json(call, "versions", &page, next)))
}

fn get_version(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.query("versionId").unwrap_or_default();
    let version = state.data_stores.version(place(call)?, &Revision::Id(id), call.now)?;
    refuse_if!(version.deleted, Failure::not_found("This version is a deletion.").with_detail("KeyNotFound"));
    Ok(value(&version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_guide() {
        assert_eq!(md5(b"750"), "sTf90fedVsft8zZf6nUg8g==");
    }

    #[test]
    fn times_have_seven_decimals() {
        let moment: Timestamp = "2022-02-02T23:30:06.5388799Z".parse().expect("a time");
        assert_eq!(time(moment), "2022-02-02T23:30:06.5388799+00:00");
    }
}
