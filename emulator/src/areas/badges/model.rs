//! State and rules of badges.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::rfc3339;
use crate::areas::universes::model::root_place;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Badges {
    pub(super) badges: BTreeMap<u64, Badge>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Badge {
    pub(super) universe: u64,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) enabled: bool,
    pub(super) icon: u64,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

impl Badges {
    /// What sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> Badges {
        let description = "There from the beginning.".to_owned();
        let badge = Badge::new(2001, "Sample badge".to_owned(), description, now);
        Badges { badges: BTreeMap::from([(7001, badge)]) }
    }
}

impl Badge {
    pub(super) fn new(universe: u64, name: String, description: String, now: Timestamp) -> Badge {
        Badge { universe, name, description, enabled: true, icon: 0, created: now, updated: now }
    }

    pub(super) fn json(&self, id: u64) -> Value {
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
