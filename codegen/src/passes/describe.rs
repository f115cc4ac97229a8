use crate::Document;
use crate::document::reference;
use crate::emit::doc_lines;
use serde_json::{Value, json};

/// What a flag of a property means to whoever reads or sets the field.
const FLAGS: [(&str, &str); 3] = [
    ("readOnly", " Set by the service."),
    ("writeOnly", " Never in a response."),
    ("deprecated", " Deprecated by Roblox."),
];

/// The documentation of types and fields, as progenitor takes it: the `description`. A reference has no room for one, so it
/// is the only member of an `allOf`.
pub fn run(document: &mut Document) -> usize {
    let mut count = 0;
    for schema in document.schemas_mut().values_mut() {
        if let Some(text) = schema.get("description").and_then(Value::as_str).map(readable) {
            schema["description"] = json!(text);
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let text = text(name, property);
            if reference(property).is_some()
                && let Some(property) = property.as_object_mut()
                && let Some(target) = property.remove("$ref")
            {
                property.insert("allOf".to_owned(), json!([{ "$ref": target }]));
            }
            property["description"] = json!(text);
            count += 1;
        }
    }
    count
}

fn text(name: &str, property: &Value) -> String {
    let mut text = format!("`{name}`.");
    for (flag, words) in FLAGS {
        if property.get(flag) == Some(&json!(true)) {
            text.push_str(words);
        }
    }
    if property["format"] == "password" {
        text.push_str(" It grants access by itself, so `Debug` does not show it.");
    }
    let leaf = leaf(property);
    match leaf["x-rust-type"]["path"].as_str() {
        Some(path) if path.starts_with("opencloud::ids::") && leaf.get("x-number").is_none() => {
            text.push_str(" Sent as a string.");
        }
        Some("std::time::Duration") => text.push_str(" Sent as seconds with up to nine decimals."),
        _ => {}
    }
    readable(&text)
}

/// The innermost schema of lists and maps.
fn leaf(schema: &Value) -> &Value {
    let inner = ["items", "additionalProperties"].iter().find_map(|key| schema.get(key));
    inner.map_or(schema, leaf)
}

/// Without what a doc comment cannot hold; each line with the space that rustfmt would put before it.
fn readable(text: &str) -> String {
    doc_lines(text).iter().map(|line| format!(" {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::reference_to;
    use crate::passes::testing;

    #[test]
    fn a_property_says_what_is_to_be_known_of_it() {
        let rust = |path: &str| json!({ "x-rust-type": { "path": path } });
        let mut document = testing::components(json!({
            "Inner": { "type": "object", "description": "A thing.\rOr two." },
            "Outer": { "type": "object", "properties": {
                "inner": reference_to("Inner"),
                "old": { "type": "string", "readOnly": true, "deprecated": true },
                "key": { "type": "string", "format": "password" },
                "ids": { "type": "array", "items": rust("opencloud::ids::UserId") },
                "wait": rust("std::time::Duration"),
            } },
        }));
        assert_eq!(run(&mut document), 5);
        assert_eq!(document.schemas()["Inner"]["description"], " A thing.\n Or two.");
        let properties = &document.schemas()["Outer"]["properties"];
        assert_eq!(
            properties["inner"],
            json!({ "allOf": [reference_to("Inner")], "description": " `inner`." })
        );
        for (name, text) in [
            ("old", " `old`. Set by the service. Deprecated by Roblox."),
            ("key", " `key`. It grants access by itself, so `Debug` does not show it."),
            ("ids", " `ids`. Sent as a string."),
            ("wait", " `wait`. Sent as seconds with up to nine decimals."),
        ] {
            assert_eq!(properties[name]["description"], text);
        }
    }
}
