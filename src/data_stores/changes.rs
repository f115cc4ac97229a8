//! Read, change, write back, and begin again if somebody else has written in between.

use super::Store;
use super::requests::Revision;
use super::wire::{Content, Stored};
use crate::Error;
use crate::client::Options;
use crate::operation::contention::Contention;

/// What it means to write the same twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The same as writing it once.
    Same,
    /// Another change.
    Another,
}

/// Writes what `make` makes of what is stored, on the condition that it is still stored then. `None`
/// if `make` wants nothing written.
pub(super) async fn change(
    store: &Store,
    key: &str,
    options: &Options,
    attempts: u32,
    effect: Effect,
    mut make: impl FnMut(Option<&Stored>) -> Result<Option<Content>, Error> + Send,
) -> Result<Option<Stored>, Error> {
    let mut options_of_write = options.clone();
    options_of_write.idempotent = Some(options.idempotent.unwrap_or(effect == Effect::Same));
    let mut contention = Contention::new(attempts);
    let mut earlier: Option<Error> = None;
    loop {
        contention.begin();
        let stored = match (store.read(key, &Revision::Latest, options).await, earlier.take()) {
            (Ok(stored), _) => stored,
            // The write is what the caller has to know about.
            (Err(error), Some(write)) if write.may_have_been_applied() => {
                return Err(write.with_note(&format!("and what came of it could not be read: {error}")));
            }
            (Err(error), _) => return Err(error),
        };
        if let Some(stored) = &stored
            && stored.etag.as_ref().is_none_or(String::is_empty)
        {
            return Err(stored.blame(Error::unreadable(
                "the service gave no etag with the entry, so that its change cannot be guarded; \
                 `upsert` writes without a guard, all of it",
            )));
        }
        let Some(mut content) = make(stored.as_ref())? else { return Ok(None) };
        let outcome = match &stored {
            None => store.create_stored(key, &content, &options_of_write).await,
            Some(stored) => {
                content.etag.clone_from(&stored.etag);
                store.replace_stored(key, &content, false, &options_of_write).await
            }
        };
        let error = match outcome {
            Ok(written) => return Ok(Some(written)),
            Err(error) => error,
        };
        // An earlier attempt of the same request may be what stands in its way.
        let is_known = effect == Effect::Same || !error.may_have_been_applied();
        if !is_known {
            return Err(error);
        }
        // Somebody else has written since the entry was read, or it cannot be written at all.
        match &stored {
            Some(_) if error.is_conflict() || error.is_not_found() => {}
            Some(_) => return Err(error),
            None => {
                let revived = store.revive(key, &content, error.clone(), &options_of_write).await?;
                if revived.is_some() {
                    return Ok(revived);
                }
            }
        }
        if contention.is_over() {
            return Err(error);
        }
        earlier = Some(error);
        contention.wait().await;
    }
}
