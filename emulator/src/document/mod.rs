//! The API document, compiled once: which operations there are, what they take and how they respond.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use self::schema::Compiled;
use self::template::Template;

mod media_type;
mod names;
mod nesting;
mod request;
mod sample;
mod schema;
mod template;
pub(crate) mod tolerance;
mod validate;
mod walk;

pub(crate) use media_type::{essence, is_json};
pub(crate) use names::{camel, plain};
pub(crate) use nesting::unfit;
pub use request::{Part, RequestParts, multipart, query_pairs};
pub use sample::{Mode, Sample, SampleRequest, parameter_values, request as sample_request};
pub use schema::{Direction, to_json_schema};
pub(crate) use schema::{decode_base64, encode_base64, is_uuid, read_duration};
pub(crate) use template::{encode_segment, without_names};
pub(crate) use validate::validate_found;
pub use validate::{Violation, validate_request, validate_response, validate_value, validate_wire};
use walk::{follow, text};
pub(crate) use walk::{items, members, text_of};

const EMBEDDED: &str = include_str!(env!("OPEN_CLOUD_DOCUMENT"));
const DEFAULT_HOST: &str = "apis.roblox.com";
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// Open Cloud as `spec/open-cloud.json` describes it.
pub struct Document {
    root: Value,
    operations: Vec<Operation>,
    by_id: HashMap<String, usize>,
    /// By method and number of segments; the most specific templates come first.
    by_shape: HashMap<String, BTreeMap<usize, Vec<usize>>>,
    validators: Mutex<HashMap<(String, Direction), Arc<jsonschema::Validator>>>,
}

/// One operation of the API.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Operation {
    /// `area.method`, such as `users.list_inventory_items`.
    pub id: String,
    /// In capitals: `GET`.
    pub method: String,
    /// The path template as the document writes it: `/cloud/v2/users/{user_id}`.
    pub path: String,
    /// The host of the real service.
    pub host: String,
    pub parameters: Vec<Parameter>,
    pub body: Option<Body>,
    pub responses: Vec<Response>,
    pub paging: Option<Paging>,
    /// The long-running-operation facts of `x-opencloud`, if the call starts one.
    pub long_running: Option<LongRunning>,
    /// Whether OAuth 2.0 access tokens are accepted beside API keys.
    pub oauth: bool,
    /// Whether no credential is needed: one of the security alternatives is empty.
    pub public: bool,
    /// The names of the scopes that the document lists.
    pub scopes: Vec<String>,
    /// What is needed of them: of each list, one (`x-opencloud.needed_scopes`; unless told otherwise, all).
    pub needed_scopes: Vec<Vec<String>>,
    pub rate_limits: RateLimits,
    template: Template,
    /// Smaller is more specific.
    rank: Vec<u8>,
}

/// What the document says of `x-roblox-rate-limits`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// For all API keys of one owner together.
    pub api_key_owner: Option<RateLimit>,
    /// For each access token.
    pub oauth: Option<RateLimit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    pub requests: u64,
    /// The length of the window.
    pub seconds: u32,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Location {
    Path,
    Query,
    Header,
}

#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Parameter {
    pub name: String,
    pub location: Location,
    pub required: bool,
    pub schema: Value,
    /// Whether an array is sent as a repeated key (`true`, the default) or as one comma-separated value.
    pub explode: bool,
    /// Of the schema, or of the items' schema if it is an array.
    pub(crate) compiled: Compiled,
}

#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Body {
    pub required: bool,
    /// The media types that may be sent, in the order of the document.
    pub content: Vec<Media>,
}

#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Media {
    pub media_type: String,
    pub schema: Value,
    pub(crate) compiled: Compiled,
}

impl Media {
    pub(crate) fn new(media_type: String, schema: Value) -> Media {
        Media { media_type, schema, compiled: Compiled::default() }
    }
}

#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Response {
    pub status: u16,
    pub content: Vec<Media>,
    /// The names of the response headers that the document declares.
    pub headers: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PagingStyle {
    #[default]
    Token,
    Page,
    Offset,
}

/// How a list operation pages: see `docs/specification.md`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Paging {
    #[serde(default)]
    pub style: PagingStyle,
    #[serde(default, rename = "in", deserialize_with = "is_body")]
    pub in_body: bool,
    pub token: Option<String>,
    pub size: Option<String>,
    pub max: Option<u64>,
    pub next: Option<String>,
    pub items: Option<String>,
    pub total: Option<String>,
    pub more: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct LongRunning {
    #[serde(default = "LongRunning::usual")]
    pub dialect: String,
    /// The schema's name of the result.
    pub response: Option<String>,
    pub metadata: Option<String>,
    pub base: Option<String>,
}

/// A request's operation and its path parameters, percent-decoded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Match<'a> {
    pub operation: &'a Operation,
    pub params: Vec<(String, String)>,
}

impl Match<'_> {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is wrong with a document.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(String);

impl Operation {
    pub fn parameter(&self, location: Location, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| {
            parameter.location == location
                && match location {
                    Location::Header => parameter.name.eq_ignore_ascii_case(name),
                    _ => parameter.name == name,
                }
        })
    }

    /// The path parameters of a raw (still percent-encoded) path, if it is one of this operation's.
    pub fn match_path(&self, raw_path: &str) -> Option<Vec<(String, String)>> {
        self.template.matches(raw_path)
    }

    /// The path with its parameters filled in and percent-encoded.
    pub fn fill_path(&self, value: impl Fn(&str) -> String) -> String {
        self.template.fill(value)
    }

    /// The 2xx responses.
    pub fn successes(&self) -> impl Iterator<Item = &Response> {
        self.responses.iter().filter(|response| (200..300).contains(&response.status))
    }

    pub fn response(&self, status: u16) -> Option<&Response> {
        self.responses.iter().find(|response| response.status == status)
    }

    /// `GET /cloud/v2/users/{user_id}`: names the operation independently of the names that were curated for it.
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Body {
    /// The declared content that a `Content-Type` fits, wildcards such as `application/*+json` included.
    pub fn media(&self, content_type: &str) -> Option<&Media> {
        let sent = essence(content_type);
        self.content.iter().find(|media| media_type::fits(&media.media_type, &sent))
    }
}

impl Response {
    /// The content as JSON, if the response has a body that is JSON.
    pub fn json(&self) -> Option<&Media> {
        let json = self.content.iter().find(|media| is_json(&media.media_type));
        json.or_else(|| self.content.iter().find(|media| media.media_type == "text/plain"))
    }
}

impl Document {
    /// The document of this repository, compiled on first use.
    pub fn embedded() -> &'static Document {
        static DOCUMENT: OnceLock<Document> = OnceLock::new();
        DOCUMENT.get_or_init(|| {
            Document::parse(EMBEDDED).unwrap_or_else(|error| {
                panic!("spec/open-cloud.json, which is part of this program: {error}")
            })
        })
    }

    pub fn parse(text: &str) -> Result<Document, DocumentError> {
        let root: Value =
            serde_json::from_str(text).map_err(|error| DocumentError(format!("not JSON: {error}")))?;
        let paths = root.get("paths").and_then(Value::as_object);
        let paths = paths.ok_or_else(|| DocumentError("`paths` is missing".to_owned()))?;
        let mut operations = Vec::new();
        for (path, item) in paths {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    operations.push(Operation::read(&root, path, method, item, operation)?);
                }
            }
        }
        let mut by_id = HashMap::new();
        let mut by_shape: HashMap<String, BTreeMap<usize, Vec<usize>>> = HashMap::new();
        for (index, operation) in operations.iter().enumerate() {
            if by_id.insert(operation.id.clone(), index).is_some() {
                return Err(DocumentError(format!("two operations are called `{}`", operation.id)));
            }
            let lengths = by_shape.entry(operation.method.clone()).or_default();
            lengths.entry(operation.template.len()).or_default().push(index);
        }
        for indices in by_shape.values_mut().flat_map(BTreeMap::values_mut) {
            indices.sort_by(|one, two| operations[*one].rank.cmp(&operations[*two].rank));
        }
        Ok(Document { root, operations, by_id, by_shape, validators: Mutex::default() })
    }

    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.by_id.get(id).map(|index| &self.operations[*index])
    }

    /// The operation that a request addresses. `raw_path` is as sent: percent-encoded, without the query.
    ///
    /// A literal beats a parameter, segment by segment. Where two templates differ only in their parameters'
    /// names, the one whose parameter types fit is taken, the stricter first.
    pub fn find(&self, method: &str, raw_path: &str) -> Option<Match<'_>> {
        let count = template::segments(raw_path).count();
        let method = if method.bytes().any(|ch| ch.is_ascii_lowercase()) {
            Cow::Owned(method.to_ascii_uppercase())
        } else {
            Cow::Borrowed(method)
        };
        let candidates = self.by_shape.get(method.as_ref())?.get(&count)?;
        let fitting = |index: &usize| {
            let operation = &self.operations[*index];
            operation.template.fits(raw_path).then_some(operation)
        };
        let mut fitting = candidates.iter().filter_map(fitting);
        let first = fitting.next()?;
        let mut best = Match { params: first.match_path(raw_path)?, operation: first };
        let mut best_fit = None;
        for operation in fitting.take_while(|operation| operation.rank == first.rank) {
            let quality = |found: &Match<'_>| found.operation.type_fit(self, &found.params);
            let other = Match { params: operation.match_path(raw_path)?, operation };
            let fit = quality(&other);
            if fit > *best_fit.get_or_insert_with(|| quality(&best)) {
                best = other;
                best_fit = Some(fit);
            }
        }
        Some(best)
    }

    /// A component schema by its name in the document.
    pub fn schema(&self, name: &str) -> Option<&Value> {
        self.root.get("components")?.get("schemas")?.get(name)
    }

    /// Follows `$ref` and one-member `allOf` until the schema itself.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..32 {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let pointer = reference.trim_start_matches('#');
                let Some(target) = self.root.pointer(pointer) else { return schema };
                schema = target;
            } else if let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice)
                && schema.get("properties").is_none()
            {
                schema = only;
            } else {
                break;
            }
        }
        schema
    }

    /// The whole document.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// A schema's validator, compiled on first use and remembered under `name`, which must stand for one schema only.
    pub(crate) fn validator(
        &self,
        name: &str,
        schema: &Value,
        direction: Direction,
    ) -> Arc<jsonschema::Validator> {
        let key = (name.to_owned(), direction);
        let mut validators = self.validators.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let compile = || Arc::new(schema::compile(&self.root, schema, direction));
        validators.entry(key).or_insert_with(compile).clone()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("operations", &self.operations.len()).finish_non_exhaustive()
    }
}

impl Operation {
    fn read(
        root: &Value,
        path_key: &str,
        method: &str,
        item: &Value,
        operation: &Value,
    ) -> Result<Operation, DocumentError> {
        let path = path_key.split('#').next().unwrap_or(path_key);
        let at = |what: &str| DocumentError(format!("{} {path_key}: {what}", method.to_ascii_uppercase()));
        let facts = operation.get("x-opencloud");
        let id = text(operation, "operationId").ok_or_else(|| at("no operationId"))?.to_owned();
        let mut parameters: Vec<Parameter> = Vec::new();
        for parameter in items(item.get("parameters")).chain(items(operation.get("parameters"))) {
            let parameter = Parameter::read(follow(root, parameter));
            let parameter = parameter.ok_or_else(|| at("a parameter without name, place or schema"))?;
            let Some(parameter) = parameter else { continue };
            parameters.retain(|known| known.location != parameter.location || known.name != parameter.name);
            parameters.push(parameter);
        }
        let template = Template::parse(path).map_err(|what| at(&what))?;
        let security = operation.get("security").or_else(|| root.get("security")).and_then(Value::as_array);
        let texts = |value: Option<&Value>, read: fn(&Value) -> Option<&str>| -> Vec<String> {
            items(value).filter_map(read).map(str::to_owned).collect()
        };
        let scopes = texts(operation.get("x-roblox-scopes"), |scope| scope.get("name")?.as_str());
        Ok(Operation {
            id,
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            host: [operation, item, root]
                .into_iter()
                .find_map(host)
                .unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            parameters,
            body: operation.get("requestBody").map(|body| Body::read(follow(root, body))),
            responses: responses(root, operation),
            // A list that has no one place to go on from (each entry has its own, or a read takes things away) is of
            // another style: no matter of cutting a list into pages.
            paging: facts.and_then(|facts| Paging::deserialize(facts.get("paging")?).ok()),
            long_running: facts.and_then(|facts| LongRunning::deserialize(facts.get("operation")?).ok()),
            oauth: security
                .is_none_or(|security| security.iter().any(|scheme| scheme.get("roblox-oauth2").is_some())),
            public: security.is_some_and(|security| {
                security.iter().any(|scheme| scheme.as_object().is_some_and(Map::is_empty))
            }),
            needed_scopes: match facts.and_then(|facts| facts.get("needed_scopes")?.as_array()) {
                Some(needed) => needed.iter().map(|one_of| texts(Some(one_of), Value::as_str)).collect(),
                None => scopes.iter().map(|scope| vec![scope.clone()]).collect(),
            },
            scopes,
            rate_limits: RateLimits::read(operation),
            rank: template.rank(),
            template,
        })
    }

    /// Whether path parameters have the form of their types, and how many of the types are more than any text.
    fn type_fit(&self, document: &Document, params: &[(String, String)]) -> (bool, u8) {
        let mut fits = true;
        let mut strictness = 0;
        for (name, value) in params {
            let Some(parameter) = self.parameter(Location::Path, name) else { continue };
            let schema = document.resolve(&parameter.schema);
            let fit = match (text(schema, "type"), text(schema, "format")) {
                (Some("integer"), _) => value.parse::<i64>().is_ok(),
                (_, Some("uuid")) => schema::is_uuid(value),
                _ => continue,
            };
            strictness += 1;
            fits &= fit;
        }
        (fits, strictness)
    }
}

impl Parameter {
    /// `None` in the result: a cookie or a header that OpenAPI reserves, which are no parameters.
    fn read(parameter: &Value) -> Option<Option<Parameter>> {
        let name = text(parameter, "name")?.to_owned();
        let location = match text(parameter, "in")? {
            "path" => Location::Path,
            "query" => Location::Query,
            "header" => Location::Header,
            _ => return Some(None),
        };
        let mut reserved = ["accept", "content-type", "authorization"].iter();
        if location == Location::Header && reserved.any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Some(None);
        }
        let required = location == Location::Path || is_required(parameter);
        let schema = parameter.get("schema")?.clone();
        let is_form = text(parameter, "style").is_none_or(|style| style == "form");
        let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(is_form);
        Some(Some(Parameter { name, location, required, schema, explode, compiled: Compiled::default() }))
    }
}

impl RateLimits {
    fn read(operation: &Value) -> RateLimits {
        let limit = |whose: &str| {
            let limit = operation.get("x-roblox-rate-limits")?.get(whose)?;
            let seconds = match text(limit, "period")? {
                "SECOND" => 1,
                "MINUTE" => 60,
                "HOUR" => 3_600,
                _ => return None,
            };
            Some(RateLimit { requests: limit.get("maxInPeriod")?.as_u64()?, seconds })
        };
        RateLimits { api_key_owner: limit("perApiKeyOwner"), oauth: limit("perOauth2Authorization") }
    }
}

impl Body {
    fn read(body: &Value) -> Body {
        Body { required: is_required(body), content: media(body) }
    }
}

impl LongRunning {
    fn usual() -> String {
        "cloud".to_owned()
    }
}

fn is_body<'de, D: Deserializer<'de>>(place: D) -> Result<bool, D::Error> {
    Ok(String::deserialize(place)? == "body")
}

fn responses(root: &Value, operation: &Value) -> Vec<Response> {
    let read = |(status, response): (&String, &Value)| {
        let response = follow(root, response);
        let headers = members(response, "headers").map(|(name, _)| name.clone()).collect();
        Some(Response { status: status.parse().ok()?, content: media(response), headers })
    };
    let mut responses: Vec<Response> = members(operation, "responses").filter_map(read).collect();
    responses.sort_by_key(|response| response.status);
    responses
}

fn media(holder: &Value) -> Vec<Media> {
    let read = |(media_type, content): (&String, &Value)| {
        let schema = content.get("schema").cloned();
        Media::new(media_type.clone(), schema.unwrap_or_else(|| Value::Object(serde_json::Map::new())))
    };
    members(holder, "content").map(read).collect()
}

fn is_required(holder: &Value) -> bool {
    holder.get("required").and_then(Value::as_bool) == Some(true)
}

fn host(holder: &Value) -> Option<String> {
    let url = text(holder.get("servers")?.get(0)?, "url")?;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(method: &str, path: &str) -> Option<String> {
        let found = Document::embedded().find(method, path)?;
        Some(found.operation.key())
    }

    #[test]
    fn every_operation_is_found_by_its_own_path() {
        let document = Document::embedded();
        assert!(document.operations().len() >= 264);
        for operation in document.operations() {
            let path = operation.fill_path(|name| {
                let parameter = operation.parameter(Location::Path, name);
                let schema = document.resolve(&parameter.expect("declared").schema);
                match text(schema, "format") {
                    Some("uuid") => "0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34".to_owned(),
                    _ if text(schema, "type") == Some("string") => "a b".to_owned(),
                    _ => "7".to_owned(),
                }
            });
            let found = document.find(&operation.method, &path);
            let found = found.unwrap_or_else(|| panic!("{} is not found", operation.key()));
            assert_eq!(found.operation.id, operation.id, "{path}");
        }
    }

    #[test]
    fn a_literal_beats_a_parameter() {
        assert_eq!(
            id("GET", "/cloud/v2/universes/7/secrets/public-key").as_deref(),
            Some("GET /cloud/v2/universes/{universeId}/secrets/public-key")
        );
        assert_eq!(
            id("GET", "/cloud/v2/users/7:generateThumbnail").as_deref(),
            Some("GET /cloud/v2/users/{user_id}:generateThumbnail")
        );
        assert_eq!(id("GET", "/cloud/v2/users/7").as_deref(), Some("GET /cloud/v2/users/{user_id}"));
        assert_eq!(id("GET", "/cloud/v2/users"), None);
        assert_eq!(id("GET", "/cloud/v2/users/"), None);
        assert_eq!(id("POST", "/cloud/v2/users/7"), None);
    }

    #[test]
    fn an_encoded_colon_is_part_of_the_id_and_not_a_verb() {
        let path = "/cloud/v2/universes/1/data-stores/s/entries/a%3Aincrement";
        let found = Document::embedded().find("GET", path).expect("found");
        assert_eq!(found.param("entry_id"), Some("a:increment"));
    }

    #[test]
    fn parameters_are_percent_decoded() {
        let path = "/cloud/v2/universes/1/data-stores/my%20store/entries/a%2Fb%40c";
        let found = Document::embedded().find("GET", path).expect("found");
        assert_eq!(found.param("data_store_id"), Some("my store"));
        assert_eq!(found.param("entry_id"), Some("a/b@c"));
    }

    #[test]
    fn the_route_that_occurs_twice_is_told_apart_by_value() {
        let base = "/legacy-localization-tables/v1/localization-table/tables";
        let by = |value: &str| id("GET", &format!("{base}/{value}"));
        assert!(by("123").expect("found").ends_with("{assetId}"));
        assert!(by("0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34").expect("found").ends_with("{tableId}"));
    }

    #[test]
    fn media_types_fit_with_parameters_and_wildcards() {
        assert!(media_type::fits("application/*+json", "application/vnd.x+json"));
        assert!(!media_type::fits("application/*+json", "application/json"));
        assert_eq!(essence("Application/JSON; charset=utf-8"), "application/json");
    }

    #[test]
    fn a_document_that_is_none_says_so() {
        let error = |text| Document::parse(text).expect_err("refused").to_string();
        assert!(error("{").starts_with("not JSON"));
        assert_eq!(error("{}"), "`paths` is missing");
        let text = r#"{"paths":{"/a":{"get":{}}}}"#;
        assert_eq!(error(text), "GET /a: no operationId");
    }
}
