//! How the parts of a document are got at.

use serde_json::Value;

/// The members of a property that is an object; none if it is not one.
pub(crate) fn members<'a>(
    holder: &'a Value,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    holder.get(name).and_then(Value::as_object).into_iter().flatten()
}

/// The items of a list; none if it is not one.
pub(crate) fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

/// What a `$ref` refers to, or the value itself.
pub(super) fn follow<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    text(value, "$ref").and_then(|reference| root.pointer(reference.trim_start_matches('#'))).unwrap_or(value)
}

/// A scalar as text, and a text without its quotation marks.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A property that is a text.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}
