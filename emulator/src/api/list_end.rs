//! How lists end in the live service: each service in its own way, and none as the document has it for all.

use serde_json::{Map, Value};

use crate::api::response::Response;
use crate::document::Operation;

/// What stands for the token of a page that has no next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// `""`
    Empty,
    /// `null`
    Null,
    /// Nothing: the property is left out.
    Absent,
}

/// PG-01: what was seen of each service. Sorted maps end in several ways, which is their own affair (MS-09). Of those that
/// are not named here, the empty text is our reading.
fn end(path: &str) -> End {
    let has = |part: &str| path.contains(part);
    if path.starts_with("/cloud/v2/") && (has("/data-stores") || has("/ordered-data-stores/")) {
        End::Absent
    } else if path.starts_with("/game-passes/") || has("/game-servers") {
        End::Null
    } else {
        End::Empty
    }
}

/// PG-02: lists that are left out when there is nothing in them. Others were seen as `[]`: UR-01, US-14.
const LEFT_OUT: [&str; 2] = ["dataStoreEntries", "orderedDataStoreEntries"];

/// A response of a list, with its end in the live form.
pub(crate) fn live(operation: &Operation, response: Response) -> Response {
    let Some(paging) = &operation.paging else { return response };
    let end = end(&operation.path);
    if end == End::Empty || response.status >= 300 || paging.in_body {
        return response;
    }
    let Ok(Value::Object(mut page)) = serde_json::from_slice::<Value>(&response.body) else {
        return response;
    };
    if let Some(next) = &paging.next {
        finish(&mut page, next, end);
    }
    let is_empty = |name: &&str| page.get(*name).and_then(Value::as_array).is_some_and(Vec::is_empty);
    if let Some(items) = LEFT_OUT.iter().find(|name| is_empty(name)) {
        page.remove(*items);
    }
    Response { body: Value::Object(page).to_string().into(), ..response }
}

fn finish(page: &mut Map<String, Value>, next: &str, end: End) {
    let is_last = page.get(next).is_none_or(|token| token.is_null() || token.as_str() == Some(""));
    match end {
        End::Absent if is_last => drop(page.remove(next)),
        End::Null if is_last => drop(page.insert(next.to_owned(), Value::Null)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Document;

    fn shown(path: &str, body: Value) -> Value {
        let found = Document::embedded().find("GET", path).expect("a route");
        serde_json::from_slice(&live(found.operation, Response::json(body)).body).expect("JSON")
    }

    /// PG-01, PG-02
    #[test]
    fn each_service_ends_a_list_in_its_own_way() {
        let stores = "/cloud/v2/universes/1/data-stores/s/entries";
        assert_eq!(shown(stores, json!({ "dataStoreEntries": [], "nextPageToken": "" })), json!({}));
        let more = json!({ "dataStoreEntries": [{}], "nextPageToken": "t" });
        assert_eq!(shown(stores, more.clone()), more);
        let servers = "/server-management/v1/universes/1/places/2/versions/3/game-servers";
        assert_eq!(shown(servers, json!({ "gameServers": [] }))["nextPageToken"], Value::Null);
        let groups = "/cloud/v2/groups/1/memberships";
        let empty = json!({ "groupMemberships": [], "nextPageToken": "" });
        assert_eq!(shown(groups, empty.clone()), empty);
    }
}
