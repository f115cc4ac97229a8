//! Read, change, write back, and begin again if somebody else has written in between.

use super::Store;
use super::requests::Revision;
use super::wire::{Content, Stored};
use crate::Error;
use crate::call::Options;

/// How often a change is tried. Each try that fails is one in which somebody else has succeeded.
pub(super) const ATTEMPTS: u32 = 10;

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
    let mut tried = 0;
    loop {
        tried += 1;
        let stored = store.read(key, &Revision::Latest, options).await?;
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
        if tried >= attempts
            || !is_known
            || !is_overtaken(store, key, options, stored.is_some(), &error).await?
        {
            return Err(error);
        }
    }
}

/// Whether a write failed because somebody else has written since the entry was read.
async fn is_overtaken(
    store: &Store,
    key: &str,
    options: &Options,
    was_there: bool,
    error: &Error,
) -> Result<bool, Error> {
    Ok(match was_there {
        true => error.is_conflict() || error.is_not_found(),
        false if error.is_conflict() => true,
        // The service says "it exists" with a 400 that says many other things too.
        false if error.status() == Some(http::StatusCode::BAD_REQUEST) => {
            store.read(key, &Revision::Latest, options).await?.is_some()
        }
        false => false,
    })
}
