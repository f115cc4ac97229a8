//! Requests of ads.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, later, text};
use crate::areas::ads::model::{Campaign, Created, Status, set_amount};
use crate::areas::routes::Routes;
use crate::document::is_uuid;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /ads-management/v1/campaigns", list),
    ("POST /ads-management/v1/campaigns", create),
    ("GET /ads-management/v1/campaigns/{id}", get),
    ("PATCH /ads-management/v1/campaigns/{id}", update),
    ("POST /ads-management/v1/campaigns:batchGetStatus", batch_get_status),
];

const MAX_CAMPAIGNS: usize = 10_000;
const MAX_BATCH: usize = 100;
const MAX_DAYS: i64 = 3_650;
/// The smallest budget, in millionths of a dollar. Roblox does not say how much it is.
const MIN_BUDGET: u64 = 1_000_000;
/// For how long an idempotency key is remembered, in seconds.
const KEY_SECONDS: i64 = 86_400;

fn amount(budget: Option<&Value>) -> Result<u64, Failure> {
    let text = budget.and_then(|budget| budget.get("amountMicros")).and_then(Value::as_str);
    let amount: u64 = text
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::invalid("budget.amountMicros must be a whole number as text."))?;
    refuse_if!(amount < MIN_BUDGET, "budget.amountMicros must be at least {MIN_BUDGET}.");
    Ok(amount)
}

fn check_schedule(schedule: Option<&Value>) -> Result<(), Failure> {
    let days = schedule.and_then(|schedule| schedule.get("durationInDays")).and_then(Value::as_i64);
    let is_wrong = days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days));
    refuse_if!(is_wrong, "schedule.durationInDays must be between 1 and {MAX_DAYS}.");
    Ok(())
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let key = call.header("x-idempotency-key").unwrap_or_default();
    refuse_if!(!is_uuid(key), "The header x-idempotency-key must be a UUID.");
    let fields = call.json()?;
    let ads = &mut state.ads;
    ads.keys.retain(|_, created| later(created.time, KEY_SECONDS) > call.now);
    let body = Value::Object(fields.clone());
    if let Some(created) = ads.keys.get(key) {
        refuse_if!(created.body != body, Failure::aborted("The idempotency key was used with another body."));
        // What became of the campaign since then is in the response.
        let campaign = ads.get(&created.campaign.to_string())?;
        return Ok(Response::json(campaign.json(call.now)));
    }
    amount(fields.get("budget"))?;
    check_schedule(fields.get("schedule"))?;
    refuse_if!(text(&fields, "name").is_none_or(|name| name.trim().is_empty()), "The name is required.");
    if fields.get("creativeAssetIds").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(Failure::invalid("creativeAssetIds must not be empty."));
    }
    Failure::if_full(ads.campaigns.len(), MAX_CAMPAIGNS, "campaigns")?;
    let id = state.ids.new_id();
    let campaign = Campaign::new(id, fields, call.now);
    let response = campaign.json(call.now);
    state.ads.campaigns.insert(id, campaign);
    state.ads.keys.insert(key.to_owned(), Created { time: call.now, body, campaign: id });
    Ok(Response::json(response))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    state.touch();
    let campaign = state.ads.get(call.param("id"))?;
    campaign.looks = campaign.looks.saturating_add(1);
    campaign.settle(call.now);
    Ok(Response::json(campaign.json(call.now)))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let campaign = state.ads.get(call.param("id"))?;
    campaign.settle(call.now);
    for fixed in ["objective", "paymentType", "targeting", "creativeAssetIds", "bid"] {
        refuse_if!(body.contains_key(fixed), "'{fixed}' cannot be changed.");
    }
    if body.get("budget").and_then(|budget| budget.get("type")).is_some() {
        return Err(Failure::invalid("'budget.type' cannot be changed."));
    }
    refuse_if!(campaign.status == Status::Cancelled, "The campaign is cancelled for good.");
    let mut changed = campaign.clone();
    if let Some(schedule) = body.get("schedule").and_then(Value::as_object) {
        if campaign.has_started(call.now) {
            return Err(Failure::invalid("The schedule cannot be changed once the campaign has started."));
        }
        check_schedule(body.get("schedule"))?;
        let known = changed.fields.entry("schedule").or_insert_with(|| json!({}));
        if let Some(known) = known.as_object_mut() {
            known.extend(schedule.clone());
        }
    }
    if let Some(budget) = body.get("budget") {
        let new = amount(Some(budget))?;
        let old = amount(campaign.fields.get("budget")).unwrap_or(0);
        if new < old && campaign.has_started(call.now) {
            changed.pending = Some((new.to_string(), midnight(call.now)));
        } else {
            set_amount(&mut changed.fields, &new.to_string());
            changed.pending = None;
        }
    }
    if let Some(name) = text(&body, "name") {
        changed.fields.insert("name".to_owned(), json!(name));
    }
    if let Some(status) = text(&body, "status").and_then(Status::read) {
        changed.status = status;
    }
    changed.updated = call.now;
    let response = changed.json(call.now);
    *campaign = changed;
    Ok(Response::json(response))
}

/// The next midnight; the billing account is kept in UTC.
fn midnight(now: Timestamp) -> Timestamp {
    let next = (crate::api::day(now) + 1).saturating_mul(86_400);
    Timestamp::from_second(next).unwrap_or(Timestamp::MAX)
}

/// Those that run first, then those that could, and of each the latest first.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let mut found: Vec<&Campaign> = state.ads.campaigns.values().collect();
    found.sort_by_key(|campaign| (campaign.status, std::cmp::Reverse(campaign.id)));
    let found: Vec<_> = found.into_iter().map(|campaign| campaign.json(call.now)).collect();
    Pagination::v2(100).with_default(50).respond(call, "campaigns", &found)
}

fn batch_get_status(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let ids = body.get("campaignIds").and_then(Value::as_array).cloned().unwrap_or_default();
    refuse_if!(ids.len() > MAX_BATCH, "There are more than {MAX_BATCH} campaignIds.");
    let (mut statuses, mut failures) = (Vec::new(), Vec::new());
    for id in ids.iter().filter_map(Value::as_str) {
        match state.ads.get(id) {
            Ok(campaign) => {
                campaign.looks = campaign.looks.saturating_add(1);
                statuses.push(Value::Object(campaign.state(call.now)));
            }
            Err(_) => failures.push(json!({ "id": id, "reason": "NOT_FOUND" })),
        }
    }
    Ok(Response::json(json!({ "statuses": statuses, "failures": failures })))
}
