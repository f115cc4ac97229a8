//! Safe paths: whatever an id holds, it stays inside its segment, or the path is refused.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters, and `@`, which marks a data store revision.
/// `:` is encoded because it would start a custom verb.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');

/// Encodes a query value.
pub(crate) fn encode(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, SEGMENT)
}

/// A value as one segment of a path; `Err` says why no encoding makes it safe.
pub(crate) fn segment(value: &str) -> Result<String, String> {
    check("segment", value)?;
    Ok(encode(value).to_string())
}

/// Refuses a path that a URL parser would read as another one.
pub(crate) fn check_whole(path: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("the path {why}"));
    if path.contains(['?', '#']) {
        return refuse("must hold no query; use `query`");
    }
    if path.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
        return refuse("holds what must be percent-encoded; use `path_segment` for ids");
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

/// A path template such as `/cloud/v2/universes/{universe_id}:publishMessage`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathTemplate<'t>(pub(crate) &'t str);

impl<'t> PathTemplate<'t> {
    /// The text before each parameter, and the parameter's name; at the end, the text behind the last one.
    fn parts(self) -> impl Iterator<Item = (&'t str, Option<&'t str>)> {
        let mut rest = Some(self.0);
        std::iter::from_fn(move || {
            let text = rest.take()?;
            let Some((before, after)) = text.split_once('{') else { return Some((text, None)) };
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            rest = Some(after);
            Some((before, Some(name)))
        })
    }

    /// The names of the parameters, in order.
    pub(crate) fn parameters(self) -> impl Iterator<Item = &'t str> {
        self.parts().filter_map(|(_, name)| name)
    }

    /// The value of a parameter, of the values of all parameters in order.
    pub(crate) fn value<'v>(self, name: &str, values: &'v [String]) -> Option<&'v str> {
        values.get(self.parameters().position(|known| known == name)?).map(String::as_str)
    }

    /// Appends the path to the target, each parameter replaced by the next value; `Err` says which value cannot
    /// stand in a path.
    pub(crate) fn write(self, target: &mut String, values: &[String]) -> Result<(), String> {
        let mut values = values.iter();
        for (literal, name) in self.parts() {
            target.push_str(literal);
            if let Some(name) = name {
                let value = values.next().map_or("", String::as_str);
                check(name, value)?;
                target.extend(encode(value));
            }
        }
        Ok(())
    }

    /// The values of the parameters in a path of this template, in order and as they stand there:
    /// percent-encoded, and of any text. A segment of the template has one parameter at most.
    pub(crate) fn capture(self, path: &str) -> Option<Vec<&str>> {
        let mut values = Vec::new();
        let mut segments = path.split('/');
        for part in self.0.split('/') {
            let segment = segments.next()?;
            match part.split_once('{') {
                None if part == segment => {}
                None => return None,
                Some((before, rest)) => {
                    let (_, after) = rest.split_once('}')?;
                    values.push(segment.strip_prefix(before)?.strip_suffix(after)?);
                }
            }
        }
        segments.next().is_none().then_some(values)
    }
}

/// Refuses what no encoding makes safe: URL parsers resolve dot segments even when encoded.
fn check(name: &str, value: &str) -> Result<(), String> {
    let problem = match value {
        "" => "it is empty",
        "." | ".." => "it would name another resource",
        value if value.chars().any(char::is_control) => "it holds a control character",
        _ => return Ok(()),
    };
    Err(format!("`{name}` cannot be {value:?}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(template: &str, values: &[&str]) -> Result<String, String> {
        let values: Vec<String> = values.iter().map(|value| value.to_string()).collect();
        let mut target = String::new();
        PathTemplate(template).write(&mut target, &values).map(|()| target)
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
    fn values_are_captured_as_they_stand_in_the_path() {
        let captured = |template, path| PathTemplate(template).capture(path);
        assert_eq!(captured("/a/{x}/b/{y}:verb", "/a/1/b/2%2F3:verb"), Some(vec!["1", "2%2F3"]));
        assert_eq!(captured("/a/{x}", "/a/"), Some(vec![""]));
        assert_eq!(captured("/a", "/a"), Some(vec![]));
        for (template, path) in
            [("/a/{x}", "/a"), ("/a/{x}", "/a/b/c"), ("/a/{x}:verb", "/a/1"), ("/a", "/b")]
        {
            assert_eq!(captured(template, path), None, "{template} {path}");
        }
    }

    #[test]
    fn parameters_are_in_order() {
        let template = PathTemplate("/a/{x}/b/{y}:verb");
        let values = ["1".to_owned(), "2".to_owned()];
        assert_eq!(template.parameters().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!((template.value("y", &values), template.value("z", &values)), (Some("2"), None));
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
            let error = path("/e/{entry_id}", &[id]).expect_err(id);
            assert!(error.contains("entry_id"), "{error}");
        }
    }
}
