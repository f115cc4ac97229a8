use super::{
    AssetGrantError, AssetPermissionErrorCode, Assets, GrantAssetPermissionsRequest,
    GrantAssetPermissionsResponse,
};
use crate::Error;
use crate::call::{Options, helper_methods};
use crate::ids::AssetId;
use serde_json::json;

/// So many assets are named in an error.
const MOST_NAMED: usize = 10;

impl Assets {
    /// Grants a permission on assets, all of them: an asset on which it was not granted is an error.
    ///
    /// The service responds with 200 although nothing was granted, and lists the refusals in the body (AS-17). The
    /// generated [`grant_permissions`](Assets::grant_permissions) hands that on as it is.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::assets::{AssetGrant, AssetPermissionAction, AssetPermissionSubject, GrantAssetPermissionsRequest};
    ///
    /// let request = GrantAssetPermissionsRequest::new()
    ///     .subject_type(AssetPermissionSubject::Universe)
    ///     .subject_id("42")
    ///     .action(AssetPermissionAction::Use)
    ///     .requests([AssetGrant::new().asset_id(2205400862)]);
    /// client.assets().grant(request).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`Refused`](crate::ErrorKind::Refused) if an asset was refused, other than because the permission was
    /// there already, or is named neither as granted nor as refused. The permission may be granted on the others:
    /// [`details`](Error::details) is the list of refusals, and the body of the error says which were granted. And as
    /// of every call.
    pub fn grant(&self, request: GrantAssetPermissionsRequest) -> Grant {
        Grant { assets: self.clone(), request, options: Options::default() }
    }
}

/// The call of [`Assets::grant`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Grant {
    assets: Assets,
    request: GrantAssetPermissionsRequest,
    options: Options,
}

helper_methods!(Grant => GrantAssetPermissionsResponse);

impl Grant {
    async fn run(self) -> Result<GrantAssetPermissionsResponse, Error> {
        let asked = asked(&self.request);
        let call = self.assets.grant_permissions(self.request).with_options(self.options);
        let response = call.send().await?;
        match refusal(&asked, &response) {
            None => Ok(response.into_inner()),
            Some(error) => Err(error.of(&crate::operations::ASSETS_GRANT_PERMISSIONS)),
        }
    }
}

/// The assets that a request names.
fn asked(request: &GrantAssetPermissionsRequest) -> Vec<AssetId> {
    let plain = request.asset_ids.iter().flatten().cloned();
    plain.chain(request.requests.iter().flatten().filter_map(|grant| grant.asset_id.clone())).collect()
}

/// Why a response is no success.
fn refusal(asked: &[AssetId], response: &GrantAssetPermissionsResponse) -> Option<Error> {
    let has_it = |error: &&AssetGrantError| error.code != Some(AssetPermissionErrorCode::AlreadyHasAccess);
    let all = response.errors.as_deref().unwrap_or_default();
    let refused: Vec<&AssetGrantError> = all.iter().filter(has_it).collect();
    let granted = response.success_asset_ids.as_deref().unwrap_or_default();
    let is_named = |asset: &&AssetId| {
        let number = asset.as_u64().and_then(|number| i64::try_from(number).ok());
        number.is_some_and(|number| granted.contains(&number))
            || all.iter().any(|error| error.asset_id.as_ref() == Some(*asset))
    };
    let missing: Vec<&AssetId> = asked.iter().filter(|asset| !is_named(asset)).collect();
    if refused.is_empty() && missing.is_empty() {
        return None;
    }
    let name = |error: &&AssetGrantError| {
        let asset = error.asset_id.as_ref().map_or("?", AssetId::as_str);
        format!("{asset} ({})", error.code.as_ref().map_or("no reason", AssetPermissionErrorCode::as_str))
    };
    let named =
        refused.iter().map(name).chain(missing.iter().map(|asset| format!("{asset} (not mentioned)")));
    let names: Vec<String> = named.take(MOST_NAMED).collect();
    let count = refused.len() + missing.len();
    let more = if count > names.len() { ", .." } else { "" };
    let message = format!("the permission was not granted on {count} asset(s): {}{more}", names.join(", "));
    Some(Error::refused(message, Some(json!(refused))))
}
