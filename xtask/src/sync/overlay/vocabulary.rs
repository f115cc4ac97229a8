//! The words of our extensions: a typo here must not silently do nothing.

use serde_json::Value;

use super::super::names::ident;
use super::super::tree::{escape, items, sorted_entries};

/// What is wrong, and where in the update.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub pointer: String,
    pub message: String,
}

type Check = fn(&Value) -> Result<(), String>;

/// What a word can hold.
enum Shape {
    Value(Check),
    Map(&'static Table),
    List(&'static Table),
}

use Shape::{List, Map, Value as Is};

type Words = &'static [(&'static str, Shape)];

/// The words of a map.
struct Table {
    words: &'static [Words],
    required: &'static [&'static str],
    /// Whether one of the first words must be there.
    is_condition: bool,
}

const fn table(words: &'static [Words], required: &'static [&'static str]) -> Table {
    Table { words, required, is_condition: false }
}

const fn condition(words: &'static [Words], required: &'static [&'static str]) -> Table {
    Table { words, required, is_condition: true }
}

const OPERATION: Words = &[
    ("area", Is(snake_case)),
    ("method", Is(snake_case)),
    ("paging", Map(&PAGING)),
    ("operation", Map(&LONG_RUNNING)),
    ("filter", Is(upper_camel_case)),
    ("order_by", Is(upper_camel_case)),
    ("public", Is(always)),
    ("idempotent", Is(flag)),
    ("retry_too_many_requests", Is(flag)),
    ("attempt_timeout", Is(count)),
    ("bare_list", Is(text)),
    ("main", Is(text)),
    ("required_response", Is(names)),
    ("id_from_request", Is(texts)),
    ("errors_in_success", Map(&ERRORS_IN_SUCCESS)),
    ("conflict_body", Is(|value| one_of(value, &["value"]))),
    ("empty_response", Is(|value| one_of(value, &["none"]))),
    ("needed_scopes", Is(alternatives)),
    ("already_exists", List(&ALREADY_EXISTS)),
    ("notes", Is(names)),
    ("limits", List(&LIMIT)),
    ("polling", Map(&POLLING)),
];

/// What is known of failures of an operation, of an area, or of all.
const FAILURES: Words = &[("hints", List(&HINT)), ("final_errors", List(&FINAL_ERROR))];

const DOCUMENT: Words = &[("areas", List(&AREA)), ("ids", List(&ID)), ("phrases", Map(&PHRASES))];

/// Phrases by the names of what they describe, and those by the names of what that stands in.
const PHRASE_WORDS: Words = &[
    ("properties", Is(phrases)),
    ("parameters", Is(phrases)),
    ("types", Is(groups_of_phrases)),
    ("areas", Is(groups_of_phrases)),
    ("operations", Is(groups_of_phrases)),
    ("values", Is(groups_of_phrases)),
];
static PHRASES: Table = table(&[PHRASE_WORDS], &[]);

const AREA_WORDS: Words =
    &[("name", Is(snake_case)), ("summary", Is(text)), ("tasks", Is(names)), ("example", Is(text))];
static AREA: Table = table(&[AREA_WORDS, FAILURES], &["name", "summary"]);

const ID_WORDS: Words = &[("name", Is(upper_camel_case)), ("description", Is(text)), ("names", Is(names))];
static ID: Table = table(&[ID_WORDS], &["name", "description", "names"]);

/// Which failures a hint, a final error or "already exists" is about.
const CONDITION: Words = &[
    ("status", Is(status)),
    ("code", Is(text)),
    ("message_contains", Is(text)),
    ("effect_unknown", Is(always)),
    ("overdue", Is(always)),
];
const BODY: Words = &[("body_has", Is(text))];
const NO_BODY: Words = &[("body_has", Is(|_| Err("is for final_errors only".to_owned())))];
static HINT: Table = condition(&[CONDITION, NO_BODY, &[("say", Is(sentence_of))]], &["say"]);
static FINAL_ERROR: Table = condition(&[CONDITION, BODY, &[("because", Is(sentence_of))]], &["because"]);
static ALREADY_EXISTS: Table = condition(&[CONDITION, NO_BODY], &[]);

const LIMIT_WORDS: Words = &[
    ("class", Is(text)),
    ("requests", Is(count)),
    ("seconds", Is(count)),
    ("tenths_per_user", Is(count)),
    ("by", Is(names)),
    ("stated", Is(count)),
    ("max_wait", Is(count)),
    ("shared_with_game", Is(always)),
    ("extendable", Is(always)),
    ("units", Is(always)),
];
static LIMIT: Table = table(&[LIMIT_WORDS], &["class", "requests", "seconds", "by"]);

static POLLING: Table = table(&[&[("first", Is(count)), ("every", Is(count))]], &[]);

/// Where a response of success lists what has failed.
const ERRORS: Words =
    &[("list", Is(text)), ("unless", Is(text)), ("about", Is(text)), ("harmless", Is(names))];
static ERRORS_IN_SUCCESS: Table = table(&[ERRORS], &["list"]);

const PAGING_WORDS: Words = &[
    ("style", Is(|value| one_of(value, &["token", "page", "offset", "entries", "repeat"]))),
    ("token", Is(text)),
    ("number", Is(text)),
    ("size", Is(text)),
    ("max", Is(count)),
    ("in", Is(|value| one_of(value, &["query", "body"]))),
    ("next", Is(text)),
    ("items", Is(text)),
    ("total", Is(text)),
    ("more", Is(text)),
    ("incomplete", Is(names)),
    ("cursor", Is(text)),
    ("key", Is(text)),
];
static PAGING: Table = table(&[PAGING_WORDS], &[]);

const DIALECTS: [&str; 6] = ["cloud", "analytics", "experiment", "luau", "restart", "thumbnail_upload"];
const LONG_RUNNING_WORDS: Words = &[
    ("dialect", Is(|value| one_of(value, &DIALECTS))),
    ("response", Is(text)),
    ("metadata", Is(text)),
    ("base", Is(text)),
    ("poll", Is(text)),
    ("paths", Is(names)),
    ("result", Is(text)),
    ("direct", Is(flag)),
    ("query", Is(names)),
    ("main", Is(text)),
    ("required", Is(names)),
    ("overdue", Map(&OVERDUE)),
];
static LONG_RUNNING: Table = table(&[LONG_RUNNING_WORDS], &[]);

const OVERDUE_WORDS: Words =
    &[("state", Is(text)), ("time", Is(text)), ("default", Is(count)), ("beyond", Is(count))];
static OVERDUE: Table = table(&[OVERDUE_WORDS], &["state", "time", "default", "beyond"]);

/// Checks all of our extensions in an update.
pub(crate) fn check(update: &Value) -> Result<(), Problem> {
    walk(update, "")
}

fn walk(value: &Value, at: &str) -> Result<(), Problem> {
    for (index, item) in items(value).iter().enumerate() {
        walk(item, &format!("{at}/{index}"))?;
    }
    for (key, member) in sorted_entries(value) {
        let pointer = format!("{at}/{}", escape(key));
        let checked = match key.as_str() {
            "x-opencloud-type" => upper_camel_case(member),
            "x-opencloud-also" | "x-opencloud-id-from" | "x-opencloud-resource-name" => text(member),
            "x-enum-varnames" => names(member),
            "x-opencloud-aliases" => aliases(member),
            "x-opencloud" => Ok(extension(member, &pointer)?),
            _ => Ok(walk(member, &pointer)?),
        };
        checked.map_err(|what| problem(&pointer, key, what))?;
    }
    Ok(())
}

fn extension(value: &Value, at: &str) -> Result<(), Problem> {
    let is_of_document = DOCUMENT.iter().any(|(word, _)| value.get(word).is_some());
    let words = if is_of_document { DOCUMENT } else { OPERATION };
    members(value, at, &[words, FAILURES])?;
    // A hint about an operation that is overdue has something to go by.
    match items(&value["hints"]).iter().position(|hint| hint.get("overdue").is_some()) {
        Some(index) if value.pointer("/operation/overdue").is_none() => {
            let at = format!("{at}/hints/{index}/overdue");
            Err(problem(&at, "overdue", "requires `operation.overdue`, which says when".into()))
        }
        _ => Ok(()),
    }
}

/// Checks a map against its table.
fn map(value: &Value, at: &str, table: &Table) -> Result<(), Problem> {
    members(value, at, table.words)?;
    if let Some(word) = table.required.iter().find(|word| value.get(word).is_none()) {
        return Err(problem(at, word, "is missing".into()));
    }
    let conditions = table.words.first().into_iter().chain(table.words.get(1)).copied().flatten();
    if table.is_condition && !conditions.into_iter().any(|(word, _)| value.get(word).is_some()) {
        let list = at.rsplit('/').nth(1).unwrap_or(at);
        return Err(problem(at, list, "requires a condition: which failures is this about?".into()));
    }
    Ok(())
}

fn members(value: &Value, at: &str, words: &[Words]) -> Result<(), Problem> {
    object(value).map_err(|what| problem(at, at.rsplit('/').next().unwrap_or(at), what))?;
    for (key, member) in sorted_entries(value) {
        let pointer = format!("{at}/{}", escape(key));
        let shape = words.iter().copied().flatten().find(|(word, _)| word == key).map(|(_, shape)| shape);
        match shape {
            Some(Is(check)) => check(member).map_err(|what| problem(&pointer, key, what))?,
            Some(Map(table)) => map(member, &pointer, table)?,
            Some(List(table)) => {
                list(member).map_err(|what| problem(&pointer, key, what))?;
                for (index, item) in items(member).iter().enumerate() {
                    map(item, &format!("{pointer}/{index}"), table)?;
                }
            }
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
    match name {
        _ if !ident::is_snake_case(name) => Err(format!("{name:?} is not a snake_case identifier")),
        _ if ident::is_keyword(name) => Err(format!("{name} is a Rust keyword")),
        _ => Ok(()),
    }
}

fn upper_camel_case(value: &Value) -> Result<(), String> {
    let name = value.as_str().ok_or("should be an UpperCamelCase name")?;
    match name {
        _ if !ident::is_upper_camel_case(name) => {
            Err(format!("{name:?} is not an UpperCamelCase identifier"))
        }
        _ if ident::is_keyword(name) => Err(format!("{name} is a Rust keyword")),
        _ if ident::is_prelude(name) => Err(format!("{name} is a name of Rust's prelude")),
        _ => Ok(()),
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

/// Phrases stand in documentation, one line each.
fn phrases(value: &Value) -> Result<(), String> {
    object(value)?;
    let is_one =
        |text: &str| text.ends_with('.') && !text.contains('\n') && !text.starts_with(char::is_whitespace);
    match sorted_entries(value).into_iter().find(|(_, phrase)| !phrase.as_str().is_some_and(is_one)) {
        Some((name, _)) => Err(format!("{name}: should be sentences on one line, with a full stop")),
        None => Ok(()),
    }
}

/// As [`phrases`] by name; `words` stands for the values of an enum that say what they mean.
fn groups_of_phrases(value: &Value) -> Result<(), String> {
    object(value)?;
    for (name, group) in sorted_entries(value).into_iter().filter(|(_, group)| *group != "words") {
        phrases(group).map_err(|what| format!("{name}: {what}"))?;
    }
    Ok(())
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
                    "stated": 2, "max_wait": 60, "shared_with_game": true, "extendable": true, "units": true}],
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
        let phrases = json!({"x-opencloud": {"phrases": {
            "properties": {"a": "What it is."}, "parameters": {}, "types": {"T": {"a": "What it is. More."}},
            "areas": {"b": {"c": "Which one."}}, "operations": {"b.get": {"c": "Which one."}},
            "values": {"E": "words", "*": {"X": "Not stated."}},
        }}});
        assert_eq!(check(&phrases), Ok(()));
    }

    #[test]
    fn anything_else_is_refused() {
        let cases = [
            (json!({"x-opencloud": 1}), "/x-opencloud", "x-opencloud should be a map"),
            (
                json!({"x-opencloud": {"phrases": {"fields": {}}}}),
                "/x-opencloud/phrases/fields",
                "fields is not in the vocabulary (docs/specification.md)",
            ),
            (
                json!({"x-opencloud": {"phrases": {"properties": {"a": "no full stop"}}}}),
                "/x-opencloud/phrases/properties",
                "properties a: should be sentences on one line, with a full stop",
            ),
            (
                json!({"x-opencloud": {"phrases": {"types": {"T": {"a": "Two\nlines."}}}}}),
                "/x-opencloud/phrases/types",
                "types T: a: should be sentences on one line, with a full stop",
            ),
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
                "method \"getUser\" is not a snake_case identifier",
            ),
            (
                json!({"x-opencloud": {"method": ""}}),
                "/x-opencloud/method",
                "method \"\" is not a snake_case identifier",
            ),
            (
                json!({"x-opencloud": {"area": "2d"}}),
                "/x-opencloud/area",
                "area \"2d\" is not a snake_case identifier",
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
                "filter \"thing filter\" is not an UpperCamelCase identifier",
            ),
            (
                json!({"x-opencloud-type": "fooBar"}),
                "/x-opencloud-type",
                "x-opencloud-type \"fooBar\" is not an UpperCamelCase identifier",
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
                "final_errors requires a condition: which failures is this about?",
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
                "overdue requires `operation.overdue`, which says when",
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
                "name \"user_id\" is not an UpperCamelCase identifier",
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
