use super::coverage::{Coverage, NumberedTemplate};
use super::ordered;
use super::templates::Templates;
use super::universe::Erasure;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::data_stores::FoundEntry;
use crate::ids::UserId;
use crate::{Error, Progress};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Looks which templates match an entry, and which entries no template reaches. It reads every entry of every standard
/// data store, since users stand in the entries. Half of what the data stores of a universe take is left to the running
/// game, unless the [share](Self::share) is another. Made by [`Erasure::check`].
#[must_use = "nothing is read before this is awaited"]
#[derive(Clone)]
pub struct Check {
    erasure: Erasure,
    templates: Templates,
    user: Option<UserId>,
    concurrency: usize,
    share: f64,
    progress: Option<Arc<dyn Progress>>,
    options: Options,
}

/// What is seen while entries are read.
#[derive(Default)]
struct Seen {
    coverage: Coverage,
    matched: BTreeSet<usize>,
    stores: BTreeSet<String>,
    unreached_stores: BTreeSet<String>,
}

impl Erasure {
    /// Looks which templates match an entry, and which entries no template reaches, when it is awaited.
    ///
    /// Calls `data_stores.list`, `data_stores.list_scoped_entries`, `data_stores.get_scoped_entry`,
    /// `ordered_data_stores.get_entry` and `ordered_data_stores.list_entries`; scopes
    /// `universe-datastores.control:list`, `universe-datastores.objects:list`, `universe-datastores.objects:read`,
    /// `universe.ordered-data-store.scope.entry:read`.
    pub fn check(&self, templates: &Templates) -> Check {
        Check::new(self.clone(), templates.clone())
    }
}

impl Check {
    fn new(erasure: Erasure, templates: Templates) -> Self {
        let options = Options::default();
        Self { erasure, templates, user: None, concurrency: 8, share: 0.5, progress: None, options }
    }

    /// Looks at the entries of one user alone: those that name the user, or that a template says are the user's. Ordered
    /// data stores are asked for the user's keys. Data stores are not found to be
    /// [reached whole](Coverage::reached_stores) then.
    pub fn of_user(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets how many entries are read at a time: 8 by default, 1 at least and 64 at most.
    pub fn concurrency(mut self, entries: usize) -> Self {
        self.concurrency = entries;
        self
    }

    /// Sets the part of the limits of data stores that this takes, from 0.001 to 1: 0.5 by default, as of an
    /// [export](crate::data_stores::Export::share). The rest is left to the running game.
    pub fn share(mut self, part: f64) -> Self {
        self.share = part;
        self
    }

    /// Tells this how many entries are read; how many there are is not known.
    pub fn on_progress(mut self, progress: impl Progress + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    option_methods!(each);

    async fn run(self) -> Result<Coverage, Error> {
        let user = match &self.user {
            None => None,
            Some(user) => Some(user.as_u64().filter(|user| *user > 0).ok_or_else(|| {
                Error::invalid_request(format!(
                    "the check failed: `{user}` is not an id of a user; give a number such as 156"
                ))
            })?),
        };
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (templates, shared) = (self.templates.clone(), Arc::clone(&seen));
        let data_stores = self.erasure.client.data_stores();
        let mut search = data_stores.search_all(&self.erasure.universe, move |entry| {
            shared.lock().unwrap_or_else(PoisonError::into_inner).look_at(&templates, entry, user);
        });
        search = search.concurrency(self.concurrency).share(self.share).with_options(self.options.clone());
        if let Some(progress) = self.progress.clone() {
            search = search.on_progress(progress);
        }
        let searched = search.find().await?.searched;
        let mut seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.coverage.searched = searched;
        if user.is_none() {
            seen.coverage.reached_stores = seen.stores.difference(&seen.unreached_stores).cloned().collect();
        }
        for (at, template) in self.templates.as_slice().iter().enumerate() {
            let is_matched = match template.as_ordered() {
                Some(form) => ordered::is_matched(&self.erasure, form, user, &self.options).await?,
                None => Some(seen.matched.contains(&at)),
            };
            match is_matched {
                Some(true) => {}
                Some(false) => seen.coverage.unmatched.push(NumberedTemplate::of(&self.templates, at)),
                None => seen.coverage.unchecked.push(NumberedTemplate::of(&self.templates, at)),
            }
        }
        Ok(seen.coverage)
    }
}

awaitable!([] Check => Coverage);

impl Seen {
    fn look_at(&mut self, templates: &Templates, entry: &FoundEntry, user: Option<u64>) {
        let reached = templates.users_of(&entry.store, &entry.scope, &entry.key);
        let reached = reached.into_iter().filter(|(_, of)| user.is_none_or(|user| user == *of));
        let reached: Vec<(usize, u64)> = reached.collect();
        self.matched.extend(reached.iter().map(|(at, _)| *at));
        if !self.stores.contains(&entry.store) {
            self.stores.insert(entry.store.clone());
        }
        let is_of = |of: &&UserId| user.is_none_or(|user| of.as_u64() == Some(user));
        let is_reached = |of: &UserId| reached.iter().any(|(_, user)| of.as_u64() == Some(*user));
        let is_unreached = entry.users.iter().filter(is_of).any(|of| !is_reached(of));
        let is_unknown = user.is_none() && entry.users.is_empty() && reached.is_empty();
        if is_unreached {
            self.coverage.unreached.add(entry);
        }
        if is_unknown {
            self.coverage.without_user.add(entry);
        }
        if (is_unreached || is_unknown) && !self.unreached_stores.contains(&entry.store) {
            self.unreached_stores.insert(entry.store.clone());
        }
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check")
            .field("erasure", &self.erasure)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
