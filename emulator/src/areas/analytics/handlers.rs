//! Analytics: queries that take a while (202) until they are done (200), and are done at once when asked again.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339, rfc3339_offset};
use crate::failure::Failure;
use crate::shapes::Shapes;
use crate::state::{State, mix};

pub(crate) const ROUTES: Routes = &[
    ("POST /analytics-query-api/v1/universes/{u}/metrics", query_metrics),
    ("POST /analytics-query-api/v1/universes/{u}/dimension-values", query_dimension_values),
    ("GET /analytics-query-api/v1/universes/{u}/operations/metrics/{o}", get_metrics),
    ("GET /analytics-query-api/v1/universes/{u}/operations/dimension-values/{o}", get_dimension_values),
];

const METRICS: &str = "metrics";
const DIMENSION_VALUES: &str = "dimension-values";
const MAX_QUERIES: usize = 1_000;
/// A query with more points is too big, however long one waits.
const MAX_POINTS: i64 = 10_000;
/// The service's codes.
const TOO_BIG: &str = "3000";
/// A query is done when it is polled that often.
const POLLS: u32 = 2;
/// What each dimension has, whatever it is called.
const VALUES: [&str; 3] = ["A", "B", "C"];

/// The latest queries, the oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Queries {
    queries: VecDeque<Query>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Query {
    id: String,
    universe: u64,
    kind: String,
    body: Map<String, Value>,
    created: Timestamp,
    polls: u32,
}

impl Queries {
    /// What sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> Queries {
        let body = json!({
            "metric": "sample",
            "startTime": rfc3339(later(now, -86_400)),
            "endTime": rfc3339(now),
            "granularity": "OneHour",
            "dimensions": ["sample"],
        });
        let query = |kind: &str| Query {
            id: "sample".to_owned(),
            universe: 2001,
            kind: kind.to_owned(),
            body: body.as_object().cloned().unwrap_or_default(),
            created: now,
            polls: POLLS,
        };
        Queries { queries: VecDeque::from([query(METRICS), query(DIMENSION_VALUES)]) }
    }
}

impl Query {
    fn reply(&self, shapes: Shapes) -> Outcome {
        let path = format!("v1/universes/{}/operations/{}/{}", self.universe, self.kind, self.id);
        let done = self.polls >= POLLS;
        let mut operation = json!({ "path": path, "done": done, "metadata": { "createdTime": written(self.created, shapes) } });
        if !done {
            return Ok(Reply::json(operation).with_status(202));
        }
        let values = if self.kind == METRICS { self.series(shapes)? } else { self.dimension_values() };
        operation["response"] = json!({ "values": values });
        Ok(Reply::json(operation))
    }

    fn names(&self, list: &str) -> Vec<&str> {
        let names = self.body.get(list).and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).collect()
    }

    /// One series; with a breakdown, one for each value of its first dimension.
    fn series(&self, shapes: Shapes) -> Result<Vec<Value>, Failure> {
        let times = times(&self.body)?;
        let metric = text(&self.body, "metric").unwrap_or_default();
        let seed = metric.bytes().fold(self.universe, |seed, byte| mix(seed ^ u64::from(byte)));
        let points = |salt: u64| -> Vec<Value> {
            let value = |time: &Timestamp| mix(seed ^ salt ^ time.as_second().unsigned_abs()) % 1_000;
            times.iter().map(|time| point(*time, value(time), shapes)).collect()
        };
        let limit = self.body.get("limit").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let Some(dimension) = self.names("breakdown").first().copied() else {
            return Ok(vec![json!({ "breakdowns": [], "dataPoints": points(0) })]);
        };
        let series = VALUES.iter().zip(0..limit).map(|(value, salt)| {
            let breakdown = json!({ "dimension": dimension, "value": value, "displayValue": value });
            json!({ "breakdowns": [breakdown], "dataPoints": points(salt) })
        });
        Ok(series.collect())
    }

    fn dimension_values(&self) -> Vec<Value> {
        let values: Vec<_> =
            VALUES.iter().map(|value| json!({ "value": value, "displayValue": value })).collect();
        let of = |dimension: &str| json!({ "dimension": dimension, "values": values });
        self.names("dimensions").into_iter().map(of).collect()
    }
}

fn written(time: Timestamp, shapes: Shapes) -> String {
    if shapes.is_live() { rfc3339_offset(time) } else { rfc3339(time) }
}

/// AN-01: a point has no status, and one without data has no value. Here that is what would be below 10.
fn point(time: Timestamp, value: u64, shapes: Shapes) -> Value {
    let mut point = json!({ "time": written(time, shapes) });
    if !shapes.is_live() {
        point["status"] = json!("Valid");
    }
    if !shapes.is_live() || value >= 10 {
        point["value"] = json!(value as f64);
    }
    point
}

/// The moments that a query covers.
fn times(body: &Map<String, Value>) -> Result<Vec<Timestamp>, Failure> {
    let time = |name: &str| {
        let time = text(body, name).and_then(|text| text.parse::<Timestamp>().ok());
        time.ok_or_else(|| {
            Failure::invalid(format!("The {name} must be a time such as 2026-01-02T03:04:05Z."))
        })
    };
    let (start, end) = (time("startTime")?, time("endTime")?);
    if end <= start {
        return Err(Failure::invalid("The endTime must be after the startTime."));
    }
    let seconds = end.as_second() - start.as_second();
    let step = match text(body, "granularity") {
        Some("OneMinute") => 60,
        Some("HalfHour") => 1_800,
        Some("OneHour") => 3_600,
        Some("OneDay") => 86_400,
        Some("OneWeek") => 7 * 86_400,
        Some("OneMonth") => 30 * 86_400,
        _ => seconds.max(1),
    };
    let count = (seconds + step - 1) / step;
    if count > MAX_POINTS {
        let message = format!("The query has {count} points, more than {MAX_POINTS}: ask for less.");
        return Err(Failure::exhausted(message).with_detail(TOO_BIG));
    }
    Ok((0..count.max(1)).map(|index| later(start, index * step)).collect())
}

/// AN-04: a funnel has no moments.
fn check_funnel(body: &Map<String, Value>, shapes: Shapes) -> Result<(), Failure> {
    let is_funnel = text(body, "metric").is_some_and(|metric| metric.contains("Funnel"));
    if shapes.is_live() && is_funnel && text(body, "granularity").is_some_and(|step| step != "None") {
        return Err(Failure::invalid("The granularity of a funnel metric must be None."));
    }
    Ok(())
}

fn query(state: &mut State, call: &Call<'_>, kind: &str) -> Outcome {
    let universe = call.number("universeId")?;
    let body = call.json()?;
    if text(&body, "metric").is_none_or(str::is_empty) {
        return Err(Failure::invalid("The metric is required."));
    }
    times(&body)?;
    check_funnel(&body, call.shapes)?;
    let asked = |known: &&Query| known.universe == universe && known.kind == kind && known.body == body;
    if let Some(known) = state.analytics.queries.iter().find(asked) {
        return known.reply(call.shapes);
    }
    let id = state.uuid();
    let query = Query { id, universe, kind: kind.to_owned(), body, created: call.now, polls: 0 };
    let reply = query.reply(call.shapes);
    let queries = &mut state.analytics.queries;
    if queries.len() >= MAX_QUERIES {
        queries.pop_front();
    }
    queries.push_back(query);
    reply
}

fn query_metrics(state: &mut State, call: &Call<'_>) -> Outcome {
    query(state, call, METRICS)
}

fn query_dimension_values(state: &mut State, call: &Call<'_>) -> Outcome {
    query(state, call, DIMENSION_VALUES)
}

fn poll(state: &mut State, call: &Call<'_>, kind: &str) -> Outcome {
    let universe = call.number("universeId")?;
    let id = call.param("operationId");
    let asked = |known: &&mut Query| known.universe == universe && known.kind == kind && known.id == id;
    state.touch();
    let query = state.analytics.queries.iter_mut().find(asked);
    let query = query.ok_or_else(|| Failure::not_found("The operation does not exist."))?;
    query.polls = query.polls.saturating_add(1);
    query.reply(call.shapes)
}

fn get_metrics(state: &mut State, call: &Call<'_>) -> Outcome {
    poll(state, call, METRICS)
}

fn get_dimension_values(state: &mut State, call: &Call<'_>) -> Outcome {
    poll(state, call, DIMENSION_VALUES)
}
