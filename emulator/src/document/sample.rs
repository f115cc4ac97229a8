//! Values that a schema admits: plausible, and the same every time.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value, json};

use crate::document::media_type::is_json;
use crate::document::names::plain;
use crate::document::request::{Part, write_form};
use crate::document::schema::Direction;
use crate::document::{
    Body, Document, Location, Media, Operation, PagingStyle, Parameter, items, members, text_of,
};

/// How deep a value is nested at most.
const MAX_DEPTH: usize = 24;
const TIME: &str = "2026-01-02T03:04:05.123456700Z";
/// What ends, ends later than it starts.
const LATER: &str = "2026-01-03T03:04:05.123456700Z";
/// What is scheduled is still to come.
const FUTURE: &str = "2100-01-02T03:04:05Z";
const UUID: &str = "0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34";
const BOUNDARY: &str = "sample-boundary-7f3a";

/// What kind of value is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Every property, also nested ones.
    Full,
    /// `{}` for an object, `[]` for an array.
    Empty,
    /// Every property of the outermost objects is null.
    Nulls,
    /// As `Full`, but each enum has a value that the document does not list.
    UnknownEnum,
    /// As `Full`, with an additional property in every object that lists its properties.
    ExtraFields,
}

impl Mode {
    pub const ALL: [Mode; 5] = [Mode::Full, Mode::Empty, Mode::Nulls, Mode::UnknownEnum, Mode::ExtraFields];
}

/// Makes values of schemas.
#[derive(Debug, Clone)]
pub struct Sample {
    pub mode: Mode,
    /// For a request: read-only properties are left out. Otherwise, for a response: write-only ones.
    pub writable: bool,
    /// Values for properties of these names; `userId` stands for `user_id` as well.
    pub ids: BTreeMap<String, String>,
    /// Of properties that exclude each other (`x-oneOf`), only one: the first that is no error.
    pub one_of_each: bool,
}

impl Sample {
    pub fn request(mode: Mode) -> Sample {
        Sample { mode, writable: true, ids: BTreeMap::new(), one_of_each: false }
    }

    pub fn response(mode: Mode) -> Sample {
        Sample { mode, writable: false, ids: BTreeMap::new(), one_of_each: false }
    }

    /// Gives the properties of this name a value, as a number where the schema has a number.
    #[must_use]
    pub fn with_id(mut self, name: &str, value: impl Into<String>) -> Sample {
        self.ids.insert(plain(name), value.into());
        self
    }

    /// A value of a schema of the document.
    pub fn value(&self, document: &Document, schema: &Value) -> Value {
        match self.mode {
            Mode::Empty => self.empty(document, schema),
            _ => self.make(document, schema, "", 0),
        }
    }

    fn empty(&self, document: &Document, schema: &Value) -> Value {
        match kind(document.resolve(schema)) {
            Some("array") => json!([]),
            Some("object") | None => json!({}),
            Some(_) => self.make(document, schema, "", 0),
        }
    }

    fn make(&self, document: &Document, schema: &Value, name: &str, depth: usize) -> Value {
        let schema = document.resolve(schema);
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.enumeration(schema, values);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(first) = schema.get(keyword).and_then(|members| members.get(0)) {
                return self.make(document, first, name, depth + 1);
            }
        }
        match kind(schema) {
            Some("array") => {
                let empty = json!({});
                let items = schema.get("items").unwrap_or(&empty);
                let name = name.strip_suffix('s').unwrap_or(name);
                json!([self.make(document, items, name, depth + 1)])
            }
            Some("boolean") => json!(true),
            Some("integer") => self.integer(schema, name),
            Some("number") => limited(schema, 1.5),
            Some("string") => json!(self.text(document, schema, name)),
            Some("object") | None => self.object(document, schema, name, depth),
            Some(_) => Value::Null,
        }
    }

    fn object(&self, document: &Document, schema: &Value, name: &str, depth: usize) -> Value {
        let mut object = Map::new();
        let mut named = false;
        let parts = items(schema.get("allOf")).map(|part| document.resolve(part));
        for part in parts.chain([schema]) {
            let Some(properties) = part.get("properties").and_then(Value::as_object) else { continue };
            named = true;
            for (name, property) in properties {
                if self.stays_home(document, property) {
                    continue;
                }
                let value = match self.mode {
                    Mode::Nulls => Value::Null,
                    _ => self.make(document, property, name, depth + 1),
                };
                object.insert(name.clone(), value);
            }
        }
        if self.writable {
            leave_possible(name, &mut object);
        }
        if self.one_of_each {
            leave_one(schema, &mut object);
        }
        match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => {
                let value = self.make(document, values, "value", depth + 1);
                // What a map is keyed by, the document does not say.
                let key = if plain(name) == "places" { id_of("place") } else { "key" };
                object.insert(key.to_owned(), value);
            }
            Some(Value::Bool(false)) => {}
            _ if !named => drop(object.insert("key".to_owned(), json!("value"))),
            _ => {}
        }
        if self.mode == Mode::ExtraFields && named {
            let later = json!({ "nested": [1, "two", null] });
            object.insert("addedByTomorrowsVersion".to_owned(), later);
        }
        Value::Object(object)
    }

    fn stays_home(&self, document: &Document, property: &Value) -> bool {
        let keyword = if self.writable { "readOnly" } else { "writeOnly" };
        let says = |schema: &Value| schema.get(keyword) == Some(&Value::Bool(true));
        says(property) || says(document.resolve(property))
    }

    fn enumeration(&self, schema: &Value, values: &[Value]) -> Value {
        if self.mode == Mode::UnknownEnum {
            let largest = values.iter().filter_map(Value::as_i64).max();
            return largest.map_or(json!("ADDED_BY_TOMORROWS_VERSION"), |largest| json!(largest + 1000));
        }
        let names = schema.get("x-enum-varnames").and_then(Value::as_array);
        let means_nothing = |word: &str| {
            let word = word.to_ascii_uppercase();
            word.ends_with("UNSPECIFIED") || word == "INVALID" || word == "UNKNOWN"
        };
        let chosen = values.iter().enumerate().find(|(index, value)| {
            let name = names.and_then(|names| names.get(*index));
            !value.is_null()
                && ![Some(*value), name].into_iter().flatten().filter_map(Value::as_str).any(means_nothing)
        });
        chosen.map(|(_, value)| value).or(values.first()).cloned().unwrap_or_default()
    }

    fn integer(&self, schema: &Value, name: &str) -> Value {
        if let Some(known) = self.ids.get(&plain(name))
            && let Ok(number) = known.parse::<i64>()
        {
            return json!(number);
        }
        let number = match plain(name).as_str() {
            "status" => 200,
            "durationseconds" => 1_209_600,
            "code" | "errorcode" => 5,
            "page" | "pagenumber" | "skip" => 1,
            // Of money, in billionths.
            "exponent" => -9,
            name if is_size(name) => 25,
            name if name.ends_with("id") => id_of(name).parse().unwrap_or(1001),
            name if name.contains("price") => 100,
            name if name.contains("size") => 12,
            name if name.contains("version") => 3,
            _ => 7,
        };
        match limited(schema, f64::from(number)).as_f64() {
            // Whole numbers of this size are exact in a double.
            Some(number) => json!(number.ceil() as i64),
            None => json!(number),
        }
    }

    fn text(&self, document: &Document, schema: &Value, name: &str) -> String {
        let format = schema.get("format").and_then(Value::as_str);
        if let Some(known) = self.ids.get(&plain(name))
            && (format != Some("uuid") || crate::document::schema::is_uuid(known))
        {
            return known.clone();
        }
        let text = match format {
            Some("date-time") if plain(name).starts_with("scheduled") => FUTURE.to_owned(),
            Some("date-time") if plain(name) == "endtime" => LATER.to_owned(),
            Some("date-time") => TIME.to_owned(),
            // How long somebody is kept out is a matter of whole seconds.
            Some("duration") if plain(name) == "duration" => "90s".to_owned(),
            Some("duration") => "1.5s".to_owned(),
            Some("uuid") => UUID.to_owned(),
            Some("byte") => "c2FtcGxl".to_owned(),
            Some("date-span") => "01:02:03".to_owned(),
            Some("field-mask") => "displayName".to_owned(),
            _ => word(name),
        };
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            return patterned(document, pattern, text);
        }
        let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let minimum = limit("minLength").map_or(0, |limit| limit.min(1000) as usize);
        let maximum = limit("maxLength").map_or(usize::MAX, |limit| limit as usize);
        let padding = std::iter::repeat_n('x', minimum.saturating_sub(text.chars().count()));
        text.chars().chain(padding).take(maximum).collect()
    }
}

/// Leaves out properties of requests that exclude each other, or that only a server can know, although the document
/// does not say so.
fn leave_possible(name: &str, object: &mut Map<String, Value>) {
    if name == "creator" && object.contains_key("userId") {
        object.remove("groupId");
    }
    if object.contains_key("numericSortKey") {
        object.remove("stringSortKey");
    }
    if object.contains_key("modelAssetId") {
        object.retain(|name, _| name == "modelAssetId" || !name.ends_with("AssetId"));
    }
    if name == "Details" && object.contains_key("Script") {
        object.retain(|name, _| name == "Script");
    }
    // Only a server can say where a list goes on.
    if object.contains_key("identifier") {
        object.remove("cursor");
    }
    if object.contains_key("inGameConfigExperimentConfiguration") {
        object.remove("matchmakingExperimentConfiguration");
    }
}

/// Of the properties that the document says exclude each other, leaves the first that is no error.
fn leave_one(schema: &Value, object: &mut Map<String, Value>) {
    for (_, members) in members(schema, "x-oneOf") {
        let members: Vec<_> = items(Some(members)).filter_map(Value::as_str).collect();
        let kept = members.iter().find(|name| **name != "error").or(members.first());
        object.retain(|name, _| !members.contains(&name.as_str()) || kept == Some(&name.as_str()));
    }
}

/// The first of some likely words that the pattern admits.
fn patterned(document: &Document, pattern: &str, text: String) -> String {
    let candidates = ["user/1001", "1001", "sample", "Sample", "a", "A1", UUID, ""];
    let alone = json!({ "type": "string", "pattern": pattern });
    let name = format!("pattern/{pattern}");
    let validator = document.validator(&name, &alone, Direction::Request);
    let mut candidates = std::iter::once(text.as_str()).chain(candidates);
    let found = candidates.find(|candidate| validator.is_valid(&json!(candidate)));
    found.map_or_else(|| text.clone(), str::to_owned)
}

/// The texts of a parameter as they are sent: one, or for an array one for each item.
pub fn parameter_values(document: &Document, operation: &Operation, parameter: &Parameter) -> Vec<String> {
    if let Some(text) = known_parameter(operation, parameter) {
        return vec![text.to_owned()];
    }
    let value = Sample::request(Mode::Full).make(document, &parameter.schema, &parameter.name, 0);
    match value {
        Value::Array(items) => items.iter().map(text_of).collect(),
        value => vec![text_of(&value)],
    }
}

/// Parameters whose text follows a grammar that the document does not state.
fn known_parameter(operation: &Operation, parameter: &Parameter) -> Option<&'static str> {
    let path = operation.path.as_str();
    let ends = |end: &str| path.ends_with(end);
    let text = match plain(&parameter.name).as_str() {
        "filter" if ends("/inventory-items") => "inventoryItemAssetTypes=HAT,CLASSIC_PANTS",
        "filter" if ends("/memberships") || ends("/join-requests") => "user == 'users/1001'",
        "filter" if ends("/forum-categories") => "archived==true",
        "filter" if ends("/posts") => "pinned==true",
        "filter" if ends("/comments") => "repliesToCommentId==0b47dd4e-4b0f-4ac8-9dd0-8ae0cbc6ad34",
        "filter" if ends("/asset-quotas") => "quotaType == RateLimitUpload && assetType == Audio",
        "filter" if ends(":listLogs") => "user == 'users/1001'",
        "filter" if ends(":listRevisions") => "revision_create_time >= 2000-01-01T00:00:00Z",
        "filter" if ends("/items") => r#"id > "a" && id < "z""#,
        "filter" if path.contains("ordered-data-stores") => "entry >= 1 && entry <= 100",
        "filter" if path.contains("/data-stores") => r#"id.startsWith("sample")"#,
        "filter" if ends("/game-servers") => "playerCount > 0",
        "filter" if ends("/logs") => "messageType == 'ERROR'",
        "orderby" if ends("/items") => "id desc",
        "orderby" if path.contains("ordered-data-stores") => "value desc",
        "orderby" if path.starts_with("/ordered-data-stores/") => "desc",
        "orderby" => "uptime desc",
        "updatemask" if ends("/assets/{assetId}") => "displayName,description",
        "updatemask" if path.contains("user-restrictions") => "gameJoinRestriction",
        "updatemask" if path.contains("/instances/") => "engineInstance",
        "updatemask" if path.contains("creator-store-products") => "published",
        "updatemask" if ends("/universes/{universe_id}") => "voiceChatEnabled",
        "experimentid" if ends(":complete") || ends("/stats") => "sample-running",
        "count" if ends("/items:read") => "1",
        "id" if path.contains("/ads-management/v1/campaigns") => "9301",
        "xidempotencykey" => UUID,
        "targetid" if path.ends_with("/saves") => "5001",
        "subscriptionid" => "1001",
        "fields" if path.starts_with("/virtual-events/") => "id,title",
        "readmask" => "description,displayName",
        "entryid" | "entry" if parameter.location == Location::Path => "sample-entry",
        "entrykey" if operation.method == "POST" && ends("/entry") => "sample-new",
        "entrykey" => "sample-entry",
        "robloxentryattributes" => r#"{"key":"value"}"#,
        "robloxentryuserids" => "[1001]",
        _ => return None,
    };
    Some(text)
}

/// A request with every parameter, as it goes over the wire.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SampleRequest {
    pub method: String,
    /// Percent-encoded, without the query.
    pub path: String,
    /// Percent-encoded, without the question mark; may be empty.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

impl SampleRequest {
    /// The path and the query.
    pub fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// A good request of an operation: all parameters and a full body. Page tokens are left out, since only a server can
/// give one.
pub fn request(document: &Document, operation: &Operation) -> SampleRequest {
    let mut query: Vec<String> = Vec::new();
    let mut headers = Vec::new();
    for parameter in &operation.parameters {
        if is_token(operation, parameter) || parameter.name == "matchVersion" {
            // A token comes from a server, and a version to match excludes that the entry is to be new.
            continue;
        }
        let values = parameter_values(document, operation, parameter);
        match parameter.location {
            Location::Path => {}
            Location::Query => {
                let name = encode(&parameter.name);
                query.extend(values.iter().map(|value| format!("{name}={}", encode(value))));
            }
            Location::Header => {
                let name = parameter.name.to_ascii_lowercase();
                // The transfer sets these itself.
                if !["content-length", "accept-encoding", "content-md5"].contains(&name.as_str()) {
                    headers.extend(values.first().map(|value| (name, value.clone())));
                }
            }
        }
    }
    let path = operation.fill_path(|name| {
        let parameter = operation.parameter(Location::Path, name);
        let values = parameter.map(|parameter| parameter_values(document, operation, parameter));
        values.and_then(|values| values.into_iter().next()).unwrap_or_else(|| "sample".to_owned())
    });
    let body = operation.body.as_ref().map(|body| encoded(document, operation, body));
    let (content_type, body) = body.unzip();
    let (method, query, body) = (operation.method.clone(), query.join("&"), body.unwrap_or_default());
    SampleRequest { method, path, query, headers, content_type, body }
}

fn is_token(operation: &Operation, parameter: &Parameter) -> bool {
    let paging = operation.paging.as_ref().filter(|paging| paging.style == PagingStyle::Token);
    paging.is_some_and(|paging| paging.token.as_ref() == Some(&parameter.name))
        || matches!(plain(&parameter.name).as_str(), "pagetoken" | "cursor" | "nextcursor")
}

fn encoded(document: &Document, operation: &Operation, body: &Body) -> (String, Vec<u8>) {
    let json = body.content.iter().find(|media| is_json(&media.media_type));
    let Some(media) = json.or(body.content.first()) else {
        return ("application/json".to_owned(), b"{}".to_vec());
    };
    if is_json(&media.media_type) {
        let mut value = Sample::request(Mode::Full).value(document, &media.schema);
        let token =
            operation.paging.as_ref().and_then(|paging| paging.token.as_ref().filter(|_| paging.in_body));
        if let (Some(object), Some(token)) = (value.as_object_mut(), token) {
            object.remove(token);
        }
        (media.media_type.clone(), value.to_string().into_bytes())
    } else if media.media_type == "multipart/form-data" {
        let parts = form_parts(document, media);
        (format!("multipart/form-data; boundary={BOUNDARY}"), write_form(BOUNDARY, &parts))
    } else {
        (media.media_type.clone(), b"<sample/>".to_vec())
    }
}

/// The parts of a sample form: JSON text for objects, a few bytes for files.
fn form_parts(document: &Document, media: &Media) -> Vec<Part> {
    let schema = document.resolve(&media.schema);
    let mut parts = Vec::new();
    for (name, property) in members(schema, "properties") {
        let property = document.resolve(property);
        let items = property.get("items").filter(|_| kind(property) == Some("array"));
        let (property, count) = items.map_or((property, 1), |items| (document.resolve(items), 2));
        let is_file = property.get("format").and_then(Value::as_str) == Some("binary");
        for index in 0..count {
            let text = if is_file && name != "fileContent" {
                // A picture by its first bytes (BMP), which are text all the same.
                format!("BM sample file {index}")
            } else if is_file {
                format!("sample file {index}")
            } else {
                text_of(&Sample::request(Mode::Full).make(document, property, name, 0))
            };
            // Every form with a picture calls it otherwise; `fileContent` is an asset's, and the sample is a model.
            let (extension, content_type) = match name.as_str() {
                "fileContent" => ("rbxm", "model/x-rbxm"),
                _ => ("png", "image/png"),
            };
            parts.push(Part {
                name: name.clone(),
                file_name: is_file.then(|| format!("sample-{index}.{extension}")),
                content_type: is_file.then(|| content_type.to_owned()),
                content: text.into(),
            });
        }
    }
    parts
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn kind(schema: &Value) -> Option<&str> {
    schema.get("type").and_then(Value::as_str).or_else(|| {
        let has = |keyword: &str| schema.get(keyword).is_some();
        (has("properties") || has("allOf")).then_some("object")
    })
}

fn is_size(name: &str) -> bool {
    matches!(name, "maxpagesize" | "pagesize" | "limit" | "count")
}

fn limited(schema: &Value, number: f64) -> Value {
    let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let number = number.max(limit("minimum").unwrap_or(f64::MIN));
    let number = number.min(limit("maximum").unwrap_or(f64::MAX));
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// Numbers that stand for the same thing everywhere.
fn id_of(name: &str) -> &'static str {
    const KNOWN: [(&str, &str); 12] = [
        ("version", "3"),
        ("request", "1901"),
        ("universe", "2001"),
        ("gamepass", "9001"),
        ("game", "2001"),
        ("place", "3001"),
        ("group", "4001"),
        ("asset", "5001"),
        ("role", "6001"),
        ("badge", "7001"),
        ("product", "8001"),
        ("user", "1001"),
    ];
    KNOWN.iter().find(|(part, _)| name.contains(part)).map_or("1001", |(_, id)| id)
}

/// A plausible text for a property.
fn word(name: &str) -> String {
    let key = plain(name);
    let text = match key.as_str() {
        "" => "sample",
        "user" | "creator" | "owner" | "author" => "users/1001",
        "group" => "groups/4001",
        "role" => "groups/4001/roles/6001",
        "universe" => "universes/2001",
        "place" | "rootplace" => "universes/2001/places/3001",
        "path" => "samples/1001",
        "icon" | "preview" | "asset" => "assets/5001",
        "assetversion" => "assets/5001/versions/3",
        "assettype" => "Model",
        "displayname" | "name" | "username" | "title" => "Sample name",
        "description" | "about" | "message" => "A sample text.",
        // As Roblox's own codes are written (LO-02), and not the source language.
        "languagecode" => "fr",
        "locale" | "language" | "sourcelocale" => "en-us",
        "domain" => "*.example.com",
        "domaintype" => "sample",
        "currencycode" => "USD",
        "exponent" => "0",
        "amountmicros" | "scheduledamountmicros" => "5000000",
        "creativeassetid" => "5001",
        "targetuniverseid" => "2001",
        "email" => "someone@example.com",
        "draft" | "drafthash" | "etag" => "sample-hash",
        "skip" => "0",
        "id" => "sample_id",
        "entryid" | "orderdatastoreid" => "sample-entry",
        "datastoreid" | "datastorename" | "datastore" => "sample-store",
        "repository" => "InExperienceConfig",
        key if is_size(key) => "25",
        key if key.ends_with("uri") || key.ends_with("url") => "https://example.com/sample",
        key if key.contains("scope") => "global",
        key if key.ends_with("time") || key.ends_with("date") || key.ends_with("createdat") => TIME,
        key if is_numbered(key) => id_of(key),
        key if key.ends_with("token") || key.ends_with("cursor") => "sample-token",
        key if key.ends_with("key") => "sample-key",
        _ => "sample",
    };
    text.to_owned()
}

/// Names of ids that are numbers on the wire even where they are typed as text.
fn is_numbered(key: &str) -> bool {
    const NUMBERED: [&str; 9] = [
        "userid",
        "groupid",
        "universeid",
        "placeid",
        "assetid",
        "roleid",
        "badgeid",
        "gameid",
        "gamepassid",
    ];
    NUMBERED.contains(&key)
        || key == "membershipid"
        || key == "joinrequestid"
        || key == "userrestrictionid"
        || key == "versionnumber"
        || key == "versionid"
        || key == "version"
        || key.ends_with("productid")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::document::schema::Direction;
    use crate::{RequestParts, validate_request, validate_value};

    #[test]
    fn every_operation_has_a_sample_request_without_a_violation() {
        let document = Document::embedded();
        let mut wrong = Vec::new();
        for operation in document.operations() {
            let sample = request(document, operation);
            let mut headers = HeaderMap::new();
            for (name, value) in &sample.headers {
                let name: HeaderName = name.parse().expect("a header name");
                headers.insert(name, HeaderValue::from_str(value).expect("a value"));
            }
            if let Some(content_type) = &sample.content_type {
                let value = HeaderValue::from_str(content_type).expect("a value");
                headers.insert("content-type", value);
            }
            let parts = RequestParts {
                path: &sample.path,
                query: Some(&sample.query),
                headers: &headers,
                body: &sample.body,
            };
            for violation in validate_request(document, operation, &parts) {
                wrong.push(format!("{}: {violation}", operation.key()));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_success_has_a_full_sample_that_is_valid() {
        let document = Document::embedded();
        let mut wrong = Vec::new();
        for operation in document.operations() {
            for response in operation.successes() {
                let Some(media) = response.json() else { continue };
                let value = Sample::response(Mode::Full).value(document, &media.schema);
                for violation in validate_value(document, &media.schema, Direction::Response, &value) {
                    wrong.push(format!("{}: {violation}", operation.key()));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn the_modes_differ_as_they_say() {
        let document = Document::embedded();
        let user = document.find("GET", "/cloud/v2/users/7").expect("found").operation;
        let schema = &user.response(200).expect("200").json().expect("json").schema;
        let make = |mode| Sample::response(mode).value(document, schema);
        assert_eq!(make(Mode::Empty), json!({}));
        let full = make(Mode::Full);
        assert_eq!(full["createTime"], TIME);
        assert_eq!(full["socialNetworkProfiles"]["visibility"], "NO_ONE");
        let nulls = make(Mode::Nulls);
        assert!(nulls.as_object().expect("object").values().all(Value::is_null));
        let unknown = make(Mode::UnknownEnum);
        assert_eq!(unknown["socialNetworkProfiles"]["visibility"], "ADDED_BY_TOMORROWS_VERSION");
        let extra = make(Mode::ExtraFields);
        assert!(extra["socialNetworkProfiles"]["addedByTomorrowsVersion"].is_object());
        let writable = Sample::request(Mode::Full).value(document, schema);
        assert!(writable.get("createTime").is_none());
    }

    #[test]
    fn ids_go_where_their_names_are() {
        let document = Document::embedded();
        let schema = json!({ "type": "object", "properties": {
            "userId": { "type": "integer" },
            "user_id": { "type": "string" },
            "id": { "type": "string" }
        } });
        let value = Sample::response(Mode::Full).with_id("userId", "42").value(document, &schema);
        assert_eq!(value, json!({ "userId": 42, "user_id": "42", "id": "sample_id" }));
    }

    #[test]
    fn limits_are_kept() {
        let document = Document::embedded();
        let value = |schema: Value| Sample::request(Mode::Full).value(document, &schema);
        assert_eq!(value(json!({ "type": "integer", "minimum": 10 })), json!(10));
        assert_eq!(value(json!({ "type": "integer", "maximum": 2 })), json!(2));
        assert_eq!(value(json!({ "type": "string", "maxLength": 3 })), json!("sam"));
        let creator = json!({ "type": "string", "pattern": "^(user|group)/\\d+$" });
        assert_eq!(value(creator), json!("user/1001"));
    }
}
