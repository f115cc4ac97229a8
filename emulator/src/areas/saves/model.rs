//! State and rules of saves.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, later, rfc3339, text};

/// How many saves there are from the beginning, so that the list has pages.
const SEEDED: u64 = 25;

/// The latest last.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Saves {
    pub(super) saves: Vec<Save>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Save {
    pub(super) target: Target,
    pub(super) saved: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) kind: String,
    pub(super) id: u64,
    pub(super) collection: String,
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
    pub(super) fn remove(&mut self, target: &Target) -> bool {
        let before = self.saves.len();
        self.saves.retain(|save| save.target != *target);
        self.saves.len() < before
    }
}

impl Save {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.target.kind, self.target.id)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "dateSaved": rfc3339(self.saved),
            "owned": false,
            "creatorStoreAsset": { "asset": { "id": self.target.id, "name": self.name() } },
        })
    }
}

pub(super) fn target(object: &Map<String, Value>) -> Result<Target, Failure> {
    let kind = text(object, "targetType").unwrap_or_default();
    let id = object.get("targetId").and_then(Value::as_u64).unwrap_or(0);
    refuse_if!(kind.is_empty() || id == 0, "A save has a targetType and a targetId.");
    let collection = text(object, "collectionName").unwrap_or_default();
    Ok(Target { kind: kind.to_owned(), id, collection: collection.to_owned() })
}
