//! Requests of assets.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::{
    Call, Failure, Outcome, Pagination, Response, Shapes, object, picture, refuse_unfit, rfc3339_nanos, text,
    with_next,
};
use crate::areas::assets::model::{APPROVED, Asset, Creator, REVIEWING, Version, number};
use crate::areas::routes::Routes;
use crate::document::{Part, is_json};
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /assets/v1/assets", create),
    ("GET /assets/v1/assets/{assetId}", get),
    ("PATCH /assets/v1/assets/{assetId}", update),
    ("POST /assets/v1/assets/{assetId}:archive", |state, call| set_archived(state, call, true)),
    ("POST /assets/v1/assets/{assetId}:restore", |state, call| set_archived(state, call, false)),
    ("GET /assets/v1/assets/{assetId}/versions", list_versions),
    ("GET /assets/v1/assets/{assetId}/versions/{versionNumber}", get_version),
    ("POST /assets/v1/assets/{assetId}/versions:rollback", rollback),
    ("GET /assets/v1/operations/{operationId}", get_operation),
    ("GET /asset-delivery-api/v1/assetId/{assetId}", deliver),
    ("GET /asset-delivery-api/v1/assetId/{assetId}/version/{versionNumber}", deliver),
];

const MAX_ASSETS: usize = 100_000;
const MAX_FILE: usize = 20 * 1024 * 1024;
/// What the live service takes as a form, in bytes (AS-16).
const MAX_FORM: usize = 30_000_000;
/// Some uploads are done in the first response (AS-01): each asset whose number is a multiple of this.
const DONE_AT_ONCE: u64 = 3;
const MAX_DESCRIPTION: usize = 1_000;
const MAX_NAME: usize = 50;
const MAX_SOCIAL_LINKS: usize = 3;

/// Which content types the file of an asset type may have.
const FILE_TYPES: [(&str, &[&str]); 7] = [
    ("Animation", &["model/x-rbxm"]),
    ("Audio", &["audio/mpeg", "audio/ogg", "audio/wav", "audio/flac"]),
    ("Decal", &["image/png", "image/jpeg", "image/bmp", "image/tga"]),
    ("Image", &["image/png", "image/jpeg", "image/bmp", "image/tga"]),
    ("Mesh", &["model/x-file-mesh-data"]),
    ("Model", &["model/fbx", "model/gltf+json", "model/gltf-binary", "model/x-rbxm"]),
    ("Video", &["video/mp4", "video/mov"]),
];

/// What a response has whether a read mask names it or not; `socialLink` is what the document calls the links.
const ALWAYS_READ: [&str; 9] = [
    "path",
    "revisionId",
    "revisionCreateTime",
    "assetId",
    "assetType",
    "creationContext",
    "moderationResult",
    "state",
    "socialLink",
];

const SOCIAL_LINKS: [&str; 9] = [
    "facebookSocialLink",
    "twitterSocialLink",
    "youtubeSocialLink",
    "twitchSocialLink",
    "discordSocialLink",
    "githubSocialLink",
    "robloxSocialLink",
    "guildedSocialLink",
    "devForumSocialLink",
];

impl Asset {
    fn json(&self, call: &Call<'_>) -> Map<String, Value> {
        let (document, shapes) = (call.document, call.shapes);
        let mut asset = self.metadata.clone();
        if shapes.is_live() {
            // AS-06
            asset.retain(|name, value| name != "description" || value.as_str() != Some(""));
            asset.entry("previews").or_insert_with(|| json!([]));
        }
        let revision = self.versions.len();
        let created = self.versions.last().map(|version| version.created);
        asset.insert("path".to_owned(), json!(format!("assets/{}", self.id)));
        asset.insert("revisionId".to_owned(), json!(revision.to_string()));
        if let Some(created) = created {
            asset.insert("revisionCreateTime".to_owned(), json!(rfc3339_nanos(created)));
        }
        let id = match shapes {
            Shapes::Live => json!(self.id.to_string()),
            Shapes::Document => number(document, &["assetId"], self.id),
        };
        asset.insert("assetId".to_owned(), id);
        // AS-03
        let kind = match shapes {
            Shapes::Live => self.asset_type.clone(),
            Shapes::Document => format!("ASSET_TYPE_{}", self.asset_type.to_ascii_uppercase()),
        };
        asset.insert("assetType".to_owned(), json!(kind));
        let creator = self.creator.json(document, shapes);
        asset.insert("creationContext".to_owned(), json!({ "creator": creator }));
        asset.insert("moderationResult".to_owned(), moderation_json(self.moderation(call.now), shapes));
        let state = if self.archived { "Archived" } else { "Active" };
        asset.insert("state".to_owned(), json!(state));
        asset
    }

    fn version_json(&self, call: &Call<'_>, index: usize) -> Value {
        let shapes = call.shapes;
        let mut version = json!({
            "creationContext": { "creator": self.creator.json(call.document, shapes) },
            "path": format!("assets/{}/versions/{}", self.id, index + 1),
            "moderationResult": moderation_json(self.moderation(call.now), shapes),
        });
        let is_latest = index + 1 == self.versions.len();
        // Of a place, several can have been published.
        let is_published = match self.asset_type.as_str() {
            "Place" => !self.versions[index].unpublished,
            _ => is_latest,
        };
        // AS-18: it is left out when it is false.
        if is_published || !shapes.is_live() {
            version["published"] = json!(is_published);
        }
        version
    }

    /// The index of a version by its number.
    fn version(&self, number: &str) -> Result<usize, Failure> {
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let index = index.filter(|index| *index < self.versions.len());
        index.ok_or_else(|| Failure::missing(format_args!("version {number}")))
    }
}

const REJECTED: &str = "MODERATION_STATE_REJECTED";

/// The document's sample has another word than the live service (AS-03).
fn moderation_json(state: &str, shapes: Shapes) -> Value {
    let live = match state {
        APPROVED => "Approved",
        REVIEWING => "Reviewing",
        REJECTED => "Rejected",
        other => other,
    };
    json!({ "moderationState": if shapes.is_live() { live } else { state } })
}

/// The two parts of an upload.
struct Upload {
    request: Map<String, Value>,
    file: Option<Part>,
}

impl Upload {
    fn read(call: &Call<'_>) -> Result<Upload, Failure> {
        let (mut request, mut file) = (None, None);
        for part in call.form()? {
            match part.name.as_str() {
                "request" => {
                    refuse_unfit(&part.content)?;
                    request = serde_json::from_slice::<Map<String, Value>>(&part.content).ok();
                }
                "fileContent" => file = Some(part),
                _ => {}
            }
        }
        let request = request
            .ok_or_else(|| Failure::invalid("The part 'request' must be the asset as a JSON object."))?;
        Ok(Upload { request, file })
    }
}

fn check_file(call: &Call<'_>, asset_type: &str, file: &Part) -> Result<(), Failure> {
    let allowed = FILE_TYPES.iter().find(|(name, _)| *name == asset_type).map_or(&[][..], |(_, types)| types);
    let sent = file.content_type.as_deref().unwrap_or_default();
    let is_live = call.shapes.is_live();
    // Pictures are judged by their bytes, whatever is said of them.
    if is_live && matches!(asset_type, "Decal" | "Image") {
        if !picture::kind(&file.content).is_some_and(|kind| allowed.contains(&kind)) {
            // ER-05: the quotation marks are part of the text.
            return Err(Failure::invalid("\"InvalidImage\""));
        }
    } else if !allowed.contains(&sent) {
        let allowed = allowed.join(", ");
        let message = format!("The file of an asset of type {asset_type} must be one of {allowed}.");
        return Err(Failure::invalid(message));
    }
    refuse_if!(file.content.is_empty(), "The file is empty.");
    // AS-16: it is the form that is limited, whatever is in it.
    if is_live && call.body.len() > MAX_FORM {
        return Err(Failure::too_large(format!("The form is larger than {MAX_FORM} bytes.")));
    }
    if !is_live && file.content.len() > MAX_FILE && asset_type != "Video" {
        return Err(Failure::too_large("The file is larger than 20 MB."));
    }
    Ok(())
}

fn check_metadata(metadata: &Map<String, Value>, shapes: Shapes) -> Result<(), Failure> {
    let length = |name: &str| text(metadata, name).map_or(0, |text| text.chars().count());
    if length("description") > MAX_DESCRIPTION {
        let message = format!("The description is longer than {MAX_DESCRIPTION} characters.");
        return Err(Failure::invalid(message));
    }
    if length("displayName") > MAX_NAME {
        // AS-20
        let message = match shapes {
            Shapes::Live => "Asset name length is invalid.".to_owned(),
            Shapes::Document => format!("The displayName is longer than {MAX_NAME} characters."),
        };
        return Err(Failure::invalid(message));
    }
    let links = SOCIAL_LINKS.iter().filter(|name| metadata.contains_key(**name)).count();
    refuse_if!(links > MAX_SOCIAL_LINKS, "An asset has at most {MAX_SOCIAL_LINKS} social links.");
    Ok(())
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let Upload { request, file } = Upload::read(call)?;
    let asset_type = text(&request, "assetType").unwrap_or_default();
    if !FILE_TYPES.iter().any(|(name, _)| *name == asset_type) {
        return Err(Failure::invalid(format!("The assetType '{asset_type}' is not supported.")));
    }
    let name = text(&request, "displayName").unwrap_or_default();
    refuse_if!(name.trim().is_empty(), "The displayName is required.");
    let creator = Creator::read(request.get("creationContext"))?;
    // Social links are not taken over: they can only be set by an update.
    let metadata = ["displayName", "description", "icon", "previews"];
    let metadata = metadata.into_iter().filter_map(|name| request.get_key_value(name));
    let metadata: Map<_, _> = metadata.map(|(name, value)| (name.clone(), value.clone())).collect();
    check_metadata(&metadata, call.shapes)?;
    let file = file.ok_or_else(|| Failure::invalid("The part 'fileContent' is missing."))?;
    check_file(call, asset_type, &file)?;

    let id = state.ids.uuid();
    let path = format!("operations/{id}");
    if let Some(what) = moderated_field(&metadata) {
        state.operations.start(&path, Err(moderated(what, call.shapes)));
        return Ok(Response::json(json!({ "path": path })));
    }
    Failure::if_full(state.assets.assets.len(), MAX_ASSETS, "assets")?;
    state.assets.last_id += 1;
    let id = state.assets.last_id;
    let version = keep(state, id, 1, call.now, &file);
    let moderation = match name.to_ascii_lowercase() {
        name if name.contains("in review") => REVIEWING,
        name if name.contains("rejected") => REJECTED,
        _ => APPROVED,
    };
    let asset = Asset {
        id,
        asset_type: asset_type.to_owned(),
        creator,
        metadata,
        moderation: moderation.into(),
        archived: false,
        versions: vec![version],
    };
    if asset_type == "Decal" && call.shapes.is_live() {
        // AS-21: the picture inside is an asset of its own, which no response names.
        state.assets.last_id += 1;
        let picture = Asset { id: state.assets.last_id, asset_type: "Image".to_owned(), ..asset.clone() };
        state.assets.assets.insert(picture.id, picture);
    }
    let response = Value::Object(asset.json(call));
    state.assets.assets.insert(id, asset);
    if call.shapes.is_live() && id.is_multiple_of(DONE_AT_ONCE) {
        let done = state.operations.at_once(&path, response);
        return Ok(Response::json(operation_json(done, call)));
    }
    state.operations.start(&path, Ok(response));
    // AS-01: only the path is there at first, no `done`.
    Ok(Response::json(json!({ "path": path })))
}

fn is_moderated(name: &str) -> bool {
    name.to_ascii_lowercase().contains("moderated")
}

/// The field that moderation takes offence at.
fn moderated_field(metadata: &Map<String, Value>) -> Option<&'static str> {
    let is = |name: &str| text(metadata, name).is_some_and(is_moderated);
    ["displayName", "description"].into_iter().find(|name| is(name))
}

fn moderation_text(field: &str, shapes: Shapes) -> &'static str {
    match (field, shapes) {
        // ER-05
        ("description", Shapes::Live) => "AssetDescription is moderated.",
        (_, Shapes::Live) => "AssetName is moderated.",
        ("description", Shapes::Document) => "The description is moderated.",
        (_, Shapes::Document) => "The display name is moderated.",
    }
}

fn moderated(field: &str, shapes: Shapes) -> Map<String, Value> {
    object(json!({ "code": 400, "message": moderation_text(field, shapes) }))
}

/// AS-01: the live service leaves `done` out until it is true, and adds the id.
fn operation_json(mut operation: Value, call: &Call<'_>) -> Value {
    let is_done = operation["done"] == true;
    if let Some(operation) = operation.as_object_mut().filter(|_| call.shapes.is_live()) {
        if !is_done {
            operation.remove("done");
        }
        let id = operation.get("path").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        if let Some(id) = id.map(|id| json!(id)).filter(|_| is_done) {
            operation.insert("operationId".to_owned(), id);
        }
    }
    operation
}

/// Keeps a file so that it can be delivered.
fn keep(state: &mut State, id: u64, number: usize, now: Timestamp, file: &Part) -> Version {
    let name = format!("assets/{id}/versions/{number}");
    let content_type = file.content_type.as_deref().unwrap_or("application/octet-stream");
    state.content.put(&name, content_type, file.content.clone());
    Version { created: now, content: name, unpublished: false }
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = state.assets.get(call.param("assetId"))?;
    let mut json = asset.json(call);
    let mask: Vec<_> = call.given("readMask").map(|mask| mask.split(',').collect()).unwrap_or_default();
    if asset.hides_moderation(call.shapes) && !mask.contains(&"moderationResult") {
        json.remove("moderationResult");
    }
    if !mask.is_empty() {
        let unknown = mask.iter().find(|name| !is_metadata(name) && !ALWAYS_READ.contains(name));
        if let Some(name) = unknown {
            return Err(not_in_mask(name));
        }
        let optional = |name: &str| is_metadata(name) && !mask.contains(&name);
        json.retain(|name, _| !optional(name));
    }
    Ok(Response::json(Value::Object(json)))
}

fn is_metadata(name: &str) -> bool {
    matches!(name, "displayName" | "description" | "icon" | "previews" | TRY_SOCIAL_LINK)
        || SOCIAL_LINKS.contains(&name)
}

/// At least one client in use names it in masks; no asset has it.
const TRY_SOCIAL_LINK: &str = "tryAssetSocialLink";

fn check_mask_field(name: &str) -> Result<(), Failure> {
    if is_metadata(name) { Ok(()) } else { Err(not_in_mask(name)) }
}

fn not_in_mask(name: &str) -> Failure {
    Failure::invalid(format!("The mask names '{name}', which is not a field that it can name."))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let Upload { request, file } = Upload::read(call)?;
    let now = call.now;
    let mask: Vec<&str> = call.given("updateMask").map(|mask| mask.split(',').collect()).unwrap_or_default();
    for name in &mask {
        check_mask_field(name)?;
    }
    let asset = state.assets.get(call.param("assetId"))?;
    if let Some(creator) = request.get("creationContext").and_then(|c| c.get("creator"))
        && creator.as_object().is_some_and(|creator| !creator.is_empty())
        && Creator::read(request.get("creationContext")).is_err()
    {
        return Err(Failure::invalid("creationContext.creator must have either userId or groupId."));
    }
    if mask.is_empty() && file.is_none() {
        return Err(Failure::invalid("There is nothing to update: neither an updateMask nor a file."));
    }
    let mut metadata = asset.metadata.clone();
    for name in &mask {
        match request.get(*name) {
            Some(Value::Null) | None => metadata.remove(*name),
            Some(value) => metadata.insert((*name).to_owned(), value.clone()),
        };
    }
    check_metadata(&metadata, call.shapes)?;
    if let Some(file) = &file {
        if asset.asset_type != "Model" {
            let kind = &asset.asset_type;
            return Err(Failure::invalid(format!(
                "The content of an asset of type {kind} cannot be updated."
            )));
        }
        check_file(call, &asset.asset_type, file)?;
    }
    let refused = moderated_field(&metadata);
    if let Some(field) = refused.filter(|_| file.is_none()) {
        return Err(Failure::invalid(moderation_text(field, call.shapes)));
    }
    let Some(file) = file else {
        asset.metadata = metadata;
        let mut changed = Map::new();
        let whole = asset.json(call);
        for name in ["path", "assetId"].iter().chain(&mask) {
            if let Some(value) = whole.get(*name) {
                changed.insert((*name).to_owned(), value.clone());
            }
        }
        return Ok(Response::json(Value::Object(changed)));
    };
    let (id, number) = (asset.id, asset.versions.len() + 1);
    let path = format!("operations/{}", state.ids.uuid());
    if let Some(field) = refused {
        state.operations.start(&path, Err(moderated(field, call.shapes)));
        return Ok(Response::json(json!({ "path": path })));
    }
    let version = keep(state, id, number, now, &file);
    let asset = state.assets.get(call.param("assetId"))?;
    asset.metadata = metadata;
    asset.versions.push(version);
    let response = Value::Object(asset.json(call));
    state.operations.start(&path, Ok(response));
    Ok(Response::json(json!({ "path": path })))
}

fn get_operation(state: &mut State, call: &Call<'_>) -> Outcome {
    let path = format!("operations/{}", call.param("operationId"));
    let operation = state.operations.poll(&path).ok_or_else(|| Failure::missing("operation"))?;
    Ok(Response::json(operation_json(operation, call)))
}

fn set_archived(state: &mut State, call: &Call<'_>, archived: bool) -> Outcome {
    let asset = state.assets.get(call.param("assetId"))?;
    asset.archived = archived;
    Ok(Response::json(Value::Object(asset.json(call))))
}

/// The place that is there from the beginning, as others are once they were asked for.
const SAMPLE_PLACE: u64 = 3001;

/// An asset, or a place, which is one too.
fn asset_or_place(state: &mut State, call: &Call<'_>) -> Result<Asset, Failure> {
    let id = call.param("assetId");
    if let Some(place) = id.parse::<u64>().ok().filter(|id| state.assets.name(*id).is_none()) {
        if place == SAMPLE_PLACE {
            state.universes.universe_of(2001, place, call.now)?;
        }
        if let Some((name, versions)) = state.universes.versions_of(place) {
            return Ok(Asset::of_place(place, &name, &versions));
        }
    }
    state.assets.get(id).cloned()
}

fn list_versions(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = asset_or_place(state, call)?;
    let versions: Vec<_> =
        (0..asset.versions.len()).rev().map(|index| asset.version_json(call, index)).collect();
    let (page, next) = Pagination::v2(50).with_default(8).page(call, &versions)?;
    // The document calls it an array; others have seen an object with a token.
    let media = call.operation.response(200).and_then(|response| response.json());
    if media.is_some_and(|media| call.document.resolve(&media.schema)["type"] == "array") {
        return Ok(Response::json(page));
    }
    Ok(with_next(json!({ "assetVersions": page }), "nextPageToken", next))
}

fn get_version(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = asset_or_place(state, call)?;
    let index = asset.version(call.param("versionNumber"))?;
    Ok(Response::json(asset.version_json(call, index)))
}

fn rollback(state: &mut State, call: &Call<'_>) -> Outcome {
    // AS-09: JSON as the service takes it, or the form that the document has.
    let wanted = if call.header("content-type").is_some_and(is_json) {
        text(&call.json()?, "assetVersion").unwrap_or_default().to_owned()
    } else {
        let form = call.form()?;
        let part = form.iter().find(|part| part.name == "assetVersion");
        part.and_then(Part::text).unwrap_or_default().to_owned()
    };
    let asset = state.assets.get(call.param("assetId"))?;
    let number = wanted.strip_prefix(&format!("assets/{}/versions/", asset.id)).ok_or_else(|| {
        Failure::invalid(format!("The assetVersion must be of the form assets/{}/versions/1.", asset.id))
    })?;
    let index = asset.version(number)?;
    let version = Version { created: call.now, ..asset.versions[index].clone() };
    asset.versions.push(version);
    let latest = asset.versions.len() - 1;
    Ok(Response::json(asset.version_json(call, latest)))
}

fn deliver(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = asset_or_place(state, call)?;
    if let Some((code, message)) = undelivered(&asset, call.now).filter(|_| call.shapes.is_live()) {
        return Ok(Response::json(json!({ "errors": [{ "code": code, "message": message }] })));
    }
    let kind = asset.asset_type.clone();
    let index = match call.param("versionNumber") {
        "" => asset.delivered(call.now),
        number => asset.version(number)?,
    };
    let name = match asset.versions[index].content.as_str() {
        "" => format!("assets/{}/versions/{}", asset.id, index + 1),
        name => name.to_owned(),
    };
    if state.content.get(&name).is_none() {
        let content = match kind.as_str() {
            "Place" => &b"<roblox version=\"4\"></roblox>"[..],
            _ => b"sample content",
        };
        let content = Bytes::from_static(content);
        state.content.put(&name, "application/octet-stream", content);
    }
    let location = format!("{}/__emulator/content/{name}", call.base_url);
    if !call.shapes.is_live() {
        return Ok(Response::json(json!({ "location": location })));
    }
    // AS-12
    let metadata = json!([{ "metadataType": 1, "value": (index + 1).to_string() }]);
    Ok(Response::json(json!({
        "location": location,
        "isRecordable": true,
        "isArchived": false,
        "assetTypeId": type_id(&kind),
        "assetMetadatas": metadata,
    })))
}

/// Why an asset is not delivered, which is a success all the same (AS-11): an HTTP status as the code, and a text.
fn undelivered(asset: &Asset, now: Timestamp) -> Option<(u16, &'static str)> {
    if asset.archived {
        return Some((409, "The asset is archived."));
    }
    (asset.moderation(now) == REJECTED).then_some((403, "The asset is not approved."))
}

/// The number of an asset type, as in `Enum.AssetType`.
fn type_id(asset_type: &str) -> u32 {
    match asset_type {
        "Image" => 1,
        "Place" => 9,
        "Audio" => 3,
        "Mesh" => 4,
        "Decal" => 13,
        "Animation" => 24,
        "Video" => 62,
        _ => 10,
    }
}
