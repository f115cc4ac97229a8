//! The single requests that the helpers are made of. What is too long is refused here, so that no
//! helper can forget it.

use super::limits::ALL_SCOPES;
use super::wire::{Content, Increment, Stored};
use super::{Store, buffer, limits};
use crate::Error;
use crate::call::{Call, path_segment};
use crate::client::Options;
use crate::types::DataStoreEntry;
use jiff::Timestamp;

/// Which revision of an entry is meant.
#[derive(Clone, Debug, Default)]
pub(super) enum Revision {
    #[default]
    Latest,
    Id(String),
    /// The one that was current then.
    At(Timestamp),
}

/// What reading an entry found.
#[derive(Debug)]
pub(super) enum Found<T = Stored> {
    There(T),
    /// There is none, or it is deleted; the number of requests that it took to find out.
    Missing {
        attempts: u32,
    },
}

impl<T> Found<T> {
    pub(super) fn there(self) -> Option<T> {
        match self {
            Self::There(found) => Some(found),
            Self::Missing { .. } => None,
        }
    }

    /// An error if there is none, made of the number of requests.
    pub(super) fn or_missing(self, missing: impl FnOnce(u32) -> Error) -> Result<T, Error> {
        match self {
            Self::There(found) => Ok(found),
            Self::Missing { attempts } => Err(missing(attempts)),
        }
    }
}

impl Content {
    /// Refuses a value that the service would not take, or would take for something else.
    pub(super) fn check(&self, key: &str) -> Result<(), Error> {
        let Some(value) = self.value.as_deref() else { return Ok(()) };
        limits::value(value.get())?;
        if self.allow_buffers { Ok(()) } else { buffer::refuse(key, value.get()) }
    }
}

impl Store {
    pub(super) fn check(&self, key: &str) -> Result<(), Error> {
        self.check_place()?;
        if self.scope_name() == ALL_SCOPES {
            return Err(Error::invalid_request(
                "the scope `-` stands for all scopes, and an entry is in one of them",
            ));
        }
        limits::name("key", key)
    }

    /// Whether a path can hold scope and key; if not, the first version of the API is called.
    fn has_path(&self, key: &str) -> bool {
        [self.scope_name(), key].iter().all(|text| path_segment(text).is_ok())
    }

    pub(super) fn check_place(&self) -> Result<(), Error> {
        limits::name("data store's name", &self.name)?;
        limits::name("scope", self.scope_name())
    }

    /// Reads an entry; `None` if there is none, also if it is deleted.
    pub(super) async fn read(
        &self,
        key: &str,
        revision: &Revision,
        options: &Options,
    ) -> Result<Option<Stored>, Error> {
        self.look_up(key, revision, options).await.map(Found::there)
    }

    /// As [`read`](Self::read), where it matters how an entry was missed.
    pub(super) async fn look_up(
        &self,
        key: &str,
        revision: &Revision,
        options: &Options,
    ) -> Result<Found, Error> {
        let id = match revision {
            // Without a revision, what follows an `@` in the key would be taken for one.
            Revision::Latest if key.contains('@') => format!("{key}@latest"),
            Revision::Latest => key.to_owned(),
            Revision::Id(id) => format!("{key}@{id}"),
            Revision::At(time) => format!("{key}@latest:{time}"),
        };
        let call =
            self.handle.get_scoped_entry(&self.universe, self.name.as_str(), self.scope_name(), id).call;
        self.check(key).map_err(|error| error.with_operation(call.operation))?;
        if matches!(revision, Revision::Latest) && !self.has_path(key) {
            return self.look_up_by_query(key, options).await;
        }
        match call.expecting::<Stored>().with_options(options.clone()).send().await {
            Ok(stored) if stored.is_deleted() => Ok(Found::Missing { attempts: stored.attempts() }),
            Ok(stored) => Ok(Found::There(Stored::of(stored))),
            Err(error) if error.is_not_found() => Ok(Found::Missing { attempts: error.attempts() }),
            Err(error) => Err(error),
        }
    }

    /// Writes an entry that must not be there.
    pub(super) async fn create_stored(
        &self,
        key: &str,
        content: &Content,
        options: &Options,
    ) -> Result<Stored, Error> {
        if !self.has_path(key) {
            return self.write_by_query(key, content, true, options).await;
        }
        let call = self.handle.create_scoped_entry(
            &self.universe,
            self.name.as_str(),
            self.scope_name(),
            key,
            DataStoreEntry::new(),
        );
        self.write(call.call, key, content, options).await
    }

    /// Writes an entry that could not be created, for the reason that `refusal` tells: `None` if somebody
    /// else has created it.
    ///
    /// Roblox does not say whether a deleted entry, which is kept for 30 days, can be created. Where it
    /// cannot, it is written over: a creation that was refused, and no entry that can be read, mean that.
    /// The same refusal may mean that the content is wrong; then this write is refused as well.
    pub(super) async fn revive(
        &self,
        key: &str,
        content: &Content,
        refusal: Error,
        options: &Options,
    ) -> Result<Option<Stored>, Error> {
        // "It exists" is a 400, and so is much else.
        let may_exist =
            refusal.is_conflict() || refusal.status_of_service() == Some(http::StatusCode::BAD_REQUEST);
        if !may_exist {
            return Err(refusal);
        }
        if self.read(key, &Revision::Latest, options).await?.is_some() {
            return Ok(None);
        }
        self.replace_stored(key, content, true, options).await.map(Some)
    }

    /// Writes an entry that must be there, unless it may be missing.
    pub(super) async fn replace_stored(
        &self,
        key: &str,
        content: &Content,
        allow_missing: bool,
        options: &Options,
    ) -> Result<Stored, Error> {
        if !self.has_path(key) {
            return self.write_by_query(key, content, false, options).await;
        }
        let mut call = self.handle.update_scoped_entry(
            &self.universe,
            self.name.as_str(),
            self.scope_name(),
            key,
            DataStoreEntry::new(),
        );
        if allow_missing {
            call = call.allow_missing(true);
        }
        self.write(call.call, key, content, options).await
    }

    async fn write(
        &self,
        call: Call<DataStoreEntry>,
        key: &str,
        content: &Content,
        options: &Options,
    ) -> Result<Stored, Error> {
        content
            .check(key)
            .and_then(|()| self.check(key))
            .map_err(|error| error.with_operation(call.operation))?;
        let call = call.json(content).expecting::<Stored>().with_options(options.clone());
        call.send().await.map(Stored::of)
    }

    pub(super) async fn increment_stored(
        &self,
        key: &str,
        amount: i64,
        rest: Content,
        options: &Options,
    ) -> Result<Stored, Error> {
        let call = self
            .handle
            .increment_scoped_entry(&self.universe, self.name.as_str(), self.scope_name(), key, amount)
            .call;
        self.check(key).map_err(|error| error.with_operation(call.operation))?;
        let call = call.json(&Increment { amount, rest }).expecting::<Stored>().with_options(options.clone());
        call.send().await.map(Stored::of)
    }

    pub(super) async fn delete_stored(&self, key: &str, options: &Options) -> Result<(), Error> {
        if self.check(key).is_ok() && !self.has_path(key) {
            return self.delete_by_query(key, options).await;
        }
        let call =
            self.handle.delete_scoped_entry(&self.universe, self.name.as_str(), self.scope_name(), key).call;
        self.check(key).map_err(|error| error.with_operation(call.operation))?;
        call.with_options(options.clone()).output().await
    }
}
