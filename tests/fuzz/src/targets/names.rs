//! Ids, resource names and references, task paths, and the names of operations.

use crate::make::{changed_bytes, text};
use crate::support::{Sent, Service, accepted, block_on, ensure, is_presentable, text as lossy};
use crate::{Check, MIB, Target};
use opencloud::luau::TaskPath;
use opencloud::{Error, ErrorKind, path_segment};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

pub(super) const RESOURCES: Target =
    Target { name: "resources", cases: 1000, memory: 64 * MIB, inputs: resources, check: check_resource };

pub(super) const TASK_PATHS: Target =
    Target { name: "task_paths", cases: 3000, memory: 64 * MIB, inputs: task_paths, check: check_task_path };

pub(super) const OPERATIONS: Target = Target {
    name: "operation_names",
    cases: 2500,
    memory: 64 * MIB,
    inputs: operations,
    check: check_operation,
};

fn resources() -> BoxedStrategy<Vec<u8>> {
    let path = (
        select(&["users", "groups", "universes", "roles"][..]),
        text(),
        "(/roles/|/memberships/|/places/)?",
        text(),
    );
    let url = (
        select(
            &["https://", "http://", "//", "/", "\\\\", "HTTPS://", "https:", "@", "https://apis.roblox.com"]
                [..],
        ),
        text(),
    );
    prop_oneof![
        text(),
        path.prop_map(|(collection, id, then, rest)| format!("{collection}/{id}{then}{rest}")),
        url.prop_map(|(scheme, rest)| scheme.to_owned() + &rest),
    ]
    .prop_map(String::into_bytes)
    .boxed()
}

fn check_resource(input: &[u8]) -> Check {
    let given = lossy(input);
    segment(&given)?;
    in_paths(&given)?;
    raw_target(&given)?;
    reference(&given)
}

/// A segment is one segment, whatever is in it, and the same text at the other end.
fn segment(given: &str) -> Check {
    match path_segment(given) {
        Err(error) => is_presentable(&error),
        Ok(segment) => {
            accepted();
            let plain = segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=@%".contains(&byte));
            ensure(plain && segment != "." && segment != "..", "a segment cannot leave its place", || {
                segment.clone()
            })?;
            ensure(decoded(&segment) == given, "a segment is the same text at the other end", || {
                segment.clone()
            })
        }
    }
}

/// An id in a path leaves the path as it is, or nothing is sent.
fn in_paths(given: &str) -> Check {
    let service = Service::json("{}");
    let client = service.client();
    let outcomes = block_on(async {
        [
            client.users().get(given).await.err(),
            client.memory_stores().get_sorted_map_item(1, given, given).await.err(),
            client.data_stores().get_entry(given, given, given).await.err(),
        ]
    });
    outcomes.iter().flatten().try_for_each(is_presentable)?;
    let shapes: [&[&str]; 3] = [
        &["", "cloud", "v2", "users", "*"],
        &["", "cloud", "v2", "universes", "1", "memory-store", "sorted-maps", "*", "items", "*"],
        &["", "cloud", "v2", "universes", "*", "data-stores", "*", "entries", "*"],
    ];
    for sent in service.sent() {
        let path: Vec<&str> = sent.uri.path().split('/').collect();
        let fits = |shape: &&[&str]| {
            path.len() == shape.len()
                && path.iter().zip(*shape).all(|(part, expected)| match *expected {
                    "*" => decoded(part) == given,
                    expected => *part == expected,
                })
        };
        ensure(shapes.iter().any(fits), "an id cannot change a path", || sent.uri.to_string())?;
        ensure(sent.uri.query().is_none(), "an id cannot begin a query", || sent.uri.to_string())?;
    }
    Ok(())
}

/// The key goes to the hosts of Open Cloud only, whatever a caller takes for a path.
fn raw_target(given: &str) -> Check {
    let service = Service::json("{}");
    let outcome = block_on(service.client().request(http::Method::GET, given).into_future());
    outcome.err().iter().try_for_each(is_presentable)?;
    let is_ours = |host: Option<&str>| {
        let mut all = opencloud::operations::ALL.iter();
        host.is_some_and(|host| all.any(|info| info.host.trim_start_matches("https://") == host))
    };
    let goes_out = |sent: &Sent| sent.has_key && !is_ours(sent.uri.host());
    let leak = service.sent().into_iter().find(goes_out);
    ensure(leak.is_none(), "the key goes to its host only", || format!("{leak:?}"))
}

/// References in responses are ids or nothing.
fn reference(given: &str) -> Check {
    let members =
        json!({ "path": given, "user": given, "role": given, "roles": [given, "groups/1/roles/2"] });
    let member: Result<opencloud::types::GroupMembership, _> = serde_json::from_value(members);
    let member = member.map_err(|error| format!("a membership is read: {error}"))?;
    let ids = [
        member.group_id().map(|id| id.to_string()),
        member.user_id().map(|id| id.to_string()),
        member.highest_role_id().map(|id| id.to_string()),
    ];
    let is_part =
        |id: &String| !id.is_empty() && (given.contains(id.as_str()) || decoded(given).contains(id.as_str()));
    ensure(ids.iter().flatten().all(is_part), "an id is a part of the reference", || {
        format!("{given:?}: {ids:?}")
    })?;
    ensure(member.role_ids().len() <= 2, "a list of references has an id for each", || format!("{given:?}"))
}

fn task_paths() -> BoxedStrategy<Vec<u8>> {
    let id = prop_oneof![2 => "[0-9]{1,12}", 2 => "[a-f0-9-]{1,36}", 1 => text()];
    let version = prop_oneof![Just(String::new()), id.clone().prop_map(|id| format!("/versions/{id}"))];
    let task = prop_oneof![
        (id.clone(), id.clone())
            .prop_map(|(session, task)| format!("luau-execution-sessions/{session}/tasks/{task}")),
        id.clone().prop_map(|task| format!("luau-execution-session-tasks/{task}")),
    ];
    let start =
        select(&["", "/", "/cloud/v2/", "cloud/v2/", "luau.create_task:/cloud/v2/", "luau.:", "//"][..]);
    let whole = (start, id.clone(), id, version, task).prop_map(|(start, universe, place, version, task)| {
        format!("{start}universes/{universe}/places/{place}{version}/{task}").into_bytes()
    });
    changed_bytes(whole)
}

fn check_task_path(input: &[u8]) -> Check {
    let given = lossy(input);
    let client = Service::json("{}").client();
    let path: TaskPath = match given.parse() {
        Ok(path) => path,
        Err(error) => {
            ensure(client.luau().resume(&given).is_err(), "a path is refused everywhere", || given.clone())?;
            return is_refused(&error);
        }
    };
    accepted();
    let again: Result<TaskPath, Error> = path.as_str().parse();
    ensure(again.as_ref().ok() == Some(&path), "a path is read again as it was written", || {
        path.as_str().to_owned()
    })?;
    let ids =
        [Some(path.universe().to_string()), Some(path.place().to_string()), Some(path.task().to_string())];
    let others = [path.version(), path.session()].map(|id| id.map(ToString::to_string));
    let fits = |id: &String| {
        path_segment(id).is_ok_and(|segment| segment == *id) && path.as_str().contains(id.as_str())
    };
    ensure(ids.iter().chain(&others).flatten().all(fits), "an id of a path can be sent", || {
        format!("{ids:?} {others:?}")
    })
}

/// Text that is refused is the caller's mistake, and nothing was sent.
fn is_refused(error: &Error) -> Check {
    is_presentable(error)?;
    ensure(error.kind() == ErrorKind::InvalidRequest, "text that is refused is an invalid request", || {
        error.to_string()
    })
}

/// Names as they are written, of every call that starts something.
fn operations() -> BoxedStrategy<Vec<u8>> {
    let starters: Vec<&'static opencloud::OperationInfo> = starters().collect();
    let filled =
        (select(starters), proptest::collection::vec(prop_oneof![3 => "[a-zA-Z0-9]{1,8}", 1 => text()], 8))
            .prop_map(|(starter, ids)| {
                let polled = starter.long_running.and_then(|following| following.poll);
                let template = polled.map_or(starter.path, |poll| poll.path);
                (starter.id, fill(template, &ids))
            });
    let rest = prop_oneof![
        3 => Just(String::new()),
        1 => text().prop_map(|key| format!("#key={key}")),
        1 => (text(), text()).prop_map(|(key, body)| format!("#key={key}&body={body}")),
        1 => (text(), text()).prop_map(|(name, value)| format!("?{name}={value}&scope=TEST")),
        1 => Just("#body=%7B%7D".to_owned()),
    ];
    changed_bytes((filled, rest).prop_map(|((id, path), rest)| format!("{id}:{path}{rest}").into_bytes()))
}

fn starters() -> impl Iterator<Item = &'static opencloud::OperationInfo> {
    opencloud::operations::ALL.iter().copied().filter(|info| info.long_running.is_some())
}

fn fill(template: &str, ids: &[String]) -> String {
    let mut ids = ids.iter();
    let parts = template.split('/').map(|part| match part.starts_with('{') {
        true => {
            ids.next().map_or("x", String::as_str).to_owned()
                + part.split_once('}').map_or("", |(_, verb)| verb)
        }
        false => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn check_operation(input: &[u8]) -> Check {
    let given = lossy(input);
    let service = Service::json("{}");
    let client = service.client();
    match client.operations().resume::<Value>(&given) {
        Err(error) => is_refused(&error)?,
        Ok(operation) => {
            accepted();
            let Some(name) = operation.name().map(str::to_owned) else {
                return ensure(false, "a name that is read is written", || given.clone());
            };
            let again = client.operations().resume::<Value>(&name);
            let again = again.ok().and_then(|operation| operation.name().map(str::to_owned));
            ensure(
                again.as_deref() == Some(name.as_str()),
                "a name is read again as it was written",
                || format!("{given:?}: {name:?}, {again:?}"),
            )?;
            let starter = given.split(':').next().unwrap_or_default();
            ensure(name.starts_with(starter), "a name is of the call that it says", || name.clone())?;
        }
    }
    let path = given.split_once(':').map_or(given.as_str(), |(_, path)| path);
    for starter in starters() {
        if let Err(error) = client.operations().at_path::<Value>(starter, path) {
            is_presentable(&error)?;
        }
    }
    ensure(service.count() == 0, "nothing is sent", || service.count().to_string())
}

/// A percent-encoded text, decoded.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
