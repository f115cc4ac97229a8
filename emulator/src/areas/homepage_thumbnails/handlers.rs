//! Requests of homepage thumbnails.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, later, picture, text};
use crate::areas::homepage_thumbnails::model::{Gallery, POLLS, Personalization, Thumbnail, Upload, active};
use crate::areas::routes::Routes;
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
/// The numbers of `uploadStatus`.
const IN_PROGRESS: u32 = 1;
const FINISHED: u32 = 2;
/// How long a thumbnail is under review, in seconds. It has its id before.
const REVIEW: i64 = 30;
/// What Roblox's guide states of files, and of the thumbnails of a personalization.
const MAX_FILES: usize = 5;
const MAX_FILE: usize = 3 * 1024 * 1024;
const KINDS: [&str; 4] = ["image/bmp", "image/jpeg", "image/png", "image/webp"];
const MAX_THUMBNAILS: usize = 5;

/// The values of a list in the query that must not be empty.
fn listed<'a>(call: &'a Call<'_>, name: &'a str) -> Result<Vec<&'a str>, Failure> {
    let values: Vec<_> = call.query_list(name).collect();
    if values.is_empty() { Err(Failure::invalid(format!("{name} is required."))) } else { Ok(values) }
}

/// One upload for each file. A file that is no picture, or too large, gets none, and is null in the response.
fn upload(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let files: Vec<_> = call.form()?.into_iter().filter(|part| part.name == "files").collect();
    refuse_if!(files.is_empty(), "The form has no part 'files'.");
    refuse_if!(files.len() > MAX_FILES, "At most {MAX_FILES} files can be uploaded at once.");
    let mut operations = Map::new();
    for file in files {
        let name = file.file_name.unwrap_or_default();
        let is_picture = picture::kind(&file.content).is_some_and(|kind| KINDS.contains(&kind));
        if !is_picture || file.content.len() > MAX_FILE {
            operations.insert(name, Value::Null);
            continue;
        }
        let (operation, id, asset) = (state.ids.uuid(), state.ids.uuid(), state.ids.new_id());
        let rejected = name.to_ascii_lowercase().contains("moderated");
        let moderation = if rejected { "Rejected" } else { "Approved" }.to_owned();
        let gallery = state.homepage_thumbnails.gallery(universe)?;
        Failure::if_full(gallery.uploads.len().max(gallery.thumbnails.len()), MAX_EACH, "thumbnails")?;
        let upload = Upload { polls: 0, thumbnail: Thumbnail { id, asset, moderation, reviewed: None } };
        gallery.uploads.insert(operation.clone(), upload);
        operations.insert(name, json!(operation));
    }
    Ok(Response::json(json!({ "fileToOperationIdDict": operations })))
}

fn get_uploads(state: &mut State, call: &Call<'_>) -> Outcome {
    state.touch();
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let mut statuses = Map::new();
    let mut all_finished = true;
    for id in listed(call, "operationIds")? {
        let upload =
            gallery.uploads.get_mut(id).ok_or_else(|| Failure::missing(format_args!("upload '{id}'")))?;
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
    Ok(Response::json(json!({ "uploadStatus": status, "uploadThumbnailStatusDict": statuses })))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let json = |thumbnail: &Thumbnail| {
        json!({
            "homepageThumbnailId": thumbnail.id,
            "assetId": thumbnail.asset,
            "homepageThumbnailStatus": "Active",
            "moderationStatus": thumbnail.moderation(call.now),
            "personalizedConfigStatus": active(gallery.is_personalized(&thumbnail.id)),
        })
    };
    let thumbnails: Vec<_> = gallery.thumbnails.iter().map(json).collect();
    let cut = Pagination { size: "limit", token: "nextCursor", default: 10, max: 100 };
    let (page, next) = cut.page(call, &thumbnails)?;
    Ok(Response::json(json!({ "homepageThumbnails": page, "nextCursor": next })))
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
    Ok(Response::json(Value::Object(deleted)))
}

/// The thumbnails of a body, which must be there.
fn wanted(gallery: &Gallery, body: &Map<String, Value>) -> Result<Vec<String>, Failure> {
    let ids = crate::api::list(body, "homepageThumbnailIds").iter();
    let ids: Vec<String> = ids.filter_map(|id| id.as_str().map(str::to_owned)).collect();
    refuse_if!(ids.is_empty(), "homepageThumbnailIds must not be empty.");
    refuse_if!(ids.len() > MAX_THUMBNAILS, "A personalization has at most {MAX_THUMBNAILS} thumbnails.");
    match ids.iter().find(|id| gallery.thumbnail(id).is_none()) {
        Some(missing) => Err(Failure::invalid(format!("The thumbnail '{missing}' does not exist."))),
        None => Ok(ids),
    }
}

fn create_personalization(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let id = state.ids.uuid();
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let thumbnails = wanted(gallery, &body)?;
    Failure::if_full(gallery.personalizations.len(), MAX_EACH, "personalizations")?;
    gallery.personalizations.push(Personalization { id: id.clone(), created: call.now, thumbnails });
    Ok(Response::json(json!(id)))
}

fn update_personalization(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let id = text(&body, "id").unwrap_or_default();
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let thumbnails = wanted(gallery, &body)?;
    let mut all = gallery.personalizations.iter_mut();
    let missing = || Failure::invalid(format!("The personalization '{id}' does not exist."));
    all.find(|personalization| personalization.id == id).ok_or_else(missing)?.thumbnails = thumbnails;
    Ok(Response::json(json!(id)))
}

fn list_personalizations(state: &mut State, call: &Call<'_>) -> Outcome {
    let gallery = state.homepage_thumbnails.gallery(call.number("universeId")?)?;
    let all = (0..gallery.personalizations.len()).rev().map(|index| gallery.personalization(index));
    let status = call.given("status");
    let found: Vec<_> =
        all.filter(|one| status.is_none_or(|status| one["personalizedConfigStatus"] == status)).collect();
    let cut = Pagination { size: "limit", token: "cursor", default: 10, max: 100 };
    let (page, next) = cut.page(call, &found)?;
    Ok(Response::json(json!({ "personalizedConfigs": page, "nextCursor": next })))
}
