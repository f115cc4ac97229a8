//! What every operation sends, with every parameter set, is what the document allows, and all of it.

use opencloud_contract::{Recorded, Samples, call, operations, responding};
use opencloud_emulator::{Document, Location, Operation, RequestParts, query_pairs, validate_request};
use serde_json::{Value, json};

/// Operations whose request the document wrongly refuses: `id: reason` per line. An entry that passes
/// fails the test, so that the list can only shrink.
const EXPECTED: &str = include_str!("expected-failures.txt");

fn expected() -> impl Iterator<Item = &'static str> {
    EXPECTED.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(':').next())
}

/// Headers that OpenAPI does not count as parameters: the transport sets them.
const RESERVED: [&str; 5] = ["accept", "accept-encoding", "authorization", "content-length", "content-type"];

async fn sent(operation: &'static Operation) -> Recorded {
    let script = responding(200, "application/json", "{}");
    let client = script.client();
    let samples = Samples::new(operation);
    // Whether the empty response can be read is the other test's question.
    let outcome = call(&client, &operation.id, &samples).expect("a generated call").await;
    let sent = opencloud_contract::sent(&script);
    assert_eq!(sent.len(), 1, "{}: {:?}", operation.id, outcome.decoded);
    sent.into_iter().next().expect("one request")
}

/// Everything that is wrong with a request.
fn problems(operation: &'static Operation, request: &Recorded) -> Vec<String> {
    let document = Document::embedded();
    let samples = Samples::new(operation);
    let mut problems = Vec::new();
    if request.origin != format!("https://{}", operation.host) {
        problems.push(format!("sent to {}, not to {}", request.origin, operation.host));
    }
    match document.find(&request.method, &request.path) {
        Some(found) if found.operation.id == operation.id => {}
        // Told apart by the value's form, which the sample need not have.
        Some(found) if shape(&found.operation.path) == shape(&operation.path) => {}
        found => problems.push(format!(
            "{} {} is {}",
            request.method,
            request.path,
            found.map_or("no operation", |found| found.operation.id.as_str())
        )),
    }
    let parts = RequestParts {
        path: &request.path,
        query: request.query.as_deref(),
        headers: &request.headers,
        body: &request.body,
    };
    problems.extend(validate_request(document, operation, &parts).iter().map(ToString::to_string));
    let query = query_pairs(request.query.as_deref().unwrap_or_default());
    for parameter in &operation.parameters {
        let name = parameter.name.as_str();
        let sent: Vec<String> = match parameter.location {
            Location::Query => {
                query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
            }
            Location::Header if RESERVED.contains(&name.to_ascii_lowercase().as_str()) => continue,
            Location::Header => request
                .headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .map(str::to_owned)
                .collect(),
            Location::Path => continue,
        };
        let wanted = samples.texts(name);
        if !same_texts(&sent, &wanted) {
            problems.push(format!("{name}: {sent:?} was sent, not {wanted:?}"));
        }
    }
    problems.extend(body_problems(operation, request, &samples));
    problems
}

fn body_problems(operation: &Operation, request: &Recorded, samples: &Samples) -> Vec<String> {
    let Some(body) = &operation.body else {
        return match request.body.is_empty() {
            true => Vec::new(),
            false => vec!["a body was sent and none is declared".to_owned()],
        };
    };
    if let Some(form) = &request.form {
        return form_problems(form, &samples.body_value());
    }
    if !body.content.iter().any(|media| media.media_type.contains("json")) {
        return match request.body == opencloud_contract::FILE {
            true => Vec::new(),
            false => vec!["the bytes were changed".to_owned()],
        };
    }
    let sent: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let wanted = match samples.body_value() {
        // A body that can say nothing is sent as an empty object.
        Value::Object(object) if object.is_empty() || sent == json!({}) && only_invented(&object) => {
            json!({})
        }
        wanted => wanted,
    };
    match opencloud_contract::same(&sent, &wanted) {
        true => Vec::new(),
        false => vec![format!("the body is {sent}, not {wanted}")],
    }
}

/// Each part says what its sample says: files byte for byte, objects as JSON, the rest as text.
fn form_problems(form: &opencloud::body::Form, wanted: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, value) in wanted.as_object().into_iter().flatten() {
        let parts: Vec<_> = form.parts().iter().filter(|part| part.name() == name).collect();
        let values = match value {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        };
        if parts.len() != values.len() {
            problems.push(format!("the part {name} is there {} times, not {}", parts.len(), values.len()));
            continue;
        }
        for (part, value) in parts.into_iter().zip(values) {
            let content = part.content().expect("content in memory");
            let fits = match value {
                _ if part.file_name().is_some() => content == opencloud_contract::FILE,
                Value::Object(_) => serde_json::from_slice(content)
                    .is_ok_and(|sent: Value| opencloud_contract::same(&sent, value)),
                Value::String(text) => content == text.as_bytes(),
                value => content == value.to_string().as_bytes(),
            };
            if !fits {
                problems.push(format!("the part {name} is {content:?}, not {value}"));
            }
        }
    }
    let unknown = form.parts().iter().filter(|part| wanted.get(part.name()).is_none());
    problems.extend(unknown.map(|part| format!("the part {} is not declared", part.name())));
    problems
}

/// The sample of an object without properties has an invented one.
fn only_invented(object: &serde_json::Map<String, Value>) -> bool {
    object.keys().all(|key| key == "key")
}

fn shape(path: &str) -> String {
    path.split('{')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) })
        .collect::<Vec<_>>()
        .join("{}")
}

fn same_texts(sent: &[String], wanted: &[String]) -> bool {
    sent.len() == wanted.len()
        && sent.iter().zip(wanted).all(|(a, b)| opencloud_contract::same(&json!(a), &json!(b)))
}

#[tokio::test]
async fn every_operation_sends_what_the_document_allows() {
    let mut failures = Vec::new();
    let mut passed = 0;
    for operation in operations() {
        let request = sent(operation).await;
        let problems = problems(operation, &request);
        let expected = expected().any(|id| id == operation.id);
        match (problems.is_empty(), expected) {
            (true, false) | (false, true) => passed += 1,
            (true, true) => failures.push(format!("{} passes: take it off the list", operation.id)),
            (false, false) => failures.push(format!("{}:\n    {}", operation.id, problems.join("\n    "))),
        }
    }
    for id in expected().filter(|id| !operations().iter().any(|operation| operation.id == *id)) {
        failures.push(format!("{id} is no operation: take it off the list"));
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), operations().len(), failures.join("\n"));
    assert_eq!(passed, operations().len());
}

#[tokio::test]
async fn every_operation_of_the_table_is_in_the_document() {
    let mut table: Vec<&str> = opencloud::operations::ALL.iter().map(|info| info.id).collect();
    let mut document: Vec<&str> = operations().iter().map(|operation| operation.id.as_str()).collect();
    table.sort_unstable();
    document.sort_unstable();
    assert_eq!(table, document);
}

/// What the overlay adds is not Open Cloud, and is counted apart wherever a number stands.
#[test]
fn the_operations_of_open_cloud_are_as_many_as_is_said() {
    let all = opencloud::operations::ALL;
    let public = all.iter().filter(|info| info.is_public()).count();
    let open_cloud = all.len() - public;
    let pin = include_str!("../../../spec/UPSTREAM.toml");
    assert!(pin.contains(&format!("open_cloud = {open_cloud}\npublic = {public}\n")), "{pin}");
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&format!("all {open_cloud} operations that take an API key or")));
    let in_public_area = |info: &&&opencloud::OperationInfo| info.area == "public_lookups";
    assert_eq!(all.iter().filter(in_public_area).count(), public);
}

/// The check itself: what it is for, it finds.
#[tokio::test]
async fn a_wrong_request_is_noticed() {
    let find = |id: &str| operations().iter().find(|operation| operation.id == id).expect("an operation");
    type Change = (&'static str, fn(&mut Recorded));
    let changes: [Change; 6] = [
        ("users.get", |request| request.path = "/cloud/v2/users".to_owned()),
        ("users.list_inventory_items", |request| request.query = None),
        ("users.list_inventory_items", |request| request.query = Some("maxPageSize=ten".to_owned())),
        ("user_restrictions.update", |request| request.body = "{}".into()),
        ("user_restrictions.update", |request| request.headers.clear()),
        ("users.get", |request| request.origin = "https://example.com".to_owned()),
    ];
    for (id, change) in changes {
        let operation = find(id);
        let mut request = sent(operation).await;
        assert!(problems(operation, &request).is_empty(), "{id}");
        change(&mut request);
        assert!(!problems(operation, &request).is_empty(), "{id}: the change went unnoticed");
    }
}

/// Whether a schema has a property that only the service sets, at any depth.
fn has_read_only(schema: &Value, depth: usize) -> bool {
    let schema = Document::embedded().resolve(schema);
    let inner = |schema: &Value| depth < 12 && has_read_only(schema, depth + 1);
    let is_read_only = |schema: &Value| schema["readOnly"] == true;
    let mut properties =
        schema["properties"].as_object().into_iter().flat_map(|properties| properties.values());
    properties.any(|property| is_read_only(property) || inner(property))
        || ["items", "additionalProperties"]
            .iter()
            .any(|key| schema[*key].is_object() && inner(&schema[*key]))
        || ["allOf", "oneOf", "anyOf"]
            .iter()
            .any(|key| schema[*key].as_array().is_some_and(|members| members.iter().any(inner)))
}

/// UN-01, MS-05: services ignore what only they set, which would look like success. It is refused, with its name.
#[tokio::test]
async fn what_only_the_service_sets_is_refused() {
    let mut refused = 0;
    for operation in operations() {
        let Some(media) = operation.body.as_ref().and_then(|body| body.content.first()) else { continue };
        if !has_read_only(&media.schema, 0) {
            continue;
        }
        let script = responding(200, "application/json", "{}");
        let client = script.client();
        let samples = Samples::with_read_only(operation);
        let outcome = call(&client, &operation.id, &samples).expect("a generated call").await;
        let sent = opencloud_contract::sent(&script);
        match outcome.decoded {
            Err(error) if error.kind() == opencloud::ErrorKind::InvalidRequest && sent.is_empty() => {
                assert!(
                    error.to_string().contains("is set by the service alone"),
                    "{}: {error}",
                    operation.id
                );
                refused += 1;
            }
            // A body in which nothing can be set has no type.
            _ if sent.first().is_some_and(|sent| &sent.body[..] == b"{}") => {}
            outcome => panic!("{} was sent: {outcome:?}", operation.id),
        }
    }
    assert!(refused >= 15, "{refused} operations take types with such properties");
}
