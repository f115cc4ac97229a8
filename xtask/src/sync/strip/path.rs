//! Path templates.

/// A path and its parameters, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub text: String,
    pub parameters: Vec<String>,
}

/// Reads a path template; `None` if it is malformed. A parameter that occurs twice gets a number, since
/// an operation can declare a name only once.
pub(crate) fn parse(template: &str) -> Option<Path> {
    if !template.starts_with('/') {
        return None;
    }
    let mut text = String::new();
    let mut parameters: Vec<String> = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        let (literal, after) = rest.split_at(open);
        let after = after.strip_prefix('{')?;
        let (name, after) = after.split_once('}')?;
        if name.is_empty() || name.contains(['{', '/']) {
            return None;
        }
        let mut unique = name.to_owned();
        let mut number = 2;
        while parameters.contains(&unique) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        text.push_str(literal);
        text.push_str(&format!("{{{unique}}}"));
        parameters.push(unique);
        rest = after;
    }
    text.push_str(rest);
    Some(Path { text, parameters })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let cases = [
            ("/a/{b}:c", Some(("/a/{b}:c", vec!["b"]))),
            ("/a/{b}/{c}", Some(("/a/{b}/{c}", vec!["b", "c"]))),
            ("/a/{b}/x/{b}", Some(("/a/{b}/x/{b_2}", vec!["b", "b_2"]))),
            ("/a#host", Some(("/a#host", vec![]))),
            ("a/{b}", None),
            ("/a/{b", None),
            ("/a/b}", None),
            ("/a/{}", None),
            ("/a/{b/c}", None),
        ];
        for (template, expected) in cases {
            let found = parse(template);
            let found =
                found.as_ref().map(|p| (p.text.as_str(), p.parameters.iter().map(String::as_str).collect()));
            assert_eq!(found, expected, "{template}");
        }
    }
}
