//! Where and how an operation is polled.

use super::dialect::{self, Start};
use super::route::{self, PollRoute};
use crate::call::Call;
use crate::spec::{LongRunningInfo, Polling};
use crate::wire::path::PathTemplate;
use crate::{Client, Error, OperationInfo};
use serde_json::Value;
use std::time::Duration;

/// What is polled, complete: nothing else is needed to go on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// The operation that was called to start it.
    pub(super) starter: &'static OperationInfo,
    pub(super) info: LongRunningInfo,
    pub(super) route: PollRoute,
    pub(super) query: Vec<(&'static str, String)>,
    /// What is looked up in the response.
    pub(super) key: Option<String>,
    /// The JSON body, where the starting call is repeated.
    pub(super) body: Option<String>,
}

impl Target {
    /// The target of an operation that the call has started.
    pub(super) fn new<T>(call: &Call<T>, info: &LongRunningInfo, start: Start) -> Result<Self, String> {
        let mut target = Self {
            starter: call.operation,
            info: *info,
            route: PollRoute { poll: call.operation, template: call.operation.path, segments: Vec::new() },
            query: info
                .query
                .iter()
                .filter_map(|name| Some((*name, call.query_value(name)?.to_owned())))
                .collect(),
            key: None,
            body: None,
        };
        match start {
            Start::Path(path) => target.route = route::of_path(info, &path)?,
            Start::Repeat if !call.operation.idempotent => {
                return Err("the service does not say where the operation is polled".to_owned());
            }
            Start::Repeat => {
                target.route.segments = call.segments().to_vec();
                target.body = call.json_text().map(|text| String::from_utf8_lossy(text).into_owned());
            }
            Start::Id(id) => target.route = at_poll_route(call, info, Some(id))?,
            Start::Key(key) => {
                target.route = at_poll_route(call, info, None)?;
                target.key = Some(key);
            }
            Start::Query(name, values, key) => {
                target.route = at_poll_route(call, info, None)?;
                target.key = Some(key);
                target.query.extend(values.into_iter().map(|value| (name, value)));
            }
            Start::Over(_) => return Err("the operation is over".to_owned()),
        }
        Ok(target)
    }

    /// The call of a poll. It is built like every other, so that ids stay in their segments.
    pub(super) fn call(&self, client: &Client) -> Call<Value> {
        let mut call = Call::new(client, self.route.poll).at(self.route.template);
        for segment in &self.route.segments {
            call = call.path(segment.clone());
        }
        let mut names: Vec<&'static str> = self.query.iter().map(|(name, _)| *name).collect();
        names.dedup();
        for name in names {
            let values: Vec<String> = self
                .query
                .iter()
                .filter(|(known, _)| *known == name)
                .map(|(_, value)| value.clone())
                .collect();
            call = call.query(name, values);
        }
        if let Some(body) = &self.body {
            call = call.json_as_is(body.clone());
        }
        call
    }

    /// Whether the starting call itself is repeated.
    pub(super) fn repeats(&self) -> bool {
        std::ptr::eq(self.route.poll, self.starter)
    }

    /// The shortest time between two polls that the route's limit allows.
    pub(super) fn interval(&self, is_bearer: bool) -> Duration {
        let poll = self.route.poll;
        let limit = if is_bearer { poll.oauth_limit } else { poll.api_key_limit };
        let requests = limit.map(|limit| (limit.period(), u32::try_from(limit.requests).unwrap_or(u32::MAX)));
        requests.map_or(Duration::ZERO, |(period, requests)| period / requests.max(1))
    }

    /// The pace that the service was seen to demand, whatever its limit allows.
    pub(super) fn pace(&self) -> Option<Polling> {
        self.route.poll.polling
    }

    /// The query parameters that a poll may have.
    pub(super) fn query_names(info: &LongRunningInfo) -> impl Iterator<Item = &'static str> {
        info.query.iter().chain(dialect::query_names(info.dialect)).copied()
    }
}

/// The poll route, its parameters those of the call, and the id for the one that the call lacks.
fn at_poll_route<T>(call: &Call<T>, info: &LongRunningInfo, id: Option<String>) -> Result<PollRoute, String> {
    let poll = info.poll.ok_or("the service does not say where the operation is polled")?;
    let mut id = id;
    let segments = PathTemplate(poll.path)
        .parameters()
        .map(|name| call.segment(name).map(str::to_owned).or_else(|| id.take()))
        .collect::<Option<Vec<_>>>()
        .filter(|_| id.is_none())
        .ok_or("the operation's route has parameters that the starting call does not have")?;
    Ok(PollRoute { poll, template: poll.path, segments })
}

/// The facts of an operation that can be started.
pub(super) fn facts(operation: &'static OperationInfo) -> Result<LongRunningInfo, Error> {
    operation.long_running.ok_or_else(|| {
        Error::invalid_request("this operation starts no long-running operation").with_operation(operation)
    })
}
