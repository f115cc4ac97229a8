//! How data stores of the v2 API respond: as the live service does, and as Roblox's document says.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{Call, rfc3339, rfc3339_nanos};
use crate::areas::data_stores::model::Store;
use crate::document::encode_segment;
use crate::mix::form_of;

/// Which of an entry's or a store's times is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Time {
    Entry,
    Revision,
    Store,
    Snapshot,
}

/// The live service writes nine, seven or six digits of a second, or none, in one and the same response (DS-03).
pub(super) fn time(call: &Call<'_>, which: Time, time: Timestamp) -> String {
    match which {
        _ if !call.shapes.is_live() => rfc3339(time),
        Time::Entry => rfc3339_nanos(time),
        Time::Revision => time.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string(),
        Time::Store => time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        Time::Snapshot => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// A key as the end of a path: the live service writes it as it is, whatever is in it (DS-02).
pub(super) fn key_in_path(call: &Call<'_>, key: &str) -> String {
    if call.shapes.is_live() { key.to_owned() } else { encode_segment(key) }
}

/// A data store. Of some, the live service does not tell when they were created (DS-01).
pub(super) fn store(call: &Call<'_>, universe: u64, name: &str, store: &Store) -> Value {
    let mut json = json!({
        "path": format!("universes/{universe}/data-stores/{}", encode_segment(name)),
        "createTime": time(call, Time::Store, store.created),
        "state": if store.is_deleted() { "DELETED" } else { "ACTIVE" },
        "id": name,
    });
    if call.shapes.is_live()
        && form_of(name, 4) == 0
        && let Some(object) = json.as_object_mut()
    {
        object.remove("createTime");
    }
    if let Some(expires) = store.expires {
        json["expireTime"] = json!(time(call, Time::Store, expires));
    }
    json
}
