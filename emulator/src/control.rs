//! `/__emulator/`: what a test or a person asks of the emulator itself. It needs no key.

use serde_json::{Value, json};

use crate::call::Reply;
use crate::clock::{rfc3339, seconds};
use crate::failure::Failure;
use crate::identity;
use crate::server::{Incoming, Inner, Recorded};

pub(crate) fn answer(inner: &Inner, path: &str, request: &Incoming) -> Reply {
    if let Some(reply) = identity::control::answer(inner, path, request) {
        return reply;
    }
    match (request.method.as_str(), path) {
        ("GET", "health") => health(inner),
        ("GET", "requests") => {
            let requests: Vec<_> = inner.log().requests.iter().map(recorded).collect();
            Reply::json(json!({ "requests": requests }))
        }
        ("DELETE", "requests") => {
            inner.log().clear();
            Reply::empty(204)
        }
        ("POST", "reset") => {
            inner.reset();
            Reply::empty(204)
        }
        ("POST", "clock") => clock(inner, request),
        ("GET", "messages") => messages(inner),
        ("PUT", _) if path.starts_with("upload/") => upload(inner, path, request),
        ("GET", _) if path.starts_with("content/") => content(inner, path),
        (method, _) => {
            let message = format!("There is nothing at {method} {}.", request.path);
            Failure::no_route(message).reply(&request.path)
        }
    }
}

fn health(inner: &Inner) -> Reply {
    let now = inner.state().clock.now();
    Reply::json(json!({
        "status": "ok",
        "operations": inner.document.operations().len(),
        "time": rfc3339(now),
    }))
}

fn recorded(request: &Recorded) -> Value {
    let list = |violations: &[crate::Violation]| -> Vec<String> {
        violations.iter().map(ToString::to_string).collect()
    };
    let headers: serde_json::Map<String, Value> =
        request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut json = json!({
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": headers,
        "operation": request.operation,
        "violations": list(&request.violations),
        "status": request.status,
    });
    match std::str::from_utf8(&request.body) {
        Ok(text) => json["body"] = json!(text),
        Err(_) => json["bodyBase64"] = json!(crate::schema::encode_base64(&request.body)),
    }
    json
}

fn messages(inner: &Inner) -> Reply {
    let state = inner.state();
    let published = state.messages.published.iter().map(|message| {
        json!({
            "universe": message.universe,
            "topic": message.topic,
            "message": message.message,
        })
    });
    let published: Vec<_> = published.collect();
    Reply::json(json!({ "messages": published }))
}

/// Takes the binary input of Luau tasks, as a link from the API promises.
fn upload(inner: &Inner, path: &str, request: &Incoming) -> Reply {
    let name = path.trim_start_matches("upload/");
    let mut state = inner.state();
    let now = state.clock.now();
    let Some(size) = state.luau.upload_size(name, now) else {
        return Failure::no_route("The link is not, or no longer, good.").reply(path);
    };
    if request.body.len() as u64 != size.unsigned_abs() {
        let message = format!("The content must have the {size} bytes that were announced.");
        return Failure::invalid(message).reply(path);
    }
    let content = request.body.clone();
    state.content.put(name, "application/octet-stream", content);
    Reply::empty(200)
}

/// `{"advance":"90s"}` moves time ahead.
fn clock(inner: &Inner, request: &Incoming) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let by = body.get("advance").and_then(Value::as_str);
    let by = by.and_then(seconds).and_then(|by| by.try_into().ok());
    let Some(by) = by else {
        let message = "The body must be of the form {\"advance\":\"90s\"}.";
        return Failure::invalid(message).reply(&request.path);
    };
    let mut state = inner.state();
    state.clock.advance(by);
    Reply::json(json!({ "time": rfc3339(state.clock.now()) }))
}

/// A transparent pixel as PNG.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4, 0x89, 0x00,
    0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x00, 0x02, 0x00, 0x00, 0x05, 0x00,
    0x01, 0xe9, 0xfa, 0xdc, 0xd8, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Files that an answer linked to.
fn content(inner: &Inner, path: &str) -> Reply {
    let name = path.trim_start_matches("content/");
    if let Some((content_type, content)) = inner.state().content.get(name) {
        return Reply::content(content_type, content.clone());
    }
    if name.starts_with("users/") && name.contains("/avatar/") {
        // A picture is a placeholder, in one format whatever it is called.
        return Reply::content("image/png", PNG);
    }
    Failure::no_route("There is no such file.").reply(path)
}
