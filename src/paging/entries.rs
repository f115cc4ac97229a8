//! Lists whose entries each have a token of their own: the next request holds the entries that have
//! more to give.

use crate::Error;
use crate::call::info::PagingInfo;
use serde_json::Value;

/// The entries of the next request, as text; `None` if no item has a token.
pub(super) fn next(info: &PagingInfo, asked: &Value, items: &Value) -> Result<Option<String>, Error> {
    let (Some(next), Some(cursor), Some(key)) = (info.next, info.cursor, info.key) else { return Ok(None) };
    let asked = asked.as_array().map_or(&[][..], Vec::as_slice);
    let mut entries = Vec::new();
    for item in items.as_array().into_iter().flatten() {
        let Some(token) = item[next].as_str().filter(|token| !token.is_empty()) else { continue };
        let entry = asked.iter().find(|entry| says(&entry[key], &item[key])).ok_or_else(|| {
            Error::paging(format!("the list goes on for an entry that was not asked for: {}", item[key]))
        })?;
        let mut entry = entry.clone();
        entry[cursor] = token.into();
        entries.push(entry);
    }
    Ok((!entries.is_empty()).then(|| Value::Array(entries).to_string()))
}

/// Whether an item's key says what an entry's key says, and perhaps more.
fn says(asked: &Value, answered: &Value) -> bool {
    match asked.as_object() {
        Some(asked) => {
            asked.iter().all(|(name, value)| value.is_null() || says(value, &answered[name.as_str()]))
        }
        None => asked == answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::info::PagingStyle;
    use serde_json::json;

    const INFO: PagingInfo = PagingInfo {
        style: PagingStyle::Entries,
        token: Some("entries"),
        number: None,
        size: None,
        max: None,
        sizes: &[],
        in_body: true,
        next: Some("nextCursor"),
        cursor: Some("cursor"),
        key: Some("identifier"),
    };

    fn entry(key: &str, cursor: Option<&str>) -> Value {
        let mut entry = json!({ "identifier": { "key": key, "context": null }, "count": 2 });
        if let Some(cursor) = cursor {
            entry["cursor"] = cursor.into();
        }
        entry
    }

    fn item(key: &str, token: Value) -> Value {
        json!({ "identifier": { "key": key, "source": "s" }, "history": [], "nextCursor": token })
    }

    #[test]
    fn only_entries_with_a_token_are_asked_again() {
        let asked = json!([entry("a", None), entry("b", Some("b1")), entry("c", None)]);
        let items = json!([item("c", json!("c1")), item("b", json!("b2")), item("a", json!(null))]);
        let next = next(&INFO, &asked, &items).expect("entries").expect("more");
        let next: Value = serde_json::from_str(&next).expect("JSON");
        assert_eq!(next, json!([entry("c", Some("c1")), entry("b", Some("b2"))]));
    }

    #[test]
    fn the_list_ends_when_no_item_has_a_token() {
        let items = json!([item("a", json!("")), item("b", json!(null))]);
        assert_eq!(next(&INFO, &json!([entry("a", None)]), &items).expect("entries"), None);
        assert!(next(&INFO, &json!([entry("a", None)]), &json!([item("z", json!("z1"))])).is_err());
    }
}
