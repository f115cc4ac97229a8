//! What the overlay says of the names in a response, and what the generated code makes of it.

use opencloud_codegen::{Model, emit};
use serde_json::{Value, json};

/// A document of one operation that takes and gives a thing.
fn document(properties: Value, extension: Value) -> Value {
    let thing = json!({ "$ref": "#/components/schemas/Thing" });
    let mut own = json!({ "area": "things", "method": "create" });
    for (name, value) in extension.as_object().into_iter().flatten() {
        own[name] = value.clone();
    }
    json!({
        "openapi": "3.0.4",
        "info": { "title": "t", "version": "1" },
        "servers": [{ "url": "https://apis.roblox.com" }],
        "paths": { "/things": { "post": {
            "operationId": "things.create",
            "security": [{ "roblox-api-key": [] }],
            "requestBody": { "required": true, "content": { "application/json": { "schema": thing } } },
            "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": thing } } } },
            "x-opencloud": own,
        } } },
        "components": { "schemas": {
            "Thing": { "type": "object", "properties": properties },
            "Part": { "type": "object", "properties": { "data": {}, "weight": { "type": "number" } } },
        } },
        "x-opencloud": { "areas": [{ "name": "things", "summary": "Things." }], "ids": [] }
    })
}

fn build(properties: Value, extension: Value) -> Result<Model, opencloud_codegen::Error> {
    Model::build(&document(properties, extension).to_string(), None)
}

/// The text on one line, with single blanks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn parts() -> Value {
    json!({ "type": "array", "items": { "$ref": "#/components/schemas/Part" } })
}

#[test]
fn a_property_has_other_names_and_its_id_may_be_the_end_of_a_path() {
    let mut parts = parts();
    parts["x-opencloud-aliases"] = json!(["oldParts", { "name": "values", "value": "data" }]);
    let properties = json!({
        "parts": parts,
        "path": { "type": "string" },
        "id": { "type": "string", "x-opencloud-id-from": "path" },
        // Beside a reference, which stands for the whole schema.
        "main": { "allOf": [{ "$ref": "#/components/schemas/Part" }], "x-opencloud-aliases": ["first"] },
    });
    let model = build(properties, json!({})).expect("a model");
    let raw = flat(&emit::raw::emit(&model).expect("types"));
    let reading = "crate::wire::decode::object! { Thing { \"id\" => id, \"main\" => main, \"parts\" => parts, \"path\" => path, } \
                   aliases { \"first\" => main, \"oldParts\" => parts, } \
                   values { \"values\" => parts: Part.data, } ids { id => path, } requested { } }";
    assert!(raw.contains(reading), "{raw}");
    // Most types have nothing of it.
    assert!(
        raw.contains("crate::wire::decode::object! { Part { \"data\" => data, \"weight\" => weight, } }"),
        "{raw}"
    );
}

#[test]
fn names_that_a_type_cannot_be_read_by_are_refused() {
    let text = || json!({ "type": "string" });
    for (properties, why) in [
        (json!({ "a": { "type": "string", "x-opencloud-aliases": ["b"] }, "b": text() }), "the alias `b`"),
        (
            json!({ "a": { "type": "string", "x-opencloud-aliases": [{ "name": "b", "value": "c" }] } }),
            "`a` is not a list of items",
        ),
        (json!({ "a": { "type": "string", "x-opencloud-id-from": "path" } }), "cannot be taken from `path`"),
    ] {
        let error = build(properties, json!({})).expect_err(why).to_string();
        assert!(error.contains(why) && error.contains("`Thing`"), "{error}");
    }
}

#[test]
fn what_must_not_be_sent_is_checked_at_any_depth() {
    let properties = json!({
        "kind": { "type": "string", "enum": ["A"], "readOnly": true },
        "of": { "allOf": [{ "$ref": "#/components/schemas/Part" }], "readOnly": true },
        "parts": parts(),
        "name": { "type": "string" },
    });
    let model = build(properties, json!({})).expect("a model");
    let raw = flat(&emit::raw::emit(&model).expect("types"));
    let checks = "crate::wire::checked_type!(Thing { \"kind\" => kind, \"of\" => of, } inside { \"parts\" => parts, });";
    assert!(raw.contains(checks), "{raw}");
    assert!(raw.contains("crate::wire::checked_type!(Part { } inside { \"weight\" => weight, });"), "{raw}");
    let api = emit::api::emit(&model).expect("calls");
    assert!(api.contains(".checked_json::<types::Thing>"), "{api}");
    // Read-only properties have no setters.
    assert!(
        raw.contains("Thing () /// Not described yet. Optional. name = name: {String}, /// Not described yet. Optional. parts = parts: [Part], }"),
        "{raw}"
    );
}

#[test]
fn what_a_response_must_hold_is_in_the_table() {
    let table = |properties: Value, extension: Value| {
        emit::operations::emit(&build(properties, extension).expect("a model")).expect("a table")
    };
    let expects = |main: &str, is_single: bool, required: &str| {
        format!("expects: ExpectedFields {{ main: {main}, is_single: {is_single}, required: &{required} }}")
    };
    let id_and = |name: &str, schema: Value| {
        let mut properties = json!({ "id": { "type": "string" } });
        properties[name] = schema;
        properties
    };
    for (properties, extension, expected) in [
        // The only thing that a response has.
        (json!({ "parts": parts() }), json!({}), expects("Some(\"parts\")", false, "[]")),
        (json!({ "id": { "type": "string" } }), json!({}), expects("None", false, "[]")),
        (id_and("parts", parts()), json!({}), expects("None", false, "[]")),
        (
            id_and("parts", parts()),
            json!({ "main": "parts", "required_response": ["id|path"] }),
            expects("Some(\"parts\")", false, "[\"id|path\"]"),
        ),
        (
            id_and("size", json!({ "type": "number" })),
            json!({ "main": "size" }),
            expects("Some(\"size\")", true, "[]"),
        ),
        (
            id_and("part", json!({ "$ref": "#/components/schemas/Part" })),
            json!({ "main": "part.weight" }),
            expects("Some(\"part.weight\")", true, "[]"),
        ),
        // Of what the type does not have nothing is expected.
        (
            id_and("parts", parts()),
            json!({ "main": "gone", "required_response": ["lost"] }),
            expects("None", false, "[]"),
        ),
        // What is paged has items.
        (
            id_and("parts", parts()),
            json!({ "paging": { "style": "repeat", "items": "parts" } }),
            expects("Some(\"parts\")", false, "[]"),
        ),
        // What starts something names it.
        (
            id_and("path", json!({ "type": "string" })),
            json!({ "operation": { "dialect": "cloud" } }),
            expects("None", false, "[\"path|response|error\"]"),
        ),
    ] {
        let table = table(properties, extension);
        assert!(table.contains(&expected), "{expected}\n{table}");
    }
}

/// MS-14: a response may leave out an id that the caller has chosen.
#[test]
fn an_id_may_be_that_of_the_request() {
    let text = || json!({ "type": "string" });
    let document = |parameters: Value, word: Value| {
        let properties = json!({ "id": text(), "name": text(), "size": { "type": "integer" } });
        let mut document = document(properties, json!({ "id_from_request": word }));
        document["paths"]["/things"]["post"]["parameters"] = parameters;
        document
    };
    let parameter =
        |name: &str, place: &str| json!({ "name": name, "in": place, "required": true, "schema": text() });
    let built = |parameters: Value, word: Value| {
        let model = Model::build(&document(parameters, word).to_string(), None).expect("a model");
        let raw = flat(&emit::raw::emit(&model).expect("types"));
        (raw, emit::operations::emit(&model).expect("a table"))
    };
    // A parameter, or a property of the body.
    for (place, sent) in [("query", "key"), ("body", "name")] {
        let (raw, table) = built(json!([parameter("key", "query")]), json!({ "id": sent }));
        let entry = format!("IdFromRequest {{ property: \"id\", parameter: \"{sent}\" }}");
        assert!(table.contains(&format!("id_from_request: &[{entry}],")), "{place}: {table}");
        assert!(raw.contains("ids { } requested { \"id\" => id, } }"), "{place}: {raw}");
    }
    // Words about what a version of the document does not have, or what is no id, say nothing.
    for (parameters, word) in [
        (json!([parameter("key", "query")]), json!({ "key": "key" })),
        (json!([parameter("key", "query")]), json!({ "size": "key" })),
        (json!([parameter("key", "header")]), json!({ "id": "key" })),
        (json!([]), json!({ "id": "key" })),
        (json!([]), json!({ "id": "size" })),
    ] {
        let (raw, table) = built(parameters, word.clone());
        assert!(table.contains("id_from_request: &[],"), "{word}: {table}");
        assert!(!raw.contains("requested"), "{word}: {raw}");
    }
}
