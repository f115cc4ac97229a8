//! The templates as Roblox holds them: an entry of a configuration.

use super::templates::{ENTRY, Templates};
use super::universe::Erasure;
use crate::Error;
use crate::bulk::can_pass;
use crate::generated::configs::Configs;
use crate::operation::pause;
use crate::types::{ConfigDeploymentStrategy, ConfigRepository, UpdateConfigDraftRequest};
use serde_json::Value;
use std::time::Duration;

/// How often it is begun again after failures.
const MOST_TRIES: u32 = 8;
const WAIT: Duration = Duration::from_secs(1);

/// Whether the failed step may have been taken all the same.
fn may_be_done(error: &Error) -> bool {
    can_pass(error) && error.may_have_been_applied()
}

fn repository() -> ConfigRepository {
    ConfigRepository::DataStoresConfig
}

impl Erasure {
    fn configs(&self) -> Configs {
        self.client.configs()
    }

    /// The templates that are published; none if there never were any. The values of a publish can be read some time
    /// later (CF-05).
    ///
    /// Calls `configs.get`; scope `universe:read`.
    ///
    /// # Errors
    ///
    /// As of every call; and of kind [`Decode`](crate::ErrorKind::Decode) if they are not a list.
    pub async fn templates(&self) -> Result<Templates, Error> {
        match self.configs().get(&self.universe, repository()).await {
            // CF-02
            Err(error) if error.is_not_found() => Ok(Templates::default()),
            Err(error) => Err(error),
            Ok(values) => match values.entries.and_then(|mut entries| entries.remove(ENTRY)) {
                Some(value) if !value.is_null() => Templates::published(value),
                _ => Ok(Templates::default()),
            },
        }
    }

    /// Publishes the templates in place of those that are published, at once: the version of the configuration, or
    /// `None` if they are published already. Other entries of the configuration stay as they are.
    ///
    /// Calls `configs.get`, `configs.get_draft`, `configs.update_draft` and `configs.publish_draft`; scopes
    /// `universe:read`, `universe:write`.
    ///
    /// After a failure that may have been applied it looks what is staged and published, and goes on from there, up to
    /// eight times; it publishes nothing twice.
    ///
    /// [Check](Self::check) them before. What is published can only be taken back by publishing an earlier revision.
    ///
    /// # Errors
    ///
    /// As of every call; and before anything is changed, if somebody has staged other changes in the draft of the
    /// configuration, which would be published with the templates.
    pub async fn publish(&self, templates: &Templates) -> Result<Option<i64>, Error> {
        let value = templates.to_value()?;
        let mut tries = 1;
        loop {
            let error = match self.stage_and_publish(&value, tries > 1).await {
                Err(error)
                    if tries < MOST_TRIES && (may_be_done(&error) || tries > 1 && error.is_conflict()) =>
                {
                    error
                }
                outcome => return outcome,
            };
            pause(error.retry_after().unwrap_or(WAIT)).await;
            tries += 1;
        }
    }

    /// Goes on with what an earlier try has left, if there was one.
    async fn stage_and_publish(&self, value: &Value, may_be_staged: bool) -> Result<Option<i64>, Error> {
        if self.templates().await?.to_value()? == *value {
            return Ok(None);
        }
        let hash = match may_be_staged {
            true => self.staged(value).await?,
            false => None,
        };
        let hash = match hash {
            Some(hash) => hash,
            None => self.stage(value).await?,
        };
        let publish = self.configs().publish_draft(&self.universe, repository(), hash);
        let publish = publish.message("Templates for the right to erasure");
        match publish.deployment_strategy(ConfigDeploymentStrategy::Immediate).await {
            Ok(published) => Ok(published.config_version),
            // What is published is staged no longer, and may be read some time later only (CF-05).
            Err(error) if may_be_done(&error) && self.staged(value).await?.is_none() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The hash of the draft, if the templates are staged in it.
    async fn staged(&self, value: &Value) -> Result<Option<String>, Error> {
        match self.configs().get_draft(&self.universe, repository()).await {
            // CF-04
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
            Ok(draft) => {
                let staged = draft.entries.as_ref().and_then(|entries| entries.get(ENTRY)?.value.as_ref());
                let is_ours = staged == Some(value);
                Ok(draft.draft_hash.filter(|_| is_ours))
            }
        }
    }

    /// Puts the templates into the draft: its hash.
    async fn stage(&self, value: &Value) -> Result<String, Error> {
        let entries = serde_json::Map::from_iter([(ENTRY.to_owned(), value.clone())]);
        let mut update = UpdateConfigDraftRequest::new().entries(entries);
        if let Some(hash) = self.draft_hash().await? {
            update = update.draft_hash(hash);
        }
        let staged = self.configs().update_draft(&self.universe, repository(), update).send().await?;
        // Somebody else may have staged something in between.
        let now = self.draft_hash().await?;
        let hash = match (&staged.draft_hash, now) {
            (Some(staged_hash), Some(now)) if *staged_hash != now => {
                return Err(staged.blame(Error::invalid_request(
                    "the publishing failed: the draft was changed meanwhile; look at it, and publish again",
                )));
            }
            (staged_hash, now) => staged_hash.clone().or(now),
        };
        hash.ok_or_else(|| {
            staged.blame(Error::unusable_response(
                "the service gave no hash of the draft, without which it cannot be published",
            ))
        })
    }

    /// The hash of the draft, in which nothing else may be staged.
    async fn draft_hash(&self) -> Result<Option<String>, Error> {
        let draft = match self.configs().get_draft(&self.universe, repository()).send().await {
            // CF-04
            Err(error) if error.is_not_found() => return Ok(None),
            draft => draft?,
        };
        let others: Vec<&String> =
            draft.entries.iter().flat_map(|entries| entries.keys()).filter(|name| *name != ENTRY).collect();
        match others.first() {
            None => Ok(draft.into_inner().draft_hash),
            Some(name) => Err(draft.blame(Error::invalid_request(format!(
                "the publishing failed: the draft has a change of `{name}`{}, which would be published too; publish or \
                 discard it first",
                if others.len() > 1 { " and others" } else { "" }
            )))),
        }
    }
}
