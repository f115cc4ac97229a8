//! Requests of badges.

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Response, text};
use crate::areas::badges::model::{Badge, Badges};
use crate::areas::routes::Routes;
use crate::document::Part;
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

impl Badges {
    fn get(&mut self, call: &Call<'_>, code: &str) -> Result<&mut Badge, Failure> {
        let id = call.number("badgeId")?;
        let badge = self.badges.get_mut(&id);
        badge.ok_or_else(|| Failure::not_found("Badge is invalid or does not exist.").with_detail(code))
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let refused = || Failure::invalid("Invalid badge name.").with_detail(BAD_NAME);
    if name.trim().is_empty() { Err(refused()) } else { Ok(()) }
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
        Some(file) => state.keep_picture(file),
        None => 0,
    };
    Failure::if_full(state.badges.badges.len(), MAX_BADGES, "badges")?;
    let badge = Badge {
        enabled: value("isActive") != "false",
        icon,
        ..Badge::new(universe, value("name"), value("description"), call.now)
    };
    let id = state.ids.new_id();
    let response = badge.json(id);
    state.badges.badges.insert(id, badge);
    Ok(Response::json(response))
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
    Ok(Response::nothing())
}

fn update_icon(state: &mut State, call: &Call<'_>) -> Outcome {
    let form = call.form()?;
    let file = form.iter().find(|part| part.name == "Files").filter(|file| is_picture(file));
    let file = file.ok_or_else(|| Failure::invalid("File not present in request.").with_detail(NO_FILE))?;
    state.badges.get(call, MISSING_TARGET)?;
    let icon = state.keep_picture(file);
    let badge = state.badges.get(call, MISSING_TARGET)?;
    badge.icon = icon;
    badge.updated = call.now;
    Ok(Response::json(json!({ "targetId": icon })))
}
