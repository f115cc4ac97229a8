//! Requests of users.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::api::synth::{typed, typed_by};
use crate::api::{
    Call, Failure, Grammar, Operator, Outcome, Pagination, Response, day, rfc3339, text, v2_page,
};
use crate::areas::routes::Routes;
use crate::areas::users::model::{Item, Kind, LAST_USER, asset_types};
use crate::document::Document;
use crate::mix::mix;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /cloud/v2/users/{user_id}", get),
    ("GET /cloud/v2/users/{user_id}:generateThumbnail", generate_thumbnail),
    ("GET /cloud/v2/users/{user_id}/operations/{operation_id}", get_operation),
    ("GET /cloud/v2/users/{user_id}/inventory-items", list_inventory_items),
    ("GET /cloud/v2/users/{user_id}/asset-quotas", list_asset_quotas),
    ("POST /cloud/v2/users/{user_id}/notifications", notify),
];

const MAX_NOTIFIED: usize = 100_000;
const MAX_LAUNCH_DATA: usize = 200;
const THUMBNAIL_SIZES: [&str; 11] = ["48", "50", "60", "75", "100", "110", "150", "180", "352", "420", "720"];

/// The number of an existing user.
fn user(call: &Call<'_>) -> Result<u64, Failure> {
    let id = call.number("user_id")?;
    refuse_if!(id > LAST_USER, Failure::missing(format_args!("user {id}")));
    Ok(id)
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = user(call)?;
    Ok(Response::json(state.users.profile(id, call.shapes)))
}

fn generate_thumbnail(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = user(call)?;
    let size = call.given("size").unwrap_or("420");
    if !THUMBNAIL_SIZES.contains(&size) {
        let sizes = THUMBNAIL_SIZES.join(", ");
        return Err(Failure::invalid(format!("The size is not one of {sizes}.")));
    }
    let file = if call.given("format") == Some("JPEG") { "jpg" } else { "png" };
    let shape = if call.given("shape") == Some("SQUARE") { "square" } else { "round" };
    let uri = format!("{}/__emulator/content/users/{id}/avatar/{size}x{size}/{shape}.{file}", call.base_url);
    let response = json!({ "imageUri": uri });
    if !call.shapes.is_live() {
        let path = format!("users/{id}/operations/{}", state.ids.uuid());
        return state.operations.begin(&path, Ok(typed(THUMBNAIL, response)));
    }
    // US-02: most are done when they are asked for. Of users with an odd number, it takes a while here.
    let operation = URL_SAFE.encode(mix(state.ids.number()).to_be_bytes().repeat(2));
    let path = format!("users/{id}/operations/{operation}");
    let response = typed_by("apis.roblox.com", THUMBNAIL, response);
    if id.is_multiple_of(2) {
        return Ok(Response::json(state.operations.at_once(&path, response)));
    }
    state.operations.begin(&path, Ok(response))
}

const THUMBNAIL: &str = "GenerateUserThumbnailResponse";

fn get_operation(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = user(call)?;
    let path = format!("users/{id}/operations/{}", call.param("operation_id"));
    state.operations.respond(&path)
}

// Inventory

/// `field=value,value;field=value`: either kinds of things, or ids, never both.
#[derive(Debug, Default)]
struct InventoryFilter {
    badges: bool,
    game_passes: bool,
    private_servers: bool,
    only_collectibles: bool,
    asset_types: Option<Vec<String>>,
    all_asset_types: bool,
    ids: HashMap<Kind, HashSet<u64>>,
    by_type: bool,
}

impl InventoryFilter {
    fn parse(document: &Document, filter: &str) -> Result<InventoryFilter, Failure> {
        let refuse = |what: String| Failure::invalid(format!("The filter is invalid: {what}."));
        let known = asset_types(document);
        let mut parsed = InventoryFilter::default();
        let mut seen = HashSet::new();
        for part in filter.split(';') {
            let Some((field, value)) = part.split_once('=') else {
                return Err(refuse(format!("'{part}' is not of the form field=value")));
            };
            refuse_if!(!seen.insert(field), refuse(format!("'{field}' is given twice")));
            // As in queries: the booleans of some languages begin with a capital.
            let flag = || match value.to_ascii_lowercase().as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(refuse(format!("'{field}' must be true or false"))),
            };
            let ids = || -> Result<HashSet<u64>, Failure> {
                let number = |id: &str| {
                    id.parse::<u64>().map_err(|_| refuse(format!("'{field}' must be a list of numbers")))
                };
                value.split(',').map(number).collect()
            };
            match field {
                "badges" => parsed.badges = flag()?,
                "gamePasses" => parsed.game_passes = flag()?,
                "privateServers" => parsed.private_servers = flag()?,
                "onlyCollectibles" => parsed.only_collectibles = flag()?,
                "inventoryItemAssetTypes" if value == "*" => {
                    parsed.all_asset_types = true;
                    parsed.asset_types = Some(Vec::new());
                }
                "inventoryItemAssetTypes" => {
                    let types: Vec<_> = value.split(',').map(str::to_owned).collect();
                    if let Some(wrong) = types.iter().find(|name| !known.contains(name)) {
                        return Err(refuse(format!("'{wrong}' is not an asset type")));
                    }
                    parsed.asset_types = Some(types);
                }
                "assetIds" => drop(parsed.ids.insert(Kind::Asset, ids()?)),
                "badgeIds" => drop(parsed.ids.insert(Kind::Badge, ids()?)),
                "gamePassIds" => drop(parsed.ids.insert(Kind::GamePass, ids()?)),
                "privateServerIds" => drop(parsed.ids.insert(Kind::PrivateServer, ids()?)),
                _ => return Err(refuse(format!("'{field}' is not a field"))),
            }
            parsed.by_type |= !field.ends_with("Ids");
        }
        if parsed.by_type && !parsed.ids.is_empty() {
            return Err(refuse("fields for types and fields for ids cannot be mixed".to_owned()));
        }
        if parsed.only_collectibles && parsed.asset_types.is_none() {
            return Err(refuse("'onlyCollectibles' needs 'inventoryItemAssetTypes'".to_owned()));
        }
        Ok(parsed)
    }

    fn admits(&self, item: &Item) -> bool {
        if !self.by_type {
            let ids = self.ids.get(&item.kind);
            return ids.is_some_and(|ids| ids.contains(&item.id));
        }
        match item.kind {
            Kind::Badge => self.badges,
            Kind::GamePass => self.game_passes,
            Kind::PrivateServer => self.private_servers,
            Kind::Asset => self.asset_types.as_ref().is_some_and(|types| {
                (self.all_asset_types || types.contains(&item.asset_type))
                    && (!self.only_collectibles || item.collectible)
            }),
        }
    }
}

fn list_inventory_items(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = user(call)?;
    let mut items = state.users.inventory(call.document, user);
    if let Some(filter) = call.given("filter") {
        let filter = InventoryFilter::parse(call.document, filter)?;
        items.retain(|item| filter.admits(item));
    }
    let cut = Pagination::v2(100);
    let (page, mut next) = cut.page(call, &items)?;
    // The service only notices the end when it looks for more: a last page that is full has a token, too.
    if next.is_none() && !page.is_empty() && page.len() == cut.size(call)? {
        next = Some(cut.token_at(call, items.len()));
    }
    let page: Vec<_> = page.iter().map(|item| item.json(user)).collect();
    Ok(v2_page("inventoryItems", &page, next))
}

// Quotas

const QUOTAS: [(&str, &str, i64, &str); 8] = [
    ("RATE_LIMIT_UPLOAD", "AUDIO", 100, "MONTH"),
    ("RATE_LIMIT_UPLOAD", "VIDEO", 20, "DAY"),
    ("RATE_LIMIT_UPLOAD", "MODEL", 500, "DAY"),
    ("RATE_LIMIT_UPLOAD", "DECAL", 500, "DAY"),
    ("RATE_LIMIT_UPLOAD", "ANIMATION", 500, "DAY"),
    ("RATE_LIMIT_CREATOR_STORE_DISTRIBUTE", "AUDIO", 10, "MONTH"),
    ("RATE_LIMIT_CREATOR_STORE_DISTRIBUTE", "MODEL", 100, "MONTH"),
    ("RATE_LIMIT_CREATOR_STORE_DISTRIBUTE", "PLUGIN", 10, "MONTH"),
];

const QUOTA_FILTER: Grammar<'_> =
    Grammar { fields: &["quotaType", "assetType"], operators: &[Operator::Equal], and: true };

/// `RATE_LIMIT_UPLOAD` as filters write it: `RateLimitUpload`.
fn pascal(word: &str) -> String {
    let mut pascal = String::new();
    for part in word.split('_') {
        let mut chars = part.chars();
        pascal.extend(chars.next());
        pascal.push_str(&chars.as_str().to_ascii_lowercase());
    }
    pascal
}

fn list_asset_quotas(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = user(call)?;
    let filter = call.filter(&QUOTA_FILTER)?;
    if filter.iter().any(|part| part.values[0].quoted) {
        return Err(Failure::invalid("The filter is invalid: its values are words without quotation marks."));
    }
    let admits = |quota: &str, asset: &str| {
        filter.iter().all(|part| {
            let word = if part.field == "quotaType" { quota } else { asset };
            pascal(word) == part.values[0].text
        })
    };
    let mut quotas = Vec::new();
    for (quota, asset, capacity, period) in QUOTAS {
        if !admits(quota, asset) {
            continue;
        }
        let (begins, ends) = period_of(call.now, period);
        let is_upload = quota == "RATE_LIMIT_UPLOAD";
        let uploaded = if is_upload { state.assets.uploaded_by(user, asset, begins) } else { 0 };
        quotas.push(json!({
            "path": format!("users/{user}/asset-quotas/{}-{}", pascal(quota), pascal(asset)),
            "quotaType": quota,
            "assetType": asset,
            "usage": amount(call, uploaded as i64),
            "capacity": amount(call, capacity),
            "period": period,
            "usageResetTime": rfc3339(ends),
        }));
    }
    Pagination::v2(100).respond(call, "assetQuotas", &quotas)
}

/// US-09: whole numbers of quotas come as text.
fn amount(call: &Call<'_>, amount: i64) -> Value {
    if call.shapes.is_live() { json!(amount.to_string()) } else { json!(amount) }
}

/// When the current period of a quota begins and ends; a month has 30 days here.
fn period_of(now: Timestamp, period: &str) -> (Timestamp, Timestamp) {
    let days = if period == "MONTH" { 30 } else { 1 };
    let first = day(now).div_euclid(days) * days;
    let at = |day: i64| Timestamp::from_second(day.saturating_mul(86_400)).unwrap_or(Timestamp::MAX);
    (at(first), at(first + days))
}

// Notifications

fn notify(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = user(call)?;
    let body = call.json()?;
    let empty = Map::new();
    let object = |name: &str| body.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let (source, payload) = (object("source"), object("payload"));
    let id = text(source, "universe").and_then(|path| path.strip_prefix("universes/"));
    let universe = id
        .and_then(|id| id.parse::<u64>().ok())
        .ok_or_else(|| Failure::invalid("source.universe must be a universe such as 'universes/123'."))?;
    refuse_if!(text(payload, "type") != Some("MOMENT"), "payload.type must be MOMENT.");
    refuse_if!(text(payload, "messageId").is_none_or(str::is_empty), "payload.messageId is required.");
    let launch_data =
        payload.get("joinExperience").and_then(|join| join.get("launchData")).and_then(Value::as_str);
    if launch_data.is_some_and(|data| data.len() > MAX_LAUNCH_DATA) {
        let what = "payload.joinExperience.launchData";
        return Err(Failure::invalid(format!("{what} is longer than {MAX_LAUNCH_DATA} bytes.")));
    }
    let today = day(call.now);
    let notified = &mut state.users.notified;
    if notified.len() >= MAX_NOTIFIED {
        notified.retain(|_, on| *on == today);
    }
    if notified.get(&(user, universe)) == Some(&today) {
        let message = format!("The user {user} was already notified by the universe {universe} today.");
        return Err(Failure::exhausted(message));
    }
    notified.insert((user, universe), today);
    let id = state.ids.uuid();
    let path = format!("users/{user}/notifications/{id}");
    Ok(Response::json(json!({ "path": path, "id": id })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::users::model::inventory;

    fn count(filter: &str) -> usize {
        let document = Document::embedded();
        let filter = InventoryFilter::parse(document, filter).expect("a filter");
        inventory(document, 7).iter().filter(|item| filter.admits(item)).count()
    }

    fn refused(filter: &str) -> String {
        InventoryFilter::parse(Document::embedded(), filter).expect_err("refused").message
    }

    #[test]
    fn filters_by_type_are_added_up() {
        let all = inventory(Document::embedded(), 7).len();
        assert_eq!(all, 437);
        let badges = count("badges=true");
        let assets = count("inventoryItemAssetTypes=*");
        assert!(badges > 0 && assets > 0);
        assert_eq!(count("badges=true;inventoryItemAssetTypes=*"), badges + assets);
        assert_eq!(count("badges=true;gamePasses=true;privateServers=true;inventoryItemAssetTypes=*"), all);
        let hats = count("inventoryItemAssetTypes=HAT");
        let pants = count("inventoryItemAssetTypes=CLASSIC_PANTS");
        assert!(hats > 20 && pants > 20);
        assert_eq!(count("inventoryItemAssetTypes=HAT,CLASSIC_PANTS"), hats + pants);
        let limited = count("onlyCollectibles=true;inventoryItemAssetTypes=*");
        assert!(limited > 0 && limited < assets);
    }

    #[test]
    fn filters_by_id() {
        let items = inventory(Document::embedded(), 7);
        let of = |kind: Kind| items.iter().find(|item| item.kind == kind).expect("one").id;
        let filter = format!("assetIds={},1;badgeIds={}", of(Kind::Asset), of(Kind::Badge));
        assert_eq!(count(&filter), 2);
    }

    #[test]
    fn what_filters_must_not_say() {
        assert!(refused("badges=true;assetIds=1").contains("cannot be mixed"));
        assert!(refused("onlyCollectibles=true").contains("needs"));
        assert!(refused("badges=yes").contains("true or false"));
        assert!(refused("badges=true;badges=true").contains("twice"));
        assert!(refused("assetIds=a").contains("numbers"));
        assert!(refused("inventoryItemAssetTypes=HATS").contains("'HATS'"));
        assert!(refused("hats=true").contains("not a field"));
        assert!(refused("badges").contains("field=value"));
    }

    #[test]
    fn filter_words_are_written_in_pascal_case() {
        assert_eq!(pascal("RATE_LIMIT_UPLOAD"), "RateLimitUpload");
        assert_eq!(pascal("AUDIO"), "Audio");
    }
}
