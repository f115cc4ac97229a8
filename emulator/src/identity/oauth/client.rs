//! What the token endpoints share: the form, the app that sends it, and errors.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use serde_json::json;

use crate::api::Response;
use crate::document::{essence, query_pairs};
use crate::identity::oauth::apps::{Apps, OAuthApp};
use crate::identity::secrets::same_secret;
use crate::incoming::Incoming;

/// An error as RFC 6749, section 5.2, writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OAuthError {
    status: u16,
    pub(crate) code: &'static str,
    pub(crate) description: String,
    /// The app used HTTP Basic and is to be told so.
    basic: bool,
}

impl OAuthError {
    pub(crate) fn new(code: &'static str, description: impl Into<String>) -> OAuthError {
        OAuthError { status: 400, code, description: description.into(), basic: false }
    }

    pub(crate) fn invalid_request(description: impl Into<String>) -> OAuthError {
        OAuthError::new("invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: impl Into<String>) -> OAuthError {
        OAuthError::new("invalid_grant", description)
    }

    fn invalid_client(basic: bool, description: impl Into<String>) -> OAuthError {
        OAuthError { status: 401, basic, ..OAuthError::new("invalid_client", description) }
    }

    pub(crate) fn response(&self) -> Response {
        let body = json!({ "error": self.code, "error_description": self.description });
        let response = Response::json(body).with_status(self.status);
        if self.basic { response.with_header("www-authenticate", "Basic realm=\"oauth\"") } else { response }
    }
}

/// A form in which nothing may occur twice.
#[derive(Debug)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn read(request: &Incoming) -> Result<Form, OAuthError> {
        let content_type = request.headers.get("content-type").and_then(|value| value.to_str().ok());
        if content_type.map(essence).as_deref() != Some("application/x-www-form-urlencoded") {
            let message = "The content type must be application/x-www-form-urlencoded.";
            return Err(OAuthError::invalid_request(message));
        }
        let body = std::str::from_utf8(&request.body);
        let body = body.map_err(|_| OAuthError::invalid_request("The form is not UTF-8."))?;
        Form::of(query_pairs(body)).map_err(OAuthError::invalid_request)
    }

    pub(crate) fn of(pairs: Vec<(String, String)>) -> Result<Form, String> {
        for (index, (name, _)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(known, _)| known == name) {
                return Err(format!("The parameter {name} is given twice."));
            }
        }
        Ok(Form(pairs))
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    }
}

/// The app that sent a form: a confidential one shows its secret, by HTTP Basic or in the form.
pub(crate) fn authenticate<'a>(
    apps: &'a Apps,
    request: &Incoming,
    form: &Form,
) -> Result<&'a OAuthApp, OAuthError> {
    let basic = basic(request)?;
    let is_basic = basic.is_some();
    let wrong = |message: &str| Err(OAuthError::invalid_request(message));
    let (id, secret) = match basic {
        Some(_) if form.get("client_secret").is_some() => {
            return wrong("The app authenticates twice: by HTTP Basic and in the form.");
        }
        Some((id, _)) if form.get("client_id").is_some_and(|other| other != id) => {
            return wrong("The client_id of the form is not the one of HTTP Basic.");
        }
        Some((id, secret)) => (id, Some(secret).filter(|secret| !secret.is_empty())),
        None => (form.required("client_id")?.to_owned(), form.get("client_secret").map(str::to_owned)),
    };
    let refused = |message: &str| Err(OAuthError::invalid_client(is_basic, message));
    let Some(app) = apps.get(&id) else { return refused("There is no app with this client_id.") };
    match (&app.client_secret, &secret) {
        (Some(known), Some(sent)) if same_secret(known, sent) => Ok(app),
        (None, None) => Ok(app),
        (Some(_), None) => refused("The app is confidential: client_secret is missing."),
        (Some(_), Some(_)) => refused("The client_secret is wrong."),
        (None, Some(_)) => refused("The app is public: it has no client_secret."),
    }
}

/// Id and secret of HTTP Basic, both of which are form-encoded (RFC 6749, section 2.3.1).
fn basic(request: &Incoming) -> Result<Option<(String, String)>, OAuthError> {
    let Some(value) = request.header(AUTHORIZATION) else { return Ok(None) };
    let malformed = || OAuthError::invalid_client(true, "The authorization header is not HTTP Basic.");
    let (scheme, credentials) = value.split_once(' ').ok_or_else(malformed)?;
    refuse_if!(!scheme.eq_ignore_ascii_case("basic"), malformed());
    let decoded = STANDARD.decode(credentials.trim()).map_err(|_| malformed())?;
    let decoded = String::from_utf8(decoded).map_err(|_| malformed())?;
    let (id, secret) = decoded.split_once(':').ok_or_else(malformed)?;
    let plain = |text: &str| {
        let pairs = query_pairs(&format!("x={}", text.replace('&', "%26")));
        pairs.into_iter().next().map(|(_, value)| value).unwrap_or_default()
    };
    Ok(Some((plain(id), plain(secret))))
}
