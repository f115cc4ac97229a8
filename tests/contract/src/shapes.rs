//! Responses as the document states them, and what may happen to their names.

use crate::operations;
use opencloud::OperationInfo;
use opencloud_emulator::{Document, Mode, Operation, Sample};
use serde_json::{Map, Value, json};

/// The operation in the SDK's table.
pub fn info(operation: &Operation) -> &'static OperationInfo {
    let all = opencloud::operations::ALL.iter();
    all.copied().find(|info| info.id == operation.id).expect("an operation of the table")
}

/// A full response of a call, if it is an object.
pub fn response(operation: &Operation) -> Option<Value> {
    let media = operation.successes().find_map(|response| response.content.first())?;
    let sample = Sample::response(Mode::Full).value(Document::embedded(), &media.schema);
    sample.is_object().then(|| succeeding(operation, sample))
}

/// A response without the failures that make an error of a success (AS-11, AS-17).
pub fn succeeding(operation: &Operation, mut response: Value) -> Value {
    if let Some(errors) = info(operation).errors_in_success
        && let Some(items) = response.get_mut(errors.list).and_then(Value::as_array_mut)
    {
        items.retain(|item| item["code"].as_str().is_some_and(|code| errors.harmless.contains(&code)));
    }
    response
}

/// What the overlay says of an operation.
pub fn extension(operation: &Operation) -> Value {
    let mut paths = Document::embedded().root()["paths"].as_object().into_iter().flatten();
    let method = operation.method.to_lowercase();
    let found = paths.find(|(path, item)| {
        path.split('#').next() == Some(&operation.path)
            && item[&method]["operationId"] == operation.id.as_str()
    });
    found.map(|(_, item)| item[&method]["x-opencloud"].clone()).unwrap_or_default()
}

/// What the overlay says of following an operation; `None` if it starts none.
pub fn following(operation: &Operation) -> Option<Value> {
    extension(operation).get("operation").cloned()
}

/// A full result of an operation that the call starts.
pub fn result(operation: &Operation) -> Option<Value> {
    let facts = following(operation)?;
    match facts["response"].as_str() {
        Some(name) => {
            let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
            Some(Sample::response(Mode::Full).value(Document::embedded(), &reference))
        }
        None => response(operation),
    }
}

/// The other names of a property of an operation's response or result: name, and for a list of bare values the
/// property that they are the value of.
pub fn aliases(schema: &Value) -> Vec<(String, String, Option<String>)> {
    let schema = Document::embedded().resolve(schema);
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .flat_map(|(name, property)| {
            let aliases = property["x-opencloud-aliases"].as_array().into_iter().flatten();
            aliases.map(|alias| match alias.as_str() {
                Some(alias) => (name.clone(), alias.to_owned(), None),
                None => {
                    let text = |key: &str| alias[key].as_str().unwrap_or_default().to_owned();
                    (name.clone(), text("name"), Some(text("value")))
                }
            })
        })
        .collect()
}

/// The names under which each property of a response may be found: its aliases, and the path that it is the end of.
pub fn names(schema: &Value) -> Vec<(String, String)> {
    let paths = Document::embedded().resolve(schema)["properties"].as_object().into_iter().flatten();
    let paths = paths.filter_map(|(name, property)| {
        Some((name.clone(), property["x-opencloud-id-from"].as_str()?.to_owned()))
    });
    aliases(schema).into_iter().map(|(name, alias, _)| (name, alias)).chain(paths).collect()
}

/// A change of an object: to one of its names, or beside them.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    Drop(usize),
    Rename(usize),
    AddScalar,
    AddNull,
    AddEmptyList,
    AddList,
    AddObject,
}

/// The prefix of every name that no service has.
const STRANGE: &str = "zzStrange";

/// The object with these changes made one after the other.
pub fn changed(value: &Value, changes: &[Change]) -> Value {
    let mut object = value.as_object().cloned().unwrap_or_default();
    for (number, change) in changes.iter().enumerate() {
        let strange = format!("{STRANGE}{number}");
        let mut at = |place: usize| {
            let name = object.keys().nth(place % object.len().max(1)).cloned()?;
            object.remove(&name)
        };
        let added = match change {
            Change::Drop(place) => {
                at(*place);
                None
            }
            Change::Rename(place) => at(*place),
            Change::AddScalar => Some(json!(7)),
            Change::AddNull => Some(Value::Null),
            Change::AddEmptyList => Some(json!([])),
            Change::AddList => Some(json!([{ "a": 1 }])),
            Change::AddObject => Some(json!({ "a": 1 })),
        };
        if let Some(added) = added {
            object.insert(strange, added);
        }
    }
    Value::Object(object)
}

/// Whether a value is a list or an object with something in it.
pub fn has_content(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    }
}

/// The members of an object under names that no service has.
pub fn strangers(value: &Value) -> impl Iterator<Item = &Value> {
    let members = value.as_object().into_iter().flatten();
    members.filter(|(name, _)| name.starts_with(STRANGE)).map(|(_, value)| value)
}

/// Whether something that a call is about may be among the members that no service has.
pub fn may_hide(value: &Value, is_single: bool) -> bool {
    strangers(value).any(|value| has_content(value) || (is_single && !value.is_null() && !value.is_array()))
}

/// An object of these members.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(Map::from_iter(members.map(|(name, value)| (name.to_owned(), value))))
}

/// All operations that list.
pub fn lists() -> impl Iterator<Item = &'static Operation> {
    operations().iter().filter(|operation| info(operation).paging.is_some())
}
