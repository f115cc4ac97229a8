use crate::Document;
use crate::document::{properties_mut, reference};
use crate::emit::doc_lines;
use serde_json::{Value, json};

/// Stands where there is no phrase yet, as for what Roblox has just added.
pub const UNDESCRIBED: &str = "Not described yet.";

/// What a flag of a property means to those who read or set the field.
const FLAGS: [(&str, &str); 3] = [
    ("readOnly", " Set by the service."),
    ("writeOnly", " Only in requests."),
    ("deprecated", " Deprecated by Roblox."),
];

/// The documentation of types and fields, as progenitor takes it: the `description`. A reference has no room for one, so it
/// is the only member of an `allOf`.
pub fn run(document: &mut Document) -> usize {
    let mut count = 0;
    for schema in document.schemas_mut().values_mut() {
        schema["description"] = json!(readable(schema["description"].as_str().unwrap_or(UNDESCRIBED)));
        for (_, property) in properties_mut(schema) {
            let text = text(property);
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

fn text(property: &Value) -> String {
    let mut text = property["description"].as_str().unwrap_or(UNDESCRIBED).to_owned();
    for (flag, words) in FLAGS {
        if property.get(flag) == Some(&json!(true)) {
            text.push_str(words);
        }
    }
    if property["format"] == "password" {
        text.push_str(" It grants access by itself, so `Debug` does not show it.");
    }
    readable(&text)
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
    fn a_property_says_what_it_is_and_which_way_it_travels() {
        let mut document = testing::components(json!({
            "Inner": { "type": "object", "description": "A thing.\rOr two." },
            "Outer": { "type": "object", "properties": {
                "inner": { "$ref": "#/components/schemas/Inner", "description": "What it holds." },
                "new": { "type": "string" },
                "old": { "type": "string", "description": "A name.", "readOnly": true, "deprecated": true },
                "key": { "type": "string", "description": "A key.", "format": "password", "writeOnly": true },
            } },
        }));
        assert_eq!(run(&mut document), 4);
        assert_eq!(document.schemas()["Inner"]["description"], " A thing.\n Or two.");
        let properties = &document.schemas()["Outer"]["properties"];
        assert_eq!(
            properties["inner"],
            json!({ "allOf": [reference_to("Inner")], "description": " What it holds." })
        );
        for (name, text) in [
            ("new", " Not described yet."),
            ("old", " A name. Set by the service. Deprecated by Roblox."),
            ("key", " A key. Only in requests. It grants access by itself, so `Debug` does not show it."),
        ] {
            assert_eq!(properties[name]["description"], text);
        }
    }
}
