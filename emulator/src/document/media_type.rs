//! Media types, as far as the document uses them.

/// A media type without parameters, in small letters.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(crate) fn fits(declared: &str, sent: &str) -> bool {
    let declared = essence(declared);
    if declared == sent || declared == "*/*" {
        return true;
    }
    match declared.split_once('*') {
        Some((before, after)) => {
            sent.len() > before.len() + after.len() && sent.starts_with(before) && sent.ends_with(after)
        }
        None => false,
    }
}

pub(crate) fn is_json(media_type: &str) -> bool {
    let media_type = essence(media_type);
    media_type == "application/json"
        || media_type == "text/json"
        || media_type.ends_with("+json")
        || media_type == "*/*"
}
