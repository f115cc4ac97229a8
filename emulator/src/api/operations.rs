//! Long-running operations.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::failure::{Failure, Outcome};
use crate::api::response::Response;

const MAX_OPERATIONS: usize = 10_000;

/// What an operation ends with: its response, or the error as an object.
pub(crate) type End = Result<Value, Map<String, Value>>;

/// Long-running operations. Each is done at its second poll.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Operations {
    running: HashMap<String, Running>,
    order: VecDeque<String>,
    /// How often something was changed.
    #[serde(skip)]
    pub(crate) changes: u64,
}

#[derive(Serialize, Deserialize)]
struct Running {
    polls: u32,
    result: End,
    metadata: Option<Value>,
}

impl Operations {
    /// Remembers an operation under the path that its polls will name.
    pub(crate) fn start(&mut self, path: &str, result: End) {
        self.start_with_metadata(path, result, None);
    }

    pub(crate) fn start_with_metadata(&mut self, path: &str, result: End, metadata: Option<Value>) {
        if self.order.len() >= MAX_OPERATIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.running.remove(&oldest);
        }
        self.changes += 1;
        let running = Running { polls: 0, result, metadata };
        self.order.push_back(path.to_owned());
        self.running.insert(path.to_owned(), running);
    }

    /// Remembers an operation that is done.
    pub(crate) fn finished(&mut self, path: &str, result: Value) {
        self.start(path, Ok(result));
        if let Some(running) = self.running.get_mut(path) {
            running.polls = 1;
        }
    }

    /// Remembers an operation that was done when it was begun: what the first response says.
    pub(crate) fn at_once(&mut self, path: &str, result: Value) -> Value {
        self.finished(path, result);
        self.poll(path).unwrap_or_default()
    }

    /// Begins an operation: what the first response says.
    pub(crate) fn begin(&mut self, path: &str, result: End) -> Outcome {
        self.start(path, result);
        Ok(Response::json(json!({ "path": path, "done": false })))
    }

    /// The response to a poll.
    pub(crate) fn respond(&mut self, path: &str) -> Outcome {
        self.poll(path).map(Response::json).ok_or_else(|| Failure::missing("operation"))
    }

    /// The operation as a poll sees it.
    pub(crate) fn poll(&mut self, path: &str) -> Option<Value> {
        let running = self.running.get_mut(path)?;
        if running.polls < 2 {
            running.polls += 1;
            self.changes += 1;
        }
        let mut operation = Map::new();
        operation.insert("path".to_owned(), json!(path));
        let done = running.polls >= 2;
        operation.insert("done".to_owned(), json!(done));
        if let Some(metadata) = &running.metadata {
            operation.insert("metadata".to_owned(), metadata.clone());
        }
        if done {
            let (name, value) = match &running.result {
                Ok(value) => ("response", value.clone()),
                Err(error) => ("error", Value::Object(error.clone())),
            };
            operation.insert(name.to_owned(), value);
        }
        Some(Value::Object(operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_done_at_the_second_poll() {
        let mut operations = Operations::default();
        operations.start("a/operations/1", Ok(json!({ "x": 1 })));
        let first = operations.poll("a/operations/1").expect("known");
        assert_eq!(first, json!({ "path": "a/operations/1", "done": false }));
        let second = operations.poll("a/operations/1").expect("known");
        assert_eq!(second["done"], true);
        assert_eq!(second["response"]["x"], 1);
        assert!(operations.poll("a/operations/2").is_none());
    }

    #[test]
    fn operations_do_not_grow_without_end() {
        let mut operations = Operations::default();
        for number in 0..=MAX_OPERATIONS {
            operations.start(&number.to_string(), Ok(json!({})));
        }
        assert!(operations.poll("0").is_none());
        assert!(operations.poll("1").is_some());
        assert_eq!(operations.running.len(), MAX_OPERATIONS);
    }
}
