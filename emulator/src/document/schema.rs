//! From the schema dialect of OpenAPI 3.0 to JSON Schema, and the formats that Open Cloud adds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::document::walk::follow;

/// Which way a value travels. It decides what may be missing: a request has no read-only properties, a response no
/// write-only ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Request,
    Response,
}

/// Seconds that a duration may span at most, in either direction.
const MAX_DURATION_SECONDS: i64 = 315_576_000_000;

/// Compiles a schema of the document.
///
/// Objects that list their properties admit no others unless `additionalProperties` opens them: the document's own
/// `additionalProperties: false` is noise, but a property that nobody declared is a typing error.
pub(crate) fn compile(root: &Value, schema: &Value, direction: Direction) -> jsonschema::Validator {
    let json_schema = to_json_schema(root, schema, direction);
    let build = |schema: &Value| {
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .with_format("x-duration", is_duration)
            .with_format("x-byte", is_base64)
            .with_format("x-field-mask", is_field_mask)
            .with_format("x-uuid", is_uuid)
            .build(schema)
    };
    build(&json_schema).unwrap_or_else(|error| {
        // A schema that the document got wrong admits everything: the emulator still runs on it.
        eprintln!("opencloud-emulator: a schema is left unchecked: {error}");
        build(&Value::Bool(true)).expect("the schema that admits everything")
    })
}

/// The schema in JSON Schema 2020-12, with everything that it refers to under `$defs`.
pub fn to_json_schema(root: &Value, schema: &Value, direction: Direction) -> Value {
    let mut conversion = Conversion { root, direction, definitions: BTreeMap::new(), pending: Vec::new() };
    let mut converted = conversion.convert(schema, true);
    let mut definitions = Map::new();
    while let Some((reference, closed, name)) = conversion.pending.pop() {
        let target = root.pointer(reference.trim_start_matches('#'));
        let target = target.cloned().unwrap_or(Value::Object(Map::new()));
        let definition = conversion.convert(&target, closed);
        definitions.insert(name, definition);
    }
    if let Value::Object(converted) = &mut converted {
        converted.insert("$defs".to_owned(), Value::Object(definitions));
    }
    converted
}

/// The validator of one schema, compiled on first use and shared by all clones.
#[derive(Clone, Default)]
pub(crate) struct Compiled(Arc<OnceLock<jsonschema::Validator>>);

impl Compiled {
    pub(crate) fn get(&self, root: &Value, schema: &Value, direction: Direction) -> &jsonschema::Validator {
        self.0.get_or_init(|| compile(root, schema, direction))
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() { "Compiled" } else { "Compiled(not yet)" })
    }
}

struct Conversion<'a> {
    root: &'a Value,
    direction: Direction,
    definitions: BTreeMap<(String, bool), String>,
    pending: Vec<(String, bool, String)>,
}

impl Conversion<'_> {
    fn convert(&mut self, schema: &Value, closed: bool) -> Value {
        let Some(schema) = schema.as_object() else { return json!({}) };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return json!({ "$ref": format!("#/$defs/{}", self.definition(reference, closed)) });
        }
        let mut converted = Map::new();
        self.composition(schema, closed, &mut converted);
        self.object(schema, closed, &mut converted);
        if let Some(items) = schema.get("items") {
            converted.insert("items".to_owned(), self.convert(items, true));
        }
        scalars(schema, &mut converted);
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            return nullable(converted);
        }
        Value::Object(converted)
    }

    fn definition(&mut self, reference: &str, closed: bool) -> String {
        let key = (reference.to_owned(), closed);
        if let Some(name) = self.definitions.get(&key) {
            return name.clone();
        }
        let name = format!("d{}", self.definitions.len());
        self.definitions.insert(key, name.clone());
        self.pending.push((reference.to_owned(), closed, name.clone()));
        name
    }

    fn composition(&mut self, schema: &Map<String, Value>, closed: bool, converted: &mut Map<String, Value>) {
        for keyword in ["allOf", "oneOf", "anyOf"] {
            let Some(members) = schema.get(keyword).and_then(Value::as_array) else { continue };
            // The members of a real `allOf` each know only some of the properties: together they are closed.
            let together = schema.contains_key("properties") || (keyword == "allOf" && members.len() > 1);
            let members = members.iter().map(|member| self.convert(member, closed && !together)).collect();
            // The members of the document's `oneOf`s overlap: one that fits is enough.
            let keyword = if keyword == "oneOf" { "anyOf" } else { keyword };
            converted.insert(keyword.to_owned(), Value::Array(members));
            if together && closed && schema.get("additionalProperties").is_none_or(Value::is_boolean) {
                converted.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
            }
        }
        if let Some(not) = schema.get("not") {
            converted.insert("not".to_owned(), self.convert(not, false));
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, closed: bool, converted: &mut Map<String, Value>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(properties) = properties {
            let required = schema.get("required").and_then(Value::as_array);
            let is_required =
                |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
            let mut properties: Map<_, _> = properties
                .iter()
                .map(|(name, property)| (name.clone(), self.property(property, is_required(name))))
                .collect();
            for (name, schema) in self.aliases(schema) {
                properties.entry(name).or_insert(schema);
            }
            let named = !properties.is_empty();
            converted.insert("properties".to_owned(), Value::Object(properties));
            if named && closed && !converted.contains_key("unevaluatedProperties") {
                converted.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        match schema.get("additionalProperties") {
            Some(open @ Value::Object(_)) => {
                drop(converted.insert("additionalProperties".to_owned(), self.convert(open, true)));
            }
            Some(Value::Bool(true)) => drop(converted.remove("additionalProperties")),
            Some(Value::Bool(false)) if closed && !converted.contains_key("unevaluatedProperties") => {
                converted.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            _ => {}
        }
        if let Some(required) = schema.get("required").and_then(Value::as_array) {
            let must_be_there = |name: &&Value| {
                let property = name.as_str().and_then(|name| properties?.get(name));
                !property.is_some_and(|property| self.stays_home(property) || self.may_be_absent(property))
            };
            let required = required.iter().filter(must_be_there).cloned().collect();
            converted.insert("required".to_owned(), Value::Array(required));
        }
    }

    /// A property as it may be sent. The live services write the JSON of protocol buffers in more than one way: null
    /// for what is absent (MS-09, MS-16, PG-01), and whole numbers as text (OD-01, OD-06).
    fn property(&mut self, property: &Value, is_required: bool) -> Value {
        let mut converted = match self.convert(property, true) {
            Value::Object(converted) if self.direction == Direction::Response => converted,
            converted => return converted,
        };
        let is = |keyword: &str, word: &str| property.get(keyword).is_some_and(|value| value == word);
        let wide = (is("type", "integer") && is("format", "int64")) || is("format", "double");
        if wide && !converted.contains_key("enum") {
            let text = json!({ "type": "string" });
            let digits = json!({ "pattern": "^-?[0-9]+$" });
            converted = Map::from_iter([
                ("if".to_owned(), text),
                ("then".to_owned(), digits),
                ("else".to_owned(), Value::Object(converted)),
            ]);
        }
        if is_required { Value::Object(converted) } else { nullable(converted) }
    }

    /// The other names under which the service is known to send properties, each with its schema
    /// (`x-opencloud-aliases`). Requests have none.
    fn aliases(&mut self, schema: &Map<String, Value>) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        for property in properties.into_iter().flat_map(Map::values) {
            for alias in self.aliases_of(property) {
                match (alias.as_str(), alias["name"].as_str()) {
                    (Some(name), _) => found.push((name.to_owned(), self.property(property, false))),
                    // A list of bare values.
                    (None, Some(name)) => found.push((name.to_owned(), json!({ "type": ["array", "null"] }))),
                    (None, None) => {}
                }
            }
        }
        found
    }

    fn aliases_of<'s>(&self, property: &'s Value) -> &'s [Value] {
        let aliases = property["x-opencloud-aliases"].as_array();
        aliases.filter(|_| self.direction == Direction::Response).map_or(&[], Vec::as_slice)
    }

    /// Whether a response says a property otherwise, under another name or in a path.
    fn may_be_absent(&self, property: &Value) -> bool {
        self.direction == Direction::Response
            && (!self.aliases_of(property).is_empty() || property.get("x-opencloud-id-from").is_some())
    }

    /// Whether a property does not travel in this direction.
    fn stays_home(&self, property: &Value) -> bool {
        let keyword = match self.direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let says = |schema: &Value| schema.get(keyword) == Some(&Value::Bool(true));
        says(property) || says(follow(self.root, property))
    }
}

fn scalars(schema: &Map<String, Value>, converted: &mut Map<String, Value>) {
    const AS_THEY_ARE: [&str; 13] = [
        "type",
        "enum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "multipleOf",
        "minimum",
        "maximum",
        "pattern",
    ];
    for keyword in AS_THEY_ARE {
        if let Some(value) = schema.get(keyword) {
            converted.insert(keyword.to_owned(), value.clone());
        }
    }
    for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if schema.get(flag) == Some(&Value::Bool(true))
            && let Some(limit) = converted.remove(limit)
        {
            converted.insert(flag.to_owned(), limit);
        }
    }
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    match (text("type"), text("format")) {
        (Some("integer"), Some("int32")) => range(converted, i32::MIN.into(), i32::MAX.into()),
        (Some("integer"), _) => range(converted, i64::MIN, i64::MAX),
        (_, Some("date-time")) => drop(converted.insert("format".to_owned(), json!("date-time"))),
        (_, Some(format @ ("duration" | "byte" | "field-mask" | "uuid"))) => {
            drop(converted.insert("format".to_owned(), json!(format!("x-{format}"))));
        }
        _ => {}
    }
}

fn range(converted: &mut Map<String, Value>, minimum: i64, maximum: i64) {
    for (keyword, limit) in [("minimum", minimum), ("maximum", maximum)] {
        converted.entry(keyword).or_insert_with(|| json!(limit));
    }
}

fn nullable(mut converted: Map<String, Value>) -> Value {
    let name = converted.get("type").and_then(Value::as_str).map(str::to_owned);
    let composed = ["allOf", "oneOf", "anyOf"].iter().any(|keyword| converted.contains_key(*keyword));
    match name {
        Some(name) if !composed => {
            converted.insert("type".to_owned(), json!([name, "null"]));
            if let Some(Value::Array(values)) = converted.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
            Value::Object(converted)
        }
        // `if`/`then` instead of `anyOf`: it keeps the place of a violation inside the value.
        _ => json!({ "if": { "not": { "type": "null" } }, "then": converted }),
    }
}

/// `1.5s`: seconds with at most nine decimals.
pub(crate) fn read_duration(text: &str) -> Option<SignedDuration> {
    let number = text.strip_suffix('s')?;
    let (is_negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = whole.parse().ok().filter(|seconds| digits(whole) && *seconds <= MAX_DURATION_SECONDS)?;
    if !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let duration = SignedDuration::new(seconds, format!("{fraction:0<9}").parse().ok()?);
    Some(if is_negative { -duration } else { duration })
}

fn is_duration(text: &str) -> bool {
    read_duration(text).is_some()
}

/// Standard or URL-safe alphabet, with or without padding.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet =
        if text.contains(['-', '_']) { base64::alphabet::URL_SAFE } else { base64::alphabet::STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}

pub(crate) fn encode_base64(bytes: impl AsRef<[u8]>) -> String {
    general_purpose::STANDARD.encode(bytes)
}

fn is_base64(text: &str) -> bool {
    decode_base64(text).is_some()
}

fn is_field_mask(text: &str) -> bool {
    let is_name = |name: &str| {
        name == "*"
            || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
    };
    text.split(',').all(|path| path.split('.').all(is_name))
}

pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_to_the_nanosecond() {
        assert_eq!(read_duration("1.5s"), Some(SignedDuration::from_millis(1500)));
        assert_eq!(read_duration("-0.000000001s"), Some(SignedDuration::from_nanos(-1)));
        assert_eq!(read_duration("300s"), Some(SignedDuration::from_secs(300)));
        assert_eq!(read_duration("300"), None);
    }

    fn root() -> Value {
        json!({ "components": { "schemas": {
            "Item[x/y]": {
                "type": "object",
                "required": ["id", "kept", "secret"],
                "properties": {
                    "id": { "type": "string", "readOnly": true },
                    "secret": { "type": "string", "writeOnly": true },
                    "kept": { "type": "integer", "format": "int32" },
                    "inner": { "nullable": true, "allOf": [{ "$ref": "#/components/schemas/Inner" }] }
                }
            },
            "Inner": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "word": { "type": "string", "enum": ["A"], "nullable": true },
                    "span": { "type": "string", "format": "duration" }
                }
            },
            "A": { "type": "object", "properties": { "a": { "type": "string" } } },
            "B": { "type": "object", "properties": { "b": { "type": "string" } } }
        } } })
    }

    fn valid(schema: Value, direction: Direction, value: &Value) -> bool {
        compile(&root(), &schema, direction).is_valid(value)
    }

    #[test]
    fn what_is_required_depends_on_the_direction() {
        let item = || json!({ "$ref": "#/components/schemas/Item[x~1y]" });
        let request = json!({ "kept": 1, "secret": "s" });
        let response = json!({ "kept": 1, "id": "7" });
        assert!(valid(item(), Direction::Request, &request));
        assert!(!valid(item(), Direction::Response, &request));
        assert!(valid(item(), Direction::Response, &response));
        assert!(!valid(item(), Direction::Request, &response));
    }

    #[test]
    fn unknown_properties_and_nulls() {
        let inner = || json!({ "$ref": "#/components/schemas/Inner" });
        let is = |value: Value| valid(inner(), Direction::Request, &value);
        assert!(is(json!({ "word": null, "span": "1.5s" })));
        assert!(!is(json!({ "words": "A" })));
        assert!(!is(json!({ "word": "B" })));
        assert!(!is(json!({ "span": null })));
        let item = json!({ "$ref": "#/components/schemas/Item[x~1y]" });
        let with_null = json!({ "kept": 1, "secret": "", "inner": null });
        assert!(valid(item.clone(), Direction::Request, &with_null));
        let wrong = json!({ "kept": 1, "secret": "", "inner": { "x": 1 } });
        assert!(!valid(item, Direction::Request, &wrong));
    }

    #[test]
    fn a_response_may_use_other_names() {
        let schema = json!({
            "type": "object",
            "required": ["items", "id"],
            "properties": {
                "items": { "type": "array", "items": { "type": "integer" },
                    "x-opencloud-aliases": ["queueItems", { "name": "data", "value": "data" }] },
                "id": { "type": "string", "x-opencloud-id-from": "path" },
                "path": { "type": "string" }
            }
        });
        for (value, is_response) in [
            (json!({ "items": [1], "id": "7" }), true),
            (json!({ "queueItems": [1], "path": "things/7" }), true),
            (json!({ "data": ["a", {}], "path": "things/7" }), true),
            (json!({ "queueItems": ["a"], "id": "7" }), false),
            (json!({ "entries": [1], "id": "7" }), false),
        ] {
            assert_eq!(valid(schema.clone(), Direction::Response, &value), is_response, "{value}");
        }
        assert!(!valid(schema, Direction::Request, &json!({ "queueItems": [1], "id": "7" })));
    }

    #[test]
    fn the_members_of_an_all_of_are_closed_together() {
        let both = json!({ "allOf": [
            { "$ref": "#/components/schemas/A" },
            { "$ref": "#/components/schemas/B" }
        ] });
        let ab = json!({ "a": "", "b": "" });
        assert!(valid(both.clone(), Direction::Request, &ab));
        assert!(!valid(both, Direction::Request, &json!({ "c": "" })));
    }

    #[test]
    fn numbers_have_the_range_of_their_format() {
        let int32 = || json!({ "type": "integer", "format": "int32" });
        assert!(valid(int32(), Direction::Request, &json!(2_147_483_647)));
        assert!(!valid(int32(), Direction::Request, &json!(2_147_483_648_u64)));
        let int64 = || json!({ "type": "integer", "format": "int64" });
        assert!(valid(int64(), Direction::Request, &json!(i64::MAX)));
        assert!(!valid(int64(), Direction::Request, &json!(u64::MAX)));
        assert!(!valid(int64(), Direction::Request, &json!("7")));
    }

    #[test]
    fn formats() {
        for good in ["1s", "-1.5s", "0.000000001s", "315576000000s"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["1", "s", ".5s", "1.s", "1.0000000001s", "315576000001s", "PT1S"] {
            assert!(!is_duration(bad), "{bad}");
        }
        assert!(is_base64("YQ==") && is_base64("YQ") && is_base64("-_-_"));
        assert!(!is_base64("a b"));
        assert!(is_field_mask("foo.b,bar") && is_field_mask("*"));
        assert!(!is_field_mask("foo, bar") && !is_field_mask(""));
        assert!(is_uuid("0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34"));
        assert!(!is_uuid("0b47dd4e4b0f4ac89dd08ae0cbc6ad34"));
    }

    #[test]
    fn every_schema_of_the_document_compiles() {
        let root = crate::Document::embedded().root();
        let schemas = root["components"]["schemas"].as_object().expect("schemas");
        for name in schemas.keys() {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            let schema = json!({ "$ref": format!("#/components/schemas/{escaped}") });
            for direction in [Direction::Request, Direction::Response] {
                let converted = to_json_schema(root, &schema, direction);
                let built =
                    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&converted);
                assert!(built.is_ok(), "{name}: {:?}", built.err());
            }
        }
    }
}
