//! Thumbnails of a universe for Roblox's home page: uploads that finish later, and personalizations that use them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::{later, rfc3339};
use crate::failure::Failure;
use crate::page::Cut;
use crate::picture;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /thumbnail-personalization-api/v1/universes/{u}/thumbnails/uploads", upload),
    ("GET /thumbnail-personalization-api/v1/universes/{u}/thumbnails/uploads/status", get_uploads),
    ("GET /thumbnail-personalization-api/v1/universes/{u}/thumbnails", list),
    ("DELETE /thumbnail-personalization-api/v1/universes/{u}/thumbnails", delete),
    ("GET /thumbnail-personalization-api/v1/universes/{u}/personalization", list_personalizations),
    ("POST /thumbnail-personalization-api/v1/universes/{u}/personalization/create", create_personalization),
    ("POST /thumbnail-personalization-api/v1/universes/{u}/personalization/update", update_personalization),
];

/// How many thumbnails, uploads and personalizations a universe has at most.
const MAX_EACH: usize = 1_000;
const MAX_UNIVERSES: usize = 10_000;
/// The numbers of `uploadStatus`.
const IN_PROGRESS: u32 = 1;
const FINISHED: u32 = 2;
/// An upload is finished when it is asked for that often.
const POLLS: u32 = 2;
/// How long a thumbnail is under review, in seconds. It has its id before.
const REVIEW: i64 = 30;
/// What Roblox's guide states of files, and of the thumbnails of a personalization.
const MAX_FILES: usize = 5;
const MAX_FILE: usize = 3 * 1024 * 1024;
const KINDS: [&str; 4] = ["image/bmp", "image/jpeg", "image/png", "image/webp"];
const MAX_THUMBNAILS: usize = 5;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct HomepageThumbnails {
    universes: BTreeMap<u64, Gallery>,
}

/// What one universe has.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Gallery {
    thumbnails: Vec<Thumbnail>,
    uploads: BTreeMap<String, Upload>,
    personalizations: Vec<Personalization>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thumbnail {
    id: String,
    asset: u64,
    /// How the review ends.
    moderation: String,
    /// When.
    #[serde(default)]
    reviewed: Option<Timestamp>,
}

impl Thumbnail {
    fn moderation(&self, now: Timestamp) -> &str {
        match self.reviewed {
            Some(time) if now < time => "Reviewing",
            _ => &self.moderation,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Upload {
    polls: u32,
    thumbnail: Thumbnail,
}

#[derive(Debug, Serialize, Deserialize)]
struct Personalization {
    id: String,
    created: Timestamp,
    thumbnails: Vec<String>,
}

impl HomepageThumbnails {
    /// What sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> HomepageThumbnails {
        let mut gallery = Gallery::default();
        for number in 0..25 {
            let id = if number == 0 { "sample".to_owned() } else { format!("sample-{number}") };
            gallery.thumbnails.push(Thumbnail {
                id,
                asset: 5001 + number,
                moderation: "Approved".to_owned(),
                reviewed: None,
            });
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

    fn gallery(&mut self, universe: u64) -> Result<&mut Gallery, Failure> {
        if self.universes.len() >= MAX_UNIVERSES && !self.universes.contains_key(&universe) {
            return Err(Failure::exhausted("The emulator holds no more thumbnails."));
        }
        Ok(self.universes.entry(universe).or_default())
    }
}

impl Gallery {
    fn thumbnail(&self, id: &str) -> Option<&Thumbnail> {
        self.thumbnails.iter().find(|thumbnail| thumbnail.id == id)
    }

    /// Whether a personalization is the one that is served: the last, unless all of its thumbnails were deleted.
    fn is_served(&self, index: usize) -> bool {
        index + 1 == self.personalizations.len() && !self.personalizations[index].thumbnails.is_empty()
    }

    fn is_personalized(&self, id: &str) -> bool {
        self.personalizations.last().is_some_and(|last| last.thumbnails.iter().any(|other| other == id))
    }

    fn personalization(&self, index: usize) -> Value {
        let personalization = &self.personalizations[index];
        let thumbnails: Vec<_> = personalization
            .thumbnails
            .iter()
            .filter_map(|id| self.thumbnail(id))
            .map(|thumbnail| {
                json!({
                    "homepageThumbnailId": thumbnail.id,
                    "assetId": thumbnail.asset,
                    "homepageThumbnailStatus": "Active",
                    "personalizedThumbnailStatus": "Active",
                })
            })
            .collect();
        json!({
            "id": personalization.id,
            "createdUtc": rfc3339(personalization.created),
            "personalizedConfigStatus": active(self.is_served(index)),
            "thumbnails": thumbnails,
            "lastServedUtc": null,
        })
    }
}

fn active(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

/// The values of a list in the query: the key repeated, or commas in between.
fn listed<'a>(call: &'a Call<'_>, name: &'a str) -> Result<Vec<&'a str>, Failure> {
    let values = call.query.iter().filter(|(key, _)| key == name).flat_map(|(_, value)| value.split(','));
    let values: Vec<_> = values.filter(|value| !value.is_empty()).collect();
    if values.is_empty() {
        return Err(Failure::invalid(format!("{name} is required.")));
    }
    Ok(values)
}

/// One upload for each file. A file that is no picture, or too large, gets none, and is null in the answer.
fn upload(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let files: Vec<_> = call.form()?.into_iter().filter(|part| part.name == "files").collect();
    if files.is_empty() {
        return Err(Failure::invalid("The form has no part 'files'."));
    }
    if files.len() > MAX_FILES {
        return Err(Failure::invalid(format!("At most {MAX_FILES} files can be uploaded at once.")));
    }
    let mut operations = Map::new();
    for file in files {
        let name = file.file_name.unwrap_or_default();
        let is_picture = picture::kind(&file.content).is_some_and(|kind| KINDS.contains(&kind));
        if !is_picture || file.content.len() > MAX_FILE {
            operations.insert(name, Value::Null);
            continue;
        }
        let (operation, id, asset) = (state.uuid(), state.uuid(), state.new_id());
        let rejected = name.to_ascii_lowercase().contains("moderated");
        let moderation = if rejected { "Rejected" } else { "Approved" }.to_owned();
        let gallery = state.homepage_thumbnails.gallery(universe)?;
        if gallery.uploads.len() >= MAX_EACH || gallery.thumbnails.len() >= MAX_EACH {
            return Err(Failure::exhausted("The emulator holds no more thumbnails."));
        }
        let upload = Upload { polls: 0, thumbnail: Thumbnail { id, asset, moderation, reviewed: None } };
        gallery.uploads.insert(operation.clone(), upload);
        operations.insert(name, json!(operation));
    }
    Ok(Reply::json(json!({ "fileToOperationIdDict": operations })))
}

fn get_uploads(state: &mut State, call: &Call<'_>) -> Outcome {
    state.touch();
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let mut statuses = Map::new();
    let mut all_finished = true;
    for id in listed(call, "operationIds")? {
        let upload = gallery
            .uploads
            .get_mut(id)
            .ok_or_else(|| Failure::not_found(format!("The upload '{id}' does not exist.")))?;
        upload.polls = upload.polls.saturating_add(1);
        if upload.polls < POLLS {
            all_finished = false;
            statuses.insert(id.to_owned(), json!({ "moderationStatus": "Reviewing" }));
            continue;
        }
        let is_kept = upload.thumbnail.moderation == "Approved";
        let is_new = upload.polls == POLLS && is_kept;
        if is_new {
            upload.thumbnail.reviewed = Some(later(call.now, REVIEW));
        }
        let thumbnail = upload.thumbnail.clone();
        let mut status = json!({ "moderationStatus": thumbnail.moderation(call.now) });
        // What is rejected never becomes a thumbnail.
        if is_kept {
            status["homepageThumbnailId"] = json!(thumbnail.id);
            status["assetId"] = json!(thumbnail.asset);
        }
        statuses.insert(id.to_owned(), status);
        if is_new {
            gallery.thumbnails.push(thumbnail);
        }
    }
    let status = if all_finished { FINISHED } else { IN_PROGRESS };
    Ok(Reply::json(json!({ "uploadStatus": status, "uploadThumbnailStatusDict": statuses })))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let thumbnails: Vec<_> = gallery
        .thumbnails
        .iter()
        .map(|thumbnail| {
            json!({
                "homepageThumbnailId": thumbnail.id,
                "assetId": thumbnail.asset,
                "homepageThumbnailStatus": "Active",
                "moderationStatus": thumbnail.moderation(call.now),
                "personalizedConfigStatus": active(gallery.is_personalized(&thumbnail.id)),
            })
        })
        .collect();
    let cut = Cut { size: "limit", token: "nextCursor", default: 10, max: 100 };
    let (page, next) = cut.page(call, &thumbnails)?;
    Ok(Reply::json(json!({ "homepageThumbnails": page, "nextCursor": next })))
}

/// Says for each thumbnail whether it was there to be deleted. It is taken out of personalizations as well.
fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let mut deleted = Map::new();
    for id in listed(call, "homepageThumbnailIds")? {
        let before = gallery.thumbnails.len();
        gallery.thumbnails.retain(|thumbnail| thumbnail.id != id);
        // A thumbnail that is named twice was deleted the first time.
        let was_there = gallery.thumbnails.len() < before;
        for personalization in &mut gallery.personalizations {
            personalization.thumbnails.retain(|thumbnail| thumbnail != id);
        }
        deleted.entry(id).or_insert(json!(was_there));
    }
    Ok(Reply::json(Value::Object(deleted)))
}

/// The thumbnails of a body, which must be there.
fn wanted(gallery: &Gallery, body: &Map<String, Value>) -> Result<Vec<String>, Failure> {
    let ids: Vec<String> = body
        .get("homepageThumbnailIds")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    if ids.is_empty() {
        return Err(Failure::invalid("homepageThumbnailIds must not be empty."));
    }
    if ids.len() > MAX_THUMBNAILS {
        return Err(Failure::invalid(format!("A personalization has at most {MAX_THUMBNAILS} thumbnails.")));
    }
    match ids.iter().find(|id| gallery.thumbnail(id).is_none()) {
        Some(missing) => Err(Failure::invalid(format!("The thumbnail '{missing}' does not exist."))),
        None => Ok(ids),
    }
}

fn create_personalization(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let id = state.uuid();
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let thumbnails = wanted(gallery, &body)?;
    if gallery.personalizations.len() >= MAX_EACH {
        return Err(Failure::exhausted("The emulator holds no more personalizations."));
    }
    gallery.personalizations.push(Personalization { id: id.clone(), created: call.now, thumbnails });
    Ok(Reply::json(json!(id)))
}

fn update_personalization(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let id = text(&body, "id").unwrap_or_default();
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let thumbnails = wanted(gallery, &body)?;
    let personalization = gallery
        .personalizations
        .iter_mut()
        .find(|personalization| personalization.id == id)
        .ok_or_else(|| Failure::invalid(format!("The personalization '{id}' does not exist.")))?;
    personalization.thumbnails = thumbnails;
    Ok(Reply::json(json!(id)))
}

fn list_personalizations(state: &mut State, call: &Call<'_>) -> Outcome {
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let all = (0..gallery.personalizations.len()).rev().map(|index| gallery.personalization(index));
    let status = call.given("status");
    let found: Vec<_> =
        all.filter(|one| status.is_none_or(|status| one["personalizedConfigStatus"] == status)).collect();
    let cut = Cut { size: "limit", token: "cursor", default: 10, max: 100 };
    let (page, next) = cut.page(call, &found)?;
    Ok(Reply::json(json!({ "personalizedConfigs": page, "nextCursor": next })))
}
