//! Requests of analytics.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, Shapes, push_bounded, text};
use crate::areas::analytics::model::{DIMENSION_VALUES, METRICS, POLLS, Query, times, written};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /analytics-query-api/v1/universes/{u}/metrics", |state, call| query(state, call, METRICS)),
    ("POST /analytics-query-api/v1/universes/{u}/dimension-values", |state, call| {
        query(state, call, DIMENSION_VALUES)
    }),
    ("GET /analytics-query-api/v1/universes/{u}/operations/metrics/{o}", |state, call| {
        poll(state, call, METRICS)
    }),
    ("GET /analytics-query-api/v1/universes/{u}/operations/dimension-values/{o}", |state, call| {
        poll(state, call, DIMENSION_VALUES)
    }),
];

const MAX_QUERIES: usize = 1_000;

impl Query {
    fn response(&self, shapes: Shapes) -> Outcome {
        let path = format!("v1/universes/{}/operations/{}/{}", self.universe, self.kind, self.id);
        let done = self.polls >= POLLS;
        let mut operation = json!({ "path": path, "done": done, "metadata": { "createdTime": written(self.created, shapes) } });
        if !done {
            return Ok(Response::json(operation).with_status(202));
        }
        let values = if self.kind == METRICS { self.series(shapes)? } else { self.dimension_values() };
        operation["response"] = json!({ "values": values });
        Ok(Response::json(operation))
    }
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
    refuse_if!(text(&body, "metric").is_none_or(str::is_empty), "The metric is required.");
    times(&body)?;
    check_funnel(&body, call.shapes)?;
    let asked = |known: &&Query| known.universe == universe && known.kind == kind && known.body == body;
    if let Some(known) = state.analytics.queries.iter().find(asked) {
        return known.response(call.shapes);
    }
    let id = state.ids.uuid();
    let query = Query { id, universe, kind: kind.to_owned(), body, created: call.now, polls: 0 };
    let response = query.response(call.shapes);
    push_bounded(&mut state.analytics.queries, MAX_QUERIES, query);
    response
}

fn poll(state: &mut State, call: &Call<'_>, kind: &str) -> Outcome {
    let universe = call.number("universeId")?;
    let id = call.param("operationId");
    let asked = |known: &&mut Query| known.universe == universe && known.kind == kind && known.id == id;
    state.touch();
    let query = state.analytics.queries.iter_mut().find(asked);
    let query = query.ok_or_else(|| Failure::missing("operation"))?;
    query.polls = query.polls.saturating_add(1);
    query.response(call.shapes)
}
