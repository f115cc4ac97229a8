//! What the emulator responds to a recorded request.

use crate::body::{Recording, Request, Step};
use crate::compare::differences;
use crate::http::{Response, send};
use opencloud_contract::operations;
use opencloud_emulator::{Emulator, Operation, Seed};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// No operation of the emulator takes more polls, or longer.
const MOST_POLLS: usize = 10;
const BETWEEN_POLLS: Duration = Duration::from_secs(60);

/// What was saved of responses, by name.
type Saved = BTreeMap<String, String>;

pub(crate) async fn problems(recording: &Recording) -> Vec<String> {
    let rules = &recording.emulator;
    let mut builder = Emulator::builder().rate_limits(rules.rate_limits);
    if let Some(seed) = &rules.seed {
        builder = builder.seed(seed.to_string().parse::<Seed>().expect("a seed"));
    }
    let emulator = builder.start().await.expect("started");
    let mut saved = Saved::new();
    for step in &rules.before {
        if let Err(problem) = prepare(&emulator, step, &mut saved).await {
            return vec![problem];
        }
    }
    let mut response = match (&recording.operation, &recording.endpoint) {
        (Some(id), _) => ask(&emulator, operation(id), &recording.request, &saved).await,
        (None, Some(endpoint)) => {
            let (method, path) = endpoint.split_once(' ').expect("a method and a path");
            exchange(&emulator, method, path, &recording.request, &saved).await
        }
        (None, None) => panic!("{}: neither operation nor endpoint", recording.name),
    };
    if let (true, Some(id)) = (rules.follow, &recording.operation) {
        response = follow(&emulator, id, response).await;
    }
    compare(recording, &response)
}

async fn prepare(emulator: &Emulator, step: &Step, saved: &mut Saved) -> Result<(), String> {
    for _ in 0..step.times {
        let mut response = ask(emulator, operation(&step.operation), &step.request, saved).await;
        if step.follow {
            response = follow(emulator, &step.operation, response).await;
        }
        if !(200..300).contains(&response.status) {
            let body = String::from_utf8_lossy(&response.body);
            return Err(format!("before it, {} is {} {body}", step.operation, response.status));
        }
        let body = json(&response);
        for (name, pointer) in &step.save {
            let text = match body.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
                None => return Err(format!("before it, {} has no {pointer}: {body}", step.operation)),
            };
            saved.insert(name.clone(), text);
        }
    }
    emulator.advance(Duration::from_secs(step.advance));
    Ok(())
}

/// Reads an operation until it is done.
async fn follow(emulator: &Emulator, id: &str, mut response: Response) -> Response {
    let facts = operation(id).long_running.as_ref();
    let base = facts.and_then(|facts| facts.base.as_deref()).unwrap_or("/cloud/v2/");
    for _ in 0..MOST_POLLS {
        let body = json(&response);
        match body["path"].as_str() {
            Some(path) if body["done"] != true => {
                emulator.advance(BETWEEN_POLLS);
                let (target, nothing) = (format!("{base}{path}"), Saved::new());
                response = exchange(emulator, "GET", &target, &Request::default(), &nothing).await;
            }
            _ => break,
        }
    }
    response
}

fn compare(recording: &Recording, response: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&response.body);
    if response.status != recording.status {
        return vec![format!("the status should be {}, and is {} {text}", recording.status, response.status)];
    }
    let mut problems = Vec::new();
    for (name, value) in &recording.headers {
        let found = response.header(name).map(form);
        if found.as_deref() != Some(form(value).as_str()) {
            problems.push(format!("{name} should look like {value}, and is {:?}", response.header(name)));
        }
    }
    match &recording.body {
        _ if recording.emulator.status_only => {}
        None if response.body.is_empty() => {}
        None => problems.push(format!("there should be no body, and it is {text}")),
        Some(body) => problems.extend(differences(body, &json(response), &recording.emulator)),
    }
    problems
}

/// A header's value with every number as `0`, also where it has capital letters as its digits.
fn form(value: &str) -> String {
    let mut form = String::new();
    for character in value.chars() {
        match character {
            '0'..='9' | 'A'..='F' if form.ends_with('0') => {}
            '0'..='9' | 'A'..='F' => form.push('0'),
            other => form.push(other),
        }
    }
    form
}

fn operation(id: &str) -> &'static Operation {
    operations().iter().find(|operation| operation.id == id).unwrap_or_else(|| panic!("no operation {id}"))
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or(Value::Null)
}

async fn ask(emulator: &Emulator, operation: &Operation, request: &Request, saved: &Saved) -> Response {
    let mut path = operation.path.clone();
    for (name, value) in &request.path {
        let value = encoded(&filled(value, saved));
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    assert!(request.target.is_some() || !path.contains('{'), "{path} lacks a value");
    exchange(emulator, &operation.method, &path, request, saved).await
}

async fn exchange(
    emulator: &Emulator,
    method: &str,
    path: &str,
    request: &Request,
    saved: &Saved,
) -> Response {
    let mut target = request.target.as_ref().map_or_else(|| path.to_owned(), |target| filled(target, saved));
    for (index, (name, value)) in request.query.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        target.push_str(&format!("{name}={}", encoded(&filled(value, saved))));
    }
    let mut headers: Vec<(String, String)> = vec![("x-api-key".to_owned(), "live".to_owned())];
    headers.extend(request.headers.clone());
    let body = match (&request.body, &request.form, &request.bytes) {
        (Some(body), _, _) => {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            filled(&body.to_string(), saved).into_bytes()
        }
        (None, Some(form), _) => {
            headers.push(("content-type".to_owned(), format!("multipart/form-data; boundary={BOUNDARY}")));
            form_bytes(form)
        }
        (None, None, Some(bytes)) => bytes.clone().into_bytes(),
        (None, None, None) => Vec::new(),
    };
    send(emulator.address(), method, &target, &headers, &body).await
}

/// A text with the values that were saved.
fn filled(text: &str, saved: &Saved) -> String {
    saved.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

fn encoded(text: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(byte);
    text.bytes()
        .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

const BOUNDARY: &str = "live-boundary";

fn form_bytes(form: &serde_json::Map<String, Value>) -> Vec<u8> {
    let mut bytes = String::new();
    for (name, value) in form {
        let (head, content) = match value {
            Value::String(text) => (String::new(), text.clone()),
            Value::Object(file) if file.contains_key("file") => {
                let text = |key: &str| file[key].as_str().unwrap_or_default().to_owned();
                let content = match text("content").as_str() {
                    // A picture is judged by its first bytes.
                    "png" => "\u{89}PNG\r\n\u{1a}\nsample".to_owned(),
                    other => other.to_owned(),
                };
                let head = format!("; filename=\"{}\"\r\ncontent-type: {}", text("file"), text("media_type"));
                (head, content)
            }
            value => ("\r\ncontent-type: application/json".to_owned(), value.to_string()),
        };
        bytes.push_str(&format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{head}\r\n\r\n"
        ));
        bytes.push_str(&format!("{content}\r\n"));
    }
    bytes.push_str(&format!("--{BOUNDARY}--\r\n"));
    // One byte for each character: those of a picture are not UTF-8.
    bytes.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
}
