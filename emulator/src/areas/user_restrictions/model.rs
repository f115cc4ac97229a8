//! State and rules of user restrictions.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, Shapes, rfc3339, text};
use crate::document::read_duration;

const MAX_PRIVATE_REASON: usize = 1_000;
const MAX_DISPLAY_REASON: usize = 400;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct UserRestrictions {
    /// By universe, place (0 is the whole universe) and user.
    #[serde(with = "crate::pairs")]
    pub(super) restrictions: BTreeMap<(u64, u64, u64), Restriction>,
    /// The latest first.
    pub(super) logs: VecDeque<Log>,
    /// The responses to idempotency keys.
    #[serde(alias = "answers")]
    pub(super) responses: BTreeMap<String, Value>,
}

/// Nobody is restricted at first.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Restriction {
    /// None of one that nobody ever wrote.
    updated: Option<Timestamp>,
    active: bool,
    started: Option<Timestamp>,
    duration: Option<SignedDuration>,
    private_reason: String,
    display_reason: String,
    exclude_alt_accounts: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Log {
    pub(super) universe: u64,
    pub(super) place: u64,
    pub(super) user: u64,
    pub(super) created: Timestamp,
    pub(super) restriction: Restriction,
}

impl Restriction {
    pub(super) fn read(body: &Map<String, Value>, now: Timestamp) -> Result<Restriction, Failure> {
        let mut restriction = Restriction { updated: Some(now), ..Restriction::default() };
        // It is replaced as a whole: without this, a body that says nothing would lift a ban.
        let sent = body.get("gameJoinRestriction").and_then(Value::as_object);
        let sent = sent.ok_or_else(|| Failure::invalid("The gameJoinRestriction is required."))?;
        let flag = |name: &str| sent.get(name).and_then(Value::as_bool).unwrap_or(false);
        restriction.active = flag("active");
        restriction.exclude_alt_accounts = flag("excludeAltAccounts");
        restriction.started = restriction.active.then_some(now);
        if let Some(duration) = text(sent, "duration") {
            restriction.duration = Some(duration_of(duration)?);
        }
        for (name, most, target) in [
            ("privateReason", MAX_PRIVATE_REASON, &mut restriction.private_reason),
            ("displayReason", MAX_DISPLAY_REASON, &mut restriction.display_reason),
        ] {
            let reason = text(sent, name).unwrap_or_default();
            refuse_if!(reason.chars().count() > most, "The {name} has more than {most} characters.");
            reason.clone_into(target);
        }
        let display = restriction.display_reason.to_ascii_lowercase();
        if ["http://", "https://", "www."].iter().any(|link| display.contains(link)) {
            return Err(Failure::invalid("The displayReason must not have links."));
        }
        Ok(restriction)
    }

    /// Whether it holds: it is active, and has not run out.
    fn holds(&self, now: Timestamp) -> bool {
        let end = self.duration.and_then(|duration| {
            let end = self.started?.checked_add(duration);
            Some(end.unwrap_or(Timestamp::MAX))
        });
        self.active && end.is_none_or(|end| end > now)
    }

    pub(super) fn fields(&self, now: Timestamp) -> Map<String, Value> {
        let mut json = Map::new();
        json.insert("active".to_owned(), json!(self.holds(now)));
        if let Some(started) = self.started {
            json.insert("startTime".to_owned(), json!(rfc3339(started)));
        }
        if let Some(duration) = self.duration {
            json.insert("duration".to_owned(), json!(format!("{}s", duration.as_secs())));
        }
        json.insert("privateReason".to_owned(), json!(self.private_reason));
        json.insert("displayReason".to_owned(), json!(self.display_reason));
        json.insert("excludeAltAccounts".to_owned(), json!(self.exclude_alt_accounts));
        json
    }

    /// Of what nobody ever wrote, the live service does not say when that was (UR-08).
    pub(super) fn json(
        &self,
        place: (u64, u64, u64),
        inherited: bool,
        shapes: Shapes,
        now: Timestamp,
    ) -> Value {
        let (universe, of_place, user) = place;
        let parent = match of_place {
            0 => format!("universes/{universe}"),
            place => format!("universes/{universe}/places/{place}"),
        };
        let mut fields = self.fields(now);
        fields.insert("inherited".to_owned(), json!(inherited));
        let mut json = json!({
            "path": format!("{parent}/user-restrictions/{user}"),
            "user": format!("users/{user}"),
            "gameJoinRestriction": fields,
        });
        if self.updated.is_some() || !shapes.is_live() {
            json["updateTime"] = json!(rfc3339(self.updated.unwrap_or(now)));
        }
        json
    }
}

/// Whole seconds, at least one.
fn duration_of(text: &str) -> Result<SignedDuration, Failure> {
    let duration = read_duration(text).ok_or_else(|| Failure::invalid("The duration is invalid."))?;
    if duration.as_secs() < 1 || duration.subsec_nanos() != 0 {
        return Err(Failure::invalid("The duration must be a whole number of seconds, at least 1s."));
    }
    Ok(duration)
}

impl UserRestrictions {
    /// What holds for a user in a place, and whether it is the universe's.
    pub(super) fn find(&self, key: (u64, u64, u64), now: Timestamp) -> (Restriction, bool) {
        let (universe, place, user) = key;
        let own = self.restrictions.get(&key);
        if place != 0 && !own.is_some_and(|own| own.holds(now)) {
            let universes = self.restrictions.get(&(universe, 0, user));
            if let Some(inherited) = universes.filter(|restriction| restriction.holds(now)) {
                return (inherited.clone(), true);
            }
        }
        let own = own.cloned().unwrap_or_default();
        (own, false)
    }
}

impl Log {
    pub(super) fn place(&self) -> String {
        match self.place {
            0 => String::new(),
            place => format!("places/{place}"),
        }
    }
}
