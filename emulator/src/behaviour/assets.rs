//! Assets: uploads that finish later, metadata, versions, archiving and delivery.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::clock::rfc3339_nanos;
use crate::document::Document;
use crate::failure::Failure;
use crate::nesting::refuse_unfit;
use crate::page::Cut;
use crate::request::Part;
use crate::state::{State, Word};

pub(crate) const ROUTES: Routes = &[
    ("POST /assets/v1/assets", create),
    ("GET /assets/v1/assets/{assetId}", get),
    ("PATCH /assets/v1/assets/{assetId}", update),
    ("POST /assets/v1/assets/{assetId}:archive", archive),
    ("POST /assets/v1/assets/{assetId}:restore", restore),
    ("GET /assets/v1/assets/{assetId}/versions", list_versions),
    ("GET /assets/v1/assets/{assetId}/versions/{versionNumber}", get_version),
    ("POST /assets/v1/assets/{assetId}/versions:rollback", rollback),
    ("GET /assets/v1/operations/{operationId}", get_operation),
    ("GET /asset-delivery-api/v1/assetId/{assetId}", deliver),
    ("GET /asset-delivery-api/v1/assetId/{assetId}/version/{versionNumber}", deliver),
];

const MAX_ASSETS: usize = 100_000;
const MAX_FILE: usize = 20 * 1024 * 1024;
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

/// What an answer has whether a read mask names it or not; `socialLink` is what the document calls the links.
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

#[derive(Serialize, Deserialize)]
pub(crate) struct Assets {
    assets: BTreeMap<u64, Asset>,
    last_id: u64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Asset {
    id: u64,
    asset_type: String,
    creator: Creator,
    /// `displayName`, `description`, `icon`, `previews` and the social links, as they were sent.
    metadata: Map<String, Value>,
    moderation: Word,
    archived: bool,
    versions: Vec<Version>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Creator {
    is_group: bool,
    id: u64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Version {
    created: Timestamp,
    /// The name under which the content is kept.
    content: String,
}

impl Assets {
    /// The asset 5001 is there from the beginning, in three versions.
    pub(crate) fn seeded(now: Timestamp) -> Assets {
        let version = Version { created: now, content: String::new() };
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
        self.assets
            .values()
            .filter(|asset| !asset.creator.is_group && asset.creator.id == user && asset.id != 5001)
            .filter(|asset| asset.asset_type.eq_ignore_ascii_case(asset_type))
            .filter(|asset| asset.versions.first().is_some_and(|first| first.created >= since))
            .count()
    }

    pub(crate) fn contains(&self, id: u64) -> bool {
        self.assets.contains_key(&id)
    }

    fn get(&mut self, id: &str) -> Result<&mut Asset, Failure> {
        let missing = || Failure::not_found(format!("The asset {id} does not exist."));
        let number = id.parse().map_err(|_| missing())?;
        self.assets.get_mut(&number).ok_or_else(missing)
    }
}

impl Asset {
    fn json(&self, document: &Document) -> Map<String, Value> {
        let mut asset = self.metadata.clone();
        let revision = self.versions.len();
        let created = self.versions.last().map(|version| version.created);
        asset.insert("path".to_owned(), json!(format!("assets/{}", self.id)));
        asset.insert("revisionId".to_owned(), json!(revision.to_string()));
        if let Some(created) = created {
            let created = rfc3339_nanos(created);
            asset.insert("revisionCreateTime".to_owned(), json!(created));
        }
        asset.insert("assetId".to_owned(), number(document, &["assetId"], self.id));
        let kind = format!("ASSET_TYPE_{}", self.asset_type.to_ascii_uppercase());
        asset.insert("assetType".to_owned(), json!(kind));
        let creator = self.creator.json(document);
        asset.insert("creationContext".to_owned(), json!({ "creator": creator }));
        asset.insert("moderationResult".to_owned(), json!({ "moderationState": self.moderation }));
        let state = if self.archived { "Archived" } else { "Active" };
        asset.insert("state".to_owned(), json!(state));
        asset
    }

    fn version_json(&self, document: &Document, index: usize) -> Value {
        json!({
            "creationContext": { "creator": self.creator.json(document) },
            "path": format!("assets/{}/versions/{}", self.id, index + 1),
            "moderationResult": { "moderationState": self.moderation },
            "published": index + 1 == self.versions.len(),
        })
    }

    /// The index of a version by its number.
    fn version(&self, number: &str) -> Result<usize, Failure> {
        number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1))
            .filter(|index| *index < self.versions.len())
            .ok_or_else(|| Failure::not_found(format!("The version {number} does not exist.")))
    }
}

impl Creator {
    fn read(context: Option<&Value>) -> Result<Creator, Failure> {
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

    fn json(self, document: &Document) -> Value {
        let name = if self.is_group { "groupId" } else { "userId" };
        let id = number(document, &["creationContext", "creator", name], self.id);
        json!({ name: id })
    }
}

/// A number in the form that the document gives it: Roblox writes ids as text, which its own schema denies.
fn number(document: &Document, place: &[&str], number: u64) -> Value {
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

/// The two parts of an upload.
struct Upload {
    request: Map<String, Value>,
    file: Option<Part>,
}

impl Upload {
    fn read(call: &Call<'_>) -> Result<Upload, Failure> {
        let mut request = None;
        let mut file = None;
        for part in call.form()? {
            match part.name.as_str() {
                "request" => {
                    refuse_unfit(&part.content)?;
                    let json = serde_json::from_slice(&part.content);
                    request = json.ok().and_then(|value: Value| match value {
                        Value::Object(object) => Some(object),
                        _ => None,
                    });
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

fn check_file(asset_type: &str, file: &Part) -> Result<(), Failure> {
    let allowed = FILE_TYPES.iter().find(|(name, _)| *name == asset_type).map_or(&[][..], |(_, types)| types);
    let sent = file.content_type.as_deref().unwrap_or_default();
    if !allowed.contains(&sent) {
        let allowed = allowed.join(", ");
        return Err(Failure::invalid(format!(
            "The file of an asset of type {asset_type} must be one of {allowed}."
        )));
    }
    if file.content.is_empty() {
        return Err(Failure::invalid("The file is empty."));
    }
    if file.content.len() > MAX_FILE && asset_type != "Video" {
        return Err(Failure::too_large("The file is larger than 20 MB."));
    }
    Ok(())
}

fn check_metadata(metadata: &Map<String, Value>) -> Result<(), Failure> {
    let length = |name: &str| text(metadata, name).map_or(0, |text| text.chars().count());
    if length("description") > MAX_DESCRIPTION {
        return Err(Failure::invalid(format!(
            "The description is longer than {MAX_DESCRIPTION} characters."
        )));
    }
    if length("displayName") > MAX_NAME {
        return Err(Failure::invalid(format!("The displayName is longer than {MAX_NAME} characters.")));
    }
    let links = SOCIAL_LINKS.iter().filter(|name| metadata.contains_key(**name)).count();
    if links > MAX_SOCIAL_LINKS {
        return Err(Failure::invalid(format!("An asset has at most {MAX_SOCIAL_LINKS} social links.")));
    }
    Ok(())
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let Upload { request, file } = Upload::read(call)?;
    let asset_type = text(&request, "assetType").unwrap_or_default();
    if !FILE_TYPES.iter().any(|(name, _)| *name == asset_type) {
        return Err(Failure::invalid(format!("The assetType '{asset_type}' is not supported.")));
    }
    let name = text(&request, "displayName").unwrap_or_default();
    if name.trim().is_empty() {
        return Err(Failure::invalid("The displayName is required."));
    }
    let creator = Creator::read(request.get("creationContext"))?;
    let mut metadata = Map::new();
    // Social links are not taken over: they can only be set by an update.
    for name in ["displayName", "description", "icon", "previews"] {
        if let Some(value) = request.get(name) {
            metadata.insert(name.to_owned(), value.clone());
        }
    }
    check_metadata(&metadata)?;
    let file = file.ok_or_else(|| Failure::invalid("The part 'fileContent' is missing."))?;
    check_file(asset_type, &file)?;

    let id = state.uuid();
    let path = format!("operations/{id}");
    if is_moderated(name) {
        state.operations.start(&path, Err(moderated()));
        return Ok(Reply::json(json!({ "path": path })));
    }
    if state.assets.assets.len() >= MAX_ASSETS {
        return Err(Failure::exhausted("The emulator holds no more assets."));
    }
    state.assets.last_id += 1;
    let id = state.assets.last_id;
    let version = keep(state, id, 1, call.now, &file);
    let in_review = name.to_ascii_lowercase().contains("in review");
    let asset = Asset {
        id,
        asset_type: asset_type.to_owned(),
        creator,
        metadata,
        moderation: if in_review { "MODERATION_STATE_REVIEWING" } else { "MODERATION_STATE_APPROVED" }.into(),
        archived: false,
        versions: vec![version],
    };
    let response = Value::Object(asset.json(call.document));
    state.assets.assets.insert(id, asset);
    state.operations.start(&path, Ok(response));
    // Only the path is there at first: no `done`.
    Ok(Reply::json(json!({ "path": path })))
}

fn is_moderated(name: &str) -> bool {
    name.to_ascii_lowercase().contains("moderated")
}

fn moderated() -> Map<String, Value> {
    let error = [("code", json!(400)), ("message", json!("The display name is moderated."))];
    error.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Keeps a file so that it can be delivered.
fn keep(state: &mut State, id: u64, number: usize, now: Timestamp, file: &Part) -> Version {
    let name = format!("assets/{id}/versions/{number}");
    let content_type = file.content_type.as_deref().unwrap_or("application/octet-stream");
    state.content.put(&name, content_type, file.content.clone());
    Version { created: now, content: name }
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = state.assets.get(call.param("assetId"))?;
    let mut json = asset.json(call.document);
    if let Some(mask) = call.given("readMask") {
        let mask: Vec<_> = mask.split(',').collect();
        let unknown = mask.iter().find(|name| !is_metadata(name) && !ALWAYS_READ.contains(name));
        if let Some(name) = unknown {
            return Err(not_in_mask(name));
        }
        let optional = |name: &str| is_metadata(name) && !mask.contains(&name);
        json.retain(|name, _| !optional(name));
    }
    Ok(Reply::json(Value::Object(json)))
}

fn is_metadata(name: &str) -> bool {
    matches!(name, "displayName" | "description" | "icon" | "previews") || SOCIAL_LINKS.contains(&name)
}

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
    check_metadata(&metadata)?;
    if let Some(file) = &file {
        if asset.asset_type != "Model" {
            return Err(Failure::invalid(format!(
                "The content of an asset of type {} cannot be updated.",
                asset.asset_type
            )));
        }
        check_file(&asset.asset_type, file)?;
    }
    let refused = is_moderated(text(&metadata, "displayName").unwrap_or_default());
    if refused && file.is_none() {
        return Err(Failure::invalid("The display name is moderated."));
    }
    let Some(file) = file else {
        asset.metadata = metadata;
        let mut changed = Map::new();
        let whole = asset.json(call.document);
        for name in ["path", "assetId"].iter().chain(&mask) {
            if let Some(value) = whole.get(*name) {
                changed.insert((*name).to_owned(), value.clone());
            }
        }
        return Ok(Reply::json(Value::Object(changed)));
    };
    let (id, number) = (asset.id, asset.versions.len() + 1);
    let path = format!("operations/{}", state.uuid());
    if refused {
        state.operations.start(&path, Err(moderated()));
        return Ok(Reply::json(json!({ "path": path })));
    }
    let version = keep(state, id, number, now, &file);
    let asset = state.assets.get(call.param("assetId"))?;
    asset.metadata = metadata;
    asset.versions.push(version);
    let response = Value::Object(asset.json(call.document));
    state.operations.start(&path, Ok(response));
    Ok(Reply::json(json!({ "path": path })))
}

fn get_operation(state: &mut State, call: &Call<'_>) -> Outcome {
    let path = format!("operations/{}", call.param("operationId"));
    state
        .operations
        .poll(&path)
        .map(Reply::json)
        .ok_or_else(|| Failure::not_found("The operation does not exist."))
}

fn set_archived(state: &mut State, call: &Call<'_>, archived: bool) -> Outcome {
    let asset = state.assets.get(call.param("assetId"))?;
    asset.archived = archived;
    Ok(Reply::json(Value::Object(asset.json(call.document))))
}

fn archive(state: &mut State, call: &Call<'_>) -> Outcome {
    set_archived(state, call, true)
}

fn restore(state: &mut State, call: &Call<'_>) -> Outcome {
    set_archived(state, call, false)
}

fn list_versions(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = state.assets.get(call.param("assetId"))?.clone();
    let versions: Vec<_> =
        (0..asset.versions.len()).rev().map(|index| asset.version_json(call.document, index)).collect();
    let (page, next) = Cut::v2(50).with_default(8).page(call, &versions)?;
    // The document calls it an array; others have seen an object with a token.
    let schema = call
        .operation
        .response(200)
        .and_then(|response| response.json())
        .map(|media| call.document.resolve(&media.schema));
    let is_array = schema.and_then(|schema| schema.get("type")).and_then(Value::as_str) == Some("array");
    if is_array {
        return Ok(Reply::json(page));
    }
    let mut list = Map::new();
    list.insert("assetVersions".to_owned(), Value::Array(page));
    if let Some(next) = next {
        list.insert("nextPageToken".to_owned(), json!(next));
    }
    Ok(Reply::json(Value::Object(list)))
}

fn get_version(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = state.assets.get(call.param("assetId"))?;
    let index = asset.version(call.param("versionNumber"))?;
    Ok(Reply::json(asset.version_json(call.document, index)))
}

fn rollback(state: &mut State, call: &Call<'_>) -> Outcome {
    // AS-09: JSON, as clients send it, or the form of the document.
    let wanted = match call.json().ok().and_then(|body| text(&body, "assetVersion").map(str::to_owned)) {
        Some(wanted) => wanted,
        None => {
            let form = call.form()?;
            let part = form.iter().find(|part| part.name == "assetVersion");
            part.and_then(Part::text).unwrap_or_default().to_owned()
        }
    };
    let asset = state.assets.get(call.param("assetId"))?;
    let number = wanted.strip_prefix(&format!("assets/{}/versions/", asset.id)).ok_or_else(|| {
        Failure::invalid(format!("The assetVersion must be of the form assets/{}/versions/1.", asset.id))
    })?;
    let index = asset.version(number)?;
    let mut version = asset.versions[index].clone();
    version.created = call.now;
    asset.versions.push(version);
    let latest = asset.versions.len() - 1;
    Ok(Reply::json(asset.version_json(call.document, latest)))
}

fn deliver(state: &mut State, call: &Call<'_>) -> Outcome {
    let asset = state.assets.get(call.param("assetId"))?;
    let index = match call.param("versionNumber") {
        "" => asset.versions.len() - 1,
        number => asset.version(number)?,
    };
    let name = match asset.versions[index].content.as_str() {
        "" => format!("assets/{}/versions/{}", asset.id, index + 1),
        name => name.to_owned(),
    };
    if state.content.get(&name).is_none() {
        let content = Bytes::from_static(b"sample content");
        state.content.put(&name, "application/octet-stream", content);
    }
    let location = format!("{}/__emulator/content/{name}", call.base_url);
    Ok(Reply::json(json!({ "location": location })))
}
