//! Failures that a response of success lists (`AS-11`, `AS-17`).

use crate::Error;
use crate::spec::ErrorsInSuccess;
use crate::transport::Exchanged;
use crate::wire::decode;
use serde_json::Value;

/// How many items a message names at most.
const MOST_NAMED: usize = 10;

/// The error that a response of success is, if it lists failures.
pub(super) fn told(errors: ErrorsInSuccess, exchanged: &Exchanged) -> Option<Error> {
    // What is not JSON is told by whoever reads it as the response.
    let body = decode::any(exchanged.body())?;
    if errors.unless.is_some_and(|name| is_there(&body[name])) {
        return None;
    }
    let is_failure = |item: &&Value| {
        let code = item["code"].as_str();
        !item.is_null() && !code.is_some_and(|code| errors.harmless.contains(&code))
    };
    let failures: Vec<&Value> = body[errors.list].as_array()?.iter().filter(is_failure).collect();
    let first = failures.first()?;
    let message = match errors.about {
        // As in a refusal that lists errors, the first one speaks and all are details.
        None => reason(first),
        Some(about) => listed(about, &failures),
    };
    let details = failures.iter().copied().cloned().collect();
    let (code, is_partial) = (text(&first["code"]), errors.about.is_some());
    let error = Error::reported_in_success(code, message, Value::Array(details), is_partial);
    Some(exchanged.attach_to(error))
}

fn is_there(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

/// All failures, each with what it is about.
fn listed(about: &str, failures: &[&Value]) -> String {
    let one = |item: &&Value| format!("{} ({})", text(&item[about]).as_deref().unwrap_or("?"), reason(item));
    let named: Vec<String> = failures.iter().take(MOST_NAMED).map(one).collect();
    let more = if failures.len() > named.len() { ", .." } else { "" };
    format!("the service refused {}: {}{more}", failures.len(), named.join(", "))
}

fn reason(item: &Value) -> String {
    let said = [&item["message"], &item["code"], item].into_iter().find_map(text);
    said.unwrap_or_else(|| "no reason given".to_owned())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
