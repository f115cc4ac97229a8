//! State and rules of ads.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, later, object, rfc3339, text};

/// A review is over when the campaign is looked at that often, or after this many seconds.
const LOOKS: u32 = 2;
const REVIEW_SECONDS: i64 = 3_600;
/// How many campaigns there are from the beginning, so that the list has pages.
const SEEDED: u64 = 25;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ads {
    pub(super) campaigns: BTreeMap<u64, Campaign>,
    /// What was created with a key: when, from which body, and which campaign.
    pub(super) keys: BTreeMap<String, Created>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Created {
    pub(super) time: Timestamp,
    pub(super) body: Value,
    pub(super) campaign: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Campaign {
    pub(super) id: u64,
    pub(super) fields: Map<String, Value>,
    pub(super) status: Status,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) looks: u32,
    /// A smaller budget that takes effect at the next midnight.
    pub(super) pending: Option<(String, Timestamp)>,
}

/// Also the order in which campaigns are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Status {
    Active,
    Paused,
    Cancelled,
}

impl Ads {
    pub(crate) fn seeded(now: Timestamp) -> Ads {
        let fields = object(json!({
            "name": "Sample campaign",
            "objective": "ENGAGEMENT",
            "paymentType": "CREDIT_CARD",
            "targetUniverseId": "2001",
            "creativeAssetIds": ["5001"],
            "bid": { "strategy": "AUTOMATED" },
            "budget": { "type": "DAILY", "amountMicros": "5000000" },
            "schedule": { "startTime": rfc3339(later(now, 86_400)), "durationInDays": 7 },
        }));
        let campaigns = 9_301..9_301 + SEEDED;
        let campaigns = campaigns.map(|id| (id, Campaign::new(id, fields.clone(), now))).collect();
        Ads { campaigns, keys: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, id: &str) -> Result<&mut Campaign, Failure> {
        let campaign = id.parse().ok().and_then(|id: u64| self.campaigns.get_mut(&id));
        campaign.ok_or_else(|| Failure::missing(format_args!("campaign '{id}'")))
    }
}

impl Status {
    pub(super) fn read(word: &str) -> Option<Status> {
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
    pub(super) fn new(id: u64, fields: Map<String, Value>, now: Timestamp) -> Campaign {
        let status = Status::Active;
        Campaign { id, fields, status, created: now, updated: now, looks: 0, pending: None }
    }

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

    pub(super) fn has_started(&self, now: Timestamp) -> bool {
        self.starts().is_none_or(|starts| starts <= now)
    }

    /// The budget that was put off takes effect once its time has come.
    pub(super) fn settle(&mut self, now: Timestamp) {
        if let Some((amount, time)) = &self.pending
            && *time <= now
        {
            set_amount(&mut self.fields, amount);
            self.pending = None;
        }
    }

    pub(super) fn state(&self, now: Timestamp) -> Map<String, Value> {
        let (delivery, reasons) = self.delivery(now);
        Map::from_iter([
            ("id".to_owned(), json!(self.id.to_string())),
            ("status".to_owned(), json!(self.status.word())),
            ("deliveryStatus".to_owned(), json!(delivery)),
            ("deliveryStatusReasons".to_owned(), json!(reasons)),
        ])
    }

    pub(super) fn json(&self, now: Timestamp) -> Value {
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

pub(super) fn set_amount(fields: &mut Map<String, Value>, amount: &str) {
    if let Some(budget) = fields.get_mut("budget").and_then(Value::as_object_mut) {
        budget.insert("amountMicros".to_owned(), json!(amount));
    }
}
