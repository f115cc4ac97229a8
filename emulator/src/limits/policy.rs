//! Which limits a request counts against.

use std::hash::{DefaultHasher, Hash, Hasher};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::Value;

use crate::api::Shapes;
use crate::document::{Match, Operation};
use crate::incoming::API_KEY;
use crate::limits::charge::{Charge, Key};

/// A limit that is written so high that it says: see the description.
const UNLIMITED: u64 = 1_000_000;
const MINUTE: u32 = 60;
const DAY: u32 = 86_400;
const KIB: usize = 1024;

/// What the document allows to one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Class {
    id: &'static str,
    limit: u64,
    seconds: u32,
    name: Option<&'static str>,
}

const fn per_minute(id: &'static str, name: &'static str) -> Class {
    // Grows with the players that are online; nobody plays here.
    Class { id, limit: 300, seconds: MINUTE, name: Some(name) }
}

const STANDARD_READ: Class = per_minute("standard data store reads", "StandardReadExperienceThrottled");
const STANDARD_WRITE: Class = per_minute("standard data store writes", "StandardWriteExperienceThrottled");
const STANDARD_LIST: Class = per_minute("standard data store lists", "StandardListExperienceThrottled");
const STANDARD_REMOVE: Class =
    per_minute("standard data store removals", "StandardRemoveExperienceThrottled");
const ORDERED_READ: Class = per_minute("ordered data store reads", "OrderedReadExperienceThrottled");
const ORDERED_WRITE: Class = per_minute("ordered data store writes", "OrderedWriteExperienceThrottled");
const ORDERED_LIST: Class = per_minute("ordered data store lists", "OrderedListExperienceThrottled");
const ORDERED_REMOVE: Class = per_minute("ordered data store removals", "OrderedRemoveExperienceThrottled");
const V1_READ: Class = per_minute("data store v1 reads", "DatastoreThrottled");
const V1_WRITE: Class = per_minute("data store v1 writes", "DatastoreThrottled");
const V1_DELETE: Class = per_minute("data store v1 deletions", "DatastoreThrottled");
const ORDERED_V1_READ: Class = per_minute("ordered data store v1 reads", "DatastoreThrottled");
const ORDERED_V1_WRITE: Class = per_minute("ordered data store v1 writes", "DatastoreThrottled");
const TRANSLATION: Class = Class { id: "translations of text", limit: 600, seconds: MINUTE, name: None };
const MEMORY: Class = Class { id: MEMORY_UNITS, limit: 1_000, seconds: MINUTE, name: None };
const RESTRICTION_READ: Class = Class { id: "user restriction reads", limit: 50, seconds: 1, name: None };
const RESTRICTION_WRITE: Class = Class { id: "user restriction updates", limit: 10, seconds: 1, name: None };

/// The class that a universe counts the requests of an operation in.
fn class(operation: &Operation) -> Option<Class> {
    let path = operation.path.as_str();
    let method = operation.method.as_str();
    let is_v2 = path.starts_with("/cloud/v2/universes/");
    let lists =
        path.ends_with("/entries") || path.ends_with("/data-stores") || path.ends_with(":listRevisions");
    if is_v2 && path.contains("/ordered-data-stores/") {
        return Some(match method {
            "GET" if lists => ORDERED_LIST,
            "GET" => ORDERED_READ,
            "DELETE" => ORDERED_REMOVE,
            _ => ORDERED_WRITE,
        });
    }
    if is_v2 && path.contains("/data-stores") {
        return match method {
            _ if path.ends_with(":snapshot") => None,
            _ if path.ends_with(":undelete") => Some(STANDARD_REMOVE),
            "GET" if lists => Some(STANDARD_LIST),
            "GET" => Some(STANDARD_READ),
            "DELETE" => Some(STANDARD_REMOVE),
            _ => Some(STANDARD_WRITE),
        };
    }
    if is_v2 && path.contains("/user-restrictions") {
        return Some(if method == "GET" { RESTRICTION_READ } else { RESTRICTION_WRITE });
    }
    if is_v2 && path.contains("/memory-store") {
        // Asking how far a flush is touches no memory store.
        return (!path.contains("/operations/")).then_some(MEMORY);
    }
    if is_v2 && path.ends_with(":translateText") {
        return Some(TRANSLATION);
    }
    if path.starts_with("/datastores/v1/") {
        return Some(match method {
            "GET" => V1_READ,
            "DELETE" => V1_DELETE,
            _ => V1_WRITE,
        });
    }
    let is_ordered_v1 = path.starts_with("/ordered-data-stores/v1/");
    is_ordered_v1.then_some(if method == "GET" { ORDERED_V1_READ } else { ORDERED_V1_WRITE })
}

/// A request, as far as limits go.
pub(crate) struct Asked<'a> {
    pub(crate) found: &'a Match<'static>,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a HeaderMap,
    /// Whose API key it has, if that is known.
    pub(crate) owner: Option<u64>,
    /// Bytes of the body.
    pub(crate) body: usize,
    /// A limit for the day that the operation has besides (RL-05).
    pub(crate) daily: Option<u64>,
    pub(crate) shapes: Shapes,
}

/// Everything that a request counts against. All keys of an owner count together; one of which no owner is known is
/// alone.
pub(crate) fn charges(asked: &Asked<'_>) -> Vec<Charge> {
    let Asked { found, query, headers, owner, body, daily, shapes } = *asked;
    let operation = found.operation;
    let mut charges: Vec<Charge> = credential(operation, headers, owner).into_iter().collect();
    if let Some((limit, who)) = daily.zip(who(headers, owner)) {
        let key = Key::Daily(who, &operation.id);
        charges.push(Charge::of_requests(key, limit, DAY, &operation.id));
    }
    if shapes.is_live() && operation.path == ASSET_OPERATION {
        charges.push(polls(found));
    }
    if shapes.is_live() && operation.path == MAP_ITEM && operation.method == "GET" {
        charges.extend(who(headers, owner).map(wider_tier));
    }
    let (Some(class), Some(universe)) = (class(operation), universe(found)) else { return charges };
    charges.push(Charge {
        counts_requests: class != MEMORY,
        name: class.name,
        ..Charge::of_requests(Key::Universe(universe, class.id), class.limit, class.seconds, class.id)
    });
    if class == RESTRICTION_WRITE {
        let key = Key::Part(universe, "updates of one user", hash(found.param("user_restriction_id")));
        // UR-04: the second write within the minute is refused, although the document allows two.
        let limit = if shapes.is_live() { 1 } else { 2 };
        charges.push(Charge::of_requests(key, limit, MINUTE, "the restriction of one user"));
    }
    charges.extend(throughput(class, universe, found, query, body));
    charges
}

const MAP_ITEM: &str =
    "/cloud/v2/universes/{universe_id}/memory-store/sorted-maps/{sorted_map_id}/items/{item_id}";

/// MS-20: behind the limit that binds, the service names a second one, which is the document's.
fn wider_tier(who: u64) -> Charge {
    let what = "reads of items of sorted maps";
    Charge::of_requests(Key::Part(0, what, who), UNLIMITED, MINUTE, what)
}

const ASSET_OPERATION: &str = "/assets/v1/operations/{operationId}";

/// RL-08: asking for the same upload again within about three seconds is too often.
fn polls(found: &Match<'static>) -> Charge {
    let key = Key::Part(0, "polls of one operation", hash(&found.params));
    Charge { counts_requests: false, ..Charge::of_requests(key, 1, 3, "asking for one operation") }
}

/// What only the response tells: which limit it uses up, and how much of it.
pub(crate) fn afterwards<'a>(charges: &'a [Charge], response: &[u8]) -> Option<(&'a Charge, u64)> {
    charges.iter().find_map(|charge| match charge.what {
        READ_THROUGHPUT => Some((charge, kibibytes(response.len()))),
        // The first unit was used up by the request.
        MEMORY_UNITS => Some((charge, items(response).saturating_sub(1))),
        _ => None,
    })
}

/// How many items a response lists.
fn items(response: &[u8]) -> u64 {
    let response: Value = serde_json::from_slice(response).unwrap_or_default();
    // A read of a queue has them under another name (MS-01).
    let items = response.get("items").or_else(|| response.get("queueItems"));
    items.and_then(Value::as_array).map_or(0, |items| items.len() as u64)
}

/// Requests, but a list is as many as it has items.
const MEMORY_UNITS: &str = "memory store request units";
const READ_THROUGHPUT: &str = "read throughput in KiB";
const WRITE_THROUGHPUT: &str = "write throughput in KiB";

/// Bytes, in KiB: of one key in the v2 API, of a universe in the v1 API.
fn throughput(
    class: Class,
    universe: u64,
    found: &Match<'static>,
    query: Option<&str>,
    body: usize,
) -> Option<Charge> {
    let entry = || {
        // The key of an entry that is created is in the query.
        let creates = found.operation.path.ends_with("/entries");
        hash((&found.params, query.filter(|_| creates)))
    };
    let (mebibytes, reads, part) = match class {
        STANDARD_READ => (25, true, Some(entry())),
        STANDARD_WRITE => (4, false, Some(entry())),
        V1_READ => (20, true, None),
        V1_WRITE => (10, false, None),
        _ => return None,
    };
    let what = if reads { READ_THROUGHPUT } else { WRITE_THROUGHPUT };
    let name = if part.is_some() { "KeyThrottled" } else { "DatastoreThrottled" };
    Some(Charge {
        key: Key::Part(universe, what, part.unwrap_or_default()),
        limit: mebibytes * 1024,
        seconds: MINUTE,
        cost: if reads { 0 } else { kibibytes(body) },
        counts_requests: false,
        name: Some(name),
        what,
    })
}

/// Each request counts as whole KiB.
fn kibibytes(bytes: usize) -> u64 {
    bytes.div_ceil(KIB).max(1) as u64
}

/// A hash of the owner, the key or the token.
fn who(headers: &HeaderMap, owner: Option<u64>) -> Option<u64> {
    match headers.get(API_KEY).filter(|key| !key.is_empty()) {
        Some(key) => Some(owner.map_or_else(|| hash(key), hash)),
        None => headers.get(AUTHORIZATION).map(hash),
    }
}

/// The limit of the document for who sends the request.
fn credential(operation: &'static Operation, headers: &HeaderMap, owner: Option<u64>) -> Option<Charge> {
    let is_key = headers.get(API_KEY).is_some_and(|key| !key.is_empty());
    let limits = operation.rate_limits;
    let limit = if is_key { limits.api_key_owner } else { limits.oauth };
    let limit = limit.filter(|limit| limit.requests < UNLIMITED)?;
    let key = Key::Credential(who(headers, owner)?, &operation.id);
    Some(Charge::of_requests(key, limit.requests, limit.seconds, &operation.id))
}

fn universe(found: &Match<'_>) -> Option<u64> {
    found.param("universe_id").or_else(|| found.param("universeId"))?.parse().ok()
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn what_a_universe_is_limited_in_has_a_class() {
        let of = |method: &str, path: &str| {
            let found = Document::embedded().find(method, path).expect("known");
            class(found.operation).map(|class| class.id)
        };
        let v2 = "/cloud/v2/universes/1/data-stores";
        assert_eq!(of("GET", v2), Some(STANDARD_LIST.id));
        assert_eq!(of("GET", &format!("{v2}/s/entries")), Some(STANDARD_LIST.id));
        assert_eq!(of("GET", &format!("{v2}/s/entries/e:listRevisions")), Some(STANDARD_LIST.id));
        assert_eq!(of("GET", &format!("{v2}/s/scopes/c/entries/e")), Some(STANDARD_READ.id));
        assert_eq!(of("POST", &format!("{v2}/s/entries/e:increment")), Some(STANDARD_WRITE.id));
        assert_eq!(of("POST", &format!("{v2}/s:undelete")), Some(STANDARD_REMOVE.id));
        assert_eq!(of("DELETE", &format!("{v2}/s")), Some(STANDARD_REMOVE.id));
        assert_eq!(of("POST", &format!("{v2}:snapshot")), None);
        let ordered = "/cloud/v2/universes/1/ordered-data-stores/s/scopes/c/entries";
        assert_eq!(of("GET", ordered), Some(ORDERED_LIST.id));
        assert_eq!(of("PATCH", &format!("{ordered}/e")), Some(ORDERED_WRITE.id));
        let v1 = "/datastores/v1/universes/1/standard-datastores/datastore/entries/entry";
        assert_eq!(of("POST", &format!("{v1}/increment")), Some(V1_WRITE.id));
        assert_eq!(of("PATCH", "/cloud/v2/universes/1/user-restrictions/7"), Some(RESTRICTION_WRITE.id));
        let memory = "/cloud/v2/universes/1/memory-store";
        assert_eq!(of("GET", &format!("{memory}/queues/q/items:read")), Some(MEMORY.id));
        assert_eq!(of("POST", &format!("{memory}:flush")), Some(MEMORY.id));
        assert_eq!(of("GET", &format!("{memory}/operations/o")), None);
        assert_eq!(of("POST", "/cloud/v2/universes/1:translateText"), Some(TRANSLATION.id));
        assert_eq!(of("GET", "/cloud/v2/users/7"), None);
    }

    #[test]
    fn a_credential_has_the_limit_of_the_document() {
        let found = Document::embedded().find("GET", "/cloud/v2/users/7").expect("known");
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "Bearer x".parse().expect("a value"));
        let limit = |headers: &HeaderMap| {
            let asked = Asked {
                found: &found,
                query: None,
                headers,
                owner: None,
                body: 0,
                daily: None,
                shapes: Shapes::Live,
            };
            charges(&asked)[0].limit
        };
        assert_eq!(limit(&headers), 10);
        headers.insert(API_KEY, "k".parse().expect("a value"));
        assert_eq!(limit(&headers), 1_000);
    }
}
