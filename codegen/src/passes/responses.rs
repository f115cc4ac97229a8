use crate::Document;
use crate::passes::bodies::{Kind, kind};
use serde_json::{Map, Value, json};

/// `responses` becomes `response`: the schema of success, if success carries anything.
///
/// The lowest 2xx status with a schema wins; where several differ (200 and 202 of an operation that
/// may not be done), they are states of one envelope. A response declared as text is decoded by its
/// schema all the same: services declare `text/plain` and send JSON.
pub fn run(document: &mut Document) -> usize {
    let mut count = 0;
    document.each_operation(|_, operation| {
        let responses = match operation.remove("responses") {
            Some(Value::Object(responses)) => responses,
            _ => Map::new(),
        };
        count += responses.keys().filter(|status| !status.starts_with('2')).count();
        let success = responses.iter().filter(|(status, _)| status.starts_with('2'));
        let success: Vec<&Map<_, _>> = success.filter_map(|(_, of)| of["content"].as_object()).collect();
        count += success.len().saturating_sub(1);
        let schema = success.iter().find_map(|content| {
            let json = content.iter().find(|(media, _)| kind(media) == Kind::Json);
            let any = json.or_else(|| content.iter().next());
            any.and_then(|(_, media)| media.get("schema")).cloned()
        });
        if let Some(schema) = schema {
            let content = json!({ "content": { "application/json": { "schema": schema } } });
            operation.insert("response".to_owned(), content);
        }
    });
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing;

    #[test]
    fn one_success_schema_remains() {
        let content = |media: &str, name: &str| json!({ "content": { media: { "schema": crate::document::reference_to(name) } } });
        let mut document = testing::document(
            json!({ "responses": {
                "200": { "description": "OK" },
                "202": content("text/plain", "Thing"),
                "400": content("application/json", "Problem"),
                "default": content("application/json", "Problem"),
            } }),
            json!({}),
        );
        assert_eq!(run(&mut document), 2);
        let operation = testing::operation(&document);
        assert!(operation.get("responses").is_none());
        assert_eq!(
            operation["response"]["content"]["application/json"]["schema"],
            crate::document::reference_to("Thing")
        );
    }
}
