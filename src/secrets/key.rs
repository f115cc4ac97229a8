use super::{Plaintext, Secrets, seal};
use crate::Error;
use crate::client::Options;
use crate::ids::UniverseId;
use crypto_box::PublicKey;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The public key of a universe, fetched when it is first needed and shared by clones.
#[derive(Clone, Default)]
pub(super) struct KeyCache(Arc<Mutex<Option<Key>>>);

#[derive(Clone)]
struct Key {
    id: Option<String>,
    key: PublicKey,
}

/// A content that was sealed, and for which key.
pub(super) struct Sealed {
    pub(super) content: String,
    pub(super) key_id: Option<String>,
}

impl KeyCache {
    /// Seals with the key that is known, or fetches it.
    pub(super) async fn seal(
        &self,
        content: &Plaintext,
        of: (&Secrets, &UniverseId),
        options: &Options,
    ) -> Result<Sealed, Error> {
        // Held while it is fetched, so that many writes at once ask for it once.
        let mut known = self.0.lock().await;
        let key = match &*known {
            Some(key) => key.clone(),
            None => known.insert(fetch(of, options).await?).clone(),
        };
        drop(known);
        key.seal(content)
    }

    /// Seals again, if the service has another key by now than the one that was used.
    pub(super) async fn seal_again(
        &self,
        content: &Plaintext,
        used: &Sealed,
        of: (&Secrets, &UniverseId),
        options: &Options,
    ) -> Result<Option<Sealed>, Error> {
        let mut known = self.0.lock().await;
        if known.as_ref().is_some_and(|key| key.id == used.key_id) {
            *known = Some(fetch(of, options).await?);
        }
        let key = known.clone().filter(|key| key.id != used.key_id);
        drop(known);
        key.map(|key| key.seal(content)).transpose()
    }
}

impl Key {
    fn seal(&self, content: &Plaintext) -> Result<Sealed, Error> {
        Ok(Sealed { content: seal::seal(content, &self.key)?, key_id: self.id.clone() })
    }
}

async fn fetch((secrets, universe): (&Secrets, &UniverseId), options: &Options) -> Result<Key, Error> {
    let response = secrets.get_public_key(universe).with_options(options.clone()).send().await?;
    let key =
        seal::key(response.secret.as_deref().unwrap_or_default()).map_err(|error| response.blame(error))?;
    Ok(Key { id: response.into_inner().key_id, key })
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyCache(..)")
    }
}
