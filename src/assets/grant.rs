use super::{Assets, GrantAssetPermissionsRequest, GrantAssetPermissionsResponse};
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::AssetId;

/// How many assets an error names at most.
const MOST_NAMED: usize = 10;

impl Assets {
    /// Grants a permission on assets, all of them: an asset on which it was not granted is an error.
    ///
    /// Calls `assets.grant_permissions`; scope `asset-permissions:write`.
    ///
    /// The service responds with 200 although nothing was granted (AS-17). Assets that it says it has refused are an
    /// error of the generated [`grant_permissions`](Assets::grant_permissions) too; this looks besides for assets that
    /// the response does not mention.
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
    /// there already: [`details`](Error::details) is the list of refusals then. Of the same kind if nothing was refused
    /// and the response mentions an asset neither as granted nor as having it already. The permission may be granted on
    /// the others: the body of the error says on which. And as of every call.
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
        let call = self.assets.grant_permissions(self.request).with_options(self.options).call;
        let operation = call.operation;
        let (exchanged, response) = call.send_decoding().await?;
        match unmentioned(&asked, &response) {
            None => Ok(response),
            Some(message) => {
                Err(exchanged.attach_to(Error::refused(message, None)).with_operation(operation))
            }
        }
    }
}

/// The assets that a request names.
fn asked(request: &GrantAssetPermissionsRequest) -> Vec<AssetId> {
    let plain = request.asset_ids.iter().flatten().cloned();
    plain.chain(request.requests.iter().flatten().filter_map(|grant| grant.asset_id.clone())).collect()
}

/// Which assets a response does not mention, in words; `None` if there are none.
fn unmentioned(asked: &[AssetId], response: &GrantAssetPermissionsResponse) -> Option<String> {
    let granted = response.success_asset_ids.as_deref().unwrap_or_default();
    let is_mentioned = |asset: &&AssetId| {
        let number = asset.as_u64().and_then(|number| i64::try_from(number).ok());
        number.is_some_and(|number| granted.contains(&number))
            || response.errors.iter().flatten().any(|error| error.asset_id.as_ref() == Some(*asset))
    };
    let missing: Vec<&str> = asked.iter().filter(|asset| !is_mentioned(asset)).map(AssetId::as_str).collect();
    let named = &missing[..missing.len().min(MOST_NAMED)];
    let more = if missing.len() > named.len() { ", .." } else { "" };
    let (count, named) = (missing.len(), named.join(", "));
    (count > 0).then(|| {
        format!("the response does not mention {count} asset(s), so that the permission may be missing on them: {named}{more}")
    })
}
