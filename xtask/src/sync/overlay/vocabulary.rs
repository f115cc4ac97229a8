//! The words of our extensions: a typo here must not silently do nothing.

use serde_json::Value;

use super::super::names::ident;
use super::super::tree::{escape, sorted_entries};

/// What is wrong, and where in the update.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub pointer: String,
    pub message: String,
}

type Check = fn(&Value) -> Result<(), String>;

const OPERATION: [(&str, Check); 23] = [
    ("area", snake_case),
    ("method", snake_case),
    ("paging", object),
    ("operation", object),
    ("filter", upper_camel_case),
    ("order_by", upper_camel_case),
    ("idempotent", flag),
    ("retry_too_many_requests", flag),
    ("attempt_timeout", count),
    ("bare_list", text),
    ("main", text),
    ("required_response", names),
    ("id_from_request", texts),
    ("errors_in_success", object),
    ("conflict_body", |value| one_of(value, &["value"])),
    ("empty_response", |value| one_of(value, &["none"])),
    ("needed_scopes", alternatives),
    ("hints", list),
    ("final_errors", list),
    ("already_exists", list),
    ("notes", names),
    ("limits", list),
    ("polling", object),
];

const LIMIT: [(&str, Check); 7] = [
    ("class", text),
    ("requests", count),
    ("seconds", count),
    ("tenths_per_user", count),
    ("by", names),
    ("stated", count),
    ("max_wait", count),
];
const LIMIT_NEEDS: [&str; 4] = ["class", "requests", "seconds", "by"];

const POLLING: [(&str, Check); 2] = [("first", count), ("every", count)];

/// Where a response of success lists what has failed.
const ERRORS_IN_SUCCESS: [(&str, Check); 4] =
    [("list", text), ("unless", text), ("about", text), ("harmless", names)];

/// Which failures a hint, a final error or "already exists" is about.
const CONDITION: [(&str, Check); 6] = [
    ("status", status),
    ("code", text),
    ("message_contains", text),
    ("body_has", text),
    ("effect_unknown", always),
    ("overdue", always),
];

/// Lists of conditions, and the sentence that each of them carries.
const FAILURES: [(&str, Option<&str>); 3] =
    [("hints", Some("say")), ("final_errors", Some("because")), ("already_exists", None)];

const PAGING: [(&str, Check); 13] = [
    ("style", |value| one_of(value, &["token", "page", "offset", "entries", "repeat"])),
    ("token", text),
    ("number", text),
    ("size", text),
    ("max", count),
    ("in", |value| one_of(value, &["query", "body"])),
    ("next", text),
    ("items", text),
    ("total", text),
    ("more", text),
    ("incomplete", names),
    ("cursor", text),
    ("key", text),
];

const LONG_RUNNING: [(&str, Check); 12] = [
    ("dialect", |value| one_of(value, &DIALECTS)),
    ("response", text),
    ("metadata", text),
    ("base", text),
    ("poll", text),
    ("paths", names),
    ("result", text),
    ("direct", flag),
    ("query", names),
    ("main", text),
    ("required", names),
    ("overdue", object),
];

const OVERDUE: [(&str, Check); 4] = [("state", text), ("time", text), ("default", count), ("beyond", count)];

const DIALECTS: [&str; 6] = ["cloud", "analytics", "experiment", "luau", "restart", "thumbnail_upload"];

const DOCUMENT: [(&str, Check); 4] =
    [("areas", list), ("ids", list), ("hints", list), ("final_errors", list)];
const AREA: [(&str, Check); 4] =
    [("name", snake_case), ("summary", text), ("hints", list), ("final_errors", list)];
const ID: [(&str, Check); 3] = [("name", upper_camel_case), ("description", text), ("names", names)];

/// Checks all of our extensions in an update.
pub(crate) fn check(update: &Value) -> Result<(), Problem> {
    walk(update, "")
}

fn walk(value: &Value, at: &str) -> Result<(), Problem> {
    if let Some(items) = value.as_array() {
        for (index, item) in items.iter().enumerate() {
            walk(item, &format!("{at}/{index}"))?;
        }
    }
    for (key, member) in sorted_entries(value) {
        let pointer = format!("{at}/{}", escape(key));
        match key.as_str() {
            "x-opencloud" => extension(member, &pointer)?,
            "x-opencloud-type" => upper_camel_case(member).map_err(|what| problem(&pointer, key, what))?,
            "x-opencloud-also" => text(member).map_err(|what| problem(&pointer, key, what))?,
            "x-enum-varnames" => names(member).map_err(|what| problem(&pointer, key, what))?,
            "x-opencloud-aliases" => aliases(member).map_err(|what| problem(&pointer, key, what))?,
            "x-opencloud-id-from" => text(member).map_err(|what| problem(&pointer, key, what))?,
            _ => walk(member, &pointer)?,
        }
    }
    Ok(())
}

fn extension(value: &Value, at: &str) -> Result<(), Problem> {
    if value.get("areas").is_some() || value.get("ids").is_some() {
        members(value, at, &DOCUMENT)?;
        failures(value, at)?;
        for (key, words, needed) in [
            ("areas", &AREA[..], &["name", "summary"][..]),
            ("ids", &ID[..], &["name", "description", "names"]),
        ] {
            let items = value.get(key).and_then(Value::as_array);
            for (index, item) in items.into_iter().flatten().enumerate() {
                let at = format!("{at}/{key}/{index}");
                members(item, &at, words)?;
                failures(item, &at)?;
                for word in needed {
                    if item.get(word).is_none() {
                        return Err(problem(&at, word, "is missing".into()));
                    }
                }
            }
        }
        return Ok(());
    }
    members(value, at, &OPERATION)?;
    failures(value, at)?;
    for (key, words) in [
        ("paging", &PAGING[..]),
        ("operation", &LONG_RUNNING[..]),
        ("polling", &POLLING[..]),
        ("errors_in_success", &ERRORS_IN_SUCCESS[..]),
    ] {
        if let Some(inner) = value.get(key) {
            members(inner, &format!("{at}/{key}"), words)?;
        }
    }
    overdue(value, at)?;
    if value.get("errors_in_success").is_some_and(|errors| errors.get("list").is_none()) {
        return Err(problem(&format!("{at}/errors_in_success"), "list", "is missing".into()));
    }
    let limits = value.get("limits").and_then(Value::as_array);
    for (index, limit) in limits.into_iter().flatten().enumerate() {
        let at = format!("{at}/limits/{index}");
        members(limit, &at, &LIMIT)?;
        if let Some(word) = LIMIT_NEEDS.iter().find(|word| limit.get(*word).is_none()) {
            return Err(problem(&at, word, "is missing".into()));
        }
    }
    Ok(())
}

/// Checks when an operation is overdue: all of it is said, and a hint about it has something to go by.
fn overdue(value: &Value, at: &str) -> Result<(), Problem> {
    let Some(overdue) = value.get("operation").and_then(|operation| operation.get("overdue")) else {
        let hints = value.get("hints").and_then(Value::as_array);
        let mut hints = hints.into_iter().flatten().enumerate();
        return match hints.find(|(_, hint)| hint.get("overdue").is_some()) {
            Some((index, _)) => {
                let at = format!("{at}/hints/{index}/overdue");
                Err(problem(&at, "overdue", "needs `operation.overdue`, which says when".into()))
            }
            None => Ok(()),
        };
    };
    let at = format!("{at}/operation/overdue");
    members(overdue, &at, &OVERDUE)?;
    match OVERDUE.iter().find(|(word, _)| overdue.get(word).is_none()) {
        Some((word, _)) => Err(problem(&at, word, "is missing".into())),
        None => Ok(()),
    }
}

/// Checks what is said of failures: each has a condition, and a sentence where it needs one.
fn failures(value: &Value, at: &str) -> Result<(), Problem> {
    for (key, sentence) in FAILURES {
        let items = value.get(key).and_then(Value::as_array);
        for (index, item) in items.into_iter().flatten().enumerate() {
            let at = format!("{at}/{key}/{index}");
            let words: Vec<(&str, Check)> =
                CONDITION.into_iter().chain(sentence.map(|word| (word, sentence_of as Check))).collect();
            members(item, &at, &words)?;
            if key != "final_errors" && item.get("body_has").is_some() {
                return Err(problem(
                    &format!("{at}/body_has"),
                    "body_has",
                    "is for final_errors only".into(),
                ));
            }
            if let Some(word) = sentence.filter(|word| item.get(word).is_none()) {
                return Err(problem(&at, word, "is missing".into()));
            }
            if !CONDITION.iter().any(|(word, _)| item.get(word).is_some()) {
                return Err(problem(&at, key, "needs a condition: which failures is this about?".into()));
            }
        }
    }
    Ok(())
}

fn members(value: &Value, at: &str, words: &[(&str, Check)]) -> Result<(), Problem> {
    object(value).map_err(|what| Problem {
        pointer: at.to_owned(),
        message: format!("{} {what}", at.rsplit('/').next().unwrap_or(at)),
    })?;
    for (key, member) in sorted_entries(value) {
        let pointer = format!("{at}/{}", escape(key));
        match words.iter().find(|(word, _)| word == key) {
            Some((_, check)) => check(member).map_err(|what| problem(&pointer, key, what))?,
            None => {
                return Err(problem(
                    &pointer,
                    key,
                    "is not in the vocabulary (docs/specification.md)".into(),
                ));
            }
        }
    }
    Ok(())
}

fn problem(pointer: &str, key: &str, what: String) -> Problem {
    Problem { pointer: pointer.to_owned(), message: format!("{key} {what}") }
}

fn snake_case(value: &Value) -> Result<(), String> {
    let name = value.as_str().ok_or("should be a snake_case name")?;
    if ident::is_keyword(name) {
        Err(format!("{name} is a Rust keyword"))
    } else if !ident::is_snake_case(name) {
        Err(format!("{name:?} is no snake_case identifier"))
    } else {
        Ok(())
    }
}

fn upper_camel_case(value: &Value) -> Result<(), String> {
    let name = value.as_str().ok_or("should be an UpperCamelCase name")?;
    if ident::is_keyword(name) {
        Err(format!("{name} is a Rust keyword"))
    } else if ident::is_prelude(name) {
        Err(format!("{name} is a name of Rust's prelude"))
    } else if !ident::is_upper_camel_case(name) {
        Err(format!("{name:?} is no UpperCamelCase identifier"))
    } else {
        Ok(())
    }
}

fn one_of(value: &Value, words: &[&str]) -> Result<(), String> {
    match value.as_str() {
        Some(word) if words.contains(&word) => Ok(()),
        _ => Err(format!("is {value}, it should be {}", words.join(" | "))),
    }
}

fn expect(is_right: bool, what: &str) -> Result<(), String> {
    if is_right { Ok(()) } else { Err(format!("should be {what}")) }
}

fn text(value: &Value) -> Result<(), String> {
    expect(value.is_string(), "a text")
}

fn texts(value: &Value) -> Result<(), String> {
    let is_right = value.as_object().is_some_and(|members| members.values().all(Value::is_string));
    expect(is_right, "a map of texts")
}

/// A hint stands in brackets behind an error: a sentence without a full stop, on one line.
fn sentence_of(value: &Value) -> Result<(), String> {
    let is_one = |text: &str| !text.trim().is_empty() && !text.ends_with('.') && !text.contains('\n');
    expect(value.as_str().is_some_and(is_one), "a sentence on one line, without a full stop")
}

fn status(value: &Value) -> Result<(), String> {
    expect(value.as_u64().is_some_and(|status| (100..600).contains(&status)), "an HTTP status code")
}

fn always(value: &Value) -> Result<(), String> {
    expect(*value == Value::Bool(true), "true, or left out")
}

fn flag(value: &Value) -> Result<(), String> {
    expect(value.is_boolean(), "true or false")
}

fn count(value: &Value) -> Result<(), String> {
    expect(value.as_u64().is_some_and(|count| count > 0), "a positive number")
}

fn object(value: &Value) -> Result<(), String> {
    expect(value.is_object(), "a map")
}

fn list(value: &Value) -> Result<(), String> {
    expect(value.is_array(), "a list")
}

fn names(value: &Value) -> Result<(), String> {
    let is_names = value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    expect(is_names, "a list of names")
}

fn aliases(value: &Value) -> Result<(), String> {
    let is_alias = |alias: &Value| match alias.as_object() {
        Some(alias) => {
            alias.len() == 2
                && ["name", "value"].iter().all(|key| alias.get(*key).is_some_and(Value::is_string))
        }
        None => alias.is_string(),
    };
    let is_list = value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_alias));
    expect(is_list, "a list of names, or of {name, value} for lists of bare values")
}

fn alternatives(value: &Value) -> Result<(), String> {
    let is_named = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty()) && names(list).is_ok();
    expect(
        value.as_array().is_some_and(|lists| lists.iter().all(is_named)),
        "a list of lists of names, each of at least one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_documented_words_pass() {
        let update = json!({
            "summary": "Lists.",
            "x-opencloud": {
                "area": "users", "method": "list", "idempotent": true, "retry_too_many_requests": false, "attempt_timeout": 120,
                "empty_response": "none", "bare_list": "things", "filter": "ThingFilter", "order_by": "ThingOrder",
                "needed_scopes": [["a:read", "a:write"], ["b:read"]],
                "hints": [{"status": 409, "code": "A", "message_contains": "b", "effect_unknown": true, "say": "Wait"},
                    {"overdue": true, "say": "Look"}],
                "final_errors": [{"status": 500, "body_has": "price", "because": "it stays so"}],
                "already_exists": [{"status": 409}],
                "notes": ["It takes a while."],
                "limits": [{"class": "c", "requests": 300, "seconds": 60, "tenths_per_user": 20, "by": ["universe_id"],
                    "stated": 2, "max_wait": 60}],
                "polling": {"first": 1, "every": 3},
                "paging": {"style": "token", "token": "t", "number": "n", "size": "s", "max": 5, "in": "body", "next": "a.b",
                    "items": "c", "total": "d", "more": "e", "incomplete": ["h"], "cursor": "f", "key": "g"},
                "operation": {"dialect": "cloud", "response": "R", "metadata": "M", "base": "/b/", "poll": "/b/o/{id}",
                    "paths": ["/b/p/{id}"], "result": "a.b", "direct": true, "query": ["scope"], "main": "c",
                    "required": ["d|e"],
                    "overdue": {"state": "RUNNING", "time": "timeout", "default": 300, "beyond": 60}},
                "main": "a", "required_response": ["b|c"], "conflict_body": "value",
                "id_from_request": {"id": "thing_id"},
                "errors_in_success": {"list": "a", "unless": "b", "about": "c", "harmless": ["D"]},
            },
            "properties": {
                "a": {"x-opencloud-aliases": ["b", {"name": "c", "value": "d"}]},
                "e": {"x-opencloud-id-from": "path"},
                "f": {"x-opencloud-also": "d"},
            },
        });
        assert_eq!(check(&update), Ok(()));
        let document = json!({"x-opencloud": {
            "hints": [{"status": 401, "say": "Look"}], "final_errors": [{"code": "17", "because": "it is off"}],
            "areas": [{"name": "a", "summary": "s", "hints": [{"status": 500, "say": "Look"}]}], "ids": [{"name": "Id", "description": "d", "names": ["id"]}],
        }});
        assert_eq!(check(&document), Ok(()));
    }

    #[test]
    fn anything_else_is_refused() {
        let cases = [
            (json!({"x-opencloud": 1}), "/x-opencloud", "x-opencloud should be a map"),
            (
                json!({"x-opencloud": {"methud": "a"}}),
                "/x-opencloud/methud",
                "methud is not in the vocabulary (docs/specification.md)",
            ),
            (
                json!({"x-opencloud": {"method": "type"}}),
                "/x-opencloud/method",
                "method type is a Rust keyword",
            ),
            (
                json!({"x-opencloud": {"method": "getUser"}}),
                "/x-opencloud/method",
                "method \"getUser\" is no snake_case identifier",
            ),
            (
                json!({"x-opencloud": {"method": ""}}),
                "/x-opencloud/method",
                "method \"\" is no snake_case identifier",
            ),
            (
                json!({"x-opencloud": {"area": "2d"}}),
                "/x-opencloud/area",
                "area \"2d\" is no snake_case identifier",
            ),
            (json!({"x-opencloud": {"area": "async"}}), "/x-opencloud/area", "area async is a Rust keyword"),
            (
                json!({"properties": {"a": {"x-opencloud-type": "Self"}}}),
                "/properties/a/x-opencloud-type",
                "x-opencloud-type Self is a Rust keyword",
            ),
            (
                json!({"x-opencloud-type": "Option"}),
                "/x-opencloud-type",
                "x-opencloud-type Option is a name of Rust's prelude",
            ),
            (
                json!({"x-opencloud": {"filter": "thing filter"}}),
                "/x-opencloud/filter",
                "filter \"thing filter\" is no UpperCamelCase identifier",
            ),
            (
                json!({"x-opencloud-type": "fooBar"}),
                "/x-opencloud-type",
                "x-opencloud-type \"fooBar\" is no UpperCamelCase identifier",
            ),
            (
                json!({"x-opencloud": {"paging": {"style": "cursor"}}}),
                "/x-opencloud/paging/style",
                "style is \"cursor\", it should be token | page | offset | entries | repeat",
            ),
            (
                json!({"x-opencloud": {"paging": {"max": 0}}}),
                "/x-opencloud/paging/max",
                "max should be a positive number",
            ),
            (
                json!({"x-opencloud": {"needed_scopes": ["a:read"]}}),
                "/x-opencloud/needed_scopes",
                "needed_scopes should be a list of lists of names, each of at least one",
            ),
            (
                json!({"x-opencloud": {"needed_scopes": [[]]}}),
                "/x-opencloud/needed_scopes",
                "needed_scopes should be a list of lists of names, each of at least one",
            ),
            (json!({"x-opencloud": {"hints": [{"status": 409}]}}), "/x-opencloud/hints/0", "say is missing"),
            (
                json!({"x-opencloud": {"final_errors": [{"because": "so"}]}}),
                "/x-opencloud/final_errors/0",
                "final_errors needs a condition: which failures is this about?",
            ),
            (
                json!({"x-opencloud": {"hints": [{"body_has": "price", "say": "Wait"}]}}),
                "/x-opencloud/hints/0/body_has",
                "body_has is for final_errors only",
            ),
            (
                json!({"x-opencloud": {"hints": [{"status": 409, "say": "Wait."}]}}),
                "/x-opencloud/hints/0/say",
                "say should be a sentence on one line, without a full stop",
            ),
            (
                json!({"x-opencloud": {"hints": [{"status": "409", "say": "Wait"}]}}),
                "/x-opencloud/hints/0/status",
                "status should be an HTTP status code",
            ),
            (
                json!({"x-opencloud": {"already_exists": [{"overdue": false}]}}),
                "/x-opencloud/already_exists/0/overdue",
                "overdue should be true, or left out",
            ),
            (
                json!({"x-opencloud": {"hints": [{"status": 409, "say": "Wait"}, {"overdue": true, "say": "Look"}]}}),
                "/x-opencloud/hints/1/overdue",
                "overdue needs `operation.overdue`, which says when",
            ),
            (
                json!({"x-opencloud": {"operation": {"overdue": {"state": "A", "time": "t", "default": 1}}}}),
                "/x-opencloud/operation/overdue",
                "beyond is missing",
            ),
            (
                json!({"x-opencloud": {"areas": [{"name": "a", "summary": "s", "hints": [{"stat": 1, "say": "x"}]}]}}),
                "/x-opencloud/areas/0/hints/0/stat",
                "stat is not in the vocabulary (docs/specification.md)",
            ),
            (
                json!({"x-opencloud": {"limits": [{"class": "c", "requests": 1, "seconds": 60}]}}),
                "/x-opencloud/limits/0",
                "by is missing",
            ),
            (
                json!({"x-opencloud": {"limits": [{"period": 60}]}}),
                "/x-opencloud/limits/0/period",
                "period is not in the vocabulary (docs/specification.md)",
            ),
            (
                json!({"x-opencloud": {"polling": {"every": 0}}}),
                "/x-opencloud/polling/every",
                "every should be a positive number",
            ),
            (
                json!({"x-opencloud": {"areas": [{"name": "a"}]}}),
                "/x-opencloud/areas/0",
                "summary is missing",
            ),
            (
                json!({"x-opencloud": {"ids": [{"name": "user_id"}]}}),
                "/x-opencloud/ids/0/name",
                "name \"user_id\" is no UpperCamelCase identifier",
            ),
            (
                json!({"x-opencloud-aliases": [{"name": "c"}]}),
                "/x-opencloud-aliases",
                "x-opencloud-aliases should be a list of names, or of {name, value} for lists of bare values",
            ),
            (
                json!({"x-opencloud": {"required_response": "id"}}),
                "/x-opencloud/required_response",
                "required_response should be a list of names",
            ),
            (
                json!({"x-opencloud": {"id_from_request": {"id": 1}}}),
                "/x-opencloud/id_from_request",
                "id_from_request should be a map of texts",
            ),
            (
                json!({"x-opencloud": {"errors_in_success": {"unless": "b"}}}),
                "/x-opencloud/errors_in_success",
                "list is missing",
            ),
            (
                json!({"x-opencloud": {"errors_in_success": {"list": "a", "except": ["B"]}}}),
                "/x-opencloud/errors_in_success/except",
                "except is not in the vocabulary (docs/specification.md)",
            ),
            (
                json!({"x-opencloud": {"conflict_body": true}}),
                "/x-opencloud/conflict_body",
                "conflict_body is true, it should be value",
            ),
            (
                json!([{"x-enum-varnames": "A"}]),
                "/0/x-enum-varnames",
                "x-enum-varnames should be a list of names",
            ),
        ];
        for (update, pointer, message) in cases {
            let expected = Problem { pointer: pointer.into(), message: message.into() };
            assert_eq!(check(&update), Err(expected), "{update}");
        }
    }
}
