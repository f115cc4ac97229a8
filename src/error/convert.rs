//! From a response with a status of failure to what it says.

use super::ErrorKind;
use super::one_line::is_hidden;
use crate::wire::decode;
use http::StatusCode;
use serde_json::{Map, Value};

/// The longest text without structure that becomes a message, in characters. All of it stays in
/// the error's body.
const LONGEST_TEXT: usize = 500;

/// What the body of an error says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ParsedBody {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) details: Option<Value>,
}

/// Reads a body, of any of the shapes that the services have.
pub(super) fn read(body: &[u8]) -> ParsedBody {
    match decode::any(body) {
        Some(Value::Object(object)) => object_body(object),
        Some(Value::String(text)) => ParsedBody { message: plain(&text), ..ParsedBody::default() },
        Some(Value::Null) => ParsedBody::default(),
        Some(Value::Array(items)) => ParsedBody {
            details: (!items.is_empty()).then_some(Value::Array(items)),
            ..ParsedBody::default()
        },
        Some(scalar) => ParsedBody { message: Some(scalar.to_string()), ..ParsedBody::default() },
        None => ParsedBody {
            message: no_json(&String::from_utf8_lossy(decode::json_text(body))),
            ..ParsedBody::default()
        },
    }
}

fn object_body(mut object: Map<String, Value>) -> ParsedBody {
    match object.remove("errors") {
        // The gateway, the legacy services, ads: the first error speaks, the others are details.
        Some(Value::Array(errors)) if !errors.is_empty() => {
            let first = match &errors[0] {
                Value::Object(first) => fields(first.clone()),
                other => ParsedBody { message: text(other), ..ParsedBody::default() },
            };
            let envelope = fields(object);
            return ParsedBody {
                code: first.code.or(envelope.code),
                message: first.message.or(envelope.message),
                details: Some(Value::Array(errors)),
            };
        }
        // ASP.NET validation: messages by field.
        Some(Value::Object(errors)) if !errors.is_empty() => {
            let envelope = fields(object);
            let message = [envelope.message].into_iter().flatten().chain(by_field(&errors));
            let message: Vec<String> = message.collect();
            return ParsedBody {
                code: envelope.code,
                message: (!message.is_empty()).then(|| message.join(" ")),
                details: Some(Value::Object(errors)),
            };
        }
        _ => {}
    }
    match object.remove("error") {
        // Asset permissions, analytics.
        Some(Value::Object(error)) => {
            let said = fields(error);
            let envelope = fields(object);
            ParsedBody {
                code: said.code.or(envelope.code),
                message: said.message.or(envelope.message),
                details: said.details.or(envelope.details),
            }
        }
        // Server management has the message here (`ER-08`): a code has no blanks.
        Some(Value::String(error)) if error.trim().contains(char::is_whitespace) => {
            let said = fields(object);
            ParsedBody { message: said.message.or_else(|| plain(&error)), ..said }
        }
        // Data stores v1, memory stores (`MS-13`) and OAuth have the code here, place version history a second
        // message.
        Some(Value::String(error)) if !error.is_empty() => {
            let said = fields(object);
            ParsedBody {
                message: said.message.or_else(|| said.code.is_some().then(|| error.clone())),
                code: said.code.or(Some(error)),
                details: said.details,
            }
        }
        _ => fields(object),
    }
}

/// The members that carry a code, a message and details under one name or another; what is left
/// over becomes the details, so that nothing is lost.
fn fields(mut object: Map<String, Value>) -> ParsedBody {
    let mut take = |names: &[&str]| {
        let found: Vec<Value> = names.iter().filter_map(|name| object.remove(*name)).collect();
        found.iter().find_map(text)
    };
    let code = take(&["code", "errorCode"]);
    let message =
        take(&["message", "errorMessage", "error_description", "userFacingMessage", "detail", "title"]);
    let message = match (message, take(&["field"]), take(&["hint"])) {
        (Some(message), None, None) => Some(message),
        (None, None, None) => None,
        (message, field, hint) => {
            let field = field.map(|field| format!("(field `{field}`)"));
            Some([message, field, hint].into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    };
    // Mostly a repeat of the status line; as a word, the code of services that have no other (`ER-04`).
    let status = take(&["status"]).filter(|status| is_word(status));
    take(&["type"]);
    let details = ["details", "errorDetails"].iter().find_map(|name| {
        object
            .remove(*name)
            .filter(|details| !matches!(details, Value::Null) && details != &Value::from([0; 0]))
    });
    object.retain(|_, value| !value.is_null());
    let details = details.or_else(|| (!object.is_empty()).then_some(Value::Object(object)));
    ParsedBody { code: code.or(status), message, details }
}

/// Whether a text can be a code, and is not the number of a status.
fn is_word(text: &str) -> bool {
    !text.contains(char::is_whitespace) && !text.bytes().all(|byte| byte.is_ascii_digit())
}

fn by_field(errors: &Map<String, Value>) -> impl Iterator<Item = String> {
    errors.iter().map(|(field, messages)| {
        let messages = match messages {
            Value::Array(messages) => messages.iter().filter_map(text).collect::<Vec<_>>().join(" "),
            other => text(other).unwrap_or_default(),
        };
        format!("`{field}`: {messages}")
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => plain(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The title of an HTML page, or text as it is.
fn no_json(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('<') {
        return plain(text);
    }
    ["title", "h1", "Message"].iter().find_map(|tag| {
        // An element of a page, or of an XML error such as those of storage services. ASCII case
        // folding keeps every position.
        let lower = text.to_ascii_lowercase();
        let tag = tag.to_ascii_lowercase();
        let start = lower.find(&format!("<{tag}"))?;
        let start = start + lower[start..].find('>')? + 1;
        let end = start + lower[start..].find(&format!("</{tag}"))?;
        plain(&text[start..end])
    })
}

/// Text for one line of a terminal or log: trimmed, without control characters, bounded.
pub(super) fn plain(text: &str) -> Option<String> {
    let text = text.trim_matches(|ch: char| ch.is_whitespace() || is_hidden(ch));
    let mut short: String =
        text.chars().take(LONGEST_TEXT).map(|ch| if is_hidden(ch) { ' ' } else { ch }).collect();
    if text.chars().count() > LONGEST_TEXT {
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

/// What kind of failure a response is.
pub(super) fn kind(status: StatusCode, said: &ParsedBody) -> ErrorKind {
    if status.is_client_error()
        && let Some(kind) = moderation(said.code.as_deref(), said.message.as_deref().unwrap_or_default())
    {
        return kind;
    }
    match status.as_u16() {
        300..=399 => ErrorKind::Redirect,
        // The gateway's status for a key without the scope (`ER-02`); the key itself is good.
        401 if lacks_scope(said.code.as_deref(), said.message.as_deref()) => ErrorKind::PermissionDenied,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        408 | 499 => ErrorKind::Timeout,
        500..=599 => ErrorKind::Service,
        _ => ErrorKind::Refused,
    }
}

/// What services say of a credential that has not the scope that an operation takes, or not for what it names
/// (ER-02, AU-12).
const WITHOUT_SCOPE: [&str; 3] =
    ["insufficient scope", "scope not authorized", "scope must be configured to allow all resources"];

/// Whether it is said that the credential has not the scope.
pub(super) fn lacks_scope(code: Option<&str>, message: Option<&str>) -> bool {
    let message = message.unwrap_or_default().to_ascii_lowercase();
    code.is_some_and(|code| code.eq_ignore_ascii_case("INSUFFICIENT_SCOPE"))
        || WITHOUT_SCOPE.iter().any(|text| message.contains(text))
}

/// What moderation and file checks say in words, in responses and in failed operations alike.
pub(super) fn moderation(code: Option<&str>, message: &str) -> Option<ErrorKind> {
    let message = message.to_lowercase();
    let says = |words: &str| message.contains(words);
    if says("user is moderated") || says("account is moderated") {
        Some(ErrorKind::ModeratedAccount)
    } else if says("is moderated") {
        Some(ErrorKind::ModeratedText)
    } else if code == Some("InvalidImage") || says("invalidimage") {
        Some(ErrorKind::InvalidFile)
    } else {
        None
    }
}

/// Whether a request may have had its effect although this was the response.
pub(super) fn is_ambiguous(status: StatusCode) -> bool {
    match status.as_u16() {
        // "Send it there instead" means that it was not done here; other redirects follow an effect.
        307 | 308 => false,
        300..=399 => true,
        408 | 499 => true,
        501 => false,
        500..=599 => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_shape_is_read() {
        // Body; code, message, details. The numbers are those of the facts, section 4.1.
        let rows: &[(&str, Value, &str, &str, Value)] = &[
            (
                "1 gateway",
                json!({"errors": [{"code": 0, "message": "Invalid API Key"}]}),
                "0",
                "Invalid API Key",
                json!([{"code": 0, "message": "Invalid API Key"}]),
            ),
            (
                "2 v2",
                json!({"code": "INVALID_ARGUMENT", "message": "bad", "details": [{"a": 1}]}),
                "INVALID_ARGUMENT",
                "bad",
                json!([{"a": 1}]),
            ),
            (
                "3 data stores v1",
                json!({"error": "INVALID_ARGUMENT", "message": "bad", "errorDetails":
              [{"errorDetailType": "DatastoreErrorInfo", "datastoreErrorCode": "InvalidCursor"}]}),
                "INVALID_ARGUMENT",
                "bad",
                json!([{"errorDetailType": "DatastoreErrorInfo", "datastoreErrorCode": "InvalidCursor"}]),
            ),
            (
                "4 ordered v1",
                json!({"code": "NOT_FOUND", "message": "gone"}),
                "NOT_FOUND",
                "gone",
                Value::Null,
            ),
            (
                "5 validation",
                json!({"errors": {"name": ["too long", "odd"]}, "type": "t", "title": "Wrong.", "status": 400,
              "extensions": {"traceId": "x"}}),
                "",
                "Wrong. `name`: too long odd",
                json!({"name": ["too long", "odd"]}),
            ),
            (
                "6 problem",
                json!({"type": "t", "title": "Bad", "status": "400", "detail": "no such key", "instance": "/i"}),
                "",
                "no such key",
                json!({"instance": "/i"}),
            ),
            (
                "7 ads",
                json!({"status": 400, "title": "Bad", "detail": "d", "errors": [{"code": "INVALID_ARGUMENT", "message": "m"}]}),
                "INVALID_ARGUMENT",
                "m",
                json!([{"code": "INVALID_ARGUMENT", "message": "m"}]),
            ),
            (
                "8 products",
                json!({"errorCode": "PriceTooLow", "errorMessage": "low", "field": "price", "hint": "Raise it."}),
                "PriceTooLow",
                "low (field `price`) Raise it.",
                Value::Null,
            ),
            (
                "9 permissions",
                json!({"error": {"code": "CannotManageAsset", "message": "no"}}),
                "CannotManageAsset",
                "no",
                Value::Null,
            ),
            (
                "10 analytics",
                json!({"path": "p", "done": true, "metadata": null, "error": {"code": 3000, "message": "large"}}),
                "3000",
                "large",
                json!({"path": "p", "done": true}),
            ),
            ("11 status", json!({"code": 5, "message": "m", "details": []}), "5", "m", Value::Null),
            ("12 history", json!({"code": 7, "error": "Forbidden", "message": "m"}), "7", "m", Value::Null),
            ("12 history, short", json!({"code": 7, "error": "Forbidden"}), "7", "Forbidden", Value::Null),
            (
                "oauth",
                json!({"error": "invalid_grant", "error_description": "used"}),
                "invalid_grant",
                "used",
                Value::Null,
            ),
            (
                "ER-08 a sentence",
                json!({"error": "The place does not belong to the universe."}),
                "",
                "The place does not belong to the universe.",
                Value::Null,
            ),
            (
                "ER-08 a sentence beside a code",
                json!({"error": "No such place.", "code": 4}),
                "4",
                "No such place.",
                Value::Null,
            ),
            (
                "MS-13 the code alone",
                json!({"error": "ALREADY_EXISTS", "message": "there"}),
                "ALREADY_EXISTS",
                "there",
                Value::Null,
            ),
            (
                "ER-04 a status that is a word",
                json!({"status": "INVALID_ARGUMENT", "title": "bad"}),
                "INVALID_ARGUMENT",
                "bad",
                Value::Null,
            ),
            (
                "ER-04 beside a code",
                json!({"status": "INVALID_ARGUMENT", "code": 3, "message": "bad"}),
                "3",
                "bad",
                Value::Null,
            ),
            (
                "ER-04 a status line",
                json!({"status": "Bad Request", "message": "bad"}),
                "",
                "bad",
                Value::Null,
            ),
            (
                "ER-06 flat",
                json!({"code": 0, "message": "Token Validation Failed"}),
                "0",
                "Token Validation Failed",
                Value::Null,
            ),
            ("a string", json!("no"), "", "no", Value::Null),
            ("errors that are strings", json!({"errors": ["no"]}), "", "no", json!(["no"])),
            ("an empty object", json!({}), "", "", Value::Null),
            ("null", Value::Null, "", "", Value::Null),
            ("empty errors", json!({"errors": [], "message": "m"}), "", "m", Value::Null),
        ];
        for (name, body, code, message, details) in rows {
            let said = read(body.to_string().as_bytes());
            assert_eq!(said.code.as_deref().unwrap_or_default(), *code, "{name}");
            assert_eq!(said.message.as_deref().unwrap_or_default(), *message, "{name}");
            assert_eq!(said.details.unwrap_or_default(), *details, "{name}");
        }
    }

    #[test]
    fn what_is_no_json_is_read_as_text() {
        for (body, message) in [
            (&b""[..], None),
            (b"  \r\n", None),
            (b"Service Unavailable", Some("Service Unavailable")),
            (b"two\nlines", Some("two lines")),
            (b"\xef\xbb\xbf{\"message\": \"behind a mark\"}", Some("behind a mark")),
            (b"\xef\xbb\xbfa text", Some("a text")),
            ("\u{202e}turned\u{1b}[0m".as_bytes(), Some("turned [0m")),
            (b"{\"code\":\"NOT_FOUND\",\"mess", Some("{\"code\":\"NOT_FOUND\",\"mess")),
            (b"<html><head><title> 502 Bad Gateway </title></head></html>", Some("502 Bad Gateway")),
            (b"<html><body><H1 class=x>Sorry</H1></body>", Some("Sorry")),
            (b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", Some("Request has expired")),
            (b"<html></html>", None),
            (b"<title>never closed", None),
            (b"\xff\xfe", Some("\u{fffd}\u{fffd}")),
        ] {
            assert_eq!(read(body).message.as_deref(), message, "{body:?}");
        }
        let long = read("x".repeat(10_000).as_bytes()).message.unwrap_or_default();
        assert_eq!(long.chars().count(), LONGEST_TEXT + 1);
    }

    #[test]
    fn moderation_is_a_kind_of_its_own() {
        for (message, expected) in [
            ("AssetName is moderated.", Some(ErrorKind::ModeratedText)),
            ("AssetDescription is moderated.", Some(ErrorKind::ModeratedText)),
            ("User is moderated", Some(ErrorKind::ModeratedAccount)),
            ("InvalidImage", Some(ErrorKind::InvalidFile)),
            ("Invalid asset", None),
        ] {
            assert_eq!(moderation(None, message), expected, "{message}");
        }
    }
}
