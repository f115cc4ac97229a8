//! Advertising: campaigns, which are reviewed before they serve, and what they are paid from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339};
use crate::failure::Failure;
use crate::page::Cut;
use crate::schema::is_uuid;
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
/// A review is over when the campaign is looked at that often, or after this many seconds.
const LOOKS: u32 = 2;
const REVIEW_SECONDS: i64 = 3_600;
/// How many campaigns there are from the beginning, so that the list has pages.
const SEEDED: u64 = 25;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ads {
    campaigns: BTreeMap<u64, Campaign>,
    /// What was created with a key: when, from which body, and which campaign.
    keys: BTreeMap<String, Created>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Created {
    time: Timestamp,
    body: Value,
    campaign: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Campaign {
    id: u64,
    fields: Map<String, Value>,
    status: Status,
    created: Timestamp,
    updated: Timestamp,
    looks: u32,
    /// A smaller budget that takes effect at the next midnight.
    pending: Option<(String, Timestamp)>,
}

/// Also the order in which campaigns are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Status {
    Active,
    Paused,
    Cancelled,
}

impl Ads {
    pub(crate) fn seeded(now: Timestamp) -> Ads {
        let fields = json!({
            "name": "Sample campaign",
            "objective": "ENGAGEMENT",
            "paymentType": "CREDIT_CARD",
            "targetUniverseId": "2001",
            "creativeAssetIds": ["5001"],
            "bid": { "strategy": "AUTOMATED" },
            "budget": { "type": "DAILY", "amountMicros": "5000000" },
            "schedule": { "startTime": rfc3339(later(now, 86_400)), "durationInDays": 7 },
        });
        let fields = fields.as_object().cloned().unwrap_or_default();
        let campaign = |id: u64| Campaign {
            id,
            fields: fields.clone(),
            status: Status::Active,
            created: now,
            updated: now,
            looks: 0,
            pending: None,
        };
        let campaigns = (9_301..9_301 + SEEDED).map(|id| (id, campaign(id))).collect();
        Ads { campaigns, keys: BTreeMap::new() }
    }

    fn get(&mut self, id: &str) -> Result<&mut Campaign, Failure> {
        id.parse()
            .ok()
            .and_then(|id: u64| self.campaigns.get_mut(&id))
            .ok_or_else(|| Failure::not_found(format!("The campaign '{id}' does not exist.")))
    }
}

impl Status {
    fn read(word: &str) -> Option<Status> {
        match word {
            "ACTIVE" => Some(Status::Active),
            "PAUSED" => Some(Status::Paused),
            "CANCELLED" => Some(Status::Cancelled),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Status::Active => "ACTIVE",
            Status::Paused => "PAUSED",
            Status::Cancelled => "CANCELLED",
        }
    }
}

impl Campaign {
    /// Whether it serves, and why not.
    fn delivery(&self, now: Timestamp) -> (&'static str, Vec<&'static str>) {
        let reviewed = self.looks >= LOOKS || later(self.created, REVIEW_SECONDS) <= now;
        let name = text(&self.fields, "name").unwrap_or_default().to_ascii_lowercase();
        match self.status {
            Status::Cancelled => ("NOT_SERVING", vec!["CANCELLED"]),
            _ if !reviewed => ("IN_REVIEW", Vec::new()),
            _ if name.contains("moderated") => ("REJECTED", vec!["MODERATED"]),
            Status::Paused => ("NOT_SERVING", vec!["PAUSED"]),
            Status::Active if !self.has_started(now) => ("NOT_SERVING", vec!["SCHEDULED"]),
            Status::Active => ("SERVING", vec!["LEARNING"]),
        }
    }

    fn starts(&self) -> Option<Timestamp> {
        self.fields.get("schedule")?.get("startTime")?.as_str()?.parse().ok()
    }

    fn has_started(&self, now: Timestamp) -> bool {
        self.starts().is_none_or(|starts| starts <= now)
    }

    /// The budget that was put off takes effect once its time has come.
    fn settle(&mut self, now: Timestamp) {
        if let Some((amount, time)) = &self.pending
            && *time <= now
        {
            set_amount(&mut self.fields, amount);
            self.pending = None;
        }
    }

    fn state(&self, now: Timestamp) -> Map<String, Value> {
        let (delivery, reasons) = self.delivery(now);
        Map::from_iter([
            ("id".to_owned(), json!(self.id.to_string())),
            ("status".to_owned(), json!(self.status.word())),
            ("deliveryStatus".to_owned(), json!(delivery)),
            ("deliveryStatusReasons".to_owned(), json!(reasons)),
        ])
    }

    fn json(&self, now: Timestamp) -> Value {
        let mut json = self.fields.clone();
        json.append(&mut self.state(now));
        json.insert("billingAccountId".to_owned(), json!("9201"));
        json.insert("createTime".to_owned(), json!(rfc3339(self.created)));
        json.insert("updateTime".to_owned(), json!(rfc3339(self.updated)));
        if let (Some((amount, time)), Some(budget)) = (&self.pending, json.get_mut("budget")) {
            budget["scheduledAmountMicros"] = json!(amount);
            budget["scheduledEffectiveTime"] = json!(rfc3339(*time));
        }
        Value::Object(json)
    }
}

fn amount(budget: Option<&Value>) -> Result<u64, Failure> {
    let text = budget.and_then(|budget| budget.get("amountMicros")).and_then(Value::as_str);
    let amount: u64 = text
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Failure::invalid("budget.amountMicros must be a whole number as text."))?;
    if amount < MIN_BUDGET {
        return Err(Failure::invalid(format!("budget.amountMicros must be at least {MIN_BUDGET}.")));
    }
    Ok(amount)
}

fn set_amount(fields: &mut Map<String, Value>, amount: &str) {
    if let Some(budget) = fields.get_mut("budget").and_then(Value::as_object_mut) {
        budget.insert("amountMicros".to_owned(), json!(amount));
    }
}

fn check_schedule(schedule: Option<&Value>) -> Result<(), Failure> {
    let days = schedule.and_then(|schedule| schedule.get("durationInDays")).and_then(Value::as_i64);
    match days {
        Some(days) if !(1..=MAX_DAYS).contains(&days) => {
            Err(Failure::invalid(format!("schedule.durationInDays must be between 1 and {MAX_DAYS}.")))
        }
        _ => Ok(()),
    }
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let key = call.header("x-idempotency-key").unwrap_or_default();
    if !is_uuid(key) {
        return Err(Failure::invalid("The header x-idempotency-key must be a UUID."));
    }
    let fields = call.json()?;
    let ads = &mut state.ads;
    ads.keys.retain(|_, created| later(created.time, KEY_SECONDS) > call.now);
    let body = Value::Object(fields.clone());
    if let Some(created) = ads.keys.get(key) {
        if created.body != body {
            return Err(Failure::aborted("The idempotency key was used with another body."));
        }
        // What became of the campaign since then is in the answer.
        let campaign = ads.get(&created.campaign.to_string())?;
        return Ok(Reply::json(campaign.json(call.now)));
    }
    amount(fields.get("budget"))?;
    check_schedule(fields.get("schedule"))?;
    if text(&fields, "name").is_none_or(|name| name.trim().is_empty()) {
        return Err(Failure::invalid("The name is required."));
    }
    if fields.get("creativeAssetIds").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(Failure::invalid("creativeAssetIds must not be empty."));
    }
    if ads.campaigns.len() >= MAX_CAMPAIGNS {
        return Err(Failure::exhausted("The emulator holds no more campaigns."));
    }
    let id = state.new_id();
    let campaign = Campaign {
        id,
        fields,
        status: Status::Active,
        created: call.now,
        updated: call.now,
        looks: 0,
        pending: None,
    };
    let reply = campaign.json(call.now);
    state.ads.campaigns.insert(id, campaign);
    state.ads.keys.insert(key.to_owned(), Created { time: call.now, body, campaign: id });
    Ok(Reply::json(reply))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    state.touch();
    let campaign = state.ads.get(call.param("id"))?;
    campaign.looks = campaign.looks.saturating_add(1);
    campaign.settle(call.now);
    Ok(Reply::json(campaign.json(call.now)))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let campaign = state.ads.get(call.param("id"))?;
    campaign.settle(call.now);
    for fixed in ["objective", "paymentType", "targeting", "creativeAssetIds", "bid"] {
        if body.contains_key(fixed) {
            return Err(Failure::invalid(format!("'{fixed}' cannot be changed.")));
        }
    }
    if body.get("budget").and_then(|budget| budget.get("type")).is_some() {
        return Err(Failure::invalid("'budget.type' cannot be changed."));
    }
    if campaign.status == Status::Cancelled {
        return Err(Failure::invalid("The campaign is cancelled for good."));
    }
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
    let reply = changed.json(call.now);
    *campaign = changed;
    Ok(Reply::json(reply))
}

/// The next midnight; the billing account is kept in UTC.
fn midnight(now: Timestamp) -> Timestamp {
    let next = (crate::clock::day(now) + 1).saturating_mul(86_400);
    Timestamp::from_second(next).unwrap_or(Timestamp::MAX)
}

/// Those that run first, then those that could, and of each the latest first.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let mut found: Vec<&Campaign> = state.ads.campaigns.values().collect();
    found.sort_by_key(|campaign| (campaign.status, std::cmp::Reverse(campaign.id)));
    let found: Vec<_> = found.into_iter().map(|campaign| campaign.json(call.now)).collect();
    let (page, next) = Cut::v2(100).with_default(50).page(call, &found)?;
    Ok(Reply::json(json!({ "campaigns": page, "nextPageToken": next.unwrap_or_default() })))
}

fn batch_get_status(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let ids = body.get("campaignIds").and_then(Value::as_array).cloned().unwrap_or_default();
    if ids.len() > MAX_BATCH {
        return Err(Failure::invalid(format!("There are more than {MAX_BATCH} campaignIds.")));
    }
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
    Ok(Reply::json(json!({ "statuses": statuses, "failures": failures })))
}
