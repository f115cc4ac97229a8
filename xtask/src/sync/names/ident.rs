//! What is an identifier, and how a text becomes one.

use heck::{ToSnakeCase, ToUpperCamelCase};
use opencloud_codegen::names::ascii_words;
pub use opencloud_codegen::names::is_keyword;

/// Names that the library itself has, and that a derived type must not take.
const LIBRARY_TYPES: [&str; 38] = [
    "Api",
    "Arc",
    "Body",
    "Builder",
    "Bytes",
    "Call",
    "Client",
    "ClientBuilder",
    "Cow",
    "Credentials",
    "Date",
    "DateTime",
    "Duration",
    "Error",
    "FieldMask",
    "Filter",
    "HashMap",
    "HeaderMap",
    "HeaderValue",
    "Infallible",
    "Instant",
    "Item",
    "Items",
    "Json",
    "Map",
    "Method",
    "Open",
    "Operation",
    "Page",
    "Pages",
    "Patch",
    "Request",
    "Response",
    "StatusCode",
    "Stream",
    "Timestamp",
    "Unknown",
    "Value",
];

/// Methods that every call or handle has, and that a derived method must not take.
const LIBRARY_METHODS: [&str; 14] = [
    "borrow", "client", "clone", "default", "from", "into", "items", "new", "pages", "send", "start",
    "to_owned", "try_into", "wait",
];

/// Whether generated code uses a type or trait of this bare name.
pub fn is_prelude(name: &str) -> bool {
    opencloud_codegen::names::RESERVED_TYPES.contains(&name)
}

/// Whether a derived type may not be called so.
pub fn is_reserved_type(name: &str) -> bool {
    is_keyword(name) || is_prelude(name) || LIBRARY_TYPES.contains(&name)
}

/// Whether a derived method may not be called so.
pub fn is_reserved_method(name: &str) -> bool {
    is_keyword(name) || LIBRARY_METHODS.contains(&name)
}

pub fn is_snake_case(name: &str) -> bool {
    let words_are_plain =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('_').all(words_are_plain)
}

pub fn is_upper_camel_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Any text as a snake_case identifier; `fallback` if nothing of it can be one.
pub fn snake_case(text: &str, fallback: &str) -> String {
    let words = ascii_words(text).to_snake_case();
    let name = words.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    if name.is_empty() { fallback.to_owned() } else { name.to_owned() }
}

/// Any text as an UpperCamelCase identifier; `fallback` if nothing of it can be one.
pub fn upper_camel_case(text: &str, fallback: &str) -> String {
    let name = ascii_words(text).to_upper_camel_case();
    match name.chars().next() {
        None => fallback.to_owned(),
        Some(first) if first.is_ascii_uppercase() => name,
        Some(_) => format!("{fallback}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        for name in ["a", "get_user", "list_v2", "get_3d_thumbnail"] {
            assert!(is_snake_case(name), "{name}");
        }
        for name in ["", "A", "a__b", "_a", "a_", "2d", "a-b", "é"] {
            assert!(!is_snake_case(name), "{name}");
        }
        for name in ["A", "GetUser", "V2", "ABTest"] {
            assert!(is_upper_camel_case(name), "{name}");
        }
        for name in ["", "a", "A_b", "2D", "É"] {
            assert!(!is_upper_camel_case(name), "{name}");
        }
    }

    #[test]
    fn texts_become_identifiers() {
        assert_eq!(snake_case("GetUser", "x"), "get_user");
        assert_eq!(snake_case("2step-verification.Start", "x"), "step_verification_start");
        assert_eq!(snake_case("日本", "call"), "call");
        assert_eq!(upper_camel_case("get user`1", "X"), "GetUser1");
        assert_eq!(upper_camel_case("3d", "Type"), "Type3d");
        assert_eq!(upper_camel_case("[]", "Type"), "Type");
    }
}
