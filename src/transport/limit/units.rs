//! How many items a response lists.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The items of the longest list among the properties of a response; 0 if it has none, or is no JSON object. The
/// service names the list in more ways than one (`MS-01`).
pub(super) fn listed(response: &[u8]) -> u64 {
    let properties: BTreeMap<String, &RawValue> = serde_json::from_slice(response).unwrap_or_default();
    let items =
        |value: &&RawValue| serde_json::from_str::<Vec<IgnoredAny>>(value.get()).map_or(0, |list| list.len());
    properties.values().map(items).max().unwrap_or(0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_of_a_list_are_counted() {
        for (response, items) in [
            (r#"{"items": [{"a": [1, 2, 3]}, {}], "nextPageToken": "x"}"#, 2),
            (r#"{"id": "1", "queueItems": [[], [], []]}"#, 3),
            (r#"{"items": []}"#, 0),
            (r#"{"items": null}"#, 0),
            (r#"{"id": "1"}"#, 0),
            ("[1, 2]", 0),
            ("", 0),
        ] {
            assert_eq!(listed(response.as_bytes()), items, "{response}");
        }
    }
}
