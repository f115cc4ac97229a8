//! Saved assets of the Creator Store. Whoever asks is the same user.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339};
use crate::failure::Failure;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /toolbox-service/v1/saves", list),
    ("POST /toolbox-service/v1/saves", create),
    ("DELETE /toolbox-service/v1/saves", delete),
    ("POST /toolbox-service/v1/saves:bulkDelete", bulk_delete),
];

const MAX_SAVES: usize = 10_000;
/// How many saves there are from the beginning, so that the list has pages.
const SEEDED: u64 = 25;

/// The latest last.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Saves {
    saves: Vec<Save>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Save {
    target: Target,
    saved: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Target {
    kind: String,
    id: u64,
    collection: String,
}

impl Saves {
    pub(crate) fn seeded(now: Timestamp) -> Saves {
        let save = |number: u64| Save {
            target: Target { kind: "Audio".to_owned(), id: 5001 + number, collection: "sample".to_owned() },
            saved: later(now, number as i64 - SEEDED as i64),
        };
        Saves { saves: (0..SEEDED).map(save).collect() }
    }

    /// Whether it was there to be removed.
    fn remove(&mut self, target: &Target) -> bool {
        let before = self.saves.len();
        self.saves.retain(|save| save.target != *target);
        self.saves.len() < before
    }
}

impl Save {
    fn name(&self) -> String {
        format!("{} {}", self.target.kind, self.target.id)
    }

    fn json(&self) -> Value {
        json!({
            "dateSaved": rfc3339(self.saved),
            "owned": false,
            "creatorStoreAsset": { "asset": { "id": self.target.id, "name": self.name() } },
        })
    }
}

fn target(object: &Map<String, Value>) -> Result<Target, Failure> {
    let kind = text(object, "targetType").unwrap_or_default();
    let id = object.get("targetId").and_then(Value::as_u64).unwrap_or(0);
    if kind.is_empty() || id == 0 {
        return Err(Failure::invalid("A save has a targetType and a targetId."));
    }
    let collection = text(object, "collectionName").unwrap_or_default();
    Ok(Target { kind: kind.to_owned(), id, collection: collection.to_owned() })
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let target = target(&call.json()?)?;
    let saves = &mut state.saves.saves;
    if saves.iter().any(|save| save.target == target) {
        return Err(Failure::aborted("This is saved already."));
    }
    if saves.len() >= MAX_SAVES {
        return Err(Failure::exhausted("The emulator holds no more saves."));
    }
    saves.push(Save { target, saved: call.now });
    Ok(Reply::empty(201))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.given("targetId").and_then(|id| id.parse().ok()).unwrap_or(0);
    let target = Target {
        kind: call.given("targetType").unwrap_or_default().to_owned(),
        id,
        collection: call.given("collectionName").unwrap_or_default().to_owned(),
    };
    match state.saves.remove(&target) {
        true => Ok(Reply::empty(204)),
        false => Err(Failure::not_found("This is not saved.")),
    }
}

/// Counts what was there to be deleted.
fn bulk_delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let targets: Result<Vec<Target>, Failure> = body
        .get("targets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|one| one.as_object().map_or_else(|| Err(Failure::invalid("A target is no object.")), target))
        .collect();
    let deleted = targets?.iter().filter(|target| state.saves.remove(target)).count();
    Ok(Reply::json(json!({ "deletedCount": deleted })))
}

/// The latest first, in numbered pages.
fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let number = |name: &str, unless: usize| match call.given(name) {
        None => Ok(unless),
        Some(text) => match text.parse::<usize>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(Failure::invalid(format!("{name} must be a positive number."))),
        },
    };
    let (page, limit) = (number("page", 1)?, number("limit", 100)?.min(500));
    let keyword = call.given("keyword").unwrap_or_default().to_lowercase();
    let found: Vec<&Save> = state
        .saves
        .saves
        .iter()
        .rev()
        .filter(|save| call.given("targetType").is_none_or(|kind| save.target.kind == kind))
        .filter(|save| call.given("targetId").is_none_or(|id| save.target.id.to_string() == id))
        .filter(|save| call.given("collectionName").is_none_or(|name| save.target.collection == name))
        .filter(|save| save.name().to_lowercase().contains(&keyword))
        .collect();
    let skipped = (page - 1).saturating_mul(limit);
    let saves: Vec<_> = found.iter().skip(skipped).take(limit).map(|save| save.json()).collect();
    Ok(Reply::json(json!({ "saves": saves, "totalCount": found.len() })))
}
