//! Every response, with one thing of it changed: it is read, and nothing else of it is lost; or it is refused, with the
//! place.

use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Client, Error, ErrorKind, operations::ExpectedFields};
use opencloud_contract::shapes::{following, has_content, info, response, result};
use opencloud_contract::{Samples, call, operations, same, wait};
use opencloud_emulator::Operation;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is done to one value of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Removed,
    Null,
    Added,
    OtherType,
    Deeper,
    NumberAsText,
    TextAsNumber,
}

const CHANGES: [Change; 7] = [
    Change::Removed,
    Change::Null,
    Change::Added,
    Change::OtherType,
    Change::Deeper,
    Change::NumberAsText,
    Change::TextAsNumber,
];

/// What became of the responses with one kind of change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    read: u32,
    /// A value could not be read.
    misfits: u32,
    /// What the call is about was not there.
    lacks: u32,
    /// The response told of failures (AS-11, AS-17).
    failures: u32,
}

const fn count(read: u32, misfits: u32, lacks: u32, failures: u32) -> Count {
    Count { read, misfits, lacks, failures }
}

/// The document decides: another version of it, or a reader that takes more or less, has other figures.
const EXPECTED: [(Change, Count); 7] = [
    (Change::Removed, count(3515, 0, 36, 0)),
    (Change::Null, count(3251, 509, 45, 0)),
    (Change::Added, count(955, 16, 0, 0)),
    (Change::OtherType, count(170, 3635, 0, 0)),
    (Change::Deeper, count(184, 3620, 0, 1)),
    (Change::NumberAsText, count(433, 0, 0, 0)),
    (Change::TextAsNumber, count(1598, 232, 0, 0)),
];

/// The response with the change made at a place; `None` if the change is not one of such a value.
fn changed(whole: &Value, place: &str, change: Change) -> Option<Value> {
    let old = whole.pointer(place)?;
    let new = match (change, old) {
        (Change::Removed, _) => None,
        (Change::Null, _) => Some(Value::Null),
        (Change::Added, Value::Object(members)) => {
            let mut members = members.clone();
            members.insert("zzStrange".to_owned(), json!("x"));
            Some(Value::Object(members))
        }
        (Change::OtherType, Value::Object(_) | Value::Array(_)) => Some(json!("x")),
        (Change::OtherType, _) => Some(json!({ "zzStrange": 1 })),
        (Change::Deeper, old) => Some(json!([old])),
        (Change::NumberAsText, Value::Number(number)) => Some(number.to_string().into()),
        (Change::TextAsNumber, Value::String(_)) => Some(7.into()),
        _ => return None,
    };
    let mut changed = whole.clone();
    match (new, place.rsplit_once('/')) {
        (Some(new), _) => *changed.pointer_mut(place)? = new,
        (None, None) => return None,
        (None, Some((parent, name))) => remove(changed.pointer_mut(parent)?, name),
    }
    Some(changed)
}

fn remove(parent: &mut Value, name: &str) {
    match parent {
        Value::Object(members) => drop(members.remove(&unescaped(name))),
        // What stands behind it keeps its place.
        Value::Array(items) => name.parse().map(|at: usize| items.remove(at)).map_or((), drop),
        _ => {}
    }
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

/// The places of a value, as JSON pointers, itself included; of a list, what is in its first item.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items.first().into_iter().for_each(|item| places(item, &format!("{place}/0"), found));
        }
        _ => {}
    }
}

/// A call whose response, or the result of whose operation, is set anew each time.
struct Caller {
    operation: &'static Operation,
    is_result: bool,
    body: Arc<Mutex<Value>>,
    client: Client,
}

impl Caller {
    fn new(operation: &'static Operation, is_result: bool) -> Self {
        let body: Arc<Mutex<Value>> = Arc::default();
        let sent = Arc::clone(&body);
        let script = Script::new().respond_with(Expect::any(), move |_| {
            MockResponse::json(sent.lock().unwrap_or_else(PoisonError::into_inner).clone())
        });
        Self { operation, is_result, body, client: script.client() }
    }

    async fn read(&self, value: &Value) -> Result<Value, Error> {
        let id = &self.operation.id;
        let set = |body: &Value| {
            *self.body.lock().unwrap_or_else(PoisonError::into_inner) = body.clone();
        };
        if self.is_result {
            set(&json!({ "path": "operations/7", "done": true, "response": value }));
            let samples = Samples::from_beginning(self.operation);
            return wait(&self.client, id, &samples).expect("a starter").await.map(|(_, result)| result);
        }
        set(value);
        let samples = Samples::new(self.operation);
        call(&self.client, id, &samples).expect("a generated call").await.decoded
    }

    /// What the response or result must hold.
    fn expects(&self) -> ExpectedFields {
        let info = info(self.operation);
        match info.long_running.filter(|_| self.is_result) {
            Some(following) => following.expects,
            None => info.expects,
        }
    }
}

/// Every response that is an object, and every result of an operation that comes in an envelope of its own.
fn samples() -> impl Iterator<Item = (Caller, Value)> {
    let responses = operations()
        .iter()
        .filter_map(|operation| Some((Caller::new(operation, false), response(operation)?)));
    let results = operations().iter().filter_map(|operation| {
        let is_enveloped = ["cloud", "analytics"].contains(&following(operation)?["dialect"].as_str()?);
        let result = result(operation).filter(|result| is_enveloped && has_content(result))?;
        Some((Caller::new(operation, true), result))
    });
    responses.chain(results)
}

impl Count {
    /// Counts a refusal, which says where: the names of the path; or what the response lacks, which may be all of it.
    fn refuse(&mut self, operation: &Operation, error: &Error, place: &str) -> Result<(), String> {
        let text = error.to_string();
        let mut names = place.split('/').filter(|name| !name.is_empty() && name.parse::<usize>().is_err());
        let tells = |name: &str| text.contains(&unescaped(name));
        let is_in = |list: &str| place.starts_with(&format!("/{list}"));
        let is_told = match error.kind() {
            ErrorKind::Decode if text.contains("the response lacks") => {
                self.lacks += 1;
                names.next().is_none_or(tells)
            }
            ErrorKind::Decode => {
                self.misfits += 1;
                names.all(tells)
            }
            _ => {
                self.failures += 1;
                info(operation).errors_in_success.is_some_and(|errors| is_in(errors.list))
            }
        };
        if is_told { Ok(()) } else { Err(format!("{:?} without its place: {error}", error.kind())) }
    }
}

/// What is wrong with what was read of a changed response.
fn lost(caller: &Caller, whole: &Value, read: &Value, sent: &Value, place: &str) -> Option<String> {
    // All but the place itself is as it was.
    let (mut before, mut after) = (whole.clone(), read.clone());
    for value in [&mut before, &mut after] {
        if let Some((parent, name)) = place.rsplit_once('/')
            && let Some(parent) = value.pointer_mut(parent)
        {
            match parent {
                Value::Array(items) => items.clear(),
                parent => remove(parent, name),
            }
        }
    }
    if !place.is_empty() && !same(&before, &after) {
        return Some(format!("{after} was {before}"));
    }
    // What was sent there is there, in whatever form.
    let given = sent.pointer(place).filter(|given| !given.is_null());
    if let Some(given) = given
        && read.pointer(place).is_none_or(Value::is_null)
    {
        return Some(format!("{given} is lost"));
    }
    // What the call is about may be empty only where it is not there.
    let main = caller.expects().main?;
    let pointer = format!("/{}", main.replace('.', "/"));
    let (is_sent, is_read) = (sent.pointer(&pointer), read.pointer(&pointer));
    let is_lost = is_sent.is_some_and(has_content) && !is_read.is_some_and(has_content);
    is_lost.then(|| format!("`{main}` is lost: {read}"))
}

#[tokio::test(start_paused = true)]
async fn one_change_is_read_or_refused_with_its_place() {
    let mut counts: BTreeMap<Change, Count> = BTreeMap::new();
    let mut problems = Vec::new();
    for (caller, sample) in samples() {
        let operation = caller.operation;
        let whole = caller.read(&sample).await.unwrap_or_else(|error| panic!("{}: {error}", operation.id));
        let mut all = Vec::new();
        places(&sample, "", &mut all);
        for (place, change) in all.iter().flat_map(|place| CHANGES.map(|change| (place, change))) {
            let Some(sent) = changed(&sample, place, change) else { continue };
            let count = counts.entry(change).or_default();
            let problem = match caller.read(&sent).await {
                Ok(read) => {
                    count.read += 1;
                    lost(&caller, &whole, &read, &sent, place)
                }
                Err(error) => count.refuse(operation, &error, place).err(),
            };
            problems.extend(
                problem.map(|problem| format!("{} {change:?} {place:?}: {problem:.300}", operation.id)),
            );
        }
    }
    let counts: Vec<_> = counts.into_iter().collect();
    counts.iter().for_each(|(change, count)| println!("{change:?}: {count:?}"));
    let shown = problems.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(problems.is_empty(), "{} problems:\n{shown}", problems.len());
    assert_eq!(counts, EXPECTED, "the figures have changed");
}
