//! What the emulator's pages share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

/// A text inside of HTML, between tags or as the value of an attribute in quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(ch),
        }
    }
    escaped
}

/// Allows a page its own style and script, known by their digests, requests to where it comes from, and nothing else.
///
/// Where a form leads is left open: browsers hold redirects after it against the policy, and consent leads elsewhere.
pub(crate) fn content_security_policy(style: &str, script: Option<&str>) -> String {
    let source = |text: &str| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())));
    let script = script.map_or_else(|| "'none'".to_owned(), source);
    format!(
        "default-src 'none'; style-src {}; script-src {script}; connect-src 'self'; img-src data:; \
         base-uri 'none'; frame-ancestors 'none'",
        source(style)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_read_as_html() {
        let text = "<img src=x onerror='a(\"b\")'> & co";
        let expected = "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt; &amp; co";
        assert_eq!(escape(text), expected);
    }
}
