//! Safe paths: whatever an id holds, it stays inside its segment, or the call is refused.

use crate::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters, and `@`, which marks a data store revision.
/// `:` is encoded because it would start a custom verb.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');

/// Encodes a query value.
pub(crate) fn encode(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, SEGMENT)
}

/// One segment of a path for [`Client::request`](crate::Client::request): an id or key of any text,
/// percent-encoded so that it stays one segment.
///
/// ```
/// # fn main() -> Result<(), opencloud::Error> {
/// let entry = opencloud::call::path_segment("player/12:increment")?;
/// assert_eq!(entry, "player%2F12%3Aincrement");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If no encoding makes it safe: if it is empty, `.` or `..`, or holds a control character.
pub fn segment(value: impl AsRef<str>) -> Result<String, Error> {
    check("segment", value.as_ref())?;
    Ok(encode(value.as_ref()).to_string())
}

/// Refuses a path that a URL parser would read as another one.
pub(super) fn check_whole(path: &str) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::invalid_request(format!("the path {why}")));
    if path.contains(['?', '#']) {
        return refuse("must hold no query; use `query`");
    }
    if path.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
        return refuse("holds what must be percent-encoded; use `call::path_segment` for ids");
    }
    let is_dots = |segment: &str| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    };
    if path.split('/').any(is_dots) {
        return refuse("holds a segment `.` or `..`, which would name another resource");
    }
    Ok(())
}

/// Appends the path to the target, each `{parameter}` of the template replaced by the next value.
pub(crate) fn write(target: &mut String, template: &str, values: &[String]) -> Result<(), Error> {
    let mut values = values.iter();
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        target.push_str(literal);
        let value = values.next().map_or("", String::as_str);
        check(name, value)?;
        target.extend(encode(value));
        rest = after;
    }
    target.push_str(rest);
    Ok(())
}

/// The names of a template's parameters, in order.
pub(crate) fn parameters(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// Refuses what no encoding makes safe: URL parsers resolve dot segments even when encoded.
fn check(name: &str, value: &str) -> Result<(), Error> {
    let problem = match value {
        "" => "it is empty",
        "." | ".." => "it would name another resource",
        value if value.chars().any(char::is_control) => "it holds a control character",
        _ => return Ok(()),
    };
    Err(Error::invalid_request(format!("`{name}` cannot be {value:?}: {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(template: &str, values: &[&str]) -> Result<String, Error> {
        let values: Vec<String> = values.iter().map(|value| value.to_string()).collect();
        let mut target = String::new();
        write(&mut target, template, &values).map(|()| target)
    }

    #[test]
    fn ids_stay_in_their_segment() {
        for (id, sent) in [
            ("plain", "plain"),
            ("a/b", "a%2Fb"),
            (r"a\..\b", "a%5C..%5Cb"),
            ("100%", "100%25"),
            ("%2e%2e", "%252e%252e"),
            ("q?x#y", "q%3Fx%23y"),
            ("a:increment", "a%3Aincrement"),
            ("k@latest", "k@latest"),
            ("ключ", "%D0%BA%D0%BB%D1%8E%D1%87"),
            ("-", "-"),
            ("...", "..."),
        ] {
            assert_eq!(path("/e/{id}:verb", &[id]).expect(id), format!("/e/{sent}:verb"));
        }
    }

    #[test]
    fn whole_paths_are_checked() {
        for path in ["/a/b", "/a/b:verb", "/a/b%2Fc@d", "/", "/a//b", "/..."] {
            check_whole(path).expect(path);
        }
        for path in ["/a?b", "/a#b", "/a/../b", "/a/%2e%2E/b", "/.", "/a b", "/a\\b", "/ü", "/a\n"] {
            assert!(check_whole(path).is_err(), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_safe_is_refused() {
        for id in ["", ".", "..", "a\nb", "\u{0}", "\u{7f}"] {
            let error = path("/e/{entry_id}", &[id]).expect_err(id).to_string();
            assert!(error.contains("entry_id"), "{error}");
        }
    }
}
