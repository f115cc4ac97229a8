use super::buffer::buffer_setter;
use super::requests::{Found, Revision};
use super::wire::Content;
use super::{Entry, Store};
use crate::Error;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::types::DataStoreState;

/// The bringing back of a deleted entry. It gives the entry without its value. Made by
/// [`Store::undelete`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct UndeleteEntry {
    store: Store,
    key: String,
    allow_buffers: bool,
    options: Options,
}

impl Store {
    /// Brings back an entry that was deleted less than 30 days ago: its latest revision before that,
    /// with users and attributes, is written again. Fails if the entry is there, or if no revision is
    /// left.
    ///
    /// Calls `data_stores.get_scoped_entry`, `data_stores.list_scoped_entry_revisions`,
    /// `data_stores.create_scoped_entry` and `data_stores.update_scoped_entry`; scopes
    /// `universe-datastores.objects:create`, `universe-datastores.objects:read`,
    /// `universe-datastores.objects:update`, `universe-datastores.versions:list`.
    ///
    /// Roblox does not say whether a deleted key can be created again. So that is tried, and where it is
    /// refused although there is no entry, the entry is written over.
    pub fn undelete(&self, key: impl Into<String>) -> UndeleteEntry {
        UndeleteEntry::new(self.clone(), key.into())
    }
}

impl UndeleteEntry {
    pub(super) fn new(store: Store, key: String) -> Self {
        Self { store, key, allow_buffers: false, options: Options::default() }
    }

    buffer_setter!();
    option_methods!(each);

    /// The id of the latest revision that is not a deletion.
    async fn latest_revision(&self) -> Result<Found<String>, Error> {
        let call = self.store.revisions(self.key.as_str());
        let mut pages = call.with_options(self.options.clone()).pages();
        let (mut latest, mut attempts) = (None, 0_u32);
        while let Some(page) = pages.next().await {
            let page = page?;
            attempts = attempts.saturating_add(page.attempts());
            for revision in page.into_inner().data_store_entries.into_iter().flatten() {
                // Roblox does not promise an order.
                if revision.state != Some(DataStoreState::Deleted)
                    && latest.as_ref().is_none_or(|(time, _)| *time < revision.revision_create_time)
                {
                    latest = Some((revision.revision_create_time, revision.revision_id));
                }
            }
        }
        Ok(latest.and_then(|(_, id)| id).map_or(Found::Missing { attempts }, Found::There))
    }
}

awaitable!([] UndeleteEntry => Entry<()>);

impl UndeleteEntry {
    async fn run(self) -> Result<Entry<()>, Error> {
        let Self { store, key, allow_buffers, options } = &self;
        store.check(key)?;
        if let Some(stored) = store.read(key, &Revision::Latest, options).await? {
            return Err(stored.blame(Error::invalid_request(
                "the entry is there; to return to an earlier revision, read that and write it",
            )));
        }
        let gone = |attempts| {
            Error::invalid_request("no revision of the entry is left that could be brought back")
                .with_attempts(attempts)
        };
        let id = self.latest_revision().await?.or_missing(gone)?;
        let found = store.look_up(key, &Revision::Id(id), options).await?.or_missing(gone)?;
        let content = Content {
            value: found.value,
            users: found.users,
            attributes: found.attributes,
            etag: None,
            allow_buffers: *allow_buffers,
        };
        // Created, so that what somebody else has written in between is not overwritten.
        let stored = match store.create_stored(key, &content, options).await {
            Ok(stored) => stored,
            Err(error) => {
                let revived = store.revive(key, &content, error.clone(), options).await?;
                revived.ok_or(error)?
            }
        };
        Entry::new(store.scope_name(), key, stored, ())
    }
}
