use crate::Document;
use crate::document::{list, properties_mut};
use serde_json::Value;

/// Each property, parameter and value of an enum gets a `description`: the phrase that the overlay has for
/// it, and what the document states besides. Of several phrases the narrowest counts: one for this place,
/// then the schema's own description, then the one that is shared by all of that name.
///
/// Relies on `hoist` and `aliases`: every type has its name. Stands before `tolerance`, which removes
/// bounds and defaults.
pub fn run(document: &mut Document) -> usize {
    let phrases = document.extension()["phrases"].clone();
    let mut count = 0;
    for (name, schema) in document.schemas_mut() {
        count += describe_values(&phrases["values"], name, schema);
        for (property, schema) in properties_mut(schema) {
            let narrow = [&phrases["types"][name][property]];
            count += describe(&narrow, &phrases["properties"][property], schema);
        }
    }
    document.each_operation(|_, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let area = id.split('.').next().unwrap_or_default();
        for parameter in list(operation, "parameters") {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let narrow = [&phrases["operations"][&id][&name], &phrases["areas"][area][&name]];
            count += describe(&narrow, &phrases["parameters"][&name], parameter);
        }
    });
    count
}

/// Sets the description of a property or parameter, whose schema is its own or stands inside it.
fn describe(narrow: &[&Value], shared: &Value, described: &mut Value) -> usize {
    let own = described.get("description").cloned().unwrap_or_default();
    let phrase = narrow.iter().copied().chain([&own, shared]).find_map(Value::as_str).map(str::to_owned);
    let facts = facts(described.get("schema").unwrap_or(described));
    let (Some(phrase), Some(object)) = (phrase, described.as_object_mut()) else { return 0 };
    let sentences: Vec<String> = std::iter::once(phrase).chain(facts).collect();
    object.insert("description".to_owned(), sentences.join(" ").into());
    1
}

/// Sets the descriptions of an enum's values, in their order. `words` stands for values that say
/// what they mean.
fn describe_values(phrases: &Value, name: &str, schema: &mut Value) -> usize {
    let Some(values) = schema.get("enum").and_then(Value::as_array) else { return 0 };
    let names = schema.get("x-enum-varnames").and_then(Value::as_array);
    let descriptions: Vec<Value> = values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let key = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let shared = &phrases["*"][&key];
            let phrase = &phrases[name][&key];
            match [phrase, shared].into_iter().find(|phrase| phrase.is_string()) {
                Some(phrase) => phrase.clone(),
                None if phrases[name] == "words" => {
                    words(names.and_then(|names| names.get(at)?.as_str()).unwrap_or(&key)).into()
                }
                None => Value::Null,
            }
        })
        .collect();
    let count = descriptions.iter().filter(|description| description.is_string()).count();
    if let Some(object) = schema.as_object_mut() {
        object.insert("x-enum-descriptions".to_owned(), Value::Array(descriptions));
    }
    count
}

/// `HAIR_ACCESSORY` and `hairAccessory` -> `Hair accessory.`
fn words(value: &str) -> String {
    use heck::ToSnakeCase;
    let mut text = value.to_snake_case().replace('_', " ") + ".";
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// What a schema states of its values, as sentences.
fn facts(schema: &Value) -> Vec<String> {
    let mut facts = Vec::new();
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    // The largest number that a type holds is no bound.
    let maximum = number("maximum").filter(|maximum| *maximum < f64::from(i32::MAX));
    facts.extend(span(number("minimum"), maximum, ""));
    facts.extend(span(number("minLength").filter(|least| *least > 1.0), number("maxLength"), " characters"));
    if number("minLength") == Some(1.0) {
        facts.push("Not empty.".to_owned());
    }
    facts.extend(span(number("minItems"), number("maxItems"), " items"));
    if schema.get("format").is_some_and(|format| format == "uuid") {
        facts.push("A UUID.".to_owned());
    }
    let default = schema.get("default").filter(|default| !default.is_null() && **default != "");
    facts.extend(default.map(|default| match default.as_str() {
        Some(text) => format!("Default: `{text}`."),
        None => format!("Default: `{default}`."),
    }));
    facts
}

fn span(least: Option<f64>, most: Option<f64>, unit: &str) -> Option<String> {
    match (least, most) {
        (Some(least), Some(most)) if least == most => Some(format!("Exactly {least}{unit}.")),
        (Some(least), Some(most)) => Some(format!("From {least} to {most}{unit}.")),
        (Some(least), None) => Some(format!("At least {least}{unit}.")),
        (None, Some(most)) => Some(format!("At most {most}{unit}.")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;
    use serde_json::json;

    /// A document with phrases, a type `Thing` and an operation `things.get`.
    fn described(phrases: Value, properties: Value, parameters: Value) -> (Document, usize) {
        let document = testing::document(
            json!({ "operationId": "things.get", "parameters": parameters }),
            json!({
                "Thing": { "type": "object", "properties": properties },
                "Size": { "type": "string", "enum": ["S", "LARGE_ONE", "OTHER"] },
            }),
        );
        let mut value = document.value().clone();
        value["x-opencloud"] = json!({ "phrases": phrases });
        let mut document = Document::parse(&value.to_string()).expect("a document");
        let count = run(&mut document);
        (document, count)
    }

    #[test]
    fn the_narrowest_phrase_counts() {
        let (document, count) = described(
            json!({
                "properties": { "a": "Shared a.", "b": "Shared b.", "c": "Shared c." },
                "types": { "Thing": { "a": "The thing's a." } },
                "parameters": { "p": "Shared p.", "q": "Shared q.", "r": "Shared r." },
                "areas": { "things": { "p": "Of the area.", "q": "Of the area." } },
                "operations": { "things.get": { "p": "Of the operation." } },
            }),
            json!({ "a": { "description": "Own a." }, "b": { "description": "Own b." }, "c": {}, "d": {} }),
            json!([{ "name": "p" }, { "name": "q" }, { "name": "r" }, { "name": "s" }]),
        );
        let properties = &document.schemas()["Thing"]["properties"];
        let text = |value: &Value| value["description"].as_str().map(str::to_owned);
        assert_eq!(text(&properties["a"]).as_deref(), Some("The thing's a."));
        assert_eq!(text(&properties["b"]).as_deref(), Some("Own b."));
        assert_eq!(text(&properties["c"]).as_deref(), Some("Shared c."));
        assert_eq!(text(&properties["d"]), None);
        let parameters = testing::operation(&document)["parameters"].clone();
        let texts: Vec<_> = parameters.as_array().into_iter().flatten().map(text).collect();
        let expected = [Some("Of the operation."), Some("Of the area."), Some("Shared r."), None];
        assert_eq!(texts, expected.map(|text| text.map(str::to_owned)));
        assert_eq!(count, 6);
    }

    #[test]
    fn what_the_document_states_stands_behind_the_phrase() {
        let cases = [
            (json!({ "minimum": 1, "maximum": 100, "default": 10 }), "It. From 1 to 100. Default: `10`."),
            (json!({ "minimum": 0, "maximum": i32::MAX }), "It. At least 0."),
            (json!({ "maxLength": 50 }), "It. At most 50 characters."),
            (json!({ "minLength": 1, "default": "" }), "It. Not empty."),
            (json!({ "minItems": 2, "maxItems": 2 }), "It. Exactly 2 items."),
            (json!({ "format": "uuid" }), "It. A UUID."),
            (json!({ "$ref": "#/components/schemas/Size", "default": "S" }), "It. Default: `S`."),
        ];
        for (schema, expected) in cases {
            let phrases = json!({ "properties": { "it": "It." }, "parameters": { "it": "It." } });
            let (document, _) = described(
                phrases,
                json!({ "it": schema }),
                json!([{ "name": "it", "in": "query", "schema": schema }]),
            );
            assert_eq!(document.schemas()["Thing"]["properties"]["it"]["description"], expected);
            assert_eq!(testing::operation(&document)["parameters"][0]["description"], expected);
        }
    }

    #[test]
    fn values_are_described_or_say_what_they_mean() {
        let values = |phrases: Value| {
            let (document, _) =
                described(json!({ "values": phrases }), json!({ "size": reference_to("Size") }), json!([]));
            document.schemas()["Size"]["x-enum-descriptions"].clone()
        };
        assert_eq!(values(json!({ "Size": "words" })), json!(["S.", "Large one.", "Other."]));
        assert_eq!(
            values(json!({ "Size": { "S": "Small." }, "*": { "OTHER": "Not listed.", "S": "Shared." } })),
            json!(["Small.", null, "Not listed."])
        );
    }
}
