//! State and rules of analytics.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, Shapes, later, object, rfc3339, rfc3339_offset, text, time};
use crate::mix::{mix, mix_text};

pub(super) const METRICS: &str = "metrics";
pub(super) const DIMENSION_VALUES: &str = "dimension-values";
/// A query with more points is too big, however long one waits.
const MAX_POINTS: i64 = 10_000;
/// The service's codes.
const TOO_BIG: &str = "3000";
/// A query is done when it is polled that often.
pub(super) const POLLS: u32 = 2;
/// What each dimension has, whatever it is called.
const VALUES: [&str; 3] = ["A", "B", "C"];

/// The latest queries, the oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Queries {
    pub(super) queries: VecDeque<Query>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) universe: u64,
    pub(super) kind: String,
    pub(super) body: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) polls: u32,
}

impl Queries {
    /// What sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> Queries {
        let body = object(json!({
            "metric": "sample",
            "startTime": rfc3339(later(now, -86_400)),
            "endTime": rfc3339(now),
            "granularity": "OneHour",
            "dimensions": ["sample"],
        }));
        let query = |kind: &str| Query {
            id: "sample".to_owned(),
            universe: 2001,
            kind: kind.to_owned(),
            body: body.clone(),
            created: now,
            polls: POLLS,
        };
        Queries { queries: VecDeque::from([query(METRICS), query(DIMENSION_VALUES)]) }
    }
}

impl Query {
    fn names(&self, list: &str) -> Vec<&str> {
        crate::api::list(&self.body, list).iter().filter_map(Value::as_str).collect()
    }

    /// One series; with a breakdown, one for each value of its first dimension.
    pub(super) fn series(&self, shapes: Shapes) -> Result<Vec<Value>, Failure> {
        let times = times(&self.body)?;
        let metric = text(&self.body, "metric").unwrap_or_default();
        let seed = mix_text(self.universe, metric);
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

    pub(super) fn dimension_values(&self) -> Vec<Value> {
        let values: Vec<_> =
            VALUES.iter().map(|value| json!({ "value": value, "displayValue": value })).collect();
        let of = |dimension: &str| json!({ "dimension": dimension, "values": values });
        self.names("dimensions").into_iter().map(of).collect()
    }
}

pub(super) fn written(time: Timestamp, shapes: Shapes) -> String {
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
pub(super) fn times(body: &Map<String, Value>) -> Result<Vec<Timestamp>, Failure> {
    let time = |name: &str| time(name, text(body, name).unwrap_or_default());
    let (start, end) = (time("startTime")?, time("endTime")?);
    refuse_if!(end <= start, "The endTime must be after the startTime.");
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
