//! Update masks: `displayName,socialLink.title`.

use serde_json::{Map, Value};

use crate::api::failure::Failure;
use crate::document::{Document, Operation, camel};

/// How deep a path may lead into a field.
const MAX_DEPTH: usize = 8;

/// Applies a request's body to a resource.
///
/// With a mask, exactly the fields that it names change; those that the body lacks, or has as null, are cleared.
/// Without one, the fields of the body change, and nulls say nothing.
pub(crate) fn apply(
    resource: &mut Map<String, Value>,
    body: &Map<String, Value>,
    mask: Option<&str>,
    is_writable: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let Some(mask) = mask.filter(|mask| *mask != "*") else {
        for (name, value) in body {
            if !value.is_null() && is_writable(name) {
                resource.insert(name.clone(), value.clone());
            }
        }
        return Ok(());
    };
    let paths: Vec<String> = mask.split(',').map(camel).collect();
    for path in &paths {
        let mut fields = path.split('.');
        let field = fields.next().unwrap_or_default();
        refuse_if!(
            !is_writable(field) || fields.count() > MAX_DEPTH,
            "The update mask names '{path}', which cannot be updated."
        );
    }
    for path in &paths {
        copy(resource, body, path);
    }
    Ok(())
}

fn copy(target: &mut Map<String, Value>, source: &Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => match source.get(path) {
            None | Some(Value::Null) => {
                target.remove(path);
            }
            Some(value) => {
                target.insert(path.to_owned(), value.clone());
            }
        },
        Some((field, rest)) => {
            let empty = Map::new();
            let source = source.get(field).and_then(Value::as_object).unwrap_or(&empty);
            let inner = target.entry(field).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Some(inner) = inner.as_object_mut() {
                copy(inner, source, rest);
            }
        }
    }
}

/// Whether the body of an operation has this property, and it is not read-only.
pub(crate) fn is_writable(document: &Document, operation: &Operation, name: &str) -> bool {
    set_by_service(document, operation, name) == Some(false)
}

/// Whether the body of an operation has this property, and it is read-only.
pub(crate) fn is_read_only(document: &Document, operation: &Operation, name: &str) -> bool {
    set_by_service(document, operation, name) == Some(true)
}

/// Whether a property of the body is read-only; none if there is no such property.
fn set_by_service(document: &Document, operation: &Operation, name: &str) -> Option<bool> {
    let media = operation.body.as_ref()?.content.first()?;
    let property = document.resolve(&media.schema).get("properties")?.get(name)?;
    let is_read_only = |schema: &Value| schema.get("readOnly") == Some(&Value::Bool(true));
    Some(is_read_only(property) || is_read_only(document.resolve(property)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(mask: Option<&str>, body: Value) -> Result<Value, String> {
        let mut resource = json!({ "a": 1, "b": { "c": 2, "d": 3 }, "fixed": 4 });
        let target = resource.as_object_mut().expect("an object");
        let body = body.as_object().expect("an object");
        match apply(target, body, mask, |name| name != "fixed") {
            Ok(()) => Ok(resource),
            Err(failure) => Err(failure.message),
        }
    }

    #[test]
    fn a_mask_says_what_changes() {
        let body = json!({ "a": 9, "b": { "c": 8 } });
        let changed = applied(Some("b.c"), body.clone()).expect("applied");
        assert_eq!(changed, json!({ "a": 1, "b": { "c": 8, "d": 3 }, "fixed": 4 }));
        let changed = applied(Some("a,b"), body).expect("applied");
        assert_eq!(changed, json!({ "a": 9, "b": { "c": 8 }, "fixed": 4 }));
    }

    #[test]
    fn a_masked_field_that_is_missing_is_cleared() {
        let changed = applied(Some("a,b.d"), json!({ "a": null })).expect("applied");
        assert_eq!(changed, json!({ "b": { "c": 2 }, "fixed": 4 }));
    }

    #[test]
    fn without_a_mask_the_body_says_what_changes() {
        let changed = applied(None, json!({ "a": 9, "b": null, "fixed": 5 })).expect("applied");
        assert_eq!(changed, json!({ "a": 9, "b": { "c": 2, "d": 3 }, "fixed": 4 }));
    }

    #[test]
    fn what_is_read_only_cannot_be_masked() {
        let refused = applied(Some("a,fixed"), json!({})).expect_err("refused");
        assert!(refused.contains("'fixed'"), "{refused}");
    }

    #[test]
    fn both_ways_of_writing_names_are_read() {
        assert_eq!(camel("game_join_restriction"), "gameJoinRestriction");
        assert_eq!(camel("gameJoinRestriction"), "gameJoinRestriction");
        assert_eq!(camel("a_b.c_d"), "aB.cD");
    }
}
