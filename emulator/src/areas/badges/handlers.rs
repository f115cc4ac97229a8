//! Badges: created with a form, changed with JSON. Nothing of the API reads them back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::behaviour::Routes;
use crate::behaviour::products::keep_picture;
use crate::behaviour::universes::root_place;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::rfc3339;
use crate::failure::Failure;
use crate::request::Part;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /legacy-badges/v1/universes/{u}/badges", create),
    ("PATCH /legacy-badges/v1/badges/{b}", update),
    ("POST /legacy-publish/v1/badges/{b}/icon", update_icon),
];

const MAX_BADGES: usize = 100_000;
/// The codes of the services.
const MISSING: &str = "1";
const MISSING_TARGET: &str = "4";
const NO_FILE: &str = "2";
const BAD_ICON: &str = "11";
const BAD_NAME: &str = "14";
const BAD_PAYMENT: &str = "16";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Badges {
    badges: BTreeMap<u64, Badge>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Badge {
    universe: u64,
    name: String,
    description: String,
    enabled: bool,
    icon: u64,
    created: Timestamp,
    updated: Timestamp,
}

impl Badges {
    /// What sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> Badges {
        let badge = Badge {
            universe: 2001,
            name: "Sample badge".to_owned(),
            description: "There from the beginning.".to_owned(),
            enabled: true,
            icon: 0,
            created: now,
            updated: now,
        };
        Badges { badges: BTreeMap::from([(7001, badge)]) }
    }

    fn get(&mut self, call: &Call<'_>, code: &str) -> Result<&mut Badge, Failure> {
        let id = call.number("badgeId")?;
        let badge = self.badges.get_mut(&id);
        badge.ok_or_else(|| Failure::not_found("Badge is invalid or does not exist.").with_detail(code))
    }
}

impl Badge {
    fn json(&self, id: u64) -> Value {
        json!({
            "id": id,
            "name": self.name,
            "displayName": self.name,
            "description": self.description,
            "displayDescription": self.description,
            "enabled": self.enabled,
            "iconImageId": self.icon,
            "displayIconImageId": self.icon,
            "awarder": { "id": root_place(self.universe), "type": 1, "name": "Place" },
            "statistics": { "pastDayAwardedCount": 0, "awardedCount": 0, "winRatePercentage": 0.0 },
            "created": rfc3339(self.created),
            "updated": rfc3339(self.updated),
        })
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    match name.trim().is_empty() {
        true => Err(Failure::invalid("Invalid badge name.").with_detail(BAD_NAME)),
        false => Ok(()),
    }
}

fn is_picture(file: &Part) -> bool {
    let is_picture = file.content_type.as_ref().is_some_and(|kind| kind.starts_with("image/"));
    is_picture && !file.content.is_empty()
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let form = call.form()?;
    let part = |name: &str| form.iter().find(|part| part.name == name);
    let value = |name: &str| part(name).and_then(Part::text).unwrap_or_default().to_owned();
    check_name(&value("name"))?;
    if !matches!(value("paymentSourceType").as_str(), "" | "1" | "2") {
        return Err(Failure::invalid("Payment source is invalid.").with_detail(BAD_PAYMENT));
    }
    let icon = match part("files") {
        Some(file) if !is_picture(file) => {
            return Err(Failure::invalid("The badge icon is invalid.").with_detail(BAD_ICON));
        }
        Some(file) => keep_picture(state, file),
        None => 0,
    };
    if state.badges.badges.len() >= MAX_BADGES {
        return Err(Failure::exhausted("The emulator holds no more badges."));
    }
    let badge = Badge {
        universe,
        name: value("name"),
        description: value("description"),
        enabled: value("isActive") != "false",
        icon,
        created: call.now,
        updated: call.now,
    };
    let id = state.new_id();
    let reply = badge.json(id);
    state.badges.badges.insert(id, badge);
    Ok(Reply::json(reply))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let badge = state.badges.get(call, MISSING)?;
    let mut changed = badge.clone();
    if let Some(name) = text(&body, "name") {
        check_name(name)?;
        changed.name = name.to_owned();
    }
    if let Some(description) = text(&body, "description") {
        changed.description = description.to_owned();
    }
    if let Some(enabled) = body.get("enabled").and_then(Value::as_bool) {
        changed.enabled = enabled;
    }
    changed.updated = call.now;
    *badge = changed;
    Ok(Reply::nothing())
}

fn update_icon(state: &mut State, call: &Call<'_>) -> Outcome {
    let form = call.form()?;
    let file = form.iter().find(|part| part.name == "Files").filter(|file| is_picture(file));
    let file = file.ok_or_else(|| Failure::invalid("File not present in request.").with_detail(NO_FILE))?;
    state.badges.get(call, MISSING_TARGET)?;
    let icon = keep_picture(state, file);
    let badge = state.badges.get(call, MISSING_TARGET)?;
    badge.icon = icon;
    badge.updated = call.now;
    Ok(Reply::json(json!({ "targetId": icon })))
}
