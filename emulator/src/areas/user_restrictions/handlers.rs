//! Requests of user restrictions.

use serde_json::{Value, json};

use crate::api::{
    Call, Comparison, Failure, Grammar, Operator, Outcome, Pagination, Response, rfc3339, v2_page,
};
use crate::areas::routes::Routes;
use crate::areas::user_restrictions::model::{Log, Restriction};
use crate::document::camel;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/universes/{u}/user-restrictions", list),
    ("GET /cloud/v2/universes/{u}/user-restrictions/{r}", get),
    ("PATCH /cloud/v2/universes/{u}/user-restrictions/{r}", update),
    ("GET /cloud/v2/universes/{u}/places/{p}/user-restrictions", list),
    ("GET /cloud/v2/universes/{u}/places/{p}/user-restrictions/{r}", get),
    ("PATCH /cloud/v2/universes/{u}/places/{p}/user-restrictions/{r}", update),
    ("GET /cloud/v2/universes/{u}/user-restrictions:listLogs", list_logs),
];

const MAX_RESTRICTIONS: usize = 1_000_000;
const MAX_LOGS: usize = 100_000;
const MAX_KEYS: usize = 10_000;

/// The universe and the place (0 for none) of a call.
fn scope(call: &Call<'_>) -> Result<(u64, u64), Failure> {
    let universe = call.number("universe_id")?;
    let place = match call.param("place_id") {
        "" => 0,
        _ => call.number("place_id")?,
    };
    Ok((universe, place))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, place) = scope(call)?;
    let key = (universe, place, call.number("user_restriction_id")?);
    let (restriction, inherited) = state.user_restrictions.find(key, call.now);
    Ok(Response::json(restriction.json(key, inherited, call.shapes, call.now)))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, place) = scope(call)?;
    let restrictions = &state.user_restrictions;
    let of = |place: u64| {
        let range = (universe, place, 0)..=(universe, place, u64::MAX);
        restrictions.restrictions.range(range).map(|((_, _, user), _)| *user)
    };
    let mut users: Vec<_> = of(place).collect();
    if place != 0 {
        users.extend(of(0));
        users.sort_unstable();
        users.dedup();
    }
    let (page, next) = Pagination::v2(100).page_by(call, &users, |user| *user)?;
    let json = |user: &u64| {
        let key = (universe, place, *user);
        let (restriction, inherited) = restrictions.find(key, call.now);
        restriction.json(key, inherited, call.shapes, call.now)
    };
    let page: Vec<_> = page.iter().map(json).collect();
    Ok(v2_page("userRestrictions", &page, next))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, place) = scope(call)?;
    let user = call.number("user_restriction_id")?;
    for field in call.given("updateMask").unwrap_or("*").split(',') {
        let field = camel(field);
        if field != "gameJoinRestriction" && field != "*" {
            let only = "only gameJoinRestriction as a whole can be updated";
            return Err(Failure::invalid(format!("The update mask names '{field}': {only}.")));
        }
    }
    let key = call.given("idempotencyKey.key").map(|key| format!("{}#{key}", call.path));
    let restrictions = &mut state.user_restrictions;
    if let Some(response) = key.as_ref().and_then(|key| restrictions.responses.get(key)) {
        return Ok(Response::json(response.clone()));
    }
    let restriction = Restriction::read(&call.json()?, call.now)?;
    let place_of = (universe, place, user);
    Failure::if_full_for(&restrictions.restrictions, &place_of, MAX_RESTRICTIONS, "restrictions")?;
    let response = restriction.json(place_of, false, call.shapes, call.now);
    restrictions.restrictions.insert(place_of, restriction.clone());
    restrictions.logs.push_front(Log { universe, place, user, created: call.now, restriction });
    restrictions.logs.truncate(MAX_LOGS);
    if let Some(key) = key {
        if restrictions.responses.len() >= MAX_KEYS {
            restrictions.responses.pop_first();
        }
        restrictions.responses.insert(key, response.clone());
    }
    Ok(Response::json(response))
}

const LOG_FILTER: Grammar<'_> =
    Grammar { fields: &["user", "place"], operators: &[Operator::Equal], and: true };

impl Log {
    /// The live service leaves out when a ban begins and of what kind it is (UR-02).
    fn json(&self, call: &Call<'_>) -> Value {
        let mut json = self.restriction.fields(self.created);
        json.insert("user".to_owned(), json!(format!("users/{}", self.user)));
        json.insert("place".to_owned(), json!(self.place()));
        json.insert("moderator".to_owned(), json!({ "robloxUser": "users/1" }));
        json.insert("createTime".to_owned(), json!(rfc3339(self.created)));
        if call.shapes.is_live() {
            json.remove("startTime");
        } else {
            json.insert("restrictionType".to_owned(), json!({ "gameJoinRestriction": {} }));
        }
        Value::Object(json)
    }
}

fn list_logs(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universe_id")?;
    let filter = call.filter(&LOG_FILTER)?;
    let fits = |log: &Log, part: &Comparison| {
        let wanted = &part.values[0].text;
        match part.field.as_str() {
            "user" => *wanted == format!("users/{}", log.user),
            _ => *wanted == log.place(),
        }
    };
    let logs = state.user_restrictions.logs.iter().filter(|log| log.universe == universe);
    let logs = logs.filter(|log| filter.iter().all(|part| fits(log, part)));
    let logs: Vec<_> = logs.map(|log| log.json(call)).collect();
    Pagination::v2(100).respond(call, "logs", &logs)
}
