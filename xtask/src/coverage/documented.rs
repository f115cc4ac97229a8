//! Which public generated items say what they are, and which phrases of the overlay describe nothing.

use std::collections::BTreeMap;

use opencloud_codegen::Model;
use opencloud_codegen::document::members;
use opencloud_codegen::model::{Enum, EnumValues, Field, Parameter};
use serde::Serialize;
use serde_json::Value;

/// How many items of a kind there are, and the places of those that say nothing.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Items {
    pub all: usize,
    pub missing: Vec<String>,
}

impl Items {
    fn add(&mut self, place: impl FnOnce() -> String, is_documented: bool) {
        self.all += 1;
        if !is_documented {
            self.missing.push(place());
        }
    }

    pub fn documented(&self) -> usize {
        self.all - self.missing.len()
    }
}

/// What of the generated code is documented.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Documented {
    /// By kind: areas, types, fields, values, parameters.
    pub kinds: BTreeMap<&'static str, Items>,
    /// Phrases that describe nothing.
    pub unused: Vec<String>,
}

impl Documented {
    /// Whether every item is documented, and every phrase is of use.
    pub fn is_whole(&self) -> bool {
        self.unused.is_empty() && self.kinds.values().all(|items| items.missing.is_empty())
    }
}

/// Counts the items of a model.
pub(super) fn count(model: &Model) -> Documented {
    let mut kinds: BTreeMap<&'static str, Items> = BTreeMap::new();
    let mut add = |kind, place: &dyn Fn() -> String, is_documented| {
        kinds.entry(kind).or_default().add(place, is_documented);
    };
    for area in model.areas.iter().filter(|area| model.in_area(&area.name).next().is_some()) {
        let is_page = !area.tasks.is_empty() && area.example.is_some();
        add("areas", &|| format!("{}: tasks or example", area.name), is_page);
    }
    for of in model.structs.values() {
        add("types", &|| of.name.clone(), of.description.is_some());
        for field in &of.fields {
            add("fields", &|| format!("{}.{}", of.name, field.name), field.description.is_some());
        }
    }
    for of in model.enums.values() {
        add("types", &|| of.name.clone(), of.description.is_some());
        for (at, word) in words(of).iter().enumerate() {
            let is_documented = of.descriptions.get(at).is_some_and(Option::is_some);
            add("values", &|| format!("{}.{word}", of.name), is_documented);
        }
    }
    for operation in &model.operations {
        for parameter in &operation.parameters {
            let place = || format!("{}.{}", operation.id, parameter.name);
            add("parameters", &place, parameter.description.is_some());
        }
    }
    Documented { kinds, unused: unused(model) }
}

/// The values of an enum, as the overlay names them.
fn words(of: &Enum) -> Vec<String> {
    match &of.values {
        EnumValues::Words(values) => values.iter().map(|(_, word)| word.clone()).collect(),
        EnumValues::Numbers(values) => values.iter().map(|(_, number)| number.to_string()).collect(),
    }
}

/// The phrases that describe nothing: there is no such item, or another phrase is in its place.
fn unused(model: &Model) -> Vec<String> {
    let phrases = &model.document.extension()["phrases"];
    let starts = |description: &Option<String>, phrase: &str| {
        description.as_ref().is_some_and(|description| description.starts_with(phrase))
    };
    let fields = || model.structs.values().flat_map(|of| of.fields.iter().map(move |field| (of, field)));
    let parameters =
        || model.operations.iter().flat_map(|of| of.parameters.iter().map(move |known| (of, known)));
    let mut unused = Vec::new();
    let mut check = |place: &[&str], is_used: bool| {
        if !is_used {
            unused.push(place.join("."));
        }
    };
    for (name, phrase) in members(&phrases["properties"]) {
        let has = |field: &Field| field.name == *name && starts(&field.description, text(phrase));
        check(&["properties", name], fields().any(|(_, field)| has(field)));
    }
    for (name, phrase) in members(&phrases["parameters"]) {
        let has = |known: &Parameter| known.name == *name && starts(&known.description, text(phrase));
        check(&["parameters", name], parameters().any(|(_, known)| has(known)));
    }
    for (group, name, _) in grouped(&phrases["types"]) {
        check(&["types", group, name], fields().any(|(of, field)| of.name == *group && field.name == *name));
    }
    for (group, name, phrase) in grouped(&phrases["areas"]) {
        let has = |known: &Parameter| known.name == *name && starts(&known.description, text(phrase));
        check(&["areas", group, name], parameters().any(|(of, known)| of.area == *group && has(known)));
    }
    for (group, name, _) in grouped(&phrases["operations"]) {
        let is_used = parameters().any(|(of, known)| of.id == *group && known.name == *name);
        check(&["operations", group, name], is_used);
    }
    for (group, _) in members(&phrases["values"]) {
        check(&["values", group], group == "*" || model.enums.contains_key(group));
    }
    for (group, name, phrase) in grouped(&phrases["values"]) {
        let describes = |of: &Enum| {
            let at = words(of).iter().position(|word| word == name);
            at.and_then(|at| of.descriptions.get(at)).is_some_and(|known| starts(known, text(phrase)))
        };
        let mut enums = model.enums.values().filter(|of| group == "*" || of.name == *group);
        check(&["values", group, name], enums.any(describes));
    }
    unused
}

fn text(phrase: &Value) -> &str {
    phrase.as_str().unwrap_or_default()
}

fn grouped(groups: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    members(groups)
        .flat_map(|(group, phrases)| members(phrases).map(move |(name, phrase)| (group, name, phrase)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_says_nothing_and_what_describes_nothing_is_listed() {
        let document = json!({
            "openapi": "3.0.4",
            "x-opencloud": {
                "areas": [{ "name": "a", "summary": "A.", "tasks": ["Get."], "example": "client.a();" },
                    { "name": "b", "summary": "B." }],
                "phrases": {
                    "properties": { "told": "What it is.", "gone": "Nothing." },
                    "parameters": { "p": "What it is.", "gone": "Nothing." },
                    "types": { "Thing": { "size": "How large it is.", "gone": "Nothing." } },
                    "areas": { "a": { "p": "Hidden behind the next." } },
                    "operations": { "a.get": { "p": "Which one." } },
                    "values": { "Size": { "S": "Small.", "XL": "Nothing." }, "*": { "L": "Large." } },
                },
            },
            "paths": {
                "/a": { "get": {
                    "operationId": "a.get", "x-opencloud": { "area": "a", "method": "get" },
                    "parameters": [{ "name": "p", "in": "query", "schema": {} },
                        { "name": "q", "in": "query", "schema": {} }],
                    "responses": { "200": { "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Thing" } } } } },
                } },
                "/b": { "get": { "operationId": "b.get", "x-opencloud": { "area": "b", "method": "get" },
                    "responses": {} } },
            },
            "components": { "schemas": {
                "Thing": { "type": "object", "description": "A thing.", "properties": {
                    "told": { "type": "string" }, "untold": { "type": "string" },
                    "size": { "$ref": "#/components/schemas/Size" } } },
                "Size": { "type": "string", "enum": ["S", "M", "L"] },
            } },
        });
        let model = Model::build(&document.to_string(), None).unwrap();
        let documented = count(&model);
        let missing = |kind: &str| documented.kinds[kind].missing.clone();
        assert_eq!(missing("areas"), ["b: tasks or example"]);
        assert_eq!(missing("types"), ["Size"]);
        assert_eq!(missing("fields"), ["Thing.untold"]);
        assert_eq!(missing("values"), ["Size.M"]);
        assert_eq!(missing("parameters"), ["a.get.q"]);
        assert_eq!((documented.kinds["fields"].all, documented.kinds["fields"].documented()), (3, 2));
        let unused = [
            "properties.gone",
            "parameters.gone",
            "parameters.p",
            "types.Thing.gone",
            "areas.a.p",
            "values.Size.XL",
        ];
        assert_eq!(documented.unused, unused);
        assert!(!documented.is_whole());
    }
}
