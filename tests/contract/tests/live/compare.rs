//! Two comparisons of JSON: whether nothing was lost in reading, and whether two bodies have one shape.

use crate::body::Emulator;
use serde_json::Value;

/// What of a body was lost, changed or added in reading. Null is the same as absent, a number the same
/// as its text, and a time the same in every way of writing it.
pub(crate) fn losses(body: &Value, read: &Value) -> Vec<String> {
    let mut found = Vec::new();
    lost(body, read, "", &mut found);
    found
}

fn lost(body: &Value, read: &Value, at: &str, found: &mut Vec<String>) {
    match (body, read) {
        (Value::Object(body), Value::Object(read)) => {
            for (key, value) in body.iter().filter(|(_, value)| !value.is_null()) {
                match read.get(key).filter(|read| !read.is_null()) {
                    Some(read) => lost(value, read, &format!("{at}/{key}"), found),
                    None => found.push(format!("{at}/{key} is lost: {value}")),
                }
            }
            for (key, value) in read.iter().filter(|(_, value)| !value.is_null()) {
                if body.get(key).is_none_or(Value::is_null) {
                    found.push(format!("{at}/{key} is made up: {value}"));
                }
            }
        }
        (Value::Array(body), Value::Array(read)) if body.len() == read.len() => {
            for (index, (body, read)) in body.iter().zip(read).enumerate() {
                lost(body, read, &format!("{at}/{index}"), found);
            }
        }
        (body, read) if means(body, read) => {}
        (body, read) => found.push(format!("{at} was {body}, and is {read}")),
    }
}

/// Whether two values without parts mean the same.
fn means(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    };
    // A float of 32 bits has seven digits.
    let is_near = |a: f64, b: f64| (a - b).abs() <= a.abs() * 1e-6;
    opencloud_contract::same(a, b) || number(a).zip(number(b)).is_some_and(|(a, b)| is_near(a, b))
}

/// How the shape of a response differs from the recorded one.
pub(crate) fn differences(recorded: &Value, response: &Value, rules: &Emulator) -> Vec<String> {
    let mut found = Vec::new();
    shape(recorded, response, "", rules, &mut found);
    for pointer in &rules.absent {
        if at(response, pointer).iter().any(|value| !value.is_null()) {
            found.push(format!("{pointer} should not be there"));
        }
    }
    for pointer in &rules.exact {
        let (recorded, response) = (at(recorded, pointer), at(response, pointer));
        if !is_same_list(&recorded, &response) {
            found.push(format!("{pointer} should be {recorded:?}, and is {response:?}"));
        }
    }
    for pointer in &rules.keeps_null {
        if at(response, pointer).iter().any(|value| !value.is_null()) || at(response, pointer).is_empty() {
            found.push(format!("{pointer} should be null"));
        }
    }
    found
}

fn is_same_list(a: &[&Value], b: &[&Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| opencloud_contract::same(a, b))
}

fn shape(recorded: &Value, response: &Value, place: &str, rules: &Emulator, found: &mut Vec<String>) {
    if is_at(place, &rules.either) {
        return;
    }
    match (recorded, response) {
        (Value::Object(recorded), Value::Object(response)) if is_at(place, &rules.maps) => {
            // The keys are data: every value has the shape of one of the recorded.
            if recorded.is_empty() != response.is_empty() {
                found.push(format!("{place} has {} keys", response.len()));
            }
            let options: Vec<&Value> = recorded.values().collect();
            for value in response.values() {
                any_shape(&options, value, place, rules, found);
            }
        }
        (Value::Object(recorded), Value::Object(response)) => {
            let is_there = |value: &&Value| !value.is_null();
            for (key, value) in recorded {
                let inner = format!("{place}/{key}");
                match (value.is_null(), response.get(key).filter(is_there)) {
                    (true, None) => {}
                    _ if is_at(&inner, &rules.either) => {}
                    (true, Some(response)) => {
                        found.push(format!("{inner} should be null, and is {response}"))
                    }
                    (false, None) => found.push(format!("{inner} is missing")),
                    (false, Some(response)) => shape(value, response, &inner, rules, found),
                }
            }
            if rules.partial.iter().any(|partial| starts_with(place, partial)) {
                return;
            }
            for (key, value) in response.iter().filter(|(_, value)| is_there(value)) {
                let inner = format!("{place}/{key}");
                if !recorded.contains_key(key) && !is_at(&inner, &rules.either) {
                    found.push(format!("{inner} should not be there: {value}"));
                }
            }
        }
        (Value::Array(recorded), Value::Array(response)) => {
            let must_be_as_long = is_at(place, &rules.lengths);
            if recorded.is_empty() != response.is_empty()
                || (must_be_as_long && recorded.len() != response.len())
            {
                found.push(format!("{place} has {} items, recorded are {}", response.len(), recorded.len()));
            }
            let options: Vec<&Value> = recorded.iter().collect();
            for item in response {
                any_shape(&options, item, place, rules, found);
            }
        }
        (recorded, response) => {
            let is_loose = is_at(place, &rules.loose) && !recorded.is_object() && !response.is_object();
            if kind(recorded) != kind(response) && !is_loose {
                found.push(format!("{place} should be {}, and is {response}", kind(recorded)));
            }
        }
    }
}

/// An item has the shape of one of the recorded ones; else the nearest says what is wrong.
fn any_shape(options: &[&Value], item: &Value, place: &str, rules: &Emulator, found: &mut Vec<String>) {
    let inner = format!("{place}/*");
    let problems = options.iter().map(|option| {
        let mut problems = Vec::new();
        shape(option, item, &inner, rules, &mut problems);
        problems
    });
    for problem in problems.min_by_key(Vec::len).unwrap_or_default() {
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The values at a pointer in which `*` stands for every key or index.
fn at<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let mut values = vec![value];
    for segment in pointer.split('/').skip(1) {
        values = values
            .into_iter()
            .flat_map(|value| match (value, segment) {
                (Value::Array(items), "*") => items.iter().collect(),
                (Value::Object(map), "*") => map.values().collect(),
                (Value::Array(items), index) => {
                    index.parse().ok().and_then(|index: usize| items.get(index)).into_iter().collect()
                }
                (value, key) => value.get(key).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    values
}

fn is_at(place: &str, rules: &[String]) -> bool {
    rules.iter().any(|rule| rule == place)
}

fn starts_with(place: &str, rule: &str) -> bool {
    place.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_loss_an_addition_and_a_change_are_told_apart() {
        for (body, read, expected) in [
            (json!({"a": 1, "b": null}), json!({"a": "1"}), &[][..]),
            (json!({"t": "2026-01-01T00:00:00.000Z"}), json!({"t": "2026-01-01T00:00:00Z"}), &[]),
            (json!({"a": 59.9}), json!({"a": f64::from(59.9_f32)}), &[]),
            (json!({"a": {"b": 1}}), json!({"a": {}}), &["/a/b is lost: 1"]),
            (json!({}), json!({"id": ""}), &["/id is made up: \"\""]),
            (json!({"a": [1, 2]}), json!({"a": [1]}), &["/a was [1,2], and is [1]"]),
            (json!({"a": 1}), json!({"a": 2}), &["/a was 1, and is 2"]),
            (json!({"a": true}), json!({"a": "true"}), &["/a was true, and is \"true\""]),
        ] {
            assert_eq!(losses(&body, &read), expected, "{body} {read}");
        }
    }

    fn rules(rules: Value) -> Emulator {
        serde_json::from_value(rules).expect("rules")
    }

    #[test]
    fn a_shape_is_keys_kinds_and_absences() {
        let none = json!({});
        for (recorded, response, with, expected) in [
            (json!({"a": "x", "n": null}), json!({"a": "y"}), &none, &[][..]),
            (json!({"a": "x"}), json!({"a": 1}), &none, &["/a should be a text, and is 1"]),
            (json!({"a": ""}), json!({"a": "x"}), &none, &["/a should be an empty text, and is \"x\""]),
            (json!({"a": "x"}), json!({}), &none, &["/a is missing"]),
            (json!({}), json!({"a": 1}), &none, &["/a should not be there: 1"]),
            (json!({"a": null}), json!({"a": 1}), &none, &["/a should be null, and is 1"]),
            (json!({"a": []}), json!({"a": [1]}), &none, &["/a has 1 items, recorded are 0"]),
            (json!({"a": [{"b": 1}, {}]}), json!({"a": [{}, {"b": 2}, {"b": 3}]}), &none, &[]),
            (
                json!({"a": [{"b": 1}]}),
                json!({"a": [{"b": "x"}]}),
                &none,
                &["/a/*/b should be a number, and is \"x\""],
            ),
            (json!({}), json!({"a": 1}), &json!({"partial": [""]}), &[]),
            (
                json!({"o": {}}),
                json!({"o": {"a": 1}, "b": 1}),
                &json!({"partial": ["/o"]}),
                &["/b should not be there: 1"],
            ),
            (json!({"a": 1}), json!({}), &json!({"either": ["/a"]}), &[]),
            (
                json!({}),
                json!({"a": 1}),
                &json!({"partial": [""], "absent": ["/a"]}),
                &["/a should not be there"],
            ),
            (json!({"m": {"x": 1}}), json!({"m": {"y": 1, "z": 2}}), &json!({"maps": ["/m"]}), &[]),
            (
                json!({"m": {"x": 1}}),
                json!({"m": {"y": "1"}}),
                &json!({"maps": ["/m"]}),
                &["/m/* should be a number, and is \"1\""],
            ),
            (json!({"a": 1}), json!({"a": "1"}), &json!({"loose": ["/a"]}), &[]),
            (json!({"a": null}), json!({}), &json!({"keeps_null": ["/a"]}), &["/a should be null"]),
            (
                json!({"a": [1]}),
                json!({"a": [1, 2]}),
                &json!({"lengths": ["/a"]}),
                &["/a has 2 items, recorded are 1"],
            ),
        ] {
            assert_eq!(
                differences(&recorded, &response, &rules(with.clone())),
                expected,
                "{recorded} {response} {with}"
            );
        }
        let exact = rules(json!({"exact": ["/a"]}));
        assert_eq!(differences(&json!({"a": "x"}), &json!({"a": "y"}), &exact).len(), 1);
        assert_eq!(differences(&json!({"a": "x"}), &json!({"a": "x"}), &exact).len(), 0);
    }
}
