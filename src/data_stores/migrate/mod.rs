//! Every entry of a data store through a function of the caller, in place or into another store.

mod checkpoint;
mod decide;
mod difference;
mod pass;
mod report;
mod task;
mod write;

pub use checkpoint::MigrationCheckpoint;
pub use decide::Migrated;
pub use difference::{Difference, EntryContent};
pub use report::MigrationReport;

use super::buffer::buffer_setter;
use super::engine::{Pace, pace_methods};
use super::unreadable::Unreadable;
use super::{Entry, EntryKey, Store};
use crate::Error;
use crate::call::option_methods;
use crate::client::Options;
use crate::wire::debug_fields;
use checkpoint::State;
use decide::{Decide, decided_by};
use pass::Pass;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// Takes every entry of a data store, a scope or a prefix through a function. Made by [`Store::migrate`].
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use opencloud::data_stores::{Entry, Migrated};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Player {
///     version: u32,
///     coins: u64,
/// }
///
/// let players = client.data_stores().store(123, "Players");
/// let migration = || {
///     players.migrate(|entry: &mut Entry<Player>| {
///         if entry.value.version >= 2 {
///             return Migrated::Unchanged;
///         }
///         entry.value.version = 2;
///         entry.value.coins *= 100;
///         Migrated::Changed
///     })
/// };
/// let report = migration().dry_run(5).await?; // writes nothing
/// println!("{report}");
/// for difference in &report.sample {
///     println!("{difference}"); // global/Player_156: /coins 5 -> 500, /version 1 -> 2
/// }
/// let report = migration().run(|checkpoint| std::fs::write("checkpoint", serde_json::to_vec(checkpoint)?)).await?;
/// println!("{report}"); // 120 read: 100 changed, 20 kept
/// # Ok(())
/// # }
/// ```
///
/// The function is called for one entry at a time, and the requests of several are under way at a time
/// ([`concurrency`](Self::concurrency)). Half of what the data stores of a universe take is left to the running game,
/// unless the [share](Self::share) is another. A write has the etag of what was read as its condition. If somebody else has
/// changed the entry since, it is read again and goes through the function again in another pass, after the others;
/// up to ten passes, then it is [contended](MigrationReport::contended).
///
/// A deletion takes no condition: what somebody else writes between the reading and the deletion of an entry is
/// deleted with it. Its revisions can be read for 30 days, and [`Store::undelete`] brings it back.
///
/// Entries that are created or written by game servers while it runs may be missed. Let servers write the new form
/// first, and run it again until nothing is changed.
///
/// # Killed at any moment
///
/// Before entries are written, a checkpoint says which, from what and into what. A run that is killed and
/// [resumed](Self::resume) at its last checkpoint reads these entries again and sees whether they were written, so
/// that each entry goes through the function **once**, whatever the function does. There is one exception, which is
/// told and never guessed: if somebody else has changed such an entry since, nobody knows. It is left alone and
/// [`in_doubt`](MigrationReport::in_doubt) names it. A function that knows its own results (a version in the value, as
/// above) has no such doubt: run it again.
///
/// The same holds for a write whose response was lost.
///
/// # Into another store
///
/// [`into_store`](Self::into_store) writes what the function makes of an entry into another data store, of this or
/// another universe, under the same scope and key, and leaves the source as it is.
#[must_use = "a migration is made by `run`, or tried by `dry_run`"]
pub struct Migration<T> {
    store: Store,
    target: Option<Store>,
    prefix: String,
    name: String,
    pace: Pace,
    page_size: u64,
    skip_existing: bool,
    allow_buffers: bool,
    unreadable: Unreadable<EntryKey>,
    checkpoint: Option<MigrationCheckpoint>,
    options: Options,
    change: decide::Change<T>,
}

impl Store {
    /// Takes every entry of the store through a function: of all scopes, or of the one that was chosen with
    /// [`scope`](Self::scope). The values are of a type of your own, or [`serde_json::Value`].
    ///
    /// Calls `data_stores.list_scoped_entries`, `data_stores.get_scoped_entry`, `data_stores.update_scoped_entry`,
    /// `data_stores.create_scoped_entry` and `data_stores.delete_scoped_entry`; scopes
    /// `universe-datastores.objects:create`, `universe-datastores.objects:delete`,
    /// `universe-datastores.objects:list`, `universe-datastores.objects:read`,
    /// `universe-datastores.objects:update`.
    ///
    /// A value that is not of the type is an [unreadable](Migration::skip_unreadable) entry.
    pub fn migrate<T, F>(&self, mut change: F) -> Migration<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(&mut Entry<T>) -> Migrated + Send + 'static,
    {
        Migration::new(self.clone(), Box::new(move |entry| Ok(change(entry))))
    }

    /// As [`migrate`](Self::migrate), with a function that can fail. That ends the migration, before anything is
    /// written of the entries that were read with this one; the error is of kind
    /// [`LocalIo`](crate::ErrorKind::LocalIo) with yours as its source, or yours itself if that is an
    /// [`Error`](crate::Error).
    ///
    /// Calls `data_stores.list_scoped_entries`, `data_stores.get_scoped_entry`, `data_stores.update_scoped_entry`,
    /// `data_stores.create_scoped_entry` and `data_stores.delete_scoped_entry`; scopes
    /// `universe-datastores.objects:create`, `universe-datastores.objects:delete`,
    /// `universe-datastores.objects:list`, `universe-datastores.objects:read`,
    /// `universe-datastores.objects:update`.
    pub fn try_migrate<T, F, E>(&self, mut change: F) -> Migration<T>
    where
        T: Serialize + DeserializeOwned,
        F: FnMut(&mut Entry<T>) -> Result<Migrated, E> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let change = move |entry: &mut Entry<T>| {
            change(entry).map_err(|error| Error::callback("the migration failed", error))
        };
        Migration::new(self.clone(), Box::new(change))
    }
}

impl<T> Migration<T> {
    fn new(store: Store, change: decide::Change<T>) -> Self {
        Self {
            store,
            target: None,
            prefix: String::new(),
            name: String::new(),
            pace: Pace::default(),
            page_size: 256,
            skip_existing: false,
            allow_buffers: false,
            unreadable: Unreadable::default(),
            checkpoint: None,
            options: Options::default(),
            change,
        }
    }

    /// Keys that begin with this text only, in whichever scope.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Names the migration, so that a checkpoint of another one of the same store is refused.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Writes into this data store, and leaves the source as it is. It may be of another universe, if the credential
    /// reaches both, or of another client.
    ///
    /// Entries keep their scope and key, unless a scope was chosen of both stores: then they go into that of the
    /// target. What is there already is replaced, if it differs ([`skip_existing`](Self::skip_existing) leaves it);
    /// it is read first, and written on the condition that nobody has changed it since.
    pub fn into_store(mut self, target: Store) -> Self {
        self.target = Some(target);
        self
    }

    /// Leaves entries alone that the [target](Self::into_store) has, instead of replacing them.
    pub fn skip_existing(mut self) -> Self {
        self.skip_existing = true;
        self
    }

    pace_methods!("read or written");

    /// Sets how many entries are listed at a time: 256 by default, which is also the maximum. Checkpoints are made
    /// before anything is written, and after each such page. A migration that is resumed keeps what it began with.
    pub fn checkpoint_every(mut self, entries: u64) -> Self {
        self.page_size = entries.clamp(1, 256);
        self
    }

    /// Goes on from a checkpoint.
    pub fn resume(mut self, checkpoint: MigrationCheckpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Goes on past an entry that cannot be read, or whose new value cannot be written (it is too long, or shows a
    /// [Luau buffer](super::LuauBuffer)), if `skip` says so; otherwise it ends the migration.
    /// [`MigrationReport::unreadable`] names them. When it is asked is said at
    /// [`Export::skip_unreadable`](super::Export::skip_unreadable).
    pub fn skip_unreadable(
        mut self,
        skip: impl Fn(&EntryKey, &Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.unreadable = Unreadable::decided_by(skip);
        self
    }

    buffer_setter!();
    option_methods!(each);

    /// Refuses what cannot be done.
    fn check(&self) -> Result<(), Error> {
        self.store.check_place()?;
        let Some(target) = &self.target else { return Ok(()) };
        target.check_place()?;
        if target.scope.is_some() && self.store.scope.is_none() {
            return Err(Error::invalid_request(
                "the migration failed: entries of all scopes would go into one, where the same keys of several scopes are \
                 one entry; choose a scope of the source, or none of the target",
            ));
        }
        let is_same = (&target.universe, &target.name) == (&self.store.universe, &self.store.name)
            && (target.scope.is_none() || target.scope_name() == self.store.scope_name());
        match is_same {
            true => Err(Error::invalid_request(
                "the migration failed: its target is its source; leave the target out to change entries in place",
            )),
            false => Ok(()),
        }
    }

    fn start(&self) -> State {
        State::start(&self.store, &self.prefix, self.target.as_ref(), &self.name, self.page_size)
    }
}

impl<T: Serialize + DeserializeOwned + Send + 'static> Migration<T> {
    /// Goes through all entries, and calls `on_checkpoint` before entries are written, after each page of keys, and
    /// at the end, also if that is an error. An error of it ends the migration, before anything more is written.
    ///
    /// # Errors
    ///
    /// As of every call, with the entry that it is about; before anything is sent, if the checkpoint is of another
    /// migration or the target cannot be one; and of kind [`LocalIo`](crate::ErrorKind::LocalIo) if
    /// `on_checkpoint` fails. What was done until then is in the last checkpoint.
    pub async fn run(
        self,
        on_checkpoint: impl FnMut(&MigrationCheckpoint) -> io::Result<()>,
    ) -> Result<MigrationReport, Error> {
        self.check()?;
        let mut state = self.start();
        if let Some(checkpoint) = &self.checkpoint {
            state = checkpoint.check(&state)?;
        }
        self.go(state, None, on_checkpoint).await
    }

    /// Goes through all entries and writes nothing: the report says what [`run`](Self::run) would do, with up to `sample`
    /// [differences](MigrationReport::sample), 100 at most. The function is called for each entry.
    ///
    /// # Errors
    ///
    /// As of every call, with the entry that it is about; and before anything is sent, if there is a checkpoint to
    /// resume at, or the target cannot be one.
    pub async fn dry_run(self, sample: usize) -> Result<MigrationReport, Error> {
        self.check()?;
        if self.checkpoint.is_some() {
            return Err(Error::invalid_request(
                "the dry run failed: it writes nothing, so that there is nothing to resume; leave the checkpoint out",
            ));
        }
        let state = self.start();
        self.go(state, Some(sample.min(difference::MOST)), |_| Ok(())).await
    }

    async fn go(
        self,
        state: State,
        sample: Option<usize>,
        on_checkpoint: impl FnMut(&MigrationCheckpoint) -> io::Result<()>,
    ) -> Result<MigrationReport, Error> {
        let Self {
            store,
            target,
            prefix,
            pace,
            skip_existing,
            allow_buffers,
            unreadable,
            options,
            change,
            ..
        } = self;
        let options = pace.of_job(options)?;
        let of = task::Of {
            store,
            target,
            prefix,
            pace,
            skip_existing,
            is_dry: sample.is_some(),
            unreadable,
            options,
        };
        let change: Decide = decided_by(change, allow_buffers, of.target.is_some());
        let mut pass = Pass::new(&of, state, change, sample.unwrap_or_default(), on_checkpoint);
        let outcome = pass.run().await;
        let saved = pass.save();
        outcome.and(saved).map(|()| pass.into_report())
    }
}

debug_fields!(Migration<T> { store, target, prefix, name });
