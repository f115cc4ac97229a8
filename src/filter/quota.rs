//! Asset quotas.

use super::literal::{self, Conjunction, Written};
use super::{Expression, Grammar};

/// What a user's asset quotas are filtered by: the type of quota and the type of asset.
///
/// The filter has words of its own (`RateLimitUpload`), other than those of the responses
/// (`RATE_LIMIT_UPLOAD`). It takes both, and the enums, and sends the filter's.
///
/// ```
/// use opencloud::filter::{AssetQuotaFilter, Expression};
///
/// let filter: Expression<AssetQuotaFilter> =
///     AssetQuotaFilter::new().quota_type("RATE_LIMIT_UPLOAD").asset_type("Audio").into();
/// assert_eq!(filter.text(), Some("quotaType == RateLimitUpload && assetType == Audio"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct AssetQuotaFilter(Conjunction);

impl AssetQuotaFilter {
    /// All quotas, until a type is added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Quotas of this type.
    pub fn quota_type(self, quota_type: impl AsRef<str>) -> Self {
        Self(self.0.set("quotaType ==", own_word("a quota type", quota_type.as_ref())))
    }

    /// Quotas for assets of this type.
    pub fn asset_type(self, asset_type: impl AsRef<str>) -> Self {
        Self(self.0.set("assetType ==", own_word("an asset type", asset_type.as_ref())))
    }
}

/// `RATE_LIMIT_UPLOAD` becomes `RateLimitUpload`; a word with small letters is the filter's own.
fn own_word(what: &str, text: &str) -> Written {
    let word = literal::word(what, text, &['_'])?;
    if word.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Ok(word);
    }
    let capitalised = word.split('_').map(|part| {
        let (first, rest) = part.split_at(part.len().min(1));
        format!("{first}{}", rest.to_ascii_lowercase())
    });
    Ok(capitalised.collect())
}

impl Grammar for AssetQuotaFilter {}

impl From<AssetQuotaFilter> for Expression<AssetQuotaFilter> {
    fn from(filter: AssetQuotaFilter) -> Self {
        Self::new(filter.0.condition())
    }
}
