//! Bans, of universes and of places, and their log.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::cel::{Grammar, Operator};
use crate::clock::{rfc3339, seconds};
use crate::failure::Failure;
use crate::mask::camel;
use crate::page::Cut;
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

const MAX_PRIVATE_REASON: usize = 1_000;
const MAX_DISPLAY_REASON: usize = 400;
const MAX_RESTRICTIONS: usize = 1_000_000;
const MAX_LOGS: usize = 100_000;
const MAX_KEYS: usize = 10_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct UserRestrictions {
    /// By universe, place (0 is the whole universe) and user.
    #[serde(with = "crate::state::pairs")]
    restrictions: BTreeMap<(u64, u64, u64), Restriction>,
    /// The latest first.
    logs: VecDeque<Log>,
    /// The answers to idempotency keys.
    answers: BTreeMap<String, Value>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Restriction {
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
struct Log {
    universe: u64,
    place: u64,
    user: u64,
    created: Timestamp,
    restriction: Restriction,
}

impl Restriction {
    /// Nobody is restricted at first.
    fn none() -> Restriction {
        Restriction {
            updated: None,
            active: false,
            started: None,
            duration: None,
            private_reason: String::new(),
            display_reason: String::new(),
            exclude_alt_accounts: false,
        }
    }

    fn read(body: &Map<String, Value>, now: Timestamp) -> Result<Restriction, Failure> {
        let mut restriction = Restriction { updated: Some(now), ..Restriction::none() };
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
            if reason.chars().count() > most {
                return Err(Failure::invalid(format!("The {name} has more than {most} characters.")));
            }
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

    fn fields(&self, now: Timestamp) -> Map<String, Value> {
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
    fn json(&self, place: (u64, u64, u64), inherited: bool, call: &Call<'_>) -> Value {
        let now = call.now;
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
        if self.updated.is_some() || !call.shapes.is_live() {
            json["updateTime"] = json!(rfc3339(self.updated.unwrap_or(now)));
        }
        json
    }
}

/// Whole seconds, at least one.
fn duration_of(text: &str) -> Result<SignedDuration, Failure> {
    let duration = seconds(text).ok_or_else(|| Failure::invalid("The duration is invalid."))?;
    if duration.as_secs() < 1 || duration.subsec_nanos() != 0 {
        return Err(Failure::invalid("The duration must be a whole number of seconds, at least 1s."));
    }
    Ok(duration)
}

/// The universe and the place (0 for none) of a call.
fn scope(call: &Call<'_>) -> Result<(u64, u64), Failure> {
    let universe = call.number("universe_id")?;
    let place = match call.param("place_id") {
        "" => 0,
        _ => call.number("place_id")?,
    };
    Ok((universe, place))
}

impl UserRestrictions {
    /// What holds for a user in a place, and whether it is the universe's.
    fn find(&self, key: (u64, u64, u64), now: Timestamp) -> (Restriction, bool) {
        let (universe, place, user) = key;
        let own = self.restrictions.get(&key);
        if place != 0 && !own.is_some_and(|own| own.holds(now)) {
            let universes = self.restrictions.get(&(universe, 0, user));
            if let Some(inherited) = universes.filter(|restriction| restriction.holds(now)) {
                return (inherited.clone(), true);
            }
        }
        let own = own.cloned().unwrap_or_else(Restriction::none);
        (own, false)
    }
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, place) = scope(call)?;
    let key = (universe, place, call.number("user_restriction_id")?);
    let (restriction, inherited) = state.user_restrictions.find(key, call.now);
    Ok(Reply::json(restriction.json(key, inherited, call)))
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
    let (page, next) = Cut::v2(100).page_by(call, &users, |user| *user)?;
    let page: Vec<_> = page
        .iter()
        .map(|user| {
            let key = (universe, place, *user);
            let (restriction, inherited) = restrictions.find(key, call.now);
            restriction.json(key, inherited, call)
        })
        .collect();
    Ok(Reply::json(json!({
        "userRestrictions": page,
        "nextPageToken": next.unwrap_or_default(),
    })))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, place) = scope(call)?;
    let user = call.number("user_restriction_id")?;
    for field in call.given("updateMask").unwrap_or("*").split(',') {
        let field = camel(field);
        if field != "gameJoinRestriction" && field != "*" {
            return Err(Failure::invalid(format!(
                "The update mask names '{field}': only gameJoinRestriction as a whole can be updated."
            )));
        }
    }
    let key = call.given("idempotencyKey.key").map(|key| format!("{}#{key}", call.path));
    let restrictions = &mut state.user_restrictions;
    if let Some(answer) = key.as_ref().and_then(|key| restrictions.answers.get(key)) {
        return Ok(Reply::json(answer.clone()));
    }
    let restriction = Restriction::read(&call.json()?, call.now)?;
    let place_of = (universe, place, user);
    let is_new = !restrictions.restrictions.contains_key(&place_of);
    if is_new && restrictions.restrictions.len() >= MAX_RESTRICTIONS {
        return Err(Failure::exhausted("The emulator holds no more restrictions."));
    }
    restrictions.restrictions.insert(place_of, restriction.clone());
    restrictions.logs.push_front(Log {
        universe,
        place,
        user,
        created: call.now,
        restriction: restriction.clone(),
    });
    restrictions.logs.truncate(MAX_LOGS);
    let answer = restriction.json(place_of, false, call);
    if let Some(key) = key {
        if restrictions.answers.len() >= MAX_KEYS {
            restrictions.answers.pop_first();
        }
        restrictions.answers.insert(key, answer.clone());
    }
    Ok(Reply::json(answer))
}

const LOG_FILTER: Grammar<'_> =
    Grammar { fields: &["user", "place"], operators: &[Operator::Equal], and: true };

impl Log {
    fn place(&self) -> String {
        match self.place {
            0 => String::new(),
            place => format!("places/{place}"),
        }
    }

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
    let filter = match call.given("filter") {
        Some(filter) => LOG_FILTER.parse(filter)?,
        None => Vec::new(),
    };
    let logs: Vec<_> = state
        .user_restrictions
        .logs
        .iter()
        .filter(|log| log.universe == universe)
        .filter(|log| {
            filter.iter().all(|part| {
                let wanted = &part.values[0].text;
                match part.field.as_str() {
                    "user" => *wanted == format!("users/{}", log.user),
                    _ => *wanted == log.place(),
                }
            })
        })
        .map(|log| log.json(call))
        .collect();
    let (page, next) = Cut::v2(100).page(call, &logs)?;
    Ok(Reply::json(json!({ "logs": page, "nextPageToken": next.unwrap_or_default() })))
}
