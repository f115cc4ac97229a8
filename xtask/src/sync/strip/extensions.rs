//! The facts that Roblox states in extensions of an operation.

use serde_json::{Map, Value, json};

use super::super::tree;

/// The extensions (and `deprecated`) of an operation, without their prose.
pub(crate) fn of_operation(operation: &Value) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut keep = |key: &str, value: Option<Value>| super::put(&mut facts, key, value);
    let get = |key: &str| operation.get(key);
    let deprecated = [get("deprecated"), get("x-roblox-deprecated")].contains(&Some(&json!(true)));
    keep("deprecated", deprecated.then_some(Value::Bool(true)));
    keep("x-roblox-scopes", get("x-roblox-scopes").and_then(scopes));
    for key in ["x-roblox-rate-limits", "x-roblox-throttling-limit"] {
        keep(key, get(key).and_then(limits));
    }
    keep("x-roblox-size-limit", get("x-roblox-size-limit").and_then(number));
    keep("x-roblox-stability", get("x-roblox-stability").and_then(word));
    let alternatives = get("x-roblox-recommended-alternatives");
    keep("x-roblox-recommended-alternatives", alternatives.and_then(references));
    let types = get("x-long-running-operation-parameters");
    keep("x-long-running-operation-parameters", types.and_then(operation_types));
    facts
}

/// Scopes are stated as names or as objects with a name.
fn scopes(value: &Value) -> Option<Value> {
    let scopes = value.as_array()?.iter();
    let names = scopes.filter_map(|scope| scope.as_str().or_else(|| scope.get("name")?.as_str()));
    let names: Vec<Value> = names.map(|name| json!({ "name": name })).collect();
    (!names.is_empty()).then_some(Value::Array(names))
}

/// Limits by whom they count: numbers, and the word for a period.
fn limits(value: &Value) -> Option<Value> {
    let mut kept = Map::new();
    for (whose, limit) in tree::sorted_entries(value) {
        let facts = tree::sorted_entries(limit).into_iter();
        let facts =
            facts.filter_map(|(key, value)| Some((key.clone(), number(value).or_else(|| word(value))?)));
        super::insert(&mut kept, whose, facts.collect());
    }
    (!kept.is_empty()).then_some(Value::Object(kept))
}

/// A number, also where upstream writes it as a string.
fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => text.parse::<u64>().ok().map(Value::from),
        _ => None,
    }
}

/// A constant such as `BETA` or `MINUTE`.
fn word(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let is_word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    is_word.then(|| value.clone())
}

/// The operations that Roblox recommends instead: references, no sentences.
fn references(value: &Value) -> Option<Value> {
    const KEYS: [&str; 3] = ["url", "httpMethod", "documentationUrl"];
    let is_one_word = |text: &Value| text.as_str().is_some_and(|text| !text.contains(char::is_whitespace));
    let alternatives =
        value.as_array()?.iter().map(|alternative| super::picked(alternative, &KEYS, is_one_word));
    let kept: Vec<Value> = alternatives.filter(|facts| !facts.is_empty()).map(Value::Object).collect();
    (!kept.is_empty()).then_some(Value::Array(kept))
}

/// What a long-running operation results in: references to schemas.
fn operation_types(value: &Value) -> Option<Value> {
    let types = ["metadata", "response"].map(|key| (key, &value[key]["$ref"])).into_iter();
    let types = types.filter(|(_, reference)| reference.is_string());
    let kept: Map<_, _> =
        types.map(|(key, reference)| (key.to_owned(), json!({ "$ref": reference }))).collect();
    (!kept.is_empty()).then_some(Value::Object(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_stay_and_sentences_go() {
        let operation = json!({
            "x-roblox-scopes": [{"name": "a:read", "description": "Prose."}, "b:write", {"other": 1}],
            "x-roblox-rate-limits": {
                "description": "Prose.",
                "perApiKeyOwner": {"period": "MINUTE", "maxInPeriod": 100, "note": "Some prose"},
            },
            "x-roblox-throttling-limit": {"perApiKey": {"periodInSeconds": "60", "maxInPeriod": 5}},
            "x-roblox-size-limit": 7,
            "x-roblox-stability": "BETA",
            "x-roblox-deprecated": true,
            "x-roblox-recommended-alternatives": [
                {"url": "https://x/y", "httpMethod": "GET", "description": "Use this."}, "Use the other",
            ],
            "x-roblox-docs": {"a": "b"},
        });
        assert_eq!(
            Value::Object(of_operation(&operation)),
            json!({
                "deprecated": true,
                "x-roblox-scopes": [{"name": "a:read"}, {"name": "b:write"}],
                "x-roblox-rate-limits": {"perApiKeyOwner": {"period": "MINUTE", "maxInPeriod": 100}},
                "x-roblox-throttling-limit": {"perApiKey": {"periodInSeconds": 60, "maxInPeriod": 5}},
                "x-roblox-size-limit": 7,
                "x-roblox-stability": "BETA",
                "x-roblox-recommended-alternatives": [{"url": "https://x/y", "httpMethod": "GET"}],
            })
        );
    }
}
