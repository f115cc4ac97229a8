//! JSON of any size as a tree that a page can show: searched, and cut where it gets long.

use serde_json::{Value, json};

use crate::document::text_of;

/// Of one object or list.
const MAX_CHILDREN: usize = 100;
const MAX_NODES: usize = 5_000;
const MAX_TEXT: usize = 2_000;
/// What is never shown.
const SECRETS: [&str; 5] = ["apikey", "clientsecret", "privatekey", "secretkey", "token"];

/// The tree; with a search, only what contains the text, whether as a name or as a value.
pub(super) fn of(value: &Value, search: Option<&str>) -> Value {
    let search = search.map(str::to_lowercase);
    let mut builder = Builder { nodes: MAX_NODES };
    let tree = builder.node(value, search.as_deref());
    tree.unwrap_or_else(|| json!({ "type": "object", "total": 0, "children": [] }))
}

struct Builder {
    /// How many more there may be.
    nodes: usize,
}

impl Builder {
    /// None, if nothing in it is what is searched for.
    fn node(&mut self, value: &Value, search: Option<&str>) -> Option<Value> {
        match value {
            Value::Object(object) => {
                let children: Vec<_> = object.iter().map(|(name, value)| (name.clone(), value)).collect();
                self.branch("object", &children, search)
            }
            Value::Array(list) => {
                let items = list.iter().enumerate().map(|(index, value)| (index.to_string(), value));
                let (kind, children) = match pairs(list) {
                    Some(children) => ("object", children),
                    None => ("array", items.collect()),
                };
                self.branch(kind, &children, search)
            }
            scalar => {
                let text = text_of(scalar);
                let found = search.is_none_or(|search| text.to_lowercase().contains(search));
                found.then(|| leaf(scalar, &text))
            }
        }
    }

    fn branch(&mut self, kind: &str, children: &[(String, &Value)], search: Option<&str>) -> Option<Value> {
        let mut shown = Vec::new();
        let mut found = 0;
        for (name, value) in children {
            let secret = SECRETS.contains(&name.to_lowercase().as_str()) && value.is_string();
            let redacted = json!("[redacted]");
            let value = if secret { &redacted } else { *value };
            // All of what has the name is what is searched for; the place in a list is no name.
            let named = kind == "object" && search.is_some_and(|search| name.to_lowercase().contains(search));
            let inner = if named { None } else { search };
            if found >= MAX_CHILDREN || self.nodes == 0 {
                found += usize::from(inner.is_none_or(|search| contains(value, search)));
                continue;
            }
            if let Some(node) = self.node(value, inner) {
                found += 1;
                self.nodes = self.nodes.saturating_sub(1);
                shown.push(json!([name, node]));
            }
        }
        if search.is_some() && found == 0 {
            return None;
        }
        Some(json!({ "type": kind, "total": found, "children": shown }))
    }
}

fn contains(value: &Value, search: &str) -> bool {
    match value {
        Value::Object(object) => {
            object.iter().any(|(name, value)| name.to_lowercase().contains(search) || contains(value, search))
        }
        Value::Array(list) => list.iter().any(|value| contains(value, search)),
        scalar => text_of(scalar).to_lowercase().contains(search),
    }
}

fn leaf(scalar: &Value, text: &str) -> Value {
    let kind = match scalar {
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        _ => "null",
    };
    let shown: String = text.chars().take(MAX_TEXT).collect();
    json!({ "type": kind, "text": shown, "cut": shown.len() < text.len() })
}

/// A map whose keys are no texts is written as a list of pairs; it is shown as the map that it is.
fn pairs(list: &[Value]) -> Option<Vec<(String, &Value)>> {
    let pair = |pair: &'_ Value| match pair.as_array().map(Vec::as_slice) {
        Some([key, value]) if !key.is_object() && (value.is_object() || value.is_array()) => {
            let parts = key.as_array().map_or(std::slice::from_ref(key), Vec::as_slice);
            let words: Vec<_> = parts.iter().map(text_of).filter(|word| !word.is_empty()).collect();
            Some(words.join(" / "))
        }
        _ => None,
    };
    let pairs: Option<Vec<_>> = list.iter().map(|item| Some((pair(item)?, item.get(1)?))).collect();
    pairs.filter(|pairs| !pairs.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tree: &Value) -> Vec<&str> {
        let children = tree["children"].as_array().expect("children");
        children.iter().filter_map(|child| child[0].as_str()).collect()
    }

    #[test]
    fn a_search_finds_names_and_values_and_leaves_out_the_rest() {
        let value = json!({ "Coins": { "a": 1 }, "Other": { "b": "coin", "c": 2 }, "Third": [3] });
        let tree = of(&value, Some("COIN"));
        assert_eq!(names(&tree), ["Coins", "Other"]);
        assert_eq!(names(&tree["children"][0][1]), ["a"], "all of what has the name");
        assert_eq!(names(&tree["children"][1][1]), ["b"], "only what has the value");
        assert_eq!(of(&value, Some("nothing"))["total"], 0);
    }

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let many: Vec<_> = (0..300).map(|number| json!(number)).collect();
        let tree = of(&json!({ "many": many, "long": "x".repeat(3_000) }), None);
        let child = |index: usize| &tree["children"][index][1];
        assert_eq!((names(child(1)).len(), &child(1)["total"]), (100, &json!(300)));
        assert_eq!(child(0)["text"].as_str().map(str::len), Some(2_000));
        assert_eq!(child(0)["cut"], true);
        let wide: Vec<_> = (0..90).map(|_| json!(vec![0; 90])).collect();
        let wide: Vec<_> = (0..90).map(|_| json!(wide)).collect();
        let size = of(&json!(wide), None).to_string().matches("\"number\"").count();
        assert!(size <= MAX_NODES, "{size}");
    }

    #[test]
    fn a_list_of_pairs_is_shown_as_a_map() {
        let tree = of(&json!([[["scope", "key"], { "a": 1 }], [["", "other"], { "a": 2 }]]), None);
        assert_eq!((names(&tree), &tree["type"]), (vec!["scope / key", "other"], &json!("object")));
        assert_eq!(of(&json!([[1, 2], [3, 4]]), None)["type"], "array");
    }

    #[test]
    fn secrets_are_not_shown() {
        let tree = of(&json!({ "apiKey": "s3cret", "token": { "kept": 1 } }), None);
        assert!(!tree.to_string().contains("s3cret"));
        assert_eq!(names(&tree["children"][1][1]), ["kept"]);
    }
}
