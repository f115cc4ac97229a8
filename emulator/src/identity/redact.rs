//! Keeps secrets out of what is recorded: those of OAuth 2.0 and key introspection travel in bodies and queries.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::api::Response;
use crate::document::query_pairs;
use crate::incoming::Incoming;
use crate::wire::{WireBody, WireResponse};

/// It may be part of a query.
const HIDDEN: &str = "[redacted]";
const SECRETS: [&str; 7] =
    ["access_token", "apikey", "client_secret", "code_verifier", "id_token", "refresh_token", "token"];
/// In a form it is what is exchanged for tokens, in JSON it is the code of an error.
const CODE: &str = "code";

/// Whether bodies and queries of this path can have secrets.
pub(crate) fn concerns(path: &str) -> bool {
    path.starts_with("/oauth/") || path.starts_with("/api-keys/")
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.contains(&name.as_str())
}

/// The request as it may be kept.
pub(crate) fn request(request: Incoming) -> Incoming {
    if !concerns(request.path()) {
        return request;
    }
    let uri = match request.query() {
        Some(query) => format!("{}?{}", request.path(), pairs(query)).parse().unwrap_or_default(),
        None => request.uri.clone(),
    };
    Incoming { uri, body: body(&request.body), ..request }
}

/// The response as it may be kept. Its headers are not.
pub(crate) fn response(sent: &WireResponse) -> Response {
    let WireResponse::Response(sent) = sent else { return Response::empty(0) };
    let mut response = Response::empty(sent.status().as_u16());
    let content_type = sent.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    response.content_type = content_type.map(str::to_owned);
    if let WireBody::Whole(Some(whole)) = sent.body() {
        response.body = body(whole);
    }
    response
}

/// A body without its secrets. One that is neither JSON nor a form is left out.
fn body(body: &Bytes) -> Bytes {
    if body.is_empty() {
        return Bytes::new();
    }
    let Ok(text) = std::str::from_utf8(body) else { return Bytes::from_static(HIDDEN.as_bytes()) };
    if let Ok(mut json) = serde_json::from_str::<Value>(text) {
        value(&mut json);
        return json.to_string().into();
    }
    if text.contains('=') && !text.contains(['<', '{', '"', '\n']) {
        return pairs(text).into();
    }
    // A page: it repeats what the browser has in its address line.
    Bytes::from_static(HIDDEN.as_bytes())
}

/// `a=b&c=d` without its secrets.
fn pairs(text: &str) -> String {
    let hide = |pair: &str| match query_pairs(pair).first() {
        // The name may be written in another way, such as `client%5Fsecret`.
        Some((name, _)) if is_secret(name) || name == CODE => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    };
    text.split('&').map(hide).collect::<Vec<_>>().join("&")
}

fn value(json: &mut Value) {
    match json {
        Value::Object(object) => {
            for (name, inner) in object {
                if is_secret(name) && inner.is_string() {
                    *inner = HIDDEN.into();
                } else {
                    value(inner);
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_are() {
        let json = Bytes::from_static(br#"{"access_token":"s","scope":"a","list":[{"apiKey":"s"}]}"#);
        assert_eq!(
            body(&json),
            r#"{"access_token":"[redacted]","list":[{"apiKey":"[redacted]"}],"scope":"a"}"#
        );
        let form = Bytes::from_static(b"grant_type=refresh_token&refresh_token=s&client_secret=s");
        let expected = "grant_type=refresh_token&refresh_token=[redacted]&client_secret=[redacted]";
        assert_eq!(body(&form), expected);
        assert_eq!(body(&Bytes::from_static(b"client%5Fsecret=s")), "client_secret=[redacted]");
        assert_eq!(body(&Bytes::from_static(b"{\"apiKey\":\"s=\", ")), HIDDEN, "broken JSON is no form");
        assert_eq!(body(&Bytes::from_static(b"\xff")), HIDDEN);
        assert_eq!(body(&Bytes::from_static(b"<html>code=s")), HIDDEN);
    }
}
