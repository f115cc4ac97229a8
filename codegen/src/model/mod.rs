//! What the emitters need to know of a normalised document, and nothing more.

mod read;
mod types;

use crate::document::{Document, reach, target};
use crate::passes::{self, bodies, describe, sanitize};
use crate::{Error, names};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

/// The structs by name.
pub type Structs = BTreeMap<String, Struct>;

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
    pub structs: Structs,
    pub enums: BTreeMap<String, Enum>,
    pub ids: Vec<IdType>,
    /// Every scope that the document names, whatever the areas.
    pub scopes: Vec<String>,
    /// What is known of failures of every operation.
    pub hints: Vec<Remark>,
    /// Failures of every operation that no further attempt changes.
    pub final_errors: Vec<Remark>,
}

/// A failure, and a sentence about it: a hint, or why it is final.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Remark {
    #[serde(flatten)]
    pub when: Condition,
    #[serde(rename = "say", alias = "because")]
    pub text: String,
}

/// What a failure must look like; see `docs/specification.md`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Condition {
    pub status: Option<u16>,
    pub code: Option<String>,
    pub message_contains: Option<String>,
    pub body_has: Option<String>,
    pub effect_unknown: bool,
    pub overdue: bool,
}

/// What `x-opencloud` says of the document; see `docs/specification.md`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extension {
    areas: Vec<Area>,
    ids: Vec<IdType>,
    hints: Vec<Remark>,
    final_errors: Vec<Remark>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Area {
    pub name: String,
    pub summary: String,
    /// What can be done with it, as items of a list.
    pub tasks: Vec<String>,
    /// The body of a function with a `client` that shows it.
    pub example: Option<String>,
    /// Of all its operations.
    hints: Vec<Remark>,
    final_errors: Vec<Remark>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IdType {
    pub name: String,
    pub description: String,
}

/// One operation. What its `x-opencloud` says is read by serde under the same names, all else is set by `read_operation`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
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
    /// Of each of these, one is needed. `None`: all of `scopes`.
    needed_scopes: Option<Vec<Vec<String>>>,
    pub api_key: bool,
    pub oauth: bool,
    pub api_key_limit: Option<Limit>,
    pub oauth_limit: Option<Limit>,
    /// The narrowest first.
    pub limits: Vec<ServiceLimit>,
    pub reference: Option<String>,
    /// `None`: as the method is.
    idempotent: Option<bool>,
    retry_too_many_requests: Option<bool>,
    /// How long an attempt must be given, in seconds, if that is longer than usual.
    pub attempt_timeout: Option<u64>,
    /// What a response without a body means, if anything.
    empty_response: Option<String>,
    /// The type of `opencloud::filter` that the query parameter `filter` takes.
    pub filter: Option<String>,
    /// The same for the query parameter `orderBy`.
    pub order_by: Option<String>,
    /// The property of the response that a bare array stands for.
    pub bare_list: Option<String>,
    /// What the response must hold.
    #[serde(skip)]
    pub expects: Expected,
    /// Properties of the response, each with the parameter or property of the request that says it already.
    pub id_from_request: BTreeMap<String, String>,
    /// Where a response of success lists what has failed.
    pub errors_in_success: Option<ErrorsInSuccess>,
    /// What the body of a 412 is, if it says nothing of the failure.
    conflict_body: Option<String>,
    /// Whether it is here only because an operation of another area is followed at it.
    pub poll_only: bool,
    #[serde(skip)]
    pub parameters: Vec<Parameter>,
    #[serde(skip)]
    pub body: Option<Body>,
    #[serde(skip)]
    pub response: Type,
    pub paging: Option<Paging>,
    #[serde(rename = "operation")]
    pub long_running: Option<LongRunning>,
    /// Its own, and behind them those of its area.
    pub hints: Vec<Remark>,
    pub final_errors: Vec<Remark>,
    pub already_exists: Vec<Condition>,
    /// What a caller should know besides, in whole sentences.
    pub notes: Vec<String>,
    pub polling: Option<Polling>,
    main: Option<String>,
    required_response: Vec<String>,
}

/// The properties of a response that the call is about; see `docs/specification.md`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The property that may be absent only where nothing else in the response has content.
    pub main: Option<String>,
    /// Whether that is a single value, such as a number, and not a list or an object.
    pub is_single: bool,
    /// Those that must be there; of alternatives (`path|id`), one.
    pub required: Vec<String>,
}

/// A list in a response of success of what has failed; see `docs/specification.md`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ErrorsInSuccess {
    /// The property that holds the list.
    pub list: String,
    /// The property whose presence means that the call has succeeded all the same.
    pub unless: Option<String>,
    /// The property of an item that names what it is about.
    pub about: Option<String>,
    /// The codes of items that do not count as failures.
    pub harmless: Slice,
}

/// Texts, which `Debug` shows as they are written in a constant: `&["a"]`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Slice(pub Vec<String>);

impl std::fmt::Debug for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "&{:?}", self.0)
    }
}

/// A rate limit: requests per period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Limit {
    pub requests: NonZeroU64,
    pub seconds: NonZeroU64,
}

/// A limit of a service for all requests of a class together; see `docs/specification.md`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ServiceLimit {
    pub class: String,
    #[serde(flatten)]
    pub limit: Limit,
    #[serde(default)]
    pub tenths_per_user: u64,
    /// Parameters of the path.
    #[serde(default)]
    pub by: Slice,
    pub stated: Option<u64>,
    pub max_wait: Option<u64>,
    #[serde(default)]
    pub shared_with_game: bool,
    #[serde(default)]
    pub extendable: bool,
    #[serde(default)]
    pub units: bool,
}

/// The pace of polls, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Polling {
    pub first: u64,
    pub every: u64,
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
    /// What it is; `None` while there is no phrase of ours, as of everything that is described.
    pub description: Option<String>,
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

impl Body {
    /// The types of the body or of its parts.
    pub fn types(&self) -> Vec<&Type> {
        match self {
            Body::Json { kind, .. } => vec![kind],
            Body::Multipart { parts } => parts.iter().filter_map(Part::value_type).collect(),
            Body::Empty | Body::Raw { .. } => Vec::new(),
        }
    }
}

#[derive(Debug)]
pub struct Part {
    pub name: String,
    pub description: Option<String>,
    pub required: bool,
    pub kind: PartKind,
}

impl Part {
    /// Its type, unless it is a file.
    fn value_type(&self) -> Option<&Type> {
        match &self.kind {
            PartKind::Json(kind) | PartKind::Text(kind) => Some(kind),
            PartKind::File | PartKind::Files => None,
        }
    }
}

#[derive(Debug)]
pub enum PartKind {
    File,
    Files,
    Json(Type),
    Text(Type),
}

/// A type of a field, parameter, body or response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Type {
    /// Nothing is said.
    #[default]
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
    /// As progenitor makes it.
    pub definition: proc_macro2::TokenStream,
    /// In its order.
    pub fields: Vec<Field>,
    /// Whether a request holds it, so that a caller must be able to make one.
    pub in_request: bool,
    /// Whether no request of the whole document holds it, whatever the areas: then it has no setters, and never gets
    /// any by another cargo feature.
    pub is_only_read: bool,
    /// Whether a caller can set something in it that must not be sent: what only the service sets, or a
    /// number that JSON has no word for.
    pub is_checked: bool,
}

impl Struct {
    /// The fields whose absence says nothing, with what is read of them: texts and lists, which are empty then, and
    /// counts, which are 0. Of a type with setters there are none: a setter has the field's name.
    pub fn readable(&self) -> impl Iterator<Item = (&Field, Readable<'_>)> {
        let fields = self.fields.iter().filter(move |_| self.is_only_read);
        fields.filter_map(|field| Some((field, Readable::of(field)?)))
    }

    /// The fields that a caller must give, in the order in which the document lists them as required.
    /// By name, a message would come before its topic, and the compiler takes one for the other.
    pub fn arguments(&self) -> Vec<&Field> {
        let mut fields: Vec<&Field> =
            self.fields.iter().filter(|field| field.is_required() && !field.read_only).collect();
        fields.sort_by_key(|field| field.required);
        fields
    }
}

/// What a method of a field's name gives, absent or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readable<'a> {
    Text,
    List(&'a Type),
    Count,
}

impl<'a> Readable<'a> {
    fn of(field: &'a Field) -> Option<Self> {
        match &field.kind {
            Type::String => Some(Self::Text),
            Type::List(item) => Some(Self::List(item)),
            // Of other numbers, such as a price or a rank, 0 says something else than that there is none.
            Type::Integer if field.ident == "count" || field.ident.ends_with("_count") => Some(Self::Count),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub struct Field {
    /// The property's name on the wire.
    pub name: String,
    pub description: Option<String>,
    /// The field's name in Rust; no other field of the struct has it.
    pub ident: String,
    /// The name of the method that sets it; the same.
    pub setter: String,
    pub kind: Type,
    /// Where it stands among the required ones, if it is.
    pub required: Option<usize>,
    pub read_only: bool,
    /// The property that is set with it: the same value under another name.
    pub also: Option<String>,
    /// Whether `Debug` hides it: `format: password`, which OpenAPI has for that.
    pub hidden: bool,
    /// Other names under which services send it.
    pub aliases: Vec<Alias>,
    /// The property whose last segment it is, where it is absent itself.
    pub id_from: Option<String>,
    /// The template of the resource name that it is, `groups/{group_id}/roles/{role_id}`, if a caller may give the last
    /// id alone.
    pub resource_name: Option<String>,
}

impl Field {
    pub fn is_required(&self) -> bool {
        self.required.is_some()
    }
}

/// Another name of a property in responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    pub name: String,
    /// The property of an item that each element of the list under this name is the value of; without
    /// it, the elements are the items.
    pub value: Option<String>,
}

#[derive(Debug)]
pub struct Enum {
    pub name: String,
    pub description: Option<String>,
    pub values: EnumValues,
    /// Of each value.
    pub descriptions: Vec<Option<String>>,
}

impl Enum {
    /// Each variant with its word or number, as written in Rust.
    pub fn literals(&self) -> Vec<(&str, String)> {
        // Words and numbers are written as `Debug` shows them.
        fn shown<T: std::fmt::Debug>(values: &[(String, T)]) -> Vec<(&str, String)> {
            values.iter().map(|(name, value)| (name.as_str(), format!("{value:?}"))).collect()
        }
        match &self.values {
            EnumValues::Words(values) => shown(values),
            EnumValues::Numbers(values) => shown(values),
        }
    }
}

#[derive(Debug)]
pub enum EnumValues {
    /// Variant and word.
    Words(Vec<(String, String)>),
    /// Variant and number.
    Numbers(Vec<(String, i64)>),
}

/// How a list is paged; see `docs/specification.md`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Paging {
    pub style: Option<String>,
    pub token: Option<String>,
    /// The parameter that chooses a page by its number, and may not be sent with a token.
    pub number: Option<String>,
    pub size: Option<String>,
    pub max: Option<u64>,
    /// The page sizes that the service takes, if it takes only some.
    #[serde(skip)]
    pub sizes: Vec<u64>,
    r#in: Option<String>,
    pub next: Option<Path>,
    pub items: Path,
    pub total: Option<Path>,
    pub more: Option<Path>,
    /// Properties of the response that say that the list is not whole.
    pub incomplete: Vec<Path>,
    /// In each entry of the request, where the token of its own goes (`style: entries`).
    pub cursor: Option<String>,
    /// The property that says which entry of the request an item belongs to (`style: entries`).
    pub key: Option<String>,
    /// The type of a page: the response, or the result of the operation that the call starts.
    #[serde(skip)]
    pub page: Type,
    /// The type of one item; `None` if `items` leads to no list.
    #[serde(skip)]
    pub item: Option<Type>,
}

/// The names of properties, from the outermost to the innermost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Path(pub Vec<String>);

impl From<String> for Path {
    fn from(dotted: String) -> Self {
        Self(dotted.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }
}

/// How a long-running operation is followed; see `docs/specification.md`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LongRunning {
    pub dialect: String,
    /// The type of the result, and that of the metadata.
    pub response: Option<String>,
    pub metadata: Option<String>,
    pub base: Option<String>,
    /// The path of the operation that reports the state, and as it is read, its id.
    pub poll: Option<String>,
    /// Further forms of the path at which the state is reported.
    pub paths: Vec<String>,
    /// Where the result is in the envelope; `None` where the dialect says it.
    result: Option<Path>,
    /// Whether the response may be the result instead of the envelope.
    pub direct: bool,
    /// The query parameters that a poll repeats.
    pub query: Vec<String>,
    /// What the result must hold.
    #[serde(skip)]
    pub expects: Expected,
    /// Whether the result's type has fields, so that an operation that is done has a result.
    #[serde(skip)]
    pub has_result: bool,
    /// When it should have been done.
    pub overdue: Option<Overdue>,
    main: Option<String>,
    required: Vec<String>,
}

/// When a long-running operation should have been done; see `docs/specification.md`.
#[derive(Debug, Deserialize)]
pub struct Overdue {
    pub state: String,
    pub time: String,
    /// In seconds.
    pub default: u64,
    /// In seconds.
    pub beyond: u64,
}

impl Model {
    /// Reads a document, keeps the operations of the given areas, and normalises it.
    pub fn build(text: &str, areas: Option<&[String]>) -> Result<Self, Error> {
        let mut document = Document::parse(text)?;
        let scopes = read::scopes(document.value());
        if let Some(areas) = areas {
            document.select(areas);
        }
        let passes = passes::run(&mut document);
        let sendable = match areas {
            None => read::sendable(&document),
            Some(_) => {
                let mut whole = Document::parse(text)?;
                passes::run(&mut whole);
                read::sendable(&whole)
            }
        };
        let mut types = types::generate(&document)?;
        let mut structs = BTreeMap::new();
        let mut enums = BTreeMap::new();
        for (name, schema) in document.schemas() {
            if let Some(values) = schema["enum"].as_array() {
                enums.insert(name.clone(), read::read_enum(name, schema, values));
                continue;
            }
            let missing = || Error::new(format!("progenitor made no struct of the schema `{name}`"));
            let item = types.remove(name).ok_or_else(missing)?;
            let mut of = read::read_struct(item, schema, &document);
            of.is_only_read = !sendable.contains(name);
            structs.insert(name.clone(), of);
        }
        let Extension { areas: listed, ids, hints, final_errors } = read::extension(document.extension())?;
        let reader = read::Reader { document: &document, areas: &listed, structs: &structs, enums: &enums };
        let operations = document.operations().map(|(path, verb, of)| reader.operation(path, verb, of));
        let mut operations = operations.collect::<Result<Vec<_>, _>>()?;
        operations.sort_by(|a, b| a.id.cmp(&b.id));
        let (polled, operations): (Vec<_>, Vec<_>) =
            operations.into_iter().partition(|operation| operation.poll_only);
        if let Some(pair) = operations.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Error::new(format!("two operations are called `{}`", pair[0].id)));
        }
        read::mark_requests(&operations, &mut structs);
        read::mark_checked(&mut structs);
        read::check_names(&structs)?;
        let is_enabled = |area: &Area| areas.is_none_or(|areas| areas.contains(&area.name));
        Ok(Self {
            areas: listed.into_iter().filter(is_enabled).collect(),
            ids,
            hints,
            final_errors,
            scopes,
            document,
            passes,
            operations,
            polled,
            structs,
            enums,
        })
    }

    /// The type of the items of a list, and the field that each element under an alias is the value of.
    pub fn value_of<'a>(&'a self, field: &'a Field, alias: &Alias) -> Option<(&'a str, &'a Field)> {
        read::value_of(field, alias, &self.structs)
    }

    /// The fields of a type that requests may have said already.
    pub fn requested_ids<'a>(&'a self, of: &'a Struct) -> impl Iterator<Item = &'a Field> {
        let responding = |operation: &&Operation| operation.response.one_struct() == Some(&of.name);
        let operations = self.operations.iter().filter(responding);
        let names: BTreeSet<&String> = operations.flat_map(|of| of.id_from_request.keys()).collect();
        of.fields.iter().filter(move |field| names.contains(&field.name))
    }

    /// Whether a type must be checked before it is sent.
    pub fn is_checked(&self, kind: &Type) -> bool {
        kind.leaf() == &Type::Number
            || kind.named().and_then(|name| self.structs.get(name)).is_some_and(|of| of.is_checked)
    }

    /// The id type of the last parameter of a resource name's template.
    pub fn last_id(&self, template: &str) -> String {
        let parameter = template.rsplit('{').next().unwrap_or_default().trim_end_matches('}');
        let name = names::type_name(parameter);
        let id = self.ids.iter().find(|id| id.name == name).map_or("Id", |id| id.name.as_str());
        format!("ids::{id}")
    }

    /// The operations of an area, by method name.
    pub fn in_area<'a>(&'a self, area: &'a str) -> impl Iterator<Item = &'a Operation> {
        self.operations.iter().filter(move |operation| operation.area == area)
    }

    /// The fields along a path of properties, and the type at its end.
    pub fn fields<'a>(&'a self, kind: &'a Type, path: &Path) -> Option<(Vec<String>, &'a Type)> {
        let mut found = (Vec::new(), kind);
        for name in &path.0 {
            let field = read::field_of(found.1, name, &self.structs)?;
            found.0.push(field.ident.clone());
            found.1 = &field.kind;
        }
        Some(found)
    }

    /// The types that an operation's calls use, with everything inside them.
    pub fn types_of(&self, operation: &Operation) -> BTreeSet<String> {
        let parameters = operation.parameters.iter().map(|parameter| &parameter.kind);
        let body = operation.body.iter().flat_map(Body::types);
        let named = parameters.chain(body).chain([&operation.response]).filter_map(Type::named);
        let mut open: Vec<String> = named.map(str::to_owned).collect();
        if let Some(long_running) = &operation.long_running {
            open.extend(long_running.response.clone());
            open.extend(long_running.metadata.clone());
        }
        reach(open, |name| {
            let fields = match self.structs.get(name) {
                Some(of) => of.fields.as_slice(),
                None => self.enums.get(name).map(|_| &[][..])?,
            };
            Some(fields.iter().filter_map(|field| field.kind.named()).map(str::to_owned).collect())
        })
    }
}

impl Type {
    /// The enum or struct at the heart of the type.
    pub fn named(&self) -> Option<&str> {
        match self.leaf() {
            Type::Enum(name) | Type::Struct(name) => Some(name),
            _ => None,
        }
    }

    /// The struct that the type is.
    pub fn one_struct(&self) -> Option<&str> {
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

impl Paging {
    pub fn style(&self) -> &str {
        self.style.as_deref().unwrap_or("token")
    }

    /// Whether token, number and size are sent in the body.
    pub fn in_body(&self) -> bool {
        self.r#in.as_deref() == Some("body")
    }
}

impl LongRunning {
    /// Where the result is in the envelope.
    pub fn result(&self) -> Path {
        let by_dialect = || match self.dialect.as_str() {
            "cloud" | "analytics" => Path::from("response".to_owned()),
            _ => Path::default(),
        };
        self.result.clone().unwrap_or_else(by_dialect)
    }
}

impl Operation {
    /// Whether it takes no credential at all.
    pub fn is_public(&self) -> bool {
        !self.api_key && !self.oauth
    }

    /// Of each of these, one is needed.
    pub fn needed_scopes(&self) -> Vec<Vec<String>> {
        let all = || self.scopes.iter().map(|scope| vec![scope.clone()]).collect();
        self.needed_scopes.clone().unwrap_or_else(all)
    }

    pub fn is_idempotent(&self) -> bool {
        self.idempotent.unwrap_or(matches!(self.verb.as_str(), "GET" | "PUT" | "DELETE" | "HEAD" | "OPTIONS"))
    }

    pub fn retries_too_many_requests(&self) -> bool {
        self.retry_too_many_requests != Some(false)
    }

    /// Whether a response without a body means that nothing is there.
    pub fn empty_is_none(&self) -> bool {
        self.empty_response.as_deref() == Some("none")
    }

    /// Whether the body of a 412 is the object that is there, and says nothing of the failure.
    pub fn conflict_is_value(&self) -> bool {
        self.conflict_body.as_deref() == Some("value")
    }

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
