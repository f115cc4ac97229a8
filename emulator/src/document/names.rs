//! Names of fields, as they are spelled in different ways.

/// A name without case and separators: `user_id` and `userId` are one.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|ch| ch.to_ascii_lowercase()).collect()
}

/// `display_name` as `displayName`: the services read both.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.trim().split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut chars = word.chars();
        name.extend(chars.next().map(|ch| ch.to_ascii_uppercase()));
        name.push_str(chars.as_str());
        name
    })
}
