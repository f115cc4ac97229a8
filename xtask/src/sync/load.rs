//! Reads the upstream document, and refuses anything else.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::{Error, Result};

/// The document has 3.3 MB; anything this large is not it.
const MAX_BYTES: u64 = 128 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(60);

/// Whether `--upstream` names something to download.
pub fn is_url(source: &str) -> bool {
    source.starts_with("https://") || source.starts_with("http://")
}

/// The bytes at a path or URL.
pub fn read(source: &str) -> Result<Vec<u8>> {
    let reader: Box<dyn Read> = if is_url(source) {
        Box::new(download(source)?)
    } else {
        let path = Path::new(source);
        if path.is_dir() {
            return Err(Error::new(source, "is a directory, not a file"));
        }
        Box::new(File::open(path).map_err(|error| Error::new(source, error.to_string()))?)
    };
    let mut bytes = Vec::new();
    reader
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new(source, format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        let limit = MAX_BYTES / 1024 / 1024;
        return Err(Error::new(source, format!("is larger than {limit} MB")));
    }
    Ok(bytes)
}

fn download(url: &str) -> Result<impl Read + use<>> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build().into();
    let response =
        agent.get(url).call().map_err(|error| Error::new(url, format!("cannot be downloaded: {error}")))?;
    Ok(response.into_body().into_with_config().limit(MAX_BYTES + 1).reader())
}

/// Parses the bytes and makes sure that they are an OpenAPI 3.0 document.
pub fn parse(source: &str, bytes: &[u8]) -> Result<Value> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Value = serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("{source}:{}:{}", error.line(), error.column());
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text);
        if error.is_eof() {
            Error::new(place, format!("the JSON ends too early, the file is truncated: {what}"))
        } else {
            Error::new(place, format!("not JSON: {what}"))
        }
    })?;
    check_version(source, &document)?;
    Ok(document)
}

fn check_version(source: &str, document: &Value) -> Result<()> {
    let fail = |place: &str, what: String| Err(Error::new(format!("{source}: {place}"), what));
    if !document.is_object() {
        return fail("$", "not an OpenAPI document: the JSON value is not an object".into());
    }
    if let Some(version) = document.get("swagger") {
        return fail("swagger", format!("version {version}, but only OpenAPI 3.0 is read"));
    }
    match document.get("openapi") {
        None => return fail("openapi", "missing, so this is not an OpenAPI document".into()),
        Some(Value::String(version)) if version == "3.0" || version.starts_with("3.0.") => {}
        Some(version) => return fail("openapi", format!("version {version}, but only OpenAPI 3.0 is read")),
    }
    match document.get("paths") {
        None => fail("paths", "missing".into()),
        Some(paths) if !paths.is_object() => fail("paths", "is not an object".into()),
        Some(_) => Ok(()),
    }
}

/// The SHA-256 of the upstream bytes, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse("f.json", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn bad_documents_get_one_line_with_a_place() {
        let cases = [
            ("", "f.json:1:0: the JSON ends too early, the file is truncated: EOF while parsing a value"),
            ("{\n \"openapi\": nope}", "f.json:2:14: not JSON: expected ident"),
            (
                "{\"openapi\": \"3.0.4\", \"paths\"",
                "f.json:1:28: the JSON ends too early, the file is truncated: EOF while parsing an object",
            ),
            ("[]", "f.json: $: not an OpenAPI document: the JSON value is not an object"),
            ("{\"swagger\": \"2.0\"}", "f.json: swagger: version \"2.0\", but only OpenAPI 3.0 is read"),
            (
                "{\"openapi\": \"3.1.0\", \"paths\": {}}",
                "f.json: openapi: version \"3.1.0\", but only OpenAPI 3.0 is read",
            ),
            (
                "{\"openapi\": 3.0, \"paths\": {}}",
                "f.json: openapi: version 3.0, but only OpenAPI 3.0 is read",
            ),
            ("{\"paths\": {}}", "f.json: openapi: missing, so this is not an OpenAPI document"),
            ("{\"openapi\": \"3.0.4\"}", "f.json: paths: missing"),
            ("{\"openapi\": \"3.0.4\", \"paths\": []}", "f.json: paths: is not an object"),
        ];
        for (text, expected) in cases {
            assert_eq!(message(text), expected, "{text}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_reason_to_refuse() {
        assert!(parse("f", b"\xef\xbb\xbf{\"openapi\": \"3.0.1\", \"paths\": {}}").is_ok());
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read("/nowhere/openapi.json").unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/openapi.json: No such file"), "{error}");
    }

    #[test]
    fn the_hash_is_the_usual_one() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
