//! State and rules of assets.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, Shapes, later, text};
use crate::areas::universes::model::content_of;
use crate::document::Document;

/// How long what is called `in review` is reviewed, in seconds.
const REVIEW: i64 = 6 * 3_600;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Assets {
    pub(super) assets: BTreeMap<u64, Asset>,
    pub(super) last_id: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Asset {
    pub(super) id: u64,
    pub(super) asset_type: String,
    pub(super) creator: Creator,
    /// `displayName`, `description`, `icon`, `previews` and the social links, as they were sent.
    pub(super) metadata: Map<String, Value>,
    pub(super) moderation: Cow<'static, str>,
    pub(super) archived: bool,
    pub(super) versions: Vec<Version>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Creator {
    is_group: bool,
    pub(super) id: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) created: Timestamp,
    /// The name under which the content is kept.
    pub(super) content: String,
    /// Of a place: it was only saved.
    #[serde(default)]
    pub(super) unpublished: bool,
}

impl Assets {
    /// The asset 5001 is there from the beginning, in three versions.
    pub(crate) fn seeded(now: Timestamp) -> Assets {
        let version = Version { created: now, content: String::new(), unpublished: false };
        let metadata = [("displayName", "Sample model"), ("description", "There from the beginning.")];
        let asset = Asset {
            id: 5001,
            asset_type: "Model".to_owned(),
            creator: Creator { is_group: false, id: 1001 },
            metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect(),
            moderation: "MODERATION_STATE_APPROVED".into(),
            archived: false,
            versions: vec![version; 3],
        };
        Assets { assets: BTreeMap::from([(asset.id, asset)]), last_id: 5001 }
    }

    /// How many assets of a type (`AUDIO`) a user has uploaded since then.
    pub(crate) fn uploaded_by(&self, user: u64, asset_type: &str, since: Timestamp) -> usize {
        let is_new = |asset: &Asset| asset.versions.first().is_some_and(|first| first.created >= since);
        let is_of_type = |asset: &Asset| asset.asset_type.eq_ignore_ascii_case(asset_type);
        let is_by = |by: Creator| !by.is_group && by.id == user;
        let assets = self.assets.values().filter(|asset| is_by(asset.creator) && asset.id != 5001);
        assets.filter(|asset| is_of_type(asset) && is_new(asset)).count()
    }

    /// What an asset is called, if there is one.
    pub(crate) fn name(&self, id: u64) -> Option<&str> {
        let asset = self.assets.get(&id)?;
        Some(text(&asset.metadata, "displayName").unwrap_or_default())
    }

    pub(super) fn get(&mut self, id: &str) -> Result<&mut Asset, Failure> {
        let missing = || Failure::missing(format_args!("asset {id}"));
        let number = id.parse().map_err(|_| missing())?;
        self.assets.get_mut(&number).ok_or_else(missing)
    }
}

impl Asset {
    /// Uploads whose name says so are reviewed for some hours, others not at all.
    pub(super) fn moderation(&self, now: Timestamp) -> &str {
        let uploaded = self.versions.first().map(|version| version.created);
        let is_over = uploaded.is_some_and(|uploaded| later(uploaded, REVIEW) <= now);
        if &*self.moderation == REVIEWING && is_over { APPROVED } else { &self.moderation }
    }

    /// Whether the review of it shows only where the mask asks for it (AS-22).
    pub(super) fn hides_moderation(&self, shapes: Shapes) -> bool {
        shapes.is_live() && &*self.moderation == REVIEWING
    }

    /// A place as the asset that it is (AS-18).
    pub(super) fn of_place(id: u64, name: &str, versions: &[(Timestamp, bool)]) -> Asset {
        let version = |(index, (created, is_published)): (usize, &(Timestamp, bool))| Version {
            created: *created,
            content: content_of(id, index + 1),
            unpublished: !is_published,
        };
        Asset {
            id,
            asset_type: "Place".to_owned(),
            creator: Creator { is_group: false, id: 1001 },
            metadata: Map::from_iter([("displayName".to_owned(), json!(name))]),
            moderation: APPROVED.into(),
            archived: false,
            versions: versions.iter().enumerate().map(version).collect(),
        }
    }

    /// The index of the version that is delivered unless another is asked for. Of a place that says so in its name, a new
    /// one takes a minute (AS-19).
    pub(super) fn delivered(&self, now: Timestamp) -> usize {
        let latest = self.versions.len().saturating_sub(1);
        let name = text(&self.metadata, "displayName").unwrap_or_default();
        let is_late = self.asset_type == "Place" && name.to_ascii_lowercase().contains(DELIVERED_LATE);
        let is_new = self.versions.last().is_some_and(|version| later(version.created, DELIVERY_LAG) > now);
        if is_late && is_new { latest.saturating_sub(1) } else { latest }
    }
}

impl Creator {
    pub(super) fn read(context: Option<&Value>) -> Result<Creator, Failure> {
        let creator = context.and_then(|context| context.get("creator"));
        let id = |name: &str| {
            let value = creator?.get(name)?;
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        };
        match (id("userId"), id("groupId")) {
            (Some(id), None) => Ok(Creator { is_group: false, id }),
            (None, Some(id)) => Ok(Creator { is_group: true, id }),
            _ => Err(Failure::invalid("creationContext.creator must have either userId or groupId.")),
        }
    }

    pub(super) fn json(self, document: &Document, shapes: Shapes) -> Value {
        let name = if self.is_group { "groupId" } else { "userId" };
        if shapes.is_live() {
            return json!({ name: self.id.to_string() });
        }
        let id = number(document, &["creationContext", "creator", name], self.id);
        json!({ name: id })
    }
}

pub(super) const APPROVED: &str = "MODERATION_STATE_APPROVED";
pub(super) const REVIEWING: &str = "MODERATION_STATE_REVIEWING";
/// What a place is called whose newest version is delivered later.
const DELIVERED_LATE: &str = "delivered late";
/// In seconds.
const DELIVERY_LAG: i64 = 60;

/// A number in the form that the document gives it: Roblox writes ids as text, which its own schema denies.
pub(super) fn number(document: &Document, place: &[&str], number: u64) -> Value {
    let declared = || {
        let operation = document.find("GET", "/assets/v1/assets/1")?;
        let mut schema = document.resolve(&operation.operation.response(200)?.json()?.schema);
        for name in place {
            schema = document.resolve(schema.get("properties")?.get(name)?);
        }
        schema.get("type")?.as_str()
    };
    match declared() {
        Some("string") => json!(number.to_string()),
        _ => json!(number),
    }
}
