//! The key that makes sending a request twice safe.

use crate::Error;
use crate::body::Body;
use crate::spec::IdempotencyInfo;
use crate::wire::path;
use http::{HeaderName, HeaderValue, Request, Uri};

/// Makes the idempotency key, unless the caller gave one. The request keeps it over its attempts.
///
/// # Errors
///
/// If the operation's own facts cannot be sent.
pub(super) fn add_key(request: &mut Request<Body>, info: &IdempotencyInfo) -> Result<(), Error> {
    let key = || uuid::Uuid::new_v4().to_string();
    let cannot =
        |_: http::Error| Error::invalid_request(format!("no idempotency key can be sent as `{}`", info.key));
    if info.in_header {
        let name = HeaderName::try_from(info.key).map_err(|error| cannot(error.into()))?;
        let value = HeaderValue::try_from(key()).map_err(|error| cannot(error.into()))?;
        request.headers_mut().entry(name).or_insert(value);
        return Ok(());
    }
    let mut target = request.uri().to_string();
    add_parameter(&mut target, info.key, key);
    if let Some(name) = info.first_sent {
        add_parameter(&mut target, name, || jiff::Timestamp::now().to_string());
    }
    *request.uri_mut() = Uri::try_from(target).map_err(|error| cannot(error.into()))?;
    Ok(())
}

/// Adds a query parameter, unless it is there.
fn add_parameter(target: &mut String, name: &str, value: impl FnOnce() -> String) {
    let query = target.split_once('?').map(|(_, query)| query);
    let mut names = query.into_iter().flat_map(|query| query.split('&')).map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        percent_encoding::percent_decode_str(name).decode_utf8_lossy()
    });
    if names.any(|known| known == name) {
        return;
    }
    let separator = if query.is_some() { '&' } else { '?' };
    target.push(separator);
    target.extend(path::encode(name));
    target.push('=');
    target.extend(path::encode(&value()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_added_once() {
        for (target, expected) in [
            ("https://a/b", "https://a/b?key.x=1"),
            ("https://a/b?c=d", "https://a/b?c=d&key.x=1"),
            ("https://a/b?key.x=own", "https://a/b?key.x=own"),
            ("https://a/b?c=d&key%2Ex=own", "https://a/b?c=d&key%2Ex=own"),
            ("https://a/b?key.xy=z", "https://a/b?key.xy=z&key.x=1"),
        ] {
            let mut found = target.to_owned();
            add_parameter(&mut found, "key.x", || "1".to_owned());
            assert_eq!(found, expected);
        }
    }
}
