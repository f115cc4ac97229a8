//! What names, contents and domains may be, so that a mistake is found before anything is sent.
//!
//! Sources: <https://create.roblox.com/docs/cloud-services/secrets> and the reference of the operations.

use super::Plaintext;
use crate::Error;
use crate::call::check_length;
use crate::ids::Id;

const MAX_ID: usize = 64;
const MAX_CONTENT: usize = 1_024;

pub(super) fn check_id(id: &Id) -> Result<(), Error> {
    let id = id.as_str();
    let is_word = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins_with_digit = id.starts_with(|ch: char| ch.is_ascii_digit());
    match !id.is_empty() && id.len() <= MAX_ID && is_word && !begins_with_digit {
        true => Ok(()),
        false => Err(Error::invalid_request(format!(
            "{id:?} cannot be the id of a secret: it has 1 to {MAX_ID} letters, digits and underscores, and does \
             not begin with a digit"
        ))),
    }
}

/// Roblox does not say that a secret cannot be empty; an empty one is taken for a variable that was not
/// set.
pub(super) fn check_content(content: &Plaintext) -> Result<(), Error> {
    check_length("content of the secret", content.as_str(), MAX_CONTENT)
}

/// A host name, `*.` before one, or `*`.
pub(super) fn check_domain(domain: &str) -> Result<(), Error> {
    let host = match domain {
        "*" => return Ok(()),
        _ => domain.strip_prefix("*.").unwrap_or(domain),
    };
    let is_label = |label: &str| {
        !label.is_empty() && !label.contains(|ch: char| "*/:@?#\\".contains(ch) || ch.is_whitespace())
    };
    match host.split('.').all(is_label) {
        true => Ok(()),
        false => Err(Error::invalid_request(format!(
            "{domain:?} cannot be the domain of a secret: it is a host name such as `api.example.com`, one with \
             its first part open such as `*.example.com`, or `*`; to allow none, use `without_domain`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_words_of_64_letters_at_most() {
        for id in ["a", "_", "aws", "A_1", &"x".repeat(63), &"x".repeat(64)] {
            check_id(&id.into()).expect(id);
        }
        for id in ["", "1a", "a-b", "a.b", "a b", "ä", "public-key", &"x".repeat(65)] {
            assert!(check_id(&id.into()).is_err(), "{id}");
        }
    }

    #[test]
    fn contents_have_1024_characters_at_most() {
        for (length, is_allowed) in [(0, false), (1, true), (1_023, true), (1_024, true), (1_025, false)] {
            // Characters, not bytes.
            let content = Plaintext::from("é".repeat(length));
            assert_eq!(check_content(&content).is_ok(), is_allowed, "{length}");
        }
    }

    #[test]
    fn a_refused_content_is_not_repeated() {
        let error = check_content(&Plaintext::from("hunter2".repeat(200))).expect_err("too long");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn domains_are_host_names() {
        for domain in ["*", "example.com", "*.example.com", "localhost", "xn--bcher-kva.example"] {
            check_domain(domain).expect(domain);
        }
        for domain in [
            "",
            "https://example.com",
            "example.com/path",
            "a.*.com",
            "*example.com",
            "a b",
            ".com",
            "*.",
            "a:80",
        ] {
            assert!(check_domain(domain).is_err(), "{domain}");
        }
    }
}
