use super::Asset;

/// What moderation says of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moderation {
    /// It may be used.
    Approved,
    /// It is being looked at; until then others do not see it.
    Reviewing,
    /// It may not be used.
    Rejected,
    /// A state that this version of the crate does not know, in the service's word.
    Other(String),
}

impl Asset {
    /// What moderation says of the asset, if the service has said so: after an upload, and where the read mask names
    /// `moderationResult` (AS-22). [`Assets::wait_for_moderation`](super::Assets::wait_for_moderation) asks until it is
    /// decided. The service writes `Approved` or
    /// `MODERATION_STATE_APPROVED`.
    pub fn moderation(&self) -> Option<Moderation> {
        let word = self.moderation_result.as_ref()?.moderation_state.as_deref()?;
        let plain = word.to_ascii_uppercase();
        Some(match plain.strip_prefix("MODERATION_STATE_").unwrap_or(&plain) {
            "APPROVED" => Moderation::Approved,
            "REVIEWING" => Moderation::Reviewing,
            "REJECTED" => Moderation::Rejected,
            _ => Moderation::Other(word.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_spellings_are_read() {
        for (word, state) in [
            ("Approved", Moderation::Approved),
            ("MODERATION_STATE_APPROVED", Moderation::Approved),
            ("MODERATION_STATE_REVIEWING", Moderation::Reviewing),
            ("Rejected", Moderation::Rejected),
            ("Frozen", Moderation::Other("Frozen".to_owned())),
        ] {
            let asset = json!({ "moderationResult": { "moderationState": word } });
            let asset: Asset = serde_json::from_value(asset).expect("an asset");
            assert_eq!(asset.moderation(), Some(state));
        }
        assert_eq!(Asset::new().moderation(), None);
    }
}
