//! How memory stores respond: as the live service does, and as Roblox's document says.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, rfc3339};
use crate::areas::memory_stores::model::{Item, Queued, SortKey};
use crate::document::encode_segment;
use crate::mix::form_of;

/// What an item of a sorted map is the response to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Read,
    List,
    Create,
    Update,
}

/// An item of a queue. The live service leaves its id to the end of the path (MS-07).
pub(super) fn queued(call: &Call<'_>, item: &Queued) -> Value {
    let universe = call.param("universe_id");
    let queue = encode_segment(call.param("queue_id"));
    let id = &item.id;
    let mut json = json!({
        "path": format!("cloud/v2/universes/{universe}/memory-store/queues/{queue}/items/{id}"),
        "data": item.data,
        "priority": item.priority,
        "expireTime": rfc3339(item.expires),
    });
    if !call.shapes.is_live() {
        json["id"] = json!(id);
    }
    json
}

/// What was read of a queue, under the id with which it can be discarded (MS-01). The live service leaves out the list
/// of a read that finds nothing (MS-03).
pub(super) fn read(call: &Call<'_>, id: &str, items: &[Value]) -> Value {
    match (call.shapes.is_live(), items) {
        (false, items) => json!({ "readId": id, "items": items }),
        (true, []) => json!({ "id": id }),
        (true, items) => json!({ "id": id, "queueItems": items }),
    }
}

pub(super) fn item(call: &Call<'_>, id: &str, item: &Item, to: To) -> Value {
    let live = call.shapes.is_live();
    let universe = call.param("universe_id");
    let map = encode_segment(call.param("sorted_map_id"));
    // One service writes its own path in two ways (MS-10), and leaves out the id after an update (MS-14).
    let stores = if live && to == To::Read { "memory-stores" } else { "memory-store" };
    let segment = if live && to == To::Update { String::new() } else { encode_segment(id) };
    let mut json = Map::new();
    let mut set = |name: &str, value: Value| drop(json.insert(name.to_owned(), value));
    set("path", json!(format!("cloud/v2/universes/{universe}/{stores}/sorted-maps/{map}/items/{segment}")));
    set("value", item.value.clone());
    set("etag", json!(item.etag));
    if !live || item.has_ttl {
        // What was written without a time to live is seen without its end (MS-19).
        set("expireTime", json!(rfc3339(item.expires)));
    }
    if !live || to != To::Update {
        set("id", json!(id));
    }
    match &item.sort_key {
        SortKey::Number(number) => set("numericSortKey", json!(number)),
        SortKey::Text(text) => set("stringSortKey", json!(text)),
        SortKey::None => {}
    }
    if live && !matches!(item.sort_key, SortKey::Number(_)) {
        // Null stands for the number that is not there (MS-11).
        set("numericSortKey", Value::Null);
    }
    Value::Object(json)
}

/// A page of a sorted map. Its end was seen as null and as an empty text, and what is empty in three forms (MS-09).
pub(super) fn page(call: &Call<'_>, items: Vec<Value>, next: Option<String>) -> Value {
    if !call.shapes.is_live() {
        return json!({ "items": items, "nextPageToken": next.unwrap_or_default() });
    }
    let form = form_of(call.path, 3);
    let end = if form == 0 { Value::Null } else { json!("") };
    let mut page = json!({ "nextPageToken": next.map_or(end, Value::from) });
    match (items.is_empty(), form) {
        (true, 0) => {}
        (true, 1) => page["items"] = Value::Null,
        _ => page["items"] = json!(items),
    }
    page
}

/// The refusal to create an item that there is: at the live service a conflict, with its code where other services
/// have it (MS-13).
pub(super) fn exists(call: &Call<'_>, id: &str) -> Outcome {
    let message = format!("The item '{id}' exists already.");
    if call.shapes.is_live() {
        let body = json!({ "error": "ALREADY_EXISTS", "message": message });
        return Ok(Response::json(body).with_status(409));
    }
    Err(Failure::invalid(message))
}

/// A flush, which the live service names by a path that nothing can be asked at, and says null as long as it is not done
/// (MS-16).
pub(super) fn flush(call: &Call<'_>, operation: Response) -> Response {
    let parsed = serde_json::from_slice::<Map<String, Value>>(&operation.body);
    let Some(mut json) = parsed.ok().filter(|_| call.shapes.is_live()) else { return operation };
    let path = json.get("path").and_then(Value::as_str).unwrap_or_default();
    let path = path.replace("/memory-store/operations/", "/operations/");
    json.insert("path".to_owned(), json!(path));
    if json.get("done") == Some(&json!(false)) {
        json.insert("done".to_owned(), Value::Null);
    }
    Response { body: Value::Object(json).to_string().into(), ..operation }
}
