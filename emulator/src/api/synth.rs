//! Responses for operations without a behaviour of their own: made from the schema, with the ids of the request.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::failure::{Failure, Outcome};
use crate::api::ids::Ids;
use crate::api::operations::Operations;
use crate::api::page::Pagination;
use crate::api::response::Response;
use crate::document::{
    Direction, Document, Media, Mode, Paging, PagingStyle, Sample, is_json, items as items_of, members,
    plain, text_of,
};

/// How many items a list has that nothing else is known of.
const ITEMS: usize = 25;
/// How many things can be asked for by their ids at once.
const MOST_ASKED_FOR: usize = 1_000;
/// The first of numbers that stand for something, as other samples have it.
const FIRST_ID: usize = 1_001;

pub(crate) fn respond(operations: &mut Operations, ids: &mut Ids, call: &Call<'_>) -> Outcome {
    let response = call.operation.response(200).or_else(|| call.operation.successes().next());
    let Some(response) = response else { return Ok(Response::nothing()) };
    let Some(media) = response.json() else {
        return Ok(match response.content.first() {
            Some(media) => Response::content(&media.media_type, "sample").with_status(response.status),
            None => Response::empty(response.status),
        });
    };
    let mut value = sample(call, None).value(call.document, &media.schema);
    if let Some(started) = start_operation(operations, ids, call)? {
        value = started;
    } else if let Some(polled) = poll_operation(operations, call) {
        value = polled;
    } else if let Some(paging) = &call.operation.paging {
        page(call, paging, media, &mut value)?;
    } else {
        asked_for(call, media, &mut value);
        echo(call, media, &mut value);
    }
    succeed(&mut value);
    let content_type =
        if is_json(&media.media_type) { "application/json" } else { media.media_type.as_str() };
    let declared = response.content.iter().any(|media| media.media_type == content_type);
    let content_type = if declared { content_type } else { media.media_type.as_str() };
    Ok(Response::content(content_type, value.to_string()).with_status(response.status))
}

/// What is invented went well: an operation has no error, a picture is there, and no list says that it is not whole.
fn succeed(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        for (name, value) in object {
            match value {
                Value::Bool(failed) if name.ends_with("Error") => *failed = false,
                Value::String(state) if name == "state" && state == "Error" => "Completed".clone_into(state),
                _ => {}
            }
        }
    }
    if let Some(operation) = value.get_mut("operation").and_then(Value::as_object_mut)
        && operation.get("done") == Some(&json!(true))
    {
        operation.remove("error");
    }
}

/// Success without anything to say: an empty body, or `{}` where the document has one.
pub(crate) fn no_content(call: &Call<'_>) -> Response {
    match call.operation.successes().next() {
        Some(response) if response.content.is_empty() => Response::empty(response.status),
        Some(response) => Response::nothing().with_status(response.status),
        None => Response::nothing(),
    }
}

/// Samples that know the ids of the request; `index` makes an item of a list differ from the others.
fn sample(call: &Call<'_>, index: Option<usize>) -> Sample {
    let mut sample = Sample::response(Mode::Full);
    sample.one_of_each = true;
    for (name, value) in call.query.iter().chain(call.params) {
        if !plain(name).ends_with("id") {
            continue;
        }
        sample = sample.with_id(name, value.clone());
        if call.operation.path.ends_with("-3d") {
            sample = sample.with_id("targetId", value.clone());
        }
    }
    let version = call.param("versionNumber");
    if !version.is_empty() {
        sample = sample.with_id("placeVersion", version);
    }
    let path = resource_path(call.path);
    match index {
        None => {
            if let Some((_, id)) = call.params.last() {
                sample = sample.with_id("id", id.clone());
            }
            sample.with_id("path", path)
        }
        Some(index) => {
            let id = (index + 1).to_string();
            let path = format!("{path}/{id}");
            // Offset lists without a total: pages that are the same are taken for a list without end.
            sample.with_id("id", id.clone()).with_id("revisionId", id).with_id("path", path)
        }
    }
}

/// `/cloud/v2/users/7:verb` is the resource `users/7`.
fn resource_path(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let mut segments: Vec<&str> = path.split('/').collect();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = |segment: &str| segment.strip_prefix('v').is_some_and(is_number);
    if let Some(version) = segments.iter().position(|segment| is_version(segment)) {
        segments.drain(..=version);
    }
    let path = segments.join("/");
    path.rsplit_once(':').map_or(path.as_str(), |(before, _)| before).to_owned()
}

/// A list of things by their ids has one for each that is asked for: `ids` in the query, or a list such as `groupIds`
/// in the body.
fn asked_for(call: &Call<'_>, media: &Media, value: &mut Value) {
    let body = call.json().map(Value::Object).unwrap_or_default();
    let in_query = call.query.iter().filter(|(name, _)| name == "ids").map(|(_, id)| id.clone());
    let in_body = body.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("Ids"));
    let in_body = in_body.filter_map(|(_, ids)| ids.as_array()).flatten();
    let mut ids: Vec<String> = in_query.chain(in_body.map(text_of)).collect();
    let schema = call.document.resolve(&media.schema);
    let list = members(schema, "properties").find_map(|(name, _)| {
        let schema = item_schema(call.document, schema, name)?;
        Some((name, schema, own_id(call, schema)?))
    });
    let Some((place, schema, id_name)) = list.filter(|_| !ids.is_empty()) else { return };
    ids.truncate(MOST_ASKED_FOR);
    let items = ids.iter().map(|id| sample(call, None).with_id(&id_name, id).value(call.document, schema));
    set(value, place, items.collect());
}

/// The property that tells an item of a list from the others: its only id that the request does not say already.
fn own_id(call: &Call<'_>, schema: &Value) -> Option<String> {
    let properties = call.document.resolve(schema).get("properties")?.as_object()?;
    let is_known =
        |name: &str| call.params.iter().chain(call.query).any(|(known, _)| plain(known) == plain(name));
    let is_uuid = |property: &Value| call.document.resolve(property)["format"] == "uuid";
    let own = properties.iter().filter(|(name, _)| name.ends_with("Id") && !is_known(name));
    let mut own = own.filter(|(_, property)| !is_uuid(property)).map(|(name, _)| name.clone());
    own.next().filter(|_| own.next().is_none() && !properties.contains_key("id"))
}

/// Lays the request's own properties over the response where the response has them too.
fn echo(call: &Call<'_>, media: &Media, value: &mut Value) {
    let (Ok(sent), Some(object)) = (call.json(), value.as_object()) else { return };
    let mut merged = object.clone();
    for (name, value) in sent {
        if merged.contains_key(&name) && name != "path" && !value.is_null() {
            merged.insert(name, value);
        }
    }
    let merged = Value::Object(merged);
    let validator = media.compiled.get(call.document.root(), &media.schema, Direction::Response);
    if validator.is_valid(&merged) {
        *value = merged;
    }
}

fn page(call: &Call<'_>, paging: &Paging, media: &Media, value: &mut Value) -> Result<(), Failure> {
    // What is sent in the body is read as if it were a query.
    let mut sent = call.query.to_vec();
    if paging.in_body
        && let Ok(body) = call.json()
    {
        let given = body.iter().filter(|(_, value)| !value.is_null());
        sent = given.map(|(name, value)| (name.clone(), text_of(value))).collect();
    }
    let call = Call { query: &sent, ..*call };
    let max = paging.max.and_then(|max| usize::try_from(max).ok());
    let cut = Pagination {
        size: paging.size.as_deref().unwrap_or_default(),
        token: paging.token.as_deref().unwrap_or_default(),
        default: max.unwrap_or(10).min(10),
        max: max.unwrap_or(100),
    };
    let size = cut.size(&call)?.max(1);
    let numbered = call.given("pageNumber").filter(|_| paging.token.as_deref() != Some("pageNumber"));
    if numbered.is_some() && call.given(cut.token).is_some() {
        return Err(Failure::invalid(format!("pageNumber and {} cannot be given together.", cut.token)));
    }
    let start = match paging.style {
        // Counted from 0, beside the tokens of searches.
        PagingStyle::Token if numbered.is_some() => call.query_number("pageNumber", 0)?.saturating_mul(size),
        PagingStyle::Token => cut.start(&call)?,
        PagingStyle::Offset => call.query_number(cut.token, 0)?,
        PagingStyle::Page => call.query_number(cut.token, 0)?.saturating_sub(1).saturating_mul(size),
    };
    let start = start.min(ITEMS);
    let end = start.saturating_add(size).min(ITEMS);
    let items = items(&call, paging, media, start..end);
    set(value, paging.items.as_deref().unwrap_or_default(), items);
    if let Some(total) = &paging.total {
        set(value, total, json!(ITEMS));
    }
    if let Some(more) = &paging.more {
        set(value, more, json!(end < ITEMS));
    }
    if let Some(next) = &paging.next {
        if end < ITEMS {
            set(value, next, json!(cut.token_at(&call, end)));
        } else if is_required(call.document, &media.schema, next) {
            set(value, next, json!(""));
        } else {
            remove(value, next);
        }
    }
    // Nobody pages backwards here.
    if let Some(object) = value.as_object_mut() {
        object.retain(|name, _| !plain(name).starts_with("previouspage"));
    }
    Ok(())
}

fn items(call: &Call<'_>, paging: &Paging, media: &Media, range: std::ops::Range<usize>) -> Value {
    let place = paging.items.as_deref().unwrap_or_default();
    let Some(schema) = item_schema(call.document, &media.schema, place) else { return json!([]) };
    let resolved = call.document.resolve(schema);
    let own = own_id(call, schema);
    range
        .map(|index| match resolved.get("type").and_then(Value::as_str) {
            Some("string") if resolved.get("enum").is_none() => json!(format!("sample-{index}")),
            Some("integer") if resolved.get("enum").is_none() => json!(FIRST_ID + index),
            _ => {
                let sample = sample(call, Some(index));
                let sample = match &own {
                    Some(name) => sample.with_id(name, (index + 1).to_string()),
                    None => sample,
                };
                sample.value(call.document, schema)
            }
        })
        .collect()
}

/// The schema of the items at a dotted path; an empty path is the body itself.
fn item_schema<'a>(document: &'a Document, schema: &'a Value, place: &str) -> Option<&'a Value> {
    let mut schema = document.resolve(schema);
    for name in place.split('.').filter(|name| !name.is_empty()) {
        schema = document.resolve(schema.get("properties")?.get(name)?);
    }
    schema.get("items")
}

fn is_required(document: &Document, schema: &Value, name: &str) -> bool {
    items_of(document.resolve(schema).get("required")).any(|other| other == name)
}

fn set(value: &mut Value, place: &str, new: Value) {
    let mut target = value;
    for name in place.split('.').filter(|name| !name.is_empty()) {
        if !target.is_object() {
            *target = json!({});
        }
        let Some(object) = target.as_object_mut() else { return };
        target = object.entry(name).or_insert(Value::Null);
    }
    *target = new;
}

fn remove(value: &mut Value, place: &str) {
    let (parents, name) = place.rsplit_once('.').unwrap_or(("", place));
    let steps = parents.split('.').filter(|name| !name.is_empty());
    let pointer: String = steps.map(|step| format!("/{step}")).collect();
    if let Some(Value::Object(object)) = value.pointer_mut(&pointer) {
        object.remove(name);
    }
}

/// Starts the long-running operation of a call whose facts say that it is one in the `cloud` dialect.
fn start_operation(
    operations: &mut Operations,
    ids: &mut Ids,
    call: &Call<'_>,
) -> Result<Option<Value>, Failure> {
    let Some(facts) = &call.operation.long_running else { return Ok(None) };
    if facts.dialect != "cloud" || call.operation.path.starts_with("/assets/") {
        return Ok(None);
    }
    let name = facts.response.as_deref();
    let schema = name.and_then(|name| Some((name, call.document.schema(name)?)));
    let result = match schema {
        Some((name, schema)) => {
            let mut value = sample(call, None).value(call.document, schema);
            if let Some(paging) = &call.operation.paging {
                page_in_operation(call, paging, schema, &mut value)?;
            }
            typed(name, value)
        }
        None => json!({}),
    };
    let id = ids.uuid();
    let path = operation_path(call, &id);
    operations.start(&path, Ok(result));
    Ok(Some(json!({ "path": path, "done": false })))
}

/// The pages of a list whose response arrives in an operation.
fn page_in_operation(
    call: &Call<'_>,
    paging: &Paging,
    schema: &Value,
    value: &mut Value,
) -> Result<(), Failure> {
    let inner =
        |place: &Option<String>| place.as_ref().map(|place| place.trim_start_matches("response.").to_owned());
    let mut paging = paging.clone();
    paging.items = inner(&paging.items);
    paging.next = inner(&paging.next);
    let media = Media::new("application/json".to_owned(), schema.clone());
    page(call, &paging, &media, value)
}

/// A result as the services pack it: with the name of its type.
pub(crate) fn typed(name: &str, value: Value) -> Value {
    typed_by("type.googleapis.com", name, value)
}

/// The same of a service that names its types otherwise.
pub(crate) fn typed_by(authority: &str, name: &str, value: Value) -> Value {
    let mut object = match value {
        Value::Object(object) => object,
        other => Map::from_iter([("value".to_owned(), other)]),
    };
    let name = format!("{authority}/roblox.open_cloud.cloud.v2.{name}");
    object.insert("@type".to_owned(), json!(name));
    Value::Object(object)
}

/// Each service names its operations in its own way.
fn operation_path(call: &Call<'_>, id: &str) -> String {
    let path = call.operation.path.as_str();
    let resource = resource_path(call.path);
    if path.ends_with("memory-store:flush") {
        format!("cloud/v2/{resource}/operations/{id}")
    } else if path.ends_with(":generateSpeechAsset") {
        format!("operations/{id}")
    } else {
        format!("{resource}/operations/{id}")
    }
}

/// The operation that a poll asks for, if it was started here.
fn poll_operation(operations: &mut Operations, call: &Call<'_>) -> Option<Value> {
    if call.operation.method != "GET" || !call.operation.path.contains("/operations/{") {
        return None;
    }
    let whole = call.path.trim_start_matches('/');
    let resource = resource_path(call.path);
    operations.poll(&resource).or_else(|| operations.poll(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_the_name_of_its_resource() {
        assert_eq!(resource_path("/cloud/v2/users/7"), "users/7");
        assert_eq!(resource_path("/cloud/v2/users/7:verb"), "users/7");
        assert_eq!(resource_path("/toolbox-service/v1/saves"), "saves");
        assert_eq!(resource_path("/x/y"), "x/y");
    }

    #[test]
    fn values_are_set_and_removed_at_dotted_paths() {
        let mut value = json!({ "a": { "b": 1 } });
        set(&mut value, "a.c", json!([2]));
        set(&mut value, "d.e", json!(3));
        assert_eq!(value, json!({ "a": { "b": 1, "c": [2] }, "d": { "e": 3 } }));
        remove(&mut value, "a.b");
        remove(&mut value, "x.y");
        assert_eq!(value, json!({ "a": { "c": [2] }, "d": { "e": 3 } }));
        set(&mut value, "", json!([]));
        assert_eq!(value, json!([]));
    }
}
