use super::key::KeyCache;
use super::{Delete, List, Secret, Secrets, rules};
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{Id, UniverseId};

/// The secrets of one universe; made by [`Secrets::universe`].
///
/// It fetches the universe's public key when it is first needed and keeps it, and so do its clones. If
/// a write is refused and the service has another key by then, the content is sealed again for that one
/// and sent once more. (Roblox changes the key at times and does not say how a write with the old one is
/// responded; any 400 is taken for it, which costs one request more.)
///
/// ```no_run
/// # async fn run(client: opencloud::Client, old: String, new: String) -> Result<(), opencloud::Error> {
/// let secrets = client.secrets().universe(42);
/// secrets.create("discord", old).domain("discord.com").await?;
/// secrets.update("discord").content(new).await?;
/// let known = secrets.list().items().collect().await?; // never with their contents
/// secrets.delete("discord").await?;
/// # Ok(())
/// # }
/// ```
///
/// Only the owner of the universe may do this; of a group's universe, the group's owner and those whom
/// the group authorises. A universe has at most 500 secrets.
///
/// Source: <https://create.roblox.com/docs/cloud/guides/secrets-store>
#[derive(Clone, Debug)]
pub struct UniverseSecrets {
    pub(super) secrets: Secrets,
    pub(super) universe: UniverseId,
    pub(super) key: KeyCache,
}

impl Secrets {
    /// The secrets of a universe, sealed on the way. Keep it: it remembers the key to seal with.
    pub fn universe(&self, universe: impl Into<UniverseId>) -> UniverseSecrets {
        UniverseSecrets { secrets: self.clone(), universe: universe.into(), key: KeyCache::default() }
    }
}

impl UniverseSecrets {
    /// Lists the secrets, without their contents, which never leave the service.
    ///
    /// Calls `secrets.list`; scope `universe.secret:read`.
    pub fn list(&self) -> List {
        self.secrets.list(&self.universe)
    }

    /// What is known of one secret, without its content; `None` if there is none with this id. The
    /// service has no call for one secret, so this reads the list.
    ///
    /// Calls `secrets.list`; scope `universe.secret:read`.
    pub fn get(&self, id: impl Into<Id>) -> GetSecret {
        GetSecret { of: self.clone(), id: id.into(), options: Options::default() }
    }

    /// Deletes a secret for good.
    ///
    /// Calls `secrets.delete`; scope `universe.secret:write`.
    ///
    /// # Errors
    ///
    /// Of kind [`NotFound`](crate::ErrorKind::NotFound) if there is no secret with this id, and as of
    /// every call.
    pub fn delete(&self, id: impl Into<Id>) -> Delete {
        self.secrets.delete(&self.universe, id)
    }
}

/// The call of [`UniverseSecrets::get`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct GetSecret {
    of: UniverseSecrets,
    id: Id,
    options: Options,
}

helper_methods!(GetSecret => Option<Secret>);

impl GetSecret {
    async fn run(self) -> Result<Option<Secret>, Error> {
        rules::check_id(&self.id)?;
        let mut known = self.of.list().with_options(self.options).items();
        while let Some(secret) = known.next().await.transpose()? {
            if secret.id.as_deref() == Some(self.id.as_str()) {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }
}
