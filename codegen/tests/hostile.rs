//! What is generated of a document whose names and texts hold what ends a literal, a comment or a line of Rust.

#![allow(clippy::expect_used)]

use opencloud_codegen::{Generated, check, generate};
use serde_json::{Value, json};

/// Texts that end something in Rust, or that it does not allow somewhere.
fn hostile() -> Vec<(&'static str, String)> {
    vec![
        ("a bare carriage return", "a\rb".to_owned()),
        ("a line feed", "a\nb".to_owned()),
        ("both, at the ends", "\r\na\r\n".to_owned()),
        ("a quote", "a\"b'c`d".to_owned()),
        ("raw strings", "r#\"a\"# \"## b".to_owned()),
        ("the end of a comment", "a*/b/*c//d///e".to_owned()),
        ("the end of an attribute", "a]b)c}d{e{{f}}".to_owned()),
        ("backslashes", "a\\nb\\".to_owned()),
        ("control characters", "a\u{0}b\u{7f}c\u{85}d\u{2028}e\u{200b}f\u{feff}".to_owned()),
        ("a change of direction", "a\u{202e}b\u{2066}c".to_owned()),
        ("no letters", "!?".to_owned()),
        ("nothing", String::new()),
        ("other letters", "größe 😀 名前".to_owned()),
        ("a long name", "a".repeat(10_000)),
        ("a long name of many words", "ab ".repeat(3_333)),
    ]
}

/// A document in which one text stands in each place that can hold any.
fn document(text: &str) -> Value {
    let words = |value: &str| json!({ "type": "string", "enum": [value, "other"], "description": text });
    json!({
        "openapi": "3.0.4",
        "info": { "title": text, "version": text },
        "servers": [{ "url": "https://apis.roblox.com", "description": text }],
        "x-opencloud": {
            "areas": [{
                "name": "things", "summary": text,
                "hints": [{ "code": text, "say": text }],
                "final_errors": [{ "body_has": text, "because": text }]
            }],
            "ids": [{ "name": "ThingId", "description": text, "names": [text, "thingId"] }],
            "hints": [{ "message_contains": text, "say": text }]
        },
        "paths": { "/things/{thingId}/parts": { "post": {
            "operationId": "things.call",
            "summary": text,
            "description": text,
            "x-opencloud": {
                "area": "things", "method": "call", "notes": [text], "main": text, "required_response": [text],
                "hints": [{ "code": text, "say": text }], "already_exists": [{ "message_contains": text }]
            },
            "security": [{ "roblox-api-key": [text] }],
            "parameters": [
                { "in": "path", "name": "thingId", "required": true, "schema": { "type": "string" } },
                { "in": "query", "name": text, "description": text, "schema": words(text) },
                { "in": "query", "name": "filter", "required": true, "schema": { "type": "string" } }
            ],
            "requestBody": { "required": true, "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Part" }
            } } },
            "responses": { "200": { "description": text, "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Part" }
            } } } }
        } } },
        "components": { "schemas": {
            "Part": {
                "type": "object",
                "description": text,
                "required": [text],
                "properties": {
                    text: { "type": "string", "description": text, "x-opencloud-aliases": [format!("also {text}")] },
                    "word": { "$ref": "#/components/schemas/Word" },
                    "secret": { "type": "string", "format": "password" },
                    "list": { "type": "array", "items": { "$ref": "#/components/schemas/Empty" } }
                }
            },
            "Word": words(text),
            "Empty": { "type": "object", "description": text, "properties": {} }
        } }
    })
}

#[test]
fn hostile_names_and_texts_generate_rust() {
    for (what, text) in hostile() {
        check(&document(&text).to_string()).unwrap_or_else(|error| panic!("{what}: {error:.400}"));
    }
}

/// The compiler refuses source that is shown in another order than it is read in.
#[test]
fn nothing_in_the_source_is_unseen() {
    for (what, text) in hostile() {
        let Generated { raw, api, ids, operations, scopes, .. } =
            generate(&document(&text).to_string(), None).expect("code");
        for code in [raw, api, ids, operations, scopes] {
            let unseen = |ch: &char| {
                (ch.is_control() && !matches!(ch, '\n' | '\t'))
                    || matches!(ch, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert_eq!(code.chars().find(unseen), None, "{what}");
        }
    }
}

/// What cannot be a name in Rust is refused with the operation that has it, though others are about it.
#[test]
fn code_that_does_not_parse_is_refused_with_its_place() {
    let with = |word: &str, value: &str| {
        let mut document = document("hostile");
        let mut other = document["paths"]["/things/{thingId}/parts"]["post"].clone();
        other["operationId"] = json!("things.other");
        other["x-opencloud"]["method"] = json!("other");
        other["x-opencloud"][word] = json!(value);
        document["paths"]["/things/{thingId}/more"] = json!({ "put": other });
        document.to_string()
    };
    check(&with("filter", "ThingFilter")).expect("Rust");
    for word in ["method", "filter"] {
        for name in ["an other", "other\rone", "other*/", "1other", "\"", "a\"b\"c", ""] {
            let error = check(&with(word, name)).expect_err(name).to_string();
            assert!(error.starts_with("PUT /things/{thingId}/more: "), "{word} {name:?}: {error}");
            assert_eq!(error.matches("/more").count(), 1, "{error}");
        }
    }
}

/// The words reach the service as they are in the document.
#[test]
fn hostile_names_are_sent_as_they_are() {
    for (what, text) in hostile().into_iter().filter(|(_, text)| !text.is_empty()) {
        let Generated { raw, operations, .. } = generate(&document(&text).to_string(), None).expect("code");
        assert!(strings(&raw).contains(&text), "{what}: the property");
        assert!(strings(&operations).contains(&text), "{what}: the code of the hint");
    }
}

/// All string literals of a file.
fn strings(code: &str) -> Vec<String> {
    fn collect(tokens: proc_macro2::TokenStream, found: &mut Vec<String>) {
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Group(group) => collect(group.stream(), found),
                proc_macro2::TokenTree::Literal(literal) => {
                    let text: Result<syn::LitStr, _> = syn::parse_str(&literal.to_string());
                    found.extend(text.ok().map(|text| text.value()));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(code.parse().expect("tokens"), &mut found);
    found
}
