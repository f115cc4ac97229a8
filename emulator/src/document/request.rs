//! A request as it came over the wire, and how to read it.

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::document::media_type::essence;

/// What a request consists of, apart from its method.
#[derive(Debug, Clone, Copy)]
pub struct RequestParts<'a> {
    /// The path as sent: percent-encoded, without the query.
    pub path: &'a str,
    pub query: Option<&'a str>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

impl RequestParts<'_> {
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }
}

/// The pairs of a query, decoded, in the order in which they were sent.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// One part of a `multipart/form-data` body.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub content: Bytes,
}

impl Part {
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.content).ok()
    }
}

/// Writes the parts of a `multipart/form-data` body.
pub(super) fn write_form<'a>(boundary: &str, parts: impl IntoIterator<Item = &'a Part>) -> Vec<u8> {
    let quote = |text: &str| text.replace('"', "%22").replace(['\r', '\n'], " ");
    let mut form = Vec::new();
    for part in parts {
        let mut head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quote(&part.name));
        if let Some(name) = &part.file_name {
            head.push_str(&format!("; filename=\"{}\"", quote(name)));
        }
        if let Some(content_type) = &part.content_type {
            head.push_str(&format!("\r\nContent-Type: {content_type}"));
        }
        form.extend_from_slice(format!("{head}\r\n\r\n").as_bytes());
        form.extend_from_slice(&part.content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    form
}

/// No operation has a form with as many.
const MAX_PARTS: usize = 1_000;

/// Takes a `multipart/form-data` body apart; the error says what is wrong with it.
pub fn multipart(content_type: &str, body: &[u8]) -> Result<Vec<Part>, String> {
    refuse_if!(essence(content_type) != "multipart/form-data", "the content type is not multipart/form-data");
    let boundary =
        multer::parse_boundary(content_type).map_err(|_| "the content type names no boundary".to_owned())?;
    let whole = Bytes::copy_from_slice(body);
    let stream = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(whole) });
    let parts = async move {
        let mut form = multer::Multipart::new(stream, boundary);
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await? {
            if parts.len() == MAX_PARTS {
                return Ok(Err(format!("the form has more than {MAX_PARTS} parts")));
            }
            parts.push(Part {
                name: field.name().unwrap_or_default().to_owned(),
                file_name: field.file_name().map(str::to_owned),
                content_type: field.content_type().map(ToString::to_string),
                content: field.bytes().await?,
            });
        }
        Ok::<_, multer::Error>(Ok(parts))
    };
    // All bytes are there, so that nothing is ever waited for.
    match parts.now_or_never() {
        Some(Ok(parts)) => parts,
        Some(Err(error)) => Err(format!("the form is malformed: {error}")),
        None => Err("the form ends too early".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once() {
        let pairs = query_pairs("a=1%202&a=x+y&b&c=%2525&=z");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("a", "1 2"), pair("a", "x y"), pair("b", ""), pair("c", "%25"), pair("", "z")];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_form_is_taken_apart() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{}\r\n--B\r\n\
            Content-Disposition: form-data; name=\"fileContent\"; filename=\"a.png\"\r\n\
            Content-Type: image/png\r\n\r\n\u{1}\u{2}\r\n--B--\r\n";
        let parts = multipart("multipart/form-data; boundary=B", body.as_bytes()).expect("parts");
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].text(), Some("{}"));
        assert_eq!(parts[1].file_name.as_deref(), Some("a.png"));
        assert_eq!(parts[1].content_type.as_deref(), Some("image/png"));
        assert_eq!(&parts[1].content[..], &[1, 2]);
    }

    #[test]
    fn a_broken_form_says_what_is_wrong() {
        let error = |content_type: &str, body: &[u8]| multipart(content_type, body).expect_err("refused");
        assert!(error("application/json", b"").contains("not multipart"));
        assert!(error("multipart/form-data", b"").contains("no boundary"));
        assert!(error("multipart/form-data; boundary=B", b"--B\r\nfoo").contains("malformed"));
        let many =
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(MAX_PARTS + 1) + "--B--";
        assert!(error("multipart/form-data; boundary=B", many.as_bytes()).contains("more than 1000 parts"));
    }
}
