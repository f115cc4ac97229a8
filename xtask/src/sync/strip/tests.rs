use super::*;

fn operation(operation: Value, path: &str) -> (Value, Vec<String>) {
    let mut report = Report::default();
    let document = json!({
        "openapi": "3.0.4",
        "paths": {path: {"get": operation}},
        "components": {},
    });
    let stripped = strip(&document, Keep::Facts, &mut report);
    (stripped["paths"][path]["get"].clone(), report.warnings)
}

#[test]
fn an_operation_without_anything_becomes_valid() {
    let (stripped, warnings) = operation(json!({"summary": "s", "tags": ["t"]}), "/a/{b}");
    assert_eq!(
        stripped,
        json!({
            "parameters": [{"name": "b", "in": "path", "required": true, "schema": {"type": "string"}}],
            "security": [],
            "responses": {"200": {"description": "OK"}},
        })
    );
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn parameters_keep_their_facts() {
    let (stripped, warnings) = operation(
        json!({"parameters": [
            {"name": "a", "in": "query", "description": "d", "examples": {}, "schema": {"type": "integer", "enum": [1, 2]},
             "x-enum-varnames": ["One", "Two"], "style": "form", "explode": false},
            {"name": "b", "in": "header", "required": true},
            {"name": "c", "in": "path", "schema": {}},
            {"name": "d", "in": "cookie", "schema": {}},
            {"name": "e", "in": "query", "style": "simple", "content": {"application/json": {"schema": {"type": "object"}}}},
            {"in": "query"},
        ], "responses": {"200": {}}}),
        "/a",
    );
    assert_eq!(
        stripped["parameters"],
        json!([
            {"name": "a", "in": "query", "style": "form", "explode": false,
             "schema": {"type": "integer", "enum": [1, 2], "x-enum-varnames": ["One", "Two"]}},
            {"name": "b", "in": "header", "required": true, "schema": {"type": "string"}},
            {"name": "e", "in": "query", "schema": {"type": "object"}},
        ])
    );
    assert_eq!(warnings.len(), 5, "{warnings:?}");
}

#[test]
fn bodies_and_responses_keep_their_facts() {
    let (stripped, warnings) = operation(
        json!({
            "requestBody": {"description": "d", "required": true, "content": {"multipart/form-data": {
                "schema": {"type": "object"}, "example": {}, "encoding": {"f": {"style": "form", "contentType": "image/png"}},
            }}},
            "responses": {
                "200": {"description": "Prose.", "headers": {"h": {"description": "d", "schema": {"type": "string"}}, "i": {}},
                    "content": {"application/json": {"schema": {"title": "t"}, "examples": {}}}},
                "4xx": {}, "default": {}, "ok": {}, "x-note": "n",
            },
        }),
        "/a",
    );
    assert_eq!(
        stripped["requestBody"],
        json!({"required": true, "content": {"multipart/form-data": {
            "schema": {"type": "object"}, "encoding": {"f": {"style": "form", "contentType": "image/png"}},
        }}})
    );
    assert_eq!(
        stripped["responses"],
        json!({
            "200": {"description": "OK", "headers": {"h": {"schema": {"type": "string"}}, "i": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {}}}},
            "4XX": {"description": "Client Error"}, "default": {"description": "Any other status"},
        })
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn security_schemes_keep_names_and_urls() {
    let schemes = json!({
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header", "description": "d"},
        "auth": {"type": "oauth2", "description": "d", "flows": {"authorizationCode": {
            "authorizationUrl": "https://a", "tokenUrl": "https://t", "scopes": {"a:read": "Prose."}}}},
        "odd": {"type": "mutualTLS"},
    });
    assert_eq!(
        security_schemes(&schemes),
        json!({
            "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "auth": {"type": "oauth2", "flows": {"authorizationCode": {
                "authorizationUrl": "https://a", "tokenUrl": "https://t", "scopes": {"a:read": ""}}}},
        })
    );
}

#[test]
fn what_is_ours_stays_after_the_overlay() {
    let document = json!({
        "openapi": "3.0.4",
        "x-opencloud": {"areas": []},
        "paths": {"/a": {"get": {
            "summary": "Ours.", "x-opencloud": {"area": "a"}, "tags": ["t"],
            "parameters": [{"name": "p", "in": "query", "schema": {"description": "Ours.", "x-opencloud-type": "P"}}],
            "responses": {"200": {"description": "Ours."}},
        }}},
        "components": {"schemas": {
            "A": {"description": "Ours.", "x-opencloud-open": true, "title": "t"},
            "B": {"$ref": "#/components/schemas/A", "description": "Ours.", "nullable": true, "type": "string"},
        }},
    });
    let mut report = Report::default();
    let stripped = strip(&document, Keep::Ours, &mut report);
    let operation = &stripped["paths"]["/a"]["get"];
    assert_eq!(operation["summary"], "Ours.");
    assert_eq!(operation["x-opencloud"], json!({"area": "a"}));
    assert_eq!(operation.get("tags"), None);
    assert_eq!(
        operation["parameters"][0]["schema"],
        json!({"description": "Ours.", "x-opencloud-type": "P"})
    );
    assert_eq!(operation["responses"]["200"], json!({"description": "Ours."}));
    assert_eq!(stripped["x-opencloud"], json!({"areas": []}));
    let schemas = &stripped["components"]["schemas"];
    assert_eq!(schemas["A"], json!({"description": "Ours.", "x-opencloud-open": true}));
    let reference = json!({"$ref": "#/components/schemas/A"});
    assert_eq!(schemas["B"], json!({"allOf": [reference], "description": "Ours.", "nullable": true}));
    assert_eq!(strip(&stripped, Keep::Ours, &mut report), stripped);
    assert_eq!(report.warnings, [""; 0]);
}
