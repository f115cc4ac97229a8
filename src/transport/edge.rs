//! Pages that the edge sends in place of a service's response.

use bytes::Bytes;
use http::{Response, header};
use serde::de::IgnoredAny;

/// How the pages begin that come without a content type, in lower case.
const BEGINNINGS: [&[u8]; 2] = [b"<!doctype html", b"<html"];

/// Whether a response is an HTML page, whatever its status (ER-03). No service of Open Cloud has any: it
/// comes from what stands before the services, which knows nothing of what became of the request. A
/// redirect is not: a page that says where to go belongs to it.
///
/// `is_open` says that the body of a success is still to be read.
pub(super) fn is_page(response: &Response<Bytes>, is_open: bool) -> bool {
    if response.status().is_redirection() {
        return false;
    }
    let content_type = response.headers().get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    let says_html = content_type.is_some_and(|value| begins(value, b"text/html"));
    if is_open && response.status().is_success() {
        return says_html;
    }
    let body = response.body().strip_prefix(b"\xef\xbb\xbf").unwrap_or(response.body()).trim_ascii();
    match body {
        // It says nothing, whatever type it is said to have.
        [] => false,
        // Some services call their JSON HTML.
        [b'{' | b'[', ..] => false,
        body => {
            BEGINNINGS.iter().any(|beginning| begins(body, beginning))
                || (says_html && serde_json::from_slice::<IgnoredAny>(body).is_err())
        }
    }
}

fn begins(text: &[u8], beginning: &[u8]) -> bool {
    text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_page(status: u16, content_type: &str, body: &'static str, is_open: bool) -> bool {
        let response = Response::builder().status(status).header("content-type", content_type);
        super::is_page(&response.body(Bytes::from_static(body.as_bytes())).expect("a response"), is_open)
    }

    #[test]
    fn a_page_is_known_by_its_beginning_or_its_type() {
        let haproxy =
            "<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n";
        for (status, content_type, body, expected) in [
            (400, "text/html", haproxy, true),
            (400, "text/plain", haproxy, true),
            (200, "application/json", "\u{feff} <!DOCTYPE html><title>Roblox</title>", true),
            (404, "TEXT/HTML; charset=utf-8", "no page, but called one", true),
            (502, "text/html", "<title>Bad Gateway</title>", true),
            (200, "text/html", "{\"versionNumber\":7}", false),
            (200, "text/html", "{\"versionNumb", false),
            (200, "text/html", "true", false),
            (200, "text/html", "", false),
            (403, "application/xml", "<?xml version=\"1.0\"?><Error/>", false),
            (200, "application/octet-stream", "<roblox!", false),
            (302, "text/html", "<html>Found</html>", false),
        ] {
            assert_eq!(
                is_page(status, content_type, body, false),
                expected,
                "{status} {content_type} {body}"
            );
        }
        assert!(is_page(200, "text/html", "", true), "its body is still to come");
        assert!(!is_page(200, "application/octet-stream", "", true));
    }
}
