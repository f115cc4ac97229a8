//! From the document's names to Rust identifiers.

use heck::{ToSnakeCase, ToUpperCamelCase};
use std::collections::BTreeSet;

/// `maxPageSize` -> `max_page_size`; a keyword gets a trailing underscore.
pub fn field(name: &str) -> String {
    identifier(ascii_words(name).to_snake_case(), "field")
}

/// As [`field`], for a method of a call.
pub fn setter(name: &str) -> String {
    settable(&field(name))
}

/// The method that sets a field: names that would shadow what every value has, or what every call has, get a trailing
/// underscore.
pub fn settable(name: &str) -> String {
    const TAKEN: [&str; 12] =
        ["new", "clone", "into", "from", "default", "send", "items", "pages", "start", "wait", "eq", "fmt"];
    if TAKEN.contains(&name) || name.starts_with("with_") || name.starts_with("clear_") {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

/// `user_restriction` -> `UserRestriction`.
pub fn type_name(name: &str) -> String {
    let camel = ascii_words(name).to_upper_camel_case();
    match camel.chars().next() {
        None => "Unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{camel}"),
        Some(_) if camel == "Self" => "Self_".to_owned(),
        Some(_) => camel,
    }
}

/// Types and traits that generated code uses by their bare name, so that no generated type may have it.
pub const RESERVED_TYPES: [&str; 44] = [
    "AsMut",
    "AsRef",
    "Box",
    "Call",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self_",
    "Send",
    "Serialize",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "Vec",
];

/// As [`type_name`], for a type of its own.
pub fn own_type(name: &str) -> String {
    let name = type_name(name);
    if RESERVED_TYPES.contains(&name.as_str()) { format!("{}Type", name.trim_end_matches('_')) } else { name }
}

/// The name, with a number after it if it is taken; takes it.
pub fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.clone();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}{number}");
        number += 1;
    }
    free
}

/// A name for each value of an enum: words of the values in camel case, without a prefix that all
/// of them repeat, all different.
pub fn variants(values: &[String]) -> Vec<String> {
    let prefix = common_prefix(values);
    let mut taken = BTreeSet::new();
    // `Unknown` is the variant that holds what this version does not know.
    taken.insert("Unknown".to_owned());
    values
        .iter()
        .map(|value| {
            let mut name = type_name(value.get(prefix..).unwrap_or(value));
            if name == "Unknown" || name == "Self_" {
                name = format!("{}Value", name.trim_end_matches('_'));
            }
            unique(name, &mut taken)
        })
        .collect()
}

/// Length of the longest prefix, ending in `_`, that all values share and none consists of.
fn common_prefix(values: &[String]) -> usize {
    let [first, rest @ ..] = values else { return 0 };
    if rest.is_empty() {
        return 0;
    }
    let is_shared = |len: &usize| {
        let rests = values.iter().map(|value| value.strip_prefix(&first[..*len]));
        rests
            .into_iter()
            .all(|rest| rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic())))
    };
    first.match_indices('_').map(|(at, _)| at + 1).rfind(is_shared).unwrap_or(0)
}

/// `users.get` -> `USERS_GET`.
pub fn constant(id: &str) -> String {
    id.to_snake_case().to_uppercase()
}

pub fn is_keyword(name: &str) -> bool {
    // `gen` is one since the 2024 edition, which `syn` does not ask for.
    name == "gen" || syn::parse_str::<syn::Ident>(name).is_err()
}

/// Identifiers are plain, whatever the document is written in.
pub fn ascii_words(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect()
}

fn identifier(name: String, fallback: &str) -> String {
    match name.chars().next() {
        None => fallback.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{name}"),
        Some(_) if is_keyword(&name) => format!("{name}_"),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_identifiers() {
        assert_eq!(field("maxPageSize"), "max_page_size");
        assert_eq!(field("idempotencyKey.firstSent"), "idempotency_key_first_sent");
        assert_eq!(field("content-md5"), "content_md5");
        assert_eq!(field("type"), "type_");
        assert_eq!(field("@type"), "type_");
        assert_eq!(field("3d"), "n3d");
        assert_eq!(field("…"), "field");
        assert_eq!(field("gen"), "gen_");
        assert_eq!(field("größe"), "gr_e");
        assert_eq!(setter("new"), "new_");
        assert_eq!(setter("with_x"), "with_x_");
    }

    #[test]
    fn types_do_not_hide_what_generated_code_names() {
        for (name, expected) in [("option", "OptionType"), ("Self", "SelfType"), ("optional", "Optional")] {
            assert_eq!(own_type(name), expected);
        }
        assert!(RESERVED_TYPES.is_sorted());
    }

    #[test]
    fn variants_are_unique_and_lose_a_repeated_prefix() {
        let names = |values: &[&str]| variants(&values.iter().map(|v| v.to_string()).collect::<Vec<_>>());
        assert_eq!(names(&["SORT_ORDER_UP", "SORT_ORDER_DOWN"]), ["Up", "Down"]);
        assert_eq!(names(&["STATE_UNSPECIFIED", "QUEUED"]), ["StateUnspecified", "Queued"]);
        assert_eq!(names(&["PX_48", "PX_60"]), ["Px48", "Px60"]);
        assert_eq!(names(&["a", "A", "Unknown"]), ["A", "A2", "UnknownValue"]);
        assert_eq!(names(&["PNG"]), ["Png"]);
        assert_eq!(names(&["", "²", "é", "+1", "-1"]), ["Unnamed", "Unnamed2", "Unnamed3", "N1", "N12"]);
    }
}
