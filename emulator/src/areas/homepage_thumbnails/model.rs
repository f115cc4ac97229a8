//! State and rules of homepage thumbnails.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Failure, rfc3339};

const MAX_UNIVERSES: usize = 10_000;
/// An upload is finished when it is asked for that often.
pub(super) const POLLS: u32 = 2;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct HomepageThumbnails {
    universes: BTreeMap<u64, Gallery>,
}

/// What one universe has.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Gallery {
    pub(super) thumbnails: Vec<Thumbnail>,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) personalizations: Vec<Personalization>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Thumbnail {
    pub(super) id: String,
    pub(super) asset: u64,
    /// How the review ends.
    pub(super) moderation: String,
    /// When.
    #[serde(default)]
    pub(super) reviewed: Option<Timestamp>,
}

impl Thumbnail {
    pub(super) fn moderation(&self, now: Timestamp) -> &str {
        match self.reviewed {
            Some(time) if now < time => "Reviewing",
            _ => &self.moderation,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) polls: u32,
    pub(super) thumbnail: Thumbnail,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Personalization {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) thumbnails: Vec<String>,
}

impl HomepageThumbnails {
    /// What sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> HomepageThumbnails {
        let mut gallery = Gallery::default();
        for number in 0..25 {
            let id = if number == 0 { "sample".to_owned() } else { format!("sample-{number}") };
            let (asset, moderation) = (5001 + number, "Approved".to_owned());
            gallery.thumbnails.push(Thumbnail { id, asset, moderation, reviewed: None });
        }
        for number in 0..25 {
            let id = if number == 0 { "sample_id".to_owned() } else { format!("sample_id_{number}") };
            let thumbnails = vec!["sample".to_owned()];
            gallery.personalizations.push(Personalization { id, created: now, thumbnails });
        }
        let thumbnail = gallery.thumbnails[0].clone();
        gallery.uploads.insert("sample".to_owned(), Upload { polls: POLLS, thumbnail });
        HomepageThumbnails { universes: BTreeMap::from([(2001, gallery)]) }
    }

    pub(super) fn gallery(&mut self, universe: u64) -> Result<&mut Gallery, Failure> {
        Failure::if_full_for(&self.universes, &universe, MAX_UNIVERSES, "thumbnails")?;
        Ok(self.universes.entry(universe).or_default())
    }
}

impl Gallery {
    pub(super) fn thumbnail(&self, id: &str) -> Option<&Thumbnail> {
        self.thumbnails.iter().find(|thumbnail| thumbnail.id == id)
    }

    /// Whether a personalization is the one that is served: the last, unless all of its thumbnails were deleted.
    fn is_served(&self, index: usize) -> bool {
        index + 1 == self.personalizations.len() && !self.personalizations[index].thumbnails.is_empty()
    }

    pub(super) fn is_personalized(&self, id: &str) -> bool {
        self.personalizations.last().is_some_and(|last| last.thumbnails.iter().any(|other| other == id))
    }

    pub(super) fn personalization(&self, index: usize) -> Value {
        let personalization = &self.personalizations[index];
        let json = |thumbnail: &Thumbnail| {
            json!({
                "homepageThumbnailId": thumbnail.id,
                "assetId": thumbnail.asset,
                "homepageThumbnailStatus": "Active",
                "personalizedThumbnailStatus": "Active",
            })
        };
        let thumbnails = personalization.thumbnails.iter().filter_map(|id| self.thumbnail(id));
        let thumbnails: Vec<_> = thumbnails.map(json).collect();
        json!({
            "id": personalization.id,
            "createdUtc": rfc3339(personalization.created),
            "personalizedConfigStatus": active(self.is_served(index)),
            "thumbnails": thumbnails,
            "lastServedUtc": null,
        })
    }
}

pub(super) fn active(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}
