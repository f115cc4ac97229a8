//! Validates requests and responses against the document.

use std::fmt;

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::document::media_type::{essence, is_json};
use crate::document::nesting::unfit;
use crate::document::request::{Part, RequestParts, multipart, query_pairs};
use crate::document::schema::Direction;
use crate::document::{Document, Location, Media, Operation, Parameter, items, text, text_of};

/// The largest number of violations that one value is reported with.
const MAX_VIOLATIONS: usize = 20;
/// In characters.
const MAX_LOCATION: usize = 200;

/// One thing that the document does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Where it is: `query.maxPageSize`, `path.user_id`, `header.x-idempotency-key`,
    /// `body.gameJoinRestriction.duration`, `body`.
    pub location: String,
    /// What is wrong there. It never repeats the value, which may be a secret.
    pub message: String,
}

/// What is said of a query parameter that the operation does not have.
const UNKNOWN_PARAMETER: &str = "is not a parameter of this operation";
/// What is said of a parameter that has to be there.
const MISSING: &str = "is required";

impl Violation {
    /// Whether services overlook it.
    pub(crate) fn may_be_overlooked(&self) -> bool {
        self.message == UNKNOWN_PARAMETER
    }

    /// The name of the query parameter that is missing, if that is what this says.
    pub(crate) fn missing_parameter(&self) -> Option<&str> {
        self.location.strip_prefix("query.").filter(|_| self.message == MISSING)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

/// Everything in a request that the document does not allow. An empty list: the request is good.
///
/// Looked at are the path and query parameters, the header parameters, and the body with its content type. What only
/// exists on the wire is up to [`validate_wire`].
pub fn validate_request(
    document: &Document,
    operation: &Operation,
    parts: &RequestParts<'_>,
) -> Vec<Violation> {
    let query = query_pairs(parts.query.unwrap_or_default());
    let params = operation.match_path(parts.path);
    let mut violations =
        validate_found(document, operation, params.as_deref().unwrap_or_default(), &query, parts);
    if params.is_none() {
        let message = format!("is not of the form {}", operation.path);
        violations.insert(0, Violation { location: "path".to_owned(), message });
    }
    violations
}

/// As [`validate_request`], of a request whose path and query are taken apart already.
pub(crate) fn validate_found(
    document: &Document,
    operation: &Operation,
    params: &[(String, String)],
    query: &[(String, String)],
    parts: &RequestParts<'_>,
) -> Vec<Violation> {
    let mut check = Check::new(document, Direction::Request);
    check.path(operation, params);
    check.query(operation, query);
    check.headers(operation, parts.headers);
    check.body(operation, parts);
    check.violations
}

/// What Roblox requires of the transfer itself: a body comes with its length, and is not chunked.
pub fn validate_wire(operation: &Operation, headers: &HeaderMap, body: &[u8]) -> Vec<Violation> {
    let takes_body = matches!(operation.method.as_str(), "POST" | "PUT" | "PATCH");
    let missing = !headers.contains_key(CONTENT_LENGTH);
    let chunked = headers.contains_key(TRANSFER_ENCODING);
    let declared = operation.parameter(Location::Header, CONTENT_LENGTH.as_str()).is_some();
    if missing && (chunked || !body.is_empty() || (takes_body && declared)) {
        vec![Violation { location: "header.content-length".to_owned(), message: "is required".to_owned() }]
    } else {
        Vec::new()
    }
}

/// Everything in a response that the document does not allow, unknown properties included.
pub fn validate_response(
    document: &Document,
    operation: &Operation,
    status: u16,
    content_type: Option<&str>,
    body: &[u8],
) -> Vec<Violation> {
    let mut check = Check::new(document, Direction::Response);
    let Some(response) = operation.response(status) else {
        check.add("status", format!("{status} is not declared"));
        return check.violations;
    };
    if response.content.is_empty() {
        if !body.is_empty() {
            check.add("body", "is sent although none is declared");
        }
        return check.violations;
    }
    if body.is_empty() {
        check.add("body", "is missing");
        return check.violations;
    }
    let sent = essence(content_type.unwrap_or_default());
    let Some(media) = response.content.iter().find(|media| essence(&media.media_type) == sent) else {
        check.add("header.content-type", "is not declared for this response");
        return check.violations;
    };
    if is_json(&media.media_type) || media.media_type == "text/plain" {
        check.json_media(media, body);
    }
    check.violations
}

/// Everything in a value that a schema of the document does not allow. The schema is compiled anew each time.
pub fn validate_value(
    document: &Document,
    schema: &Value,
    direction: Direction,
    value: &Value,
) -> Vec<Violation> {
    let validator = crate::document::schema::compile(document.root(), schema, direction);
    let mut check = Check::new(document, direction);
    check.against("body", &validator, value);
    check.violations
}

struct Check<'a> {
    document: &'a Document,
    direction: Direction,
    violations: Vec<Violation>,
}

impl<'a> Check<'a> {
    fn new(document: &'a Document, direction: Direction) -> Self {
        Check { document, direction, violations: Vec::new() }
    }

    fn add(&mut self, location: impl Into<String>, message: impl Into<String>) {
        // Nobody reads more, and what is sent may have any number of mistakes, and names of any length.
        if self.violations.len() < MAX_VIOLATIONS {
            let location: String = location.into().chars().take(MAX_LOCATION).collect();
            self.violations.push(Violation { location, message: message.into() });
        }
    }

    fn path(&mut self, operation: &Operation, params: &[(String, String)]) {
        for (name, value) in params {
            match operation.parameter(Location::Path, name) {
                Some(parameter) => self.parameter(operation, parameter, value),
                None => self.add(format!("path.{name}"), "is not declared"),
            }
        }
    }

    fn query(&mut self, operation: &Operation, pairs: &[(String, String)]) {
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in pairs {
            let Some(parameter) = operation.parameter(Location::Query, name) else {
                self.add(format!("query.{name}"), UNKNOWN_PARAMETER);
                continue;
            };
            let is_array = is_array(self.document, parameter);
            if is_array && !parameter.explode {
                value.split(',').for_each(|item| self.parameter(operation, parameter, item));
            } else if !is_array && seen.contains(&name.as_str()) {
                self.add(format!("query.{name}"), "is given more than once");
            } else {
                self.parameter(operation, parameter, value);
            }
            seen.push(name);
        }
        self.required(operation, Location::Query, |name| pairs.iter().any(|(sent, _)| sent == name));
    }

    fn headers(&mut self, operation: &Operation, headers: &HeaderMap) {
        for (name, value) in headers {
            match operation.parameter(Location::Header, name.as_str()) {
                Some(parameter) => match value.to_str() {
                    Ok(value) => self.parameter(operation, parameter, value),
                    Err(_) => self.add(format!("header.{name}"), "is not visible ASCII"),
                },
                // Any client adds headers of its own; only one in the service's own name is a mistake.
                None if name.as_str().starts_with("roblox-") => {
                    self.add(format!("header.{name}"), "is not a header of this operation");
                }
                None => {}
            }
        }
        self.required(operation, Location::Header, |name| headers.contains_key(name));
    }

    fn required(&mut self, operation: &Operation, place: Location, is_sent: impl Fn(&str) -> bool) {
        for parameter in &operation.parameters {
            if parameter.location == place && parameter.required && !is_sent(&parameter.name) {
                self.add(location(parameter), MISSING);
            }
        }
    }

    /// One value of a parameter; for an array, one of its items.
    fn parameter(&mut self, operation: &Operation, parameter: &Parameter, text: &str) {
        let schema = self.document.resolve(&parameter.schema);
        let items = schema.get("items").filter(|_| is_array(self.document, parameter));
        let item = items.unwrap_or(schema);
        let resolved = self.document.resolve(item);
        let Some(value) = read_scalar(resolved, text) else {
            let kind = with_article(kind(resolved).unwrap_or("value"));
            self.add(location(parameter), format!("is not {kind}"));
            return;
        };
        let before = self.violations.len();
        let validator = parameter.compiled.get(self.document.root(), item, self.direction);
        if validator.is_valid(&value) {
            return;
        }
        self.against(&location(parameter), validator, &value);
        if is_clamped(operation, parameter) {
            let mut index = 0;
            self.violations.retain(|violation| {
                index += 1;
                index <= before || !violation.message.starts_with("is greater than")
            });
        }
    }

    fn body(&mut self, operation: &Operation, parts: &RequestParts<'_>) {
        let body = match &operation.body {
            Some(body) if parts.body.is_empty() && body.required => return self.add("body", "is required"),
            None if !parts.body.is_empty() => {
                return self.add("body", "is sent although this operation takes none");
            }
            Some(body) if !parts.body.is_empty() => body,
            _ => return,
        };
        let Some(content_type) = parts.content_type() else {
            return self.add("header.content-type", "is required with a body");
        };
        let Some(media) = body.media(content_type) else {
            let declared: Vec<_> = body.content.iter().map(|m| m.media_type.as_str()).collect();
            return self.add("header.content-type", format!("is not one of {}", declared.join(", ")));
        };
        if is_json(content_type) {
            if let Some(reason) = unfit(parts.body) {
                return self.add("body", reason);
            }
            self.json_media(media, parts.body);
        } else if essence(content_type) == "multipart/form-data" {
            let name = format!("{}/body/{}", operation.id, media.media_type);
            match multipart(content_type, parts.body) {
                Ok(form) => self.form(&name, &media.schema, &form),
                Err(error) => self.add("body", error),
            }
        }
    }

    fn form(&mut self, name: &str, schema: &Value, form: &[Part]) {
        let schema = self.document.resolve(schema);
        for part in form {
            let location = format!("body.{}", part.name);
            let Some(property) = schema.get("properties").and_then(|known| known.get(&part.name)) else {
                self.add(location, "is not a part of this form");
                continue;
            };
            let mut property = self.document.resolve(property);
            let array = kind(property) == Some("array");
            if array && let Some(items) = property.get("items") {
                property = self.document.resolve(items);
            }
            if !array && form.iter().filter(|other| other.name == part.name).count() > 1 {
                self.add(&location, "is given more than once");
            }
            self.part(&location, &format!("{name}/{}", part.name), property, part);
        }
        for required in items(schema.get("required")).filter_map(Value::as_str) {
            if !form.iter().any(|part| part.name == required) {
                self.add(format!("body.{required}"), "is required");
            }
        }
    }

    fn part(&mut self, location: &str, name: &str, schema: &Value, part: &Part) {
        if matches!(text(schema, "format"), Some("binary" | "byte")) {
            return;
        }
        let Some(text) = part.text() else { return self.add(location, "is not UTF-8") };
        if matches!(kind(schema), Some("object") | None) {
            if let Some(reason) = unfit(text.as_bytes()) {
                return self.add(location, reason);
            }
            return match serde_json::from_str(text) {
                Ok(value) => self.value(location, name, schema, &value),
                Err(error) => self.add(location, format!("is not JSON: {error}")),
            };
        }
        match read_scalar(schema, text) {
            Some(value) => self.value(location, name, schema, &value),
            None => self.add(location, format!("is not {}", with_article(kind(schema).unwrap_or("value")))),
        }
    }

    /// A JSON body.
    fn json_media(&mut self, media: &Media, body: &[u8]) {
        let value = match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(error) => return self.add("body", format!("is not JSON: {error}")),
        };
        let validator = media.compiled.get(self.document.root(), &media.schema, self.direction);
        if !validator.is_valid(&value) {
            self.against("body", validator, &value);
        }
    }

    fn value(&mut self, location: &str, name: &str, schema: &Value, value: &Value) {
        let validator = self.document.validator(name, schema, self.direction);
        self.against(location, &validator, value);
    }

    fn against(&mut self, location: &str, validator: &jsonschema::Validator, value: &Value) {
        for error in validator.iter_errors(value).take(MAX_VIOLATIONS) {
            self.report(location, &error);
        }
    }

    fn report(&mut self, location: &str, error: &jsonschema::ValidationError<'_>) {
        let place = format!("{location}{}", dotted(error.instance_path().as_str()));
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    self.add(format!("{place}.{name}"), "is not a known property");
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                self.add(format!("{place}.{name}"), "is required");
            }
            ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
                let closest = context.iter().min_by_key(|branch| branch.len());
                match closest.map(Vec::as_slice) {
                    Some([only]) => self.report(location, only),
                    _ => self.add(place, "fits none of the forms that it may have"),
                }
            }
            kind => self.add(place, sentence(kind, error)),
        }
    }
}

fn sentence(kind: &ValidationErrorKind, error: &jsonschema::ValidationError<'_>) -> String {
    match kind {
        ValidationErrorKind::Type { kind } => {
            let mut names: Vec<_> = match kind {
                TypeKind::Single(only) => vec![only.to_string()],
                TypeKind::Multiple(several) => several.iter().map(|kind| kind.to_string()).collect(),
            };
            names.retain(|name| name != "null");
            let names: Vec<_> = names.iter().map(|name| with_article(name)).collect();
            format!("is not {}", names.join(" or "))
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let told = options.iter().filter(|option| !option.is_null()).take(8);
            let mut names: Vec<_> = told.map(text_of).collect();
            if options.len() > 8 {
                names.push("...".to_owned());
            }
            format!("is not one of {}", names.join(", "))
        }
        ValidationErrorKind::Format { format } => match format.as_str() {
            "date-time" => "is not an RFC 3339 date and time".to_owned(),
            "x-duration" => "is not a duration such as 1.5s".to_owned(),
            "x-byte" => "is not base64".to_owned(),
            "x-field-mask" => "is not a list of field paths such as a.b,c".to_owned(),
            "x-uuid" => "is not a UUID".to_owned(),
            other => format!("is not of the format {other}"),
        },
        ValidationErrorKind::Minimum { limit } => format!("is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("is greater than {limit}"),
        ValidationErrorKind::MinLength { limit } => format!("is shorter than {limit} character(s)"),
        ValidationErrorKind::MaxLength { limit } => format!("is longer than {limit} characters"),
        _ => error.masked().to_string(),
    }
}

fn with_article(kind: &str) -> String {
    match kind {
        "object" | "integer" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

/// A JSON pointer as a path: `/a/0/b` becomes `.a[0].b`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{step}]"));
        } else {
            path.push('.');
            path.push_str(&step.replace("~1", "/").replace("~0", "~"));
        }
    }
    path
}

fn location(parameter: &Parameter) -> String {
    let place = match parameter.location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Header => "header",
    };
    format!("{place}.{}", parameter.name)
}

fn kind(schema: &Value) -> Option<&str> {
    text(schema, "type")
}

fn is_array(document: &Document, parameter: &Parameter) -> bool {
    kind(document.resolve(&parameter.schema)) == Some("array")
}

/// Page sizes that are too large are cut, not refused.
fn is_clamped(operation: &Operation, parameter: &Parameter) -> bool {
    operation.paging.as_ref().and_then(|paging| paging.size.as_ref()) == Some(&parameter.name)
}

/// A scalar of a schema's type from its text; `None` if the text is not one.
fn read_scalar(schema: &Value, text: &str) -> Option<Value> {
    match kind(schema) {
        Some("integer") => {
            let number = text.parse::<i64>().map(Value::from);
            number.or_else(|_| text.parse::<u64>().map(Value::from)).ok()
        }
        Some("number") => serde_json::Number::from_f64(text.parse().ok()?).map(Value::Number),
        Some("boolean") => text.parse::<bool>().ok().map(Value::from),
        _ => Some(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    struct Sent<'a> {
        method: &'a str,
        target: &'a str,
        headers: &'a [(&'static str, &'a str)],
        body: &'a [u8],
    }

    fn check(sent: &Sent<'_>) -> Vec<String> {
        let document = Document::embedded();
        let (path, query) = match sent.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (sent.target, None),
        };
        let found = document.find(sent.method, path).expect("a known route");
        let mut headers = HeaderMap::new();
        for (name, value) in sent.headers {
            headers.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        let parts = RequestParts { path, query, headers: &headers, body: sent.body };
        validate_request(document, found.operation, &parts).iter().map(ToString::to_string).collect()
    }

    fn get(target: &str) -> Vec<String> {
        check(&Sent { method: "GET", target, headers: &[], body: b"" })
    }

    fn json_body(method: &str, target: &str, body: &Value) -> Vec<String> {
        check(&Sent {
            method,
            target,
            headers: &[("content-type", "application/json; charset=utf-8")],
            body: body.to_string().as_bytes(),
        })
    }

    const INVENTORY: &str = "/cloud/v2/users/7/inventory-items";
    const NOTIFICATIONS: &str = "/cloud/v2/users/7/notifications";

    #[test]
    fn query_parameters() {
        assert!(get(&format!("{INVENTORY}?maxPageSize=100&filter=a%3Db")).is_empty());
        assert_eq!(
            get(&format!("{INVENTORY}?maxPageSize=many&max_page_size=1")),
            [
                "query.maxPageSize: is not an integer",
                "query.max_page_size: is not a parameter of this operation"
            ]
        );
        assert_eq!(
            get(&format!("{INVENTORY}?pageToken=a&pageToken=b")),
            ["query.pageToken: is given more than once"]
        );
        assert_eq!(
            get("/cloud/v2/users/7:generateThumbnail?shape=OVAL"),
            ["query.shape: is not one of SHAPE_UNSPECIFIED, ROUND, SQUARE"]
        );
    }

    #[test]
    fn arrays_are_repeated_keys() {
        let ids = "/legacy-develop/v1/universes/multiget/permissions";
        assert!(get(&format!("{ids}?ids=1&ids=2")).is_empty());
        assert_eq!(get(&format!("{ids}?ids=1,2")), ["query.ids: is not an integer"]);
    }

    #[test]
    fn a_page_size_beyond_the_maximum_is_not_refused() {
        let servers = "/server-management/v1/universes/1/places/2/versions/3/game-servers";
        assert!(get(&format!("{servers}?MaxPageSize=1000")).is_empty());
        assert_eq!(get(&format!("{servers}?MaxPageSize=-1")), ["query.MaxPageSize: is less than 0"]);
    }

    #[test]
    fn path_parameters_have_types() {
        assert_eq!(
            get("/assets/v1/assets/abc/versions"),
            [] as [&str; 0],
            "a path parameter that the document types as text"
        );
        assert_eq!(get("/place-version-history-api/v1/zero/history"), ["path.placeId: is not an integer"]);
    }

    #[test]
    fn a_json_body() {
        let good = json!({
            "source": { "universe": "universes/1" },
            "payload": { "type": "MOMENT", "messageId": "m", "parameters": { "a": { "int64Value": 1 } } }
        });
        assert_eq!(json_body("POST", NOTIFICATIONS, &good), [] as [&str; 0]);
        let wrong = json!({
            "source": { "universe": 1 },
            "payload": { "kind": "MOMENT", "messageId": "m", "type": "MEMENTO", "parameters": { "a": { "int64Value": "1" } } }
        });
        let mut found = json_body("POST", NOTIFICATIONS, &wrong);
        found.sort();
        assert_eq!(
            found,
            [
                "body.payload.kind: is not a known property",
                "body.payload.parameters.a.int64Value: is not an integer",
                "body.payload.type: is not one of TYPE_UNSPECIFIED, MOMENT",
                "body.source.universe: is not a string"
            ]
        );
    }

    #[test]
    fn of_any_number_of_mistakes_only_so_many_are_told() {
        let wrong: serde_json::Map<_, _> =
            (0..1_000).map(|number| (format!("{number}{}", "x".repeat(1_000)), json!(1))).collect();
        let found = json_body("POST", NOTIFICATIONS, &Value::Object(wrong));
        assert_eq!(found.len(), MAX_VIOLATIONS);
        assert!(found.iter().all(|violation| violation.len() < 2 * MAX_LOCATION));
        let many = format!("[{}0]", "0,".repeat(4_600_000));
        let headers = &[("content-type", "application/json")];
        let sent = Sent { method: "POST", target: NOTIFICATIONS, headers, body: many.as_bytes() };
        assert_eq!(check(&sent), ["body: has too many values"]);
    }

    #[test]
    fn read_only_properties_are_tolerated() {
        let body = json!({ "user": "users/7", "gameJoinRestriction": { "active": true } });
        let target = "/cloud/v2/universes/1/user-restrictions/7";
        assert_eq!(json_body("PATCH", target, &body), [] as [&str; 0]);
    }

    #[test]
    fn a_body_needs_its_content_type() {
        let mut sent = Sent { method: "POST", target: NOTIFICATIONS, headers: &[], body: b"{}" };
        assert_eq!(check(&sent), ["header.content-type: is required with a body"]);
        sent.headers = &[("content-type", "text/plain")];
        assert_eq!(check(&sent), ["header.content-type: is not one of application/json"]);
        sent.body = b"";
        assert_eq!(check(&sent), ["body: is required"]);
        sent.headers = &[("content-type", "application/json")];
        sent.body = b"{";
        assert!(check(&sent)[0].starts_with("body: is not JSON: "));
        assert_eq!(
            check(&Sent { method: "GET", target: INVENTORY, headers: &[], body: b"{}" }),
            ["body: is sent although this operation takes none"]
        );
    }

    #[test]
    fn a_multipart_body() {
        let form = |request: &str, extra: &str| {
            let body = format!(
                "--B\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{request}\r\n\
                 --B\r\nContent-Disposition: form-data; name=\"fileContent\"; filename=\"a\"\r\n\
                 Content-Type: image/png\r\n\r\nxyz\r\n{extra}--B--\r\n"
            );
            check(&Sent {
                method: "POST",
                target: "/assets/v1/assets",
                headers: &[("content-type", "multipart/form-data; boundary=B")],
                body: body.as_bytes(),
            })
        };
        let good = r#"{"assetType":"Decal","displayName":"a","creationContext":{"creator":{"userId":1}}}"#;
        assert_eq!(form(good, ""), [] as [&str; 0]);
        assert_eq!(form(r#"{"displayname":"a"}"#, ""), ["body.request.displayname: is not a known property"]);
        assert!(form("{", "")[0].starts_with("body.request: is not JSON"));
        let extra = "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n";
        assert_eq!(form(good, extra), ["body.file: is not a part of this form"]);
    }

    #[test]
    fn headers_of_the_service_are_checked() {
        let sent = Sent {
            method: "GET",
            target: INVENTORY,
            headers: &[("roblox-entry-atributes", "{}"), ("user-agent", "x")],
            body: b"",
        };
        assert_eq!(check(&sent), ["header.roblox-entry-atributes: is not a header of this operation"]);
        let sent = Sent { method: "POST", target: "/ads-management/v1/campaigns", headers: &[], body: b"" };
        assert!(check(&sent).contains(&"header.x-idempotency-key: is required".to_owned()));
    }

    #[test]
    fn a_body_comes_with_its_length() {
        let document = Document::embedded();
        let operation = document.find("POST", NOTIFICATIONS).expect("found").operation;
        let mut headers = HeaderMap::new();
        assert_eq!(validate_wire(operation, &headers, b"{}").len(), 1);
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("2"));
        assert!(validate_wire(operation, &headers, b"{}").is_empty());
    }

    #[test]
    fn a_message_never_repeats_the_value() {
        let body = json!({ "source": "hunter2", "payload": { "type": "hunter2" } });
        for violation in json_body("POST", NOTIFICATIONS, &body) {
            assert!(!violation.contains("hunter2"), "{violation}");
        }
    }

    #[test]
    fn responses_are_held_to_their_schema() {
        let document = Document::embedded();
        let operation = document.find("GET", "/cloud/v2/users/7").expect("found").operation;
        let check = |status, body: &[u8]| {
            validate_response(document, operation, status, Some("application/json"), body)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert!(check(200, br#"{"id":"7","name":"a"}"#).is_empty());
        assert_eq!(check(200, br#"{"id":7}"#), ["body.id: is not a string"]);
        assert_eq!(check(200, br#"{"ids":"7"}"#), ["body.ids: is not a known property"]);
        assert_eq!(check(299, b"{}"), ["status: 299 is not declared"]);
    }
}
