//! What the emitters need to know of a normalised document, and nothing more.

use crate::document::{Document, POLL_ONLY, reference};
use crate::passes::{self, bodies};
use crate::{Error, names};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A document, read.
#[derive(Debug)]
pub struct Model {
    /// The normalised document that the types are generated from.
    pub document: Document,
    /// What each pass changed.
    pub passes: Vec<(&'static str, usize)>,
    pub areas: Vec<Area>,
    /// Sorted by id.
    pub operations: Vec<Operation>,
    /// Operations of other areas at which operations of these areas are followed. Only their routes
    /// and limits are known.
    pub polled: Vec<Operation>,
    pub structs: BTreeMap<String, Struct>,
    pub enums: BTreeMap<String, Enum>,
    pub ids: Vec<IdType>,
}

#[derive(Debug)]
pub struct Area {
    pub name: String,
    pub summary: String,
}

#[derive(Debug)]
pub struct IdType {
    pub name: String,
    pub description: String,
}

#[derive(Debug)]
pub struct Operation {
    /// `area.method`.
    pub id: String,
    pub area: String,
    pub method: String,
    pub summary: Option<String>,
    /// `GET`, `POST`, ...
    pub verb: String,
    pub path: String,
    pub host: String,
    pub stability: Option<String>,
    pub deprecated: bool,
    pub scopes: Vec<String>,
    pub api_key: bool,
    pub oauth: bool,
    pub api_key_limit: Option<Limit>,
    pub oauth_limit: Option<Limit>,
    pub reference: Option<String>,
    pub idempotent: bool,
    pub retry_too_many_requests: bool,
    pub empty_is_none: bool,
    /// The type of `opencloud::filter` that the query parameter `filter` takes.
    pub filter: Option<String>,
    /// The same for the query parameter `orderBy`.
    pub order_by: Option<String>,
    /// The property of the answer that a bare array stands for.
    pub bare_list: Option<String>,
    /// Whether it is here only because an operation of another area is followed at it.
    pub poll_only: bool,
    pub parameters: Vec<Parameter>,
    pub body: Option<Body>,
    pub response: Type,
    pub paging: Option<Paging>,
    pub long_running: Option<LongRunning>,
}

/// A rate limit: so many requests in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub requests: u64,
    pub seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    Path,
    Query,
    Header,
}

#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    pub location: Location,
    pub required: bool,
    pub kind: Type,
}

impl Parameter {
    /// Whether it carries an idempotency key, which the client makes where the caller does not.
    pub fn is_idempotency_key(&self) -> bool {
        is_idempotency_key(self.location, &self.name)
    }
}

fn is_idempotency_key(location: Location, name: &str) -> bool {
    match location {
        Location::Header => name.eq_ignore_ascii_case("x-idempotency-key"),
        Location::Query => name == "idempotencyKey.key",
        Location::Path => false,
    }
}

#[derive(Debug)]
pub enum Body {
    /// JSON of a type.
    Json { kind: Type, required: bool },
    /// A body that must be there and can say nothing: `{}`.
    Empty,
    /// A form of parts.
    Multipart { parts: Vec<Part> },
    /// Bytes, in one of these media types.
    Raw { media: Vec<String> },
}

#[derive(Debug)]
pub struct Part {
    pub name: String,
    pub required: bool,
    pub kind: PartKind,
}

#[derive(Debug)]
pub enum PartKind {
    File,
    Files,
    Json(Type),
    Text(Type),
}

/// A type of a field, parameter, body or response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Nothing is said.
    Unit,
    String,
    Integer,
    Number,
    Boolean,
    /// Any JSON value.
    Value,
    Timestamp,
    Duration,
    /// An id type; sent as a number or as a string.
    Id {
        name: String,
        number: bool,
    },
    Enum(String),
    Struct(String),
    List(Box<Type>),
    Map(Box<Type>),
    /// An item or value that may be null.
    Maybe(Box<Type>),
    /// A type that holds itself.
    Boxed(Box<Type>),
}

#[derive(Debug)]
pub struct Struct {
    pub name: String,
    pub description: Option<String>,
    /// In the order of the document.
    pub fields: Vec<Field>,
    /// Whether a request holds it, so that a caller must be able to make one.
    pub in_request: bool,
}

#[derive(Debug)]
pub struct Field {
    /// The property's name on the wire.
    pub name: String,
    /// The field's name in Rust; no other field of the struct has it.
    pub ident: String,
    /// The name of the method that sets it; the same.
    pub setter: String,
    pub kind: Type,
    pub required: bool,
    pub read_only: bool,
    pub write_only: bool,
    pub deprecated: bool,
}

#[derive(Debug)]
pub struct Enum {
    pub name: String,
    pub description: Option<String>,
    pub values: EnumValues,
}

#[derive(Debug)]
pub enum EnumValues {
    /// Variant and word.
    Words(Vec<(String, String)>),
    /// Variant and number.
    Numbers(Vec<(String, i64)>),
}

/// How a list is paged; see `docs/specification.md`.
#[derive(Debug)]
pub struct Paging {
    pub style: String,
    pub token: Option<String>,
    pub size: Option<String>,
    pub max: Option<u64>,
    /// The page sizes that the service takes, if it takes only some.
    pub sizes: Vec<u64>,
    pub in_body: bool,
    pub next: Option<Vec<String>>,
    pub items: Vec<String>,
    pub total: Option<Vec<String>>,
    pub more: Option<Vec<String>>,
    /// In each entry of the request, where the token of its own goes (`style: entries`).
    pub cursor: Option<String>,
    /// The property that says which entry of the request an item belongs to (`style: entries`).
    pub key: Option<String>,
    /// The type of a page: the answer, or the result of the operation that the call starts.
    pub page: Type,
    /// The type of one item; `None` if `items` leads to no list.
    pub item: Option<Type>,
}

/// How a long-running operation is followed; see `docs/specification.md`.
#[derive(Debug)]
pub struct LongRunning {
    pub dialect: String,
    pub response: Option<String>,
    pub metadata: Option<String>,
    pub base: Option<String>,
    /// The id of the operation that reports the state.
    pub poll: Option<String>,
    /// Further forms of the path at which the state is reported.
    pub paths: Vec<String>,
    /// Where the result is in the envelope.
    pub result: Vec<String>,
    /// Whether the answer may be the result instead of the envelope.
    pub direct: bool,
    /// The query parameters that a poll repeats.
    pub query: Vec<String>,
}

impl Model {
    /// Reads a document, keeps the operations of the given areas, and normalises it.
    pub fn build(text: &str, areas: Option<&[String]>) -> Result<Self, Error> {
        let mut document = Document::parse(text)?;
        if let Some(areas) = areas {
            document.select(areas);
        }
        let passes = passes::run(&mut document);
        let mut structs = BTreeMap::new();
        let mut enums = BTreeMap::new();
        for (name, schema) in document.schemas() {
            match schema.get("enum").and_then(Value::as_array) {
                Some(values) => {
                    enums.insert(name.clone(), read_enum(name, schema, values));
                }
                None => {
                    structs.insert(name.clone(), read_struct(name, schema, &document));
                }
            }
        }
        box_cycles(&mut structs);
        let mut operations = document
            .operations()
            .map(|(path, verb, operation)| read_operation(path, verb, operation, &document, &structs, &enums))
            .collect::<Result<Vec<_>, _>>()?;
        operations.sort_by(|a, b| a.id.cmp(&b.id));
        let (polled, operations): (Vec<_>, Vec<_>) =
            operations.into_iter().partition(|operation| operation.poll_only);
        if let Some(pair) = operations.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Error::new(format!("two operations are called `{}`", pair[0].id)));
        }
        mark_requests(&operations, &mut structs);
        let extension = document.extension();
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let listed = |key: &str| extension[key].as_array().cloned().unwrap_or_default();
        Ok(Self {
            areas: listed("areas")
                .iter()
                .map(|area| Area { name: text(area, "name"), summary: text(area, "summary") })
                .filter(|area| areas.is_none_or(|areas| areas.contains(&area.name)))
                .collect(),
            ids: listed("ids")
                .iter()
                .map(|id| IdType { name: text(id, "name"), description: text(id, "description") })
                .collect(),
            document,
            passes,
            operations,
            polled,
            structs,
            enums,
        })
    }

    /// The operations of an area, by method name.
    pub fn in_area<'a>(&'a self, area: &'a str) -> impl Iterator<Item = &'a Operation> {
        self.operations.iter().filter(move |operation| operation.area == area)
    }

    /// The fields along a path of properties, and the type at its end.
    pub fn fields<'a>(&'a self, kind: &'a Type, path: &[String]) -> Option<(Vec<String>, &'a Type)> {
        let mut fields = Vec::new();
        let mut kind = kind;
        for name in path {
            let of = kind.one_struct()?;
            let field = self.structs.get(of)?.fields.iter().find(|field| field.name == *name)?;
            fields.push(field.ident.clone());
            kind = &field.kind;
        }
        Some((fields, kind))
    }

    /// The types that an operation's calls use, with everything inside them.
    pub fn types_of(&self, operation: &Operation) -> BTreeSet<String> {
        let mut open: Vec<String> = Vec::new();
        for parameter in &operation.parameters {
            open.extend(parameter.kind.named().map(str::to_owned));
        }
        match &operation.body {
            Some(Body::Json { kind, .. }) => open.extend(kind.named().map(str::to_owned)),
            Some(Body::Multipart { parts }) => {
                for part in parts {
                    if let PartKind::Json(kind) | PartKind::Text(kind) = &part.kind {
                        open.extend(kind.named().map(str::to_owned));
                    }
                }
            }
            _ => {}
        }
        open.extend(operation.response.named().map(str::to_owned));
        if let Some(long_running) = &operation.long_running {
            open.extend(long_running.response.clone());
            open.extend(long_running.metadata.clone());
        }
        let mut found = BTreeSet::new();
        while let Some(name) = open.pop() {
            if self.enums.contains_key(&name) {
                found.insert(name);
            } else if let Some(of) = self.structs.get(&name)
                && found.insert(name)
            {
                open.extend(of.fields.iter().filter_map(|field| field.kind.named()).map(str::to_owned));
            }
        }
        found
    }
}

impl Type {
    /// The enum or struct at the heart of the type.
    pub fn named(&self) -> Option<&str> {
        match self {
            Type::Enum(name) | Type::Struct(name) => Some(name),
            Type::List(inner) | Type::Map(inner) | Type::Maybe(inner) | Type::Boxed(inner) => inner.named(),
            _ => None,
        }
    }

    /// The struct that the type is.
    fn one_struct(&self) -> Option<&str> {
        match self {
            Type::Struct(name) => Some(name),
            Type::Boxed(inner) => inner.one_struct(),
            _ => None,
        }
    }

    /// Whether it has a form as text.
    fn is_scalar(&self) -> bool {
        !matches!(
            self,
            Type::Unit | Type::Struct(_) | Type::List(_) | Type::Map(_) | Type::Maybe(_) | Type::Boxed(_)
        )
    }

    /// The innermost type of lists and maps.
    pub fn leaf(&self) -> &Type {
        match self {
            Type::List(inner) | Type::Map(inner) | Type::Maybe(inner) | Type::Boxed(inner) => inner.leaf(),
            leaf => leaf,
        }
    }

    /// The type in Rust, as seen from the crate's generated modules.
    pub fn rust(&self) -> String {
        match self {
            Type::Unit => "()".to_owned(),
            Type::String => "String".to_owned(),
            Type::Integer => "i64".to_owned(),
            Type::Number => "f64".to_owned(),
            Type::Boolean => "bool".to_owned(),
            Type::Value => "serde_json::Value".to_owned(),
            Type::Timestamp => "jiff::Timestamp".to_owned(),
            Type::Duration => "std::time::Duration".to_owned(),
            Type::Id { name, .. } => format!("ids::{name}"),
            Type::Enum(name) | Type::Struct(name) => format!("types::{name}"),
            Type::List(inner) => format!("Vec<{}>", inner.rust()),
            Type::Map(inner) if **inner == Type::Value => {
                "serde_json::Map<String, serde_json::Value>".to_owned()
            }
            Type::Map(inner) => format!("std::collections::BTreeMap<String, {}>", inner.rust()),
            Type::Maybe(inner) => format!("Option<{}>", inner.rust()),
            Type::Boxed(inner) => format!("Box<{}>", inner.rust()),
        }
    }
}

impl Operation {
    /// The parameters at a place, in order.
    pub fn at(&self, location: Location) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.location == location)
    }

    /// The filter or order that a parameter takes instead of text: the method of the runtime's call
    /// that applies it, and the type.
    pub fn expression(&self, parameter: &Parameter) -> Option<(&'static str, &str)> {
        if parameter.location != Location::Query || parameter.kind != Type::String {
            return None;
        }
        match names::field(&parameter.name).as_str() {
            "filter" => Some(("filter", self.filter.as_deref()?)),
            "order_by" => Some(("order_by", self.order_by.as_deref()?)),
            _ => None,
        }
    }

    /// The query parameter that names the fields to change.
    pub fn update_mask(&self) -> Option<&Parameter> {
        self.at(Location::Query).find(|parameter| names::field(&parameter.name) == "update_mask")
    }
}

fn read_enum(name: &str, schema: &Value, values: &[Value]) -> Enum {
    let given: Option<Vec<String>> = ["x-enum-varnames", "x-enumNames"]
        .iter()
        .find_map(|key| schema.get(key)?.as_array())
        .filter(|names| names.len() == values.len())
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let words: Vec<String> = values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let variants = |fallback: Vec<String>| names::variants(&given.clone().unwrap_or(fallback));
    let values = if words.is_empty() {
        let numbers: Vec<i64> = values.iter().filter_map(Value::as_i64).collect();
        let fallback = numbers.iter().map(|number| format!("Value{number}").replace('-', "Minus")).collect();
        EnumValues::Numbers(variants(fallback).into_iter().zip(numbers).collect())
    } else {
        EnumValues::Words(variants(words.clone()).into_iter().zip(words).collect())
    };
    Enum { name: name.to_owned(), description: description(schema), values }
}

fn read_struct(name: &str, schema: &Value, document: &Document) -> Struct {
    let required: BTreeSet<&str> =
        schema["x-required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let flag = |schema: &Value, key: &str| schema.get(key) == Some(&Value::Bool(true));
    let mut idents = BTreeSet::new();
    let mut setters = BTreeSet::new();
    let fields = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field {
            ident: names::unique(names::field(name), &mut idents),
            setter: names::unique(names::setter(name), &mut setters),
            name: name.clone(),
            kind: read_type(schema, document),
            required: required.contains(name.as_str()),
            read_only: flag(schema, "readOnly"),
            write_only: flag(schema, "writeOnly"),
            deprecated: flag(schema, "deprecated"),
        })
        .collect();
    Struct { name: name.to_owned(), description: description(schema), fields, in_request: false }
}

fn description(schema: &Value) -> Option<String> {
    schema.get("description").and_then(Value::as_str).map(str::to_owned)
}

fn read_type(schema: &Value, document: &Document) -> Type {
    if let Some(name) = reference(schema) {
        let is_enum = document.schemas().get(name).is_some_and(|schema| schema.get("enum").is_some());
        return if is_enum { Type::Enum(name.to_owned()) } else { Type::Struct(name.to_owned()) };
    }
    match schema["x-rust-type"]["path"].as_str() {
        Some("jiff::Timestamp") => return Type::Timestamp,
        Some("std::time::Duration") => return Type::Duration,
        Some(path) => {
            if let Some(name) = path.strip_prefix("opencloud::ids::") {
                let number = schema.get("x-number").is_some();
                return Type::Id { name: name.to_owned(), number };
            }
        }
        None => {}
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Type::String,
        Some("integer") => Type::Integer,
        Some("number") => Type::Number,
        Some("boolean") => Type::Boolean,
        Some("array") => Type::List(Box::new(read_item(&schema["items"], document))),
        Some("object") if schema.get("additionalProperties").is_some_and(Value::is_object) => {
            Type::Map(Box::new(read_item(&schema["additionalProperties"], document)))
        }
        _ => Type::Value,
    }
}

/// An item of a list or a value of a map; a field is optional anyway.
fn read_item(schema: &Value, document: &Document) -> Type {
    match read_type(schema, document) {
        Type::Value => Type::Value,
        kind if schema["nullable"] == true => Type::Maybe(Box::new(kind)),
        kind => kind,
    }
}

/// Boxes the fields through which a struct holds itself.
fn box_cycles(structs: &mut BTreeMap<String, Struct>) {
    let held: BTreeMap<String, Vec<String>> = structs
        .iter()
        .map(|(name, of)| {
            let held = of.fields.iter().filter_map(|field| field.kind.one_struct());
            (name.clone(), held.map(str::to_owned).collect())
        })
        .collect();
    let holds = |outer: &str, inner: &str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![outer];
        while let Some(name) = open.pop() {
            if name == inner {
                return true;
            }
            if seen.insert(name) {
                open.extend(held.get(name).into_iter().flatten().map(String::as_str));
            }
        }
        false
    };
    for of in structs.values_mut() {
        for field in &mut of.fields {
            if field.kind.one_struct().is_some_and(|inner| holds(inner, &of.name)) {
                field.kind = Type::Boxed(Box::new(field.kind.clone()));
            }
        }
    }
}

fn read_operation(
    path: &str,
    verb: &str,
    operation: &Value,
    document: &Document,
    structs: &BTreeMap<String, Struct>,
    enums: &BTreeMap<String, Enum>,
) -> Result<Operation, Error> {
    let place = format!("{} {path}", verb.to_uppercase());
    let extension = &operation["x-opencloud"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let named = |key: &str| {
        text(&extension[key])
            .filter(|name| !name.is_empty() && !names::is_keyword(name))
            .ok_or_else(|| Error::new(format!("{place}: x-opencloud.{key} is no usable name")))
    };
    let (area, method) = (named("area")?, named("method")?);
    let security = operation
        .get("security")
        .or_else(|| document.value().get("security"))
        .map(Value::to_string)
        .unwrap_or_default();
    let limit = |key: &str| {
        let limit = &operation["x-roblox-rate-limits"][key];
        let seconds = match limit["period"].as_str()? {
            "SECOND" => 1,
            "MINUTE" => 60,
            "HOUR" => 3600,
            "DAY" => 86400,
            _ => return None,
        };
        Some(Limit { requests: limit["maxInPeriod"].as_u64()?, seconds })
    };
    let response = operation["response"]["content"]["application/json"]
        .get("schema")
        .map_or(Type::Unit, |schema| read_type(schema, document));
    let parameters: Vec<Parameter> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| read_parameter(parameter, document))
        .collect();
    let long_running = read_long_running(&extension["operation"], document, structs);
    // A list that is read by an operation has its pages in the operation's result.
    let result = long_running.as_ref().and_then(|facts| facts.response.clone()).map(Type::Struct);
    let paging = read_paging(&extension["paging"], result.as_ref().unwrap_or(&response), structs)
        .map(|paging| Paging { sizes: sizes(&paging, &parameters, enums), ..paging });
    let server = |value: &Value| value["servers"][0]["url"].as_str().map(str::to_owned);
    let host = server(operation)
        .or_else(|| server(document.value()))
        .unwrap_or_else(|| "https://apis.roblox.com".to_owned());
    Ok(Operation {
        id: format!("{area}.{method}"),
        summary: text(&operation["summary"]),
        verb: verb.to_uppercase(),
        path: path.to_owned(),
        host: host.trim_start_matches("https://").trim_end_matches('/').to_owned(),
        stability: text(&operation["x-roblox-stability"]),
        deprecated: operation["deprecated"] == true,
        scopes: operation["x-roblox-scopes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|scope| text(&scope["name"]).or_else(|| text(scope)))
            .collect(),
        api_key: security.contains("roblox-api-key"),
        oauth: security.contains("roblox-oauth2"),
        api_key_limit: limit("perApiKeyOwner"),
        oauth_limit: limit("perOauth2Authorization"),
        reference: text(&operation["externalDocs"]["url"]),
        idempotent: extension["idempotent"]
            .as_bool()
            .unwrap_or(matches!(verb, "get" | "put" | "delete" | "head" | "options")),
        retry_too_many_requests: extension["retry_too_many_requests"] != false,
        empty_is_none: extension["empty_response"] == "none",
        filter: text(&extension["filter"]),
        order_by: text(&extension["order_by"]),
        bare_list: text(&extension["bare_list"]),
        poll_only: extension[POLL_ONLY] == true,
        parameters,
        body: read_body(&operation["requestBody"], document, structs),
        paging,
        long_running,
        response,
        area,
        method,
    })
}

fn read_parameter(parameter: &Value, document: &Document) -> Parameter {
    let location = match parameter["in"].as_str() {
        Some("path") => Location::Path,
        Some("header") => Location::Header,
        _ => Location::Query,
    };
    let kind = match read_type(&parameter["schema"], document) {
        // Any text or number can stand in a path; what it means is the service's business.
        Type::String | Type::Integer if location == Location::Path => {
            Type::Id { name: "Id".to_owned(), number: false }
        }
        Type::List(item) if location == Location::Query => Type::List(Box::new(match *item {
            Type::Maybe(item) if item.is_scalar() => *item,
            item if item.is_scalar() => item,
            // The JSON text of an item, as of the whole.
            _ => Type::String,
        })),
        Type::Value => Type::String,
        kind if kind.is_scalar() => kind,
        _ => Type::String,
    };
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    // The client makes an idempotency key where the caller does not.
    let required = parameter["required"] == true && !is_idempotency_key(location, &name);
    Parameter { name, location, required, kind }
}

fn read_body(body: &Value, document: &Document, structs: &BTreeMap<String, Struct>) -> Option<Body> {
    let content = body.get("content")?.as_object()?;
    let (media, first) = content.iter().next()?;
    let schema = &first["schema"];
    Some(match bodies::kind(media) {
        bodies::Kind::Raw => Body::Raw { media: content.keys().cloned().collect() },
        bodies::Kind::Multipart => Body::Multipart { parts: read_parts(schema, document, structs) },
        bodies::Kind::Json => {
            let kind = read_type(schema, document);
            let silent = match &kind {
                Type::Struct(name) => {
                    structs.get(name).is_none_or(|of| of.fields.iter().all(|field| field.read_only))
                }
                _ => false,
            };
            match silent {
                true => Body::Empty,
                false => Body::Json { kind, required: body["required"] == true },
            }
        }
    })
}

fn read_parts(schema: &Value, document: &Document, structs: &BTreeMap<String, Struct>) -> Vec<Part> {
    let Type::Struct(name) = read_type(schema, document) else { return Vec::new() };
    let Some(form) = structs.get(&name) else { return Vec::new() };
    let schemas = &document.schemas()[&name]["properties"];
    let binary = |schema: &Value| schema["format"] == "binary";
    form.fields
        .iter()
        .filter(|field| !field.read_only)
        .map(|field| {
            let schema = &schemas[&field.name];
            Part {
                name: field.name.clone(),
                required: field.required,
                kind: match &field.kind {
                    _ if binary(schema) => PartKind::File,
                    Type::List(_) if binary(&schema["items"]) => PartKind::Files,
                    Type::List(inner) if inner.is_scalar() && **inner != Type::Value => {
                        PartKind::Text(field.kind.clone())
                    }
                    kind if kind.is_scalar() && *kind != Type::Value => PartKind::Text(kind.clone()),
                    kind => PartKind::Json(kind.clone()),
                },
            }
        })
        .collect()
}

fn read_paging(paging: &Value, page: &Type, structs: &BTreeMap<String, Struct>) -> Option<Paging> {
    let paging: &Map<String, Value> = paging.as_object()?;
    let text = |key: &str| paging.get(key).and_then(Value::as_str).map(str::to_owned);
    let path = |key: &str| {
        text(key).map(|path| path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    };
    let items: Vec<String> = path("items").unwrap_or_default();
    Some(Paging {
        style: text("style").unwrap_or_else(|| "token".to_owned()),
        token: text("token"),
        size: text("size"),
        max: paging.get("max").and_then(Value::as_u64),
        sizes: Vec::new(),
        in_body: text("in").as_deref() == Some("body"),
        next: path("next"),
        total: path("total"),
        more: path("more"),
        cursor: text("cursor"),
        key: text("key"),
        page: page.clone(),
        item: follow(page, &items, structs).and_then(|kind| match kind {
            Type::List(item) => Some((**item).clone()),
            _ => None,
        }),
        items,
    })
}

/// The page sizes that a service takes, if its parameter lists them.
fn sizes(paging: &Paging, parameters: &[Parameter], enums: &BTreeMap<String, Enum>) -> Vec<u64> {
    let parameter = parameters.iter().find(|parameter| Some(&parameter.name) == paging.size.as_ref());
    match parameter.and_then(|parameter| parameter.kind.named()).and_then(|name| enums.get(name)) {
        Some(Enum { values: EnumValues::Numbers(values), .. }) => {
            values.iter().filter_map(|(_, number)| u64::try_from(*number).ok()).collect()
        }
        _ => Vec::new(),
    }
}

/// The type at the end of a path of properties.
fn follow<'a>(kind: &'a Type, path: &[String], structs: &'a BTreeMap<String, Struct>) -> Option<&'a Type> {
    let Some((first, rest)) = path.split_first() else { return Some(kind) };
    let field = structs.get(kind.one_struct()?)?.fields.iter().find(|field| field.name == *first)?;
    follow(&field.kind, rest, structs)
}

fn read_long_running(
    operation: &Value,
    document: &Document,
    structs: &BTreeMap<String, Struct>,
) -> Option<LongRunning> {
    let text = |key: &str| operation[key].as_str().map(str::to_owned);
    let known = |key: &str| text(key).filter(|name| structs.contains_key(name));
    let list = |key: &str| -> Vec<String> {
        operation[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let dialect = text("dialect")?;
    let result = text("result").unwrap_or_else(|| match dialect.as_str() {
        "cloud" | "analytics" => "response".to_owned(),
        _ => String::new(),
    });
    Some(LongRunning {
        response: known("response"),
        metadata: known("metadata"),
        base: text("base"),
        poll: text("poll").and_then(|path| document.id_of_get(&path)),
        paths: list("paths"),
        result: result.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        direct: operation["direct"] == true,
        query: list("query"),
        dialect,
    })
}

/// Marks the types that requests hold: callers must be able to make them.
fn mark_requests(operations: &[Operation], structs: &mut BTreeMap<String, Struct>) {
    let mut open: Vec<String> = Vec::new();
    for operation in operations {
        match &operation.body {
            Some(Body::Json { kind, .. }) => open.extend(kind.named().map(str::to_owned)),
            Some(Body::Multipart { parts }) => {
                open.extend(parts.iter().filter_map(|part| match &part.kind {
                    PartKind::Json(kind) => kind.named().map(str::to_owned),
                    _ => None,
                }))
            }
            _ => {}
        }
    }
    while let Some(name) = open.pop() {
        if let Some(of) = structs.get_mut(&name)
            && !of.in_request
        {
            of.in_request = true;
            open.extend(
                of.fields
                    .iter()
                    .filter(|field| !field.read_only)
                    .filter_map(|field| field.kind.named())
                    .map(str::to_owned),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_parameter_takes_the_filter_that_the_overlay_names() {
        let text = json!({ "type": "string" });
        let word = json!({ "type": "string", "enum": ["A", "B"] });
        for (name, location, schema, expression) in [
            ("filter", "query", &text, Some(("filter", "ThingFilter"))),
            ("Filter", "query", &text, Some(("filter", "ThingFilter"))),
            ("order_by", "query", &text, Some(("order_by", "ThingOrder"))),
            ("OrderBy", "query", &text, Some(("order_by", "ThingOrder"))),
            ("filter", "query", &word, None),
            ("filter", "header", &text, None),
            ("filters", "query", &text, None),
        ] {
            let document = |facts: Value| {
                json!({ "openapi": "3.0.4", "paths": { "/things": { "get": {
                    "x-opencloud": facts,
                    "parameters": [{ "name": name, "in": location, "schema": schema }],
                    "responses": {},
                } } } })
            };
            let read = |facts: Value| Model::build(&document(facts).to_string(), None).expect("a model");
            let ours = json!({
                "area": "things", "method": "list", "filter": "ThingFilter", "order_by": "ThingOrder"
            });
            let model = read(ours);
            let operation = &model.operations[0];
            assert_eq!(
                operation.expression(&operation.parameters[0]),
                expression,
                "{name} {location} {schema}"
            );
            let model = read(json!({ "area": "things", "method": "list" }));
            let operation = &model.operations[0];
            assert_eq!(operation.expression(&operation.parameters[0]), None, "{name} without a type");
        }
    }
}
