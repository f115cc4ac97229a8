//! The JSON Schema of every type says what the document says.

use opencloud_codegen::Model;
use opencloud_codegen::model::EnumValues;
use opencloud_emulator::{Document, Mode, Sample};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

const SPECIFICATION: &str = include_str!("../../../spec/open-cloud.json");

fn by_name() -> BTreeMap<&'static str, Value> {
    schemas().into_iter().map(|(name, schema)| (name, schema.to_value())).collect()
}

#[test]
fn every_type_has_a_schema_with_its_fields() {
    let model = Model::build(SPECIFICATION, None).expect("a model");
    let schemas = by_name();
    assert_eq!(schemas.len(), model.structs.len() + model.enums.len());
    for of in model.structs.values() {
        let schema = &schemas[of.name.as_str()];
        let found: BTreeSet<&str> =
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let expected: BTreeSet<&str> = of.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(found, expected, "{}", of.name);
        assert_eq!(schema["required"], Value::Null, "{}: every field may be absent", of.name);
    }
    for of in model.enums.values() {
        let expected: Vec<Value> = match &of.values {
            EnumValues::Words(values) => values.iter().map(|(_, word)| json!(word)).collect(),
            EnumValues::Numbers(values) => values.iter().map(|(_, number)| json!(number)).collect(),
        };
        assert_eq!(schemas[of.name.as_str()]["examples"], Value::Array(expected), "{}", of.name);
    }
}

#[test]
fn a_full_value_of_the_document_fits_its_schema_and_a_wrong_one_does_not() {
    let document = Document::embedded();
    let mut checked = 0;
    let mut wrong = 0;
    for (name, schema) in by_name() {
        let Some(component) = document.schema(name) else { continue };
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let value = Sample::response(Mode::Full).value(document, component);
        if let Err(error) = validator.validate(&value) {
            panic!("{name}: {error} in {value}");
        }
        checked += 1;
        // A list where a scalar belongs.
        if let Some(object) = value.as_object() {
            for (key, property) in object.iter().filter(|(_, property)| property.is_boolean()) {
                let mut broken = object.clone();
                broken.insert(key.clone(), json!([property]));
                assert!(!validator.is_valid(&Value::Object(broken)), "{name}.{key} takes anything");
                wrong += 1;
            }
        }
    }
    assert!(checked > 300 && wrong > 50, "{checked} checked, {wrong} refused");
}
