//! Lists whose entries each have a token of their own: the next request holds the entries that have
//! more to give.

use crate::Error;
use crate::spec::PagingInfo;
use serde_json::Value;

/// The entries that a token stands for. Tokens come back from a caller's storage: one that was not made for a
/// list of these entries is refused, so that nothing is asked for that the call does not say.
pub(super) fn of_token(info: &PagingInfo, asked: &Value, token: &str) -> Result<Value, Error> {
    let refuse = |why: &str| Error::invalid_request(format!("the token is not one of this list: {why}"));
    let (Some(cursor), Some(asked)) = (info.cursor, asked.as_array()) else {
        return Err(refuse("the call asks for no entries"));
    };
    let entries: Value = serde_json::from_str(token).map_err(|error| refuse(&error.to_string()))?;
    let without_cursor = |entry: &Value| {
        let mut entry = entry.as_object()?.clone();
        entry.remove(cursor);
        Some(entry)
    };
    // Each entry that was asked for may be there once.
    let mut asked: Vec<_> = asked.iter().filter_map(without_cursor).collect();
    for entry in
        entries.as_array().filter(|entries| !entries.is_empty()).ok_or_else(|| refuse("it has no entries"))?
    {
        if entry[cursor].as_str().is_none_or(str::is_empty) {
            return Err(refuse("one of its entries has no cursor"));
        }
        let place = without_cursor(entry).and_then(|entry| asked.iter().position(|other| *other == entry));
        asked.swap_remove(
            place.ok_or_else(|| refuse("it goes on with an entry that the call does not ask for"))?,
        );
    }
    Ok(entries)
}

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
        let mut entry = entry.as_object().cloned().unwrap_or_default();
        entry.insert(cursor.to_owned(), token.into());
        entries.push(Value::Object(entry));
    }
    Ok((!entries.is_empty()).then(|| Value::Array(entries).to_string()))
}

/// Whether an item's key says what an entry's key says, and perhaps more.
fn says(asked: &Value, found: &Value) -> bool {
    match asked.as_object() {
        Some(asked) => {
            asked.iter().all(|(name, value)| value.is_null() || says(value, &found[name.as_str()]))
        }
        None => asked == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::PagingStyle;
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

    #[test]
    fn a_token_is_of_the_entries_that_are_asked_for() {
        let asked = json!([entry("a", None), entry("b", Some("b0"))]);
        for token in
            [json!([entry("b", Some("b1"))]), json!([entry("b", Some("b1")), entry("a", Some("a1"))])]
        {
            assert_eq!(of_token(&INFO, &asked, &token.to_string()).expect("a token"), token);
        }
        let twice = entry("a", Some("1"));
        let other_count = json!({ "identifier": { "key": "a", "context": null }, "count": 3, "cursor": "1" });
        for token in [
            json!([]),
            json!({}),
            json!(null),
            json!("x"),
            json!(["x"]),
            json!([null]),
            json!([[]]),
            json!([{}]),
            json!([entry("a", None)]),
            json!([entry("a", Some(""))]),
            json!([entry("c", Some("c1"))]),
            json!([twice, twice]),
            json!([other_count]),
        ] {
            let error = of_token(&INFO, &asked, &token.to_string()).expect_err("no token");
            assert!(error.is_usage(), "{token}: {error}");
        }
        assert!(of_token(&INFO, &json!([]), "[").is_err() && of_token(&INFO, &json!(null), "[]").is_err());
    }
}
