//! State and rules of users.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Shapes, later, rfc3339, text};
use crate::document::Document;
use crate::mix::{mix, uuid_of};

/// Users beyond this number do not exist.
pub(super) const LAST_USER: u64 = 999_999_999_999;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Users {
    /// Who was notified by which universe on which day.
    #[serde(with = "crate::pairs")]
    pub(super) notified: HashMap<(u64, u64), i64>,
    /// What was said of a user at the beginning, in place of what is made up.
    pub(super) profiles: BTreeMap<u64, Map<String, Value>>,
    /// What such a user owns, the latest first.
    inventories: BTreeMap<u64, Vec<Item>>,
}

impl Users {
    /// What anybody may know of a user; none if there is no such user.
    pub(crate) fn profile(&self, id: u64, shapes: Shapes) -> Option<Value> {
        if !(1..=LAST_USER).contains(&id) {
            return None;
        }
        let mut user = json!({
            "path": format!("users/{id}"),
            "createTime": rfc3339(created(id)),
            "id": id.to_string(),
            "name": made_up_name(id),
            "displayName": format!("Player {id}"),
            "about": "A user of the local Open Cloud.",
            "locale": "en-US",
            "premium": id.is_multiple_of(3),
            "idVerified": id % 2 == 1,
            "socialNetworkProfiles": {
                "facebook": "",
                "twitter": "",
                "youtube": "",
                "twitch": "",
                "guilded": "",
                "visibility": "EVERYONE",
            },
        });
        if shapes.is_live() {
            // US-01: the locale is Roblox's own word, and nothing is said of somebody who says nothing.
            user["locale"] = json!("en_us");
            if id.is_multiple_of(5) {
                user["about"] = json!("");
            }
        }
        if let (Some(user), Some(profile)) = (user.as_object_mut(), self.profiles.get(&id)) {
            user.extend(profile.clone());
        }
        if shapes.is_live()
            && user["about"] == ""
            && let Some(user) = user.as_object_mut()
        {
            user.remove("about");
        }
        Some(user)
    }

    /// The user of this name, in any case: who was described so, or else who is made up so.
    pub(crate) fn named(&self, name: &str) -> Option<u64> {
        let name = name.to_lowercase();
        let is_called = |profile: &Map<String, Value>| {
            text(profile, "name").is_some_and(|own| own.to_lowercase() == name)
        };
        let described = self.profiles.iter().find(|(_, profile)| is_called(profile)).map(|(id, _)| *id);
        let made_up = || {
            let id = name.strip_prefix("player_")?.parse().ok()?;
            let has_other_name = self.profiles.get(&id).is_some_and(|profile| profile.contains_key("name"));
            (!has_other_name && name == made_up_name(id)).then_some(id)
        };
        described.or_else(made_up)
    }

    /// Whether anything was said of a user or of what the user owns.
    pub(crate) fn is_described(&self, user: u64) -> bool {
        self.profiles.contains_key(&user) || self.inventories.contains_key(&user)
    }

    pub(crate) fn describe(&mut self, user: u64, profile: Map<String, Value>) {
        self.profiles.entry(user).or_default().extend(profile);
    }

    /// Gives a user a thing: an asset of a type such as `HAT`, or one of `BADGE`, `GAME_PASS` and `PRIVATE_SERVER`.
    pub(crate) fn give(&mut self, document: &Document, user: u64, kind: &str, id: u64) -> Result<(), String> {
        let kind = match kind {
            "BADGE" => (Kind::Badge, ""),
            "GAME_PASS" => (Kind::GamePass, ""),
            "PRIVATE_SERVER" => (Kind::PrivateServer, ""),
            asset_type if asset_types(document).iter().any(|known| known == asset_type) => {
                (Kind::Asset, asset_type)
            }
            other => return Err(format!("`{other}` is no type of things in an inventory")),
        };
        let items = self.inventories.entry(user).or_default();
        let index = items.len() as u64 + 1;
        let asset_type = kind.1.to_owned();
        items.push(Item { index, kind: kind.0, id, asset_type, collectible: false, made_by_user: false });
        Ok(())
    }

    /// What a user owns, the latest first.
    pub(super) fn inventory(&self, document: &Document, user: u64) -> Vec<Item> {
        self.inventories.get(&user).cloned().unwrap_or_else(|| inventory(document, user))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Kind {
    Asset,
    Badge,
    GamePass,
    PrivateServer,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) index: u64,
    pub(super) kind: Kind,
    pub(super) id: u64,
    pub(super) asset_type: String,
    /// A limited item of Roblox itself; those of users are collectible as well, but no filter finds them.
    pub(super) collectible: bool,
    pub(super) made_by_user: bool,
}

impl Item {
    pub(super) fn json(&self, user: u64) -> Value {
        let mut item = Map::new();
        let id = self.id.to_string();
        let path = format!("users/{user}/inventory-items/{:012x}", mix(self.id) >> 16);
        item.insert("path".to_owned(), json!(path));
        let (name, details) = match self.kind {
            Kind::Asset => ("assetDetails", self.asset()),
            Kind::Badge => ("badgeDetails", json!({ "badgeId": id })),
            Kind::GamePass => ("gamePassDetails", json!({ "gamePassId": id })),
            Kind::PrivateServer => ("privateServerDetails", json!({ "privateServerId": id })),
        };
        item.insert(name.to_owned(), details);
        // Roblox does not know when a pass was bought.
        if self.kind != Kind::GamePass {
            let newest = Timestamp::from_second(1_767_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
            let time = later(newest, -(self.index as i64) * 7_211);
            item.insert("addTime".to_owned(), json!(rfc3339(time)));
        }
        Value::Object(item)
    }

    pub(super) fn asset(&self) -> Value {
        let mut details = json!({
            "assetId": self.id.to_string(),
            "inventoryItemAssetType": self.asset_type,
            "instanceId": (self.id * 10).to_string(),
        });
        if self.collectible || self.made_by_user {
            let mut collectible = json!({
                "itemId": uuid_of(self.id),
                "instanceId": uuid_of(self.id + 1),
                "instanceState": if self.index.is_multiple_of(4) { "HOLD" } else { "AVAILABLE" },
            });
            if self.collectible {
                collectible["serialNumber"] = json!(self.index * 3);
            }
            details["collectibleDetails"] = collectible;
        }
        details
    }
}

/// What a user is called of whom nothing else is said.
fn made_up_name(id: u64) -> String {
    format!("player_{id}")
}

/// A moment between 2008 and 2024.
fn created(id: u64) -> Timestamp {
    let seconds = 1_200_000_000 + mix(id) % 500_000_000;
    Timestamp::from_second(seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What the user owns, the latest first.
pub(super) fn inventory(document: &Document, user: u64) -> Vec<Item> {
    let types = asset_types(document);
    let item = |index: u64| {
        let (kind, base) = match index % 11 {
            8 => (Kind::Badge, 200_000),
            9 => (Kind::GamePass, 300_000),
            10 => (Kind::PrivateServer, 400_000),
            _ => (Kind::Asset, 100_000),
        };
        let asset_type = match index {
            _ if index.is_multiple_of(5) => "HAT".to_owned(),
            _ if index.is_multiple_of(7) => "CLASSIC_PANTS".to_owned(),
            _ if types.is_empty() => "HAT".to_owned(),
            _ => types[(mix(index) % types.len() as u64) as usize].clone(),
        };
        let limited = kind == Kind::Asset && index.is_multiple_of(6);
        let made_by_user = index.is_multiple_of(12);
        Item {
            index,
            kind,
            id: base + index + (user % 1000) * 1_000_000,
            asset_type,
            collectible: limited && !made_by_user,
            made_by_user: limited && made_by_user,
        }
    };
    (1..=INVENTORY_ITEMS).map(item).collect()
}

/// The asset types that the document knows.
pub(super) fn asset_types(document: &Document) -> Vec<String> {
    let list = || {
        let operation = document.find("GET", "/cloud/v2/users/1/inventory-items")?;
        let schema = &operation.operation.response(200)?.json()?.schema;
        let mut schema = document.resolve(schema);
        for name in ["inventoryItems", "assetDetails", "inventoryItemAssetType"] {
            schema = document.resolve(schema.get("properties")?.get(name)?);
            if let Some(items) = schema.get("items") {
                schema = document.resolve(items);
            }
        }
        schema.get("enum")?.as_array()
    };
    list()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|name| !name.ends_with("UNSPECIFIED"))
        .map(str::to_owned)
        .collect()
}

/// How many things everybody owns.
const INVENTORY_ITEMS: u64 = 437;
