use crate::Document;
use serde_json::{Map, Value, json};

/// Several media types of one body never differ in their schema; JSON is the one that every service
/// takes. A body of bytes keeps all its types: the caller's file decides.
pub fn run(document: &mut Document) -> usize {
    let mut count = 0;
    document.each_operation(|_, operation| {
        let Some(body) = operation.get_mut("requestBody") else { return };
        let mut none = Map::new();
        let content = body.get_mut("content").and_then(Value::as_object_mut).unwrap_or(&mut none);
        let rank = |media: &str| match kind(media) {
            Kind::Json if media == "application/json" => 0,
            Kind::Json => 1,
            Kind::Multipart => 2,
            Kind::Raw => 3,
        };
        let Some(best) = content.keys().min_by_key(|media| rank(media)).cloned() else {
            operation.remove("requestBody");
            count += 1;
            return;
        };
        let before = content.len();
        match kind(&best) {
            Kind::Raw => {}
            kind => {
                let mut media = content.remove(&best).unwrap_or_else(|| json!({}));
                if media.get("schema").is_none_or(|schema| !schema.is_object()) {
                    media = json!({ "schema": {} });
                    count += 1;
                }
                content.clear();
                let name = if kind == Kind::Json { "application/json".to_owned() } else { best };
                content.insert(name, media);
                count += before - 1;
            }
        }
    });
    count
}

/// How a body of a media type is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Json,
    Multipart,
    Raw,
}

/// The kind of a media type.
pub fn kind(media: &str) -> Kind {
    let media = media.split(';').next().unwrap_or(media).trim();
    match media {
        "application/json" | "text/json" | "*/*" | "application/*" => Kind::Json,
        "multipart/form-data" => Kind::Multipart,
        media if media.ends_with("+json") => Kind::Json,
        _ => Kind::Raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::testing;

    #[test]
    fn json_wins_and_bytes_keep_their_types() {
        let body = |types: &[&str]| {
            let content: serde_json::Map<_, _> = types
                .iter()
                .map(|media| (media.to_string(), json!({ "schema": { "type": "string" } })))
                .collect();
            let mut document = testing::document(json!({ "requestBody": { "content": content } }), json!({}));
            run(&mut document);
            let operation = testing::operation(&document);
            operation["requestBody"]["content"]
                .as_object()
                .map(|content| content.keys().cloned().collect::<Vec<_>>())
                .unwrap_or_default()
        };
        assert_eq!(body(&["application/*+json", "application/json", "text/json"]), ["application/json"]);
        assert_eq!(body(&["application/json-patch+json"]), ["application/json"]);
        assert_eq!(body(&["multipart/form-data"]), ["multipart/form-data"]);
        assert_eq!(
            body(&["application/octet-stream", "application/xml"]),
            ["application/octet-stream", "application/xml"]
        );
        assert!(body(&[]).is_empty());
    }
}
