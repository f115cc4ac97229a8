//! Path templates: `/cloud/v2/users/{user_id}:generateThumbnail`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What is left as it is in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// A text as one segment of a path.
pub(crate) fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// A path template, split into segments.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone)]
enum Segment {
    Literal(String),
    /// Text before and after one parameter. The text after it is a verb (`:increment`) or empty.
    Parameter {
        before: String,
        name: String,
        after: String,
    },
}

/// The segments of a path. A path begins with `/`, so that the text before it is none.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

impl Template {
    pub(crate) fn parse(path: &str) -> Result<Template, String> {
        let segments = segments(path).map(Segment::parse).collect::<Result<_, _>>()?;
        Ok(Template { segments })
    }

    pub(crate) fn len(&self) -> usize {
        self.segments.len()
    }

    /// The decoded parameters of a raw path that fits.
    pub(crate) fn matches(&self, raw_path: &str) -> Option<Vec<(String, String)>> {
        let mut params = Vec::new();
        let mut raw = segments(raw_path);
        for segment in &self.segments {
            let sent = raw.next()?;
            match segment {
                Segment::Literal(literal) if literal == sent => {}
                Segment::Literal(_) => return None,
                Segment::Parameter { before, name, after } => {
                    let value = sent.strip_prefix(before.as_str())?;
                    let value = value.strip_suffix(after.as_str())?;
                    if value.is_empty() {
                        return None;
                    }
                    let value = percent_decode_str(value).decode_utf8_lossy();
                    params.push((name.clone(), value.into_owned()));
                }
            }
        }
        raw.next().is_none().then_some(params)
    }

    /// Whether a raw path is one of this template.
    pub(crate) fn fits(&self, raw_path: &str) -> bool {
        let mut raw = segments(raw_path);
        let fits = |segment: &Segment| {
            let Some(sent) = raw.next() else { return false };
            match segment {
                Segment::Literal(literal) => literal == sent,
                Segment::Parameter { before, after, .. } => {
                    sent.len() > before.len() + after.len()
                        && sent.starts_with(before)
                        && sent.ends_with(after)
                }
            }
        };
        self.segments.iter().all(fits) && raw.next().is_none()
    }

    /// Smaller is more specific; compared from left to right.
    pub(crate) fn rank(&self) -> Vec<u8> {
        let rank = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Parameter { before, after, .. } if !before.is_empty() || !after.is_empty() => 1,
            Segment::Parameter { .. } => 2,
        };
        self.segments.iter().map(rank).collect()
    }

    pub(crate) fn fill(&self, value: impl Fn(&str) -> String) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            match segment {
                Segment::Literal(literal) => path.push_str(literal),
                Segment::Parameter { before, name, after } => {
                    path.push_str(before);
                    path.extend(utf8_percent_encode(&value(name), SEGMENT));
                    path.push_str(after);
                }
            }
        }
        path
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Segment, String> {
        let Some((before, rest)) = text.split_once('{') else { return Ok(Segment::Literal(text.to_owned())) };
        match rest.split_once('}') {
            Some((name, after)) if !name.is_empty() && !after.contains('{') => Ok(Segment::Parameter {
                before: before.to_owned(),
                name: name.to_owned(),
                after: after.to_owned(),
            }),
            _ => Err(format!("the path segment `{text}` is not understood")),
        }
    }
}

/// `GET /users/{user_id}` as `GET /users/{}`.
pub(crate) fn without_names(key: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for ch in key.chars() {
        match ch {
            '{' => inside = true,
            '}' => inside = false,
            _ if inside => continue,
            _ => {}
        }
        plain.push(ch);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_belongs_to_the_template_and_the_rest_to_the_parameter() {
        let template = Template::parse("/x/{id}:increment").expect("a template");
        let params = template.matches("/x/a%3Ab:increment").expect("fits");
        assert_eq!(params, [("id".to_owned(), "a:b".to_owned())]);
        assert!(template.matches("/x/:increment").is_none());
        assert!(template.matches("/x/a").is_none());
        assert!(template.matches("/x/a:increment/").is_none());
    }

    #[test]
    fn filling_encodes_what_would_be_read_as_syntax() {
        let template = Template::parse("/x/{id}:verb").expect("a template");
        let path = template.fill(|_| "a/b:c?#%".to_owned());
        assert_eq!(path, "/x/a%2Fb%3Ac%3F%23%25:verb");
        assert_eq!(template.matches(&path).expect("fits")[0].1, "a/b:c?#%");
    }

    #[test]
    fn a_segment_with_two_parameters_is_refused() {
        assert!(Template::parse("/x/{a}{b}").is_err());
        assert!(Template::parse("/x/{}").is_err());
        assert!(Template::parse("/x/{a").is_err());
    }
}
