//! The writing of one entry.

use super::task::Of;
use crate::Error;
use crate::client::Options;
use crate::data_stores::engine::Worker;
use crate::data_stores::fingerprint::Fingerprint;
use crate::data_stores::requests::Revision;
use crate::data_stores::wire::{Content, Stored};
use crate::data_stores::{EntryKey, Store};
use http::StatusCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// An entry that is to be written, or deleted.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) entry: EntryKey,
    /// What was read.
    pub(super) stored: Box<Stored>,
    /// Nothing if it is deleted.
    pub(super) content: Option<Box<Content>>,
    /// An earlier run, or an earlier attempt of this one, may have applied the same write.
    pub(super) may_be_applied: AtomicBool,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Ended {
    /// In place of what.
    Written(Option<Box<Stored>>),
    Deleted,
    /// The target has it already, or what is there stays.
    Kept,
    /// Somebody else has written first.
    Overtaken,
    /// Somebody else has written, and nobody knows whether before or after this.
    InDoubt,
}

impl Write {
    fn may_be_applied(&self) -> bool {
        self.may_be_applied.load(Ordering::Relaxed)
    }

    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        self.content.as_deref().map(Fingerprint::of_content)
    }
}

/// Sends the writes, or in a dry run only looks what they would replace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer<'a>(pub(super) &'a Of);

impl Worker<Write> for Writer<'_> {
    type Found = Ended;

    async fn work(&self, write: &Write) -> Result<Ended, Error> {
        let ended = match (&self.0.target, &write.content) {
            (None, None) => self.delete(write).await,
            (None, Some(content)) => self.replace(write, content).await,
            (Some(_), None) => Ok(Ended::Deleted),
            (Some(target), Some(content)) => self.copy(target, &write.entry, content).await,
        };
        ended.map_err(|error| {
            if error.may_have_been_applied() {
                write.may_be_applied.store(true, Ordering::Relaxed);
            }
            write.entry.blame(error)
        })
    }
}

impl Writer<'_> {
    /// The same content written twice is the same.
    fn options(&self) -> Options {
        self.0.options.clone().or_idempotent()
    }

    async fn delete(&self, write: &Write) -> Result<Ended, Error> {
        if self.0.is_dry {
            return Ok(Ended::Deleted);
        }
        let (store, key) = (self.0.store.at_scope_of(&write.entry), &write.entry.key);
        // What somebody has written since an earlier attempt is not what is to be deleted.
        if write.may_be_applied() {
            match store.read(key, &Revision::Latest, &self.0.options).await? {
                None => return Ok(Ended::Deleted),
                Some(now) if now.etag != write.stored.etag => return Ok(Ended::Overtaken),
                Some(_) => {}
            }
        }
        match store.delete_stored(key, &self.0.options).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(Ended::Deleted),
        }
    }

    /// Writes an entry on the condition that it is what was read.
    async fn replace(&self, write: &Write, content: &Content) -> Result<Ended, Error> {
        if self.0.is_dry {
            return Ok(Ended::Written(Some(write.stored.clone())));
        }
        let store = self.0.store.at_scope_of(&write.entry);
        let content = Content { etag: write.stored.etag.clone(), ..content.clone() };
        let Err(error) = store.replace_stored(&write.entry.key, &content, false, &self.options()).await
        else {
            return Ok(Ended::Written(None));
        };
        if !error.is_conflict() && !error.is_not_found() {
            return Err(error);
        }
        // An earlier attempt, or an earlier run, may be what stands in its way.
        let may_be_ours = error.may_have_been_applied() || write.may_be_applied();
        Ok(match self.look_again(&store, &write.entry, &content).await? {
            Now::AsWritten => Ended::Written(None),
            Now::Another if may_be_ours => Ended::InDoubt,
            Now::Another | Now::Missing => Ended::Overtaken,
        })
    }

    /// Writes an entry into the target, on the condition that this is as it was just found.
    async fn copy(&self, target: &Store, entry: &EntryKey, content: &Content) -> Result<Ended, Error> {
        let target = match target.scope {
            Some(_) => target.clone(),
            None => target.at_scope_of(entry),
        };
        let there = target.read(&entry.key, &Revision::Latest, &self.0.options).await?;
        let is_same = |there: &Stored| Fingerprint::of_stored(there) == Fingerprint::of_content(content);
        if there.as_ref().is_some_and(|there| self.0.skip_existing || is_same(there)) {
            return Ok(Ended::Kept);
        }
        if self.0.is_dry {
            return Ok(Ended::Written(there.map(Box::new)));
        }
        let options = self.options();
        let outcome = match &there {
            None => match target.create_stored(&entry.key, content, &options).await {
                Err(error) => match target.revive(&entry.key, content, error.clone(), &options).await? {
                    Some(_) => Ok(()),
                    None => Err(error),
                },
                Ok(_) => Ok(()),
            },
            Some(there) => {
                let content = Content { etag: Some(etag(there)?), ..content.clone() };
                target.replace_stored(&entry.key, &content, false, &options).await.map(drop)
            }
        };
        let Err(error) = outcome else { return Ok(Ended::Written(None)) };
        // "It exists" is a 400.
        let exists = there.is_none() && error.status_of_service() == Some(StatusCode::BAD_REQUEST);
        if !exists && !error.is_conflict() && !error.is_not_found() {
            return Err(error);
        }
        Ok(match self.look_again(&target, entry, content).await? {
            Now::AsWritten => Ended::Written(None),
            Now::Another | Now::Missing => Ended::Overtaken,
        })
    }

    async fn look_again(&self, store: &Store, entry: &EntryKey, content: &Content) -> Result<Now, Error> {
        let now = store.read(&entry.key, &Revision::Latest, &self.0.options).await?;
        Ok(match now {
            None => Now::Missing,
            Some(now) if Fingerprint::of_stored(&now) == Fingerprint::of_content(content) => Now::AsWritten,
            Some(_) => Now::Another,
        })
    }
}

/// What is there after a write that was refused.
enum Now {
    AsWritten,
    Another,
    Missing,
}

/// What guards a write.
pub(super) fn etag(stored: &Stored) -> Result<String, Error> {
    stored.etag.clone().ok_or_else(|| {
        stored.blame(Error::unreadable(
            "the service gave no etag with the entry, so that its change cannot be guarded",
        ))
    })
}
