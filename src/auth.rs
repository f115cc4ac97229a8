//! Who a call is made for.

use crate::Error;
use http::HeaderValue;
use std::fmt;

/// A credential: an API key or an OAuth 2.0 access token. It never prints.
#[derive(Clone)]
pub struct Credentials(Kind);

#[derive(Clone)]
enum Kind {
    ApiKey(HeaderValue),
    Bearer(HeaderValue),
}

impl Credentials {
    /// An API key, sent as `x-api-key`.
    ///
    /// # Errors
    ///
    /// If the key is empty or holds what a header cannot carry (a line break, a character that is
    /// not ASCII).
    pub fn api_key(key: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self(Kind::ApiKey(secret("API key", key.as_ref(), "")?)))
    }

    /// An OAuth 2.0 access token, sent as `authorization: Bearer`.
    ///
    /// # Errors
    ///
    /// As [`Credentials::api_key`].
    pub fn bearer(token: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self(Kind::Bearer(secret("access token", token.as_ref(), "Bearer ")?)))
    }

    pub(crate) fn is_bearer(&self) -> bool {
        matches!(self.0, Kind::Bearer(_))
    }

    pub(crate) fn apply(&self, headers: &mut http::HeaderMap) {
        match &self.0 {
            Kind::ApiKey(value) => headers.insert("x-api-key", value.clone()),
            Kind::Bearer(value) => headers.insert(http::header::AUTHORIZATION, value.clone()),
        };
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::ApiKey(_) => "Credentials(API key, hidden)",
            Kind::Bearer(_) => "Credentials(access token, hidden)",
        })
    }
}

/// A header value that stays out of every log; the message never shows what was given.
fn secret(what: &str, text: &str, prefix: &str) -> Result<HeaderValue, Error> {
    let refuse = |why: &str| Err(Error::configuration(format!("the {what} {why}")));
    if text.is_empty() {
        return refuse("is empty");
    }
    if text.contains(['\r', '\n']) {
        return refuse("holds a line break; was it read from a file with the line's end?");
    }
    if !text.is_ascii() {
        return refuse("holds a character that is not ASCII");
    }
    if text.trim() != text {
        return refuse("begins or ends with a space");
    }
    match HeaderValue::try_from(format!("{prefix}{text}")) {
        Ok(mut value) => {
            value.set_sensitive(true);
            Ok(value)
        }
        Err(_) => refuse("holds a control character"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_keys_are_refused_without_being_shown() {
        for key in ["", "key\n", "a\r\nb", "schlüssel", " key", "a\u{1}b"] {
            for made in [Credentials::api_key(key), Credentials::bearer(key)] {
                let message = made.expect_err(key).to_string();
                assert!(key.is_empty() || !message.contains(key), "{message}");
            }
        }
    }

    #[test]
    fn secrets_never_print() {
        let key = Credentials::api_key("very-secret").expect("a key");
        assert!(!format!("{key:?}").contains("very-secret"));
        let mut headers = http::HeaderMap::new();
        key.apply(&mut headers);
        assert!(!format!("{headers:?}").contains("very-secret"));
    }
}
