//! Requests of asset permissions.

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Response, text};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[("PATCH /asset-permissions-api/v1/assets/permissions", grant)];

const MAX_BATCH: usize = 100;

/// Why a permission is not granted for an asset (AS-17).
fn refusal(state: &State, asset: u64) -> Option<&'static str> {
    match state.assets.name(asset) {
        None => Some("AssetNotFound"),
        Some(name) if name.to_ascii_lowercase().contains("not granted") => Some("CannotManageAsset"),
        Some(_) => None,
    }
}

/// What fails for one asset is in the response, which is a success all the same.
fn grant(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    for name in ["action", "subjectType"] {
        refuse_if!(matches!(text(&body, name), None | Some("Invalid")), "The {name} is required.");
    }
    let has_subject = text(&body, "subjectId").is_some_and(|id| !id.is_empty());
    if text(&body, "subjectType") != Some("All") && !has_subject {
        return Err(Failure::invalid("The subjectId is required.").with_detail("SubjectNotFound"));
    }
    let list = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let requested = list("requests").into_iter().map(|request| request["assetId"].clone());
    let mut assets: Vec<u64> =
        list("assetIds").into_iter().chain(requested).filter_map(|id| id.as_u64()).collect();
    assets.dedup();
    refuse_if!(assets.is_empty(), "There is no asset to grant a permission for.");
    if assets.len() > MAX_BATCH {
        let message = format!("There are more than {MAX_BATCH} assets.");
        return Err(Failure::invalid(message).with_detail("BatchSizeLimitExceeded"));
    }
    let (mut granted, mut errors): (Vec<u64>, Vec<Value>) = (Vec::new(), Vec::new());
    for id in assets {
        match refusal(state, id) {
            Some(code) => errors.push(json!({ "assetId": id, "code": code })),
            None => granted.push(id),
        }
    }
    Ok(Response::json(json!({ "successAssetIds": granted, "errors": errors })))
}
