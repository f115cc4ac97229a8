use super::limits::ALL_SCOPES;
use super::listed::Listed;
use super::{EntryKey, ListScopedEntries, Store};
use crate::Error;
use crate::call::{Call, option_methods};
use crate::client::Options;
use crate::filter::IdFilter;
use crate::paging::{Facts, Items, List, Pages};
use crate::types::{DataStoreEntry, ListDataStoreEntriesResponse};
use crate::wire::path::encode;
use percent_encoding::percent_decode_str;

/// The list of the keys of a data store. Made by [`Store::entries`].
///
/// ```no_run
/// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
/// let mut keys = client.data_stores().store(123, "Players").entries().prefix("Player_").items();
/// while let Some(entry) = keys.next().await {
///     println!("{}", entry?.key);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is read when its items or pages are polled"]
#[derive(Clone, Debug)]
pub struct Entries {
    store: Store,
    prefix: String,
    with_deleted: bool,
    options: Options,
}

impl Store {
    /// The keys of the scope, or of all scopes.
    ///
    /// Calls `data_stores.list_scoped_entries`; scope `universe-datastores.objects:list`.
    pub fn entries(&self) -> Entries {
        Entries::new(self.clone())
    }
}

impl Entries {
    pub(super) fn new(store: Store) -> Self {
        Self { store, prefix: String::new(), with_deleted: false, options: Options::default() }
    }

    /// Keys that begin with this text only.
    ///
    /// Over all scopes the text is sent as it is too, and Roblox's guide writes the scope in front of it:
    /// `global/Player_`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The keys of all scopes.
    ///
    /// Where the service names an entry by scope and key in one text (`a/b/c`), and a slash may belong to
    /// either, [`items`](Self::items) takes the scope to end at the first one. [`Store::export`] and
    /// [`Store::erase_user`] look at every other way to read it too.
    pub fn all_scopes(mut self) -> Self {
        self.store = self.store.scope(ALL_SCOPES);
        self
    }

    /// Also keys that were deleted within the last 30 days.
    pub fn with_deleted(mut self) -> Self {
        self.with_deleted = true;
        self
    }

    option_methods!(each);

    pub(super) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The keys of all pages, as a stream that fetches page after page.
    pub fn items(self) -> Items<EntryKey> {
        Items::of(self)
    }

    /// The pages as they came, each with its token, status and headers.
    pub fn pages(self) -> Pages<ListDataStoreEntriesResponse> {
        Pages::of(self)
    }
}

impl List for Entries {
    type Page = ListDataStoreEntriesResponse;
    type Item = EntryKey;

    fn into_call(self) -> Call<Self::Page> {
        let store = &self.store;
        let place = store.check_place();
        let mut call = store
            .handle
            .list_scoped_entries(&store.universe, store.name.as_str(), store.scope_name())
            .filter(IdFilter::starts_with(self.prefix));
        if self.with_deleted {
            call = call.show_deleted(true);
        }
        call.with_options(self.options).into_call().checked(place)
    }

    fn items(page: Self::Page) -> Vec<EntryKey> {
        keys(page)
    }

    fn read(page: &Self::Page) -> Facts {
        let has_name = |entry: &DataStoreEntry| entry.id.is_some() || entry.path.is_some();
        let is_flawed = !page.data_store_entries.iter().flatten().all(has_name);
        let flaw = is_flawed.then_some("the service listed an entry without its id and path");
        Facts { flaw, ..<ListScopedEntries as List>::read(page) }
    }
}

fn keys(page: ListDataStoreEntriesResponse) -> Vec<EntryKey> {
    listed(page).into_iter().map(|listed| listed.first).collect()
}

/// The entries of a page, each with the places that it may be at.
pub(super) fn listed(page: ListDataStoreEntriesResponse) -> Vec<Listed> {
    page.data_store_entries.unwrap_or_default().iter().map(place).collect()
}

/// Where a listed entry is, of which only path and id are there.
fn place(entry: &DataStoreEntry) -> Listed {
    let id = entry.id.as_deref();
    let path = entry.path.as_deref().unwrap_or_default();
    let in_scope = path.split_once("/scopes/").and_then(|(_, rest)| scope_and_key(rest, id));
    let (scope, last) = in_scope.unwrap_or_else(|| {
        let last = path.split_once("/entries/").map_or("", |(_, last)| last);
        ("global".to_owned(), last)
    });
    let key = id.map_or_else(|| decoded(last), str::to_owned);
    if scope == ALL_SCOPES { Listed::of_all_scopes(key) } else { Listed::at(EntryKey { scope, key }) }
}

/// The scope in `{scope}/entries/{key}`, and the key as it is written there. Services write both
/// percent-encoded or as they are (`DS-02`), and then with whatever slashes they have: the id says where
/// the key begins.
fn scope_and_key<'a>(text: &'a str, id: Option<&str>) -> Option<(String, &'a str)> {
    let before = |key: &str| text.strip_suffix(key)?.strip_suffix("/entries/");
    let by_id = id.and_then(|id| before(id).or_else(|| before(&encode(id).to_string())));
    let (scope, key) = match by_id {
        Some(scope) => (scope, &text[scope.len() + "/entries/".len()..]),
        None => text.split_once("/entries/")?,
    };
    // What no encoding leaves as it is was not encoded.
    let may_be_encoded = scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    Some((if may_be_encoded { decoded(scope) } else { scope.to_owned() }, key))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl Store {
    /// The keys of the scope that was chosen, or of all scopes if none was. Of all scopes Roblox's guide and
    /// reference say different things about prefixes, so that all keys come, and the caller looks at them.
    pub(super) fn chosen_entries(&self, prefix: &str, options: &Options) -> Result<Entries, Error> {
        self.check_place()?;
        let entries = self.entries().with_options(options.clone());
        Ok(if self.scope.is_some() { entries.prefix(prefix) } else { entries.all_scopes() })
    }

    /// The same store at the scope of a key.
    pub(super) fn at_scope_of(&self, key: &EntryKey) -> Self {
        self.clone().scope(&key.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_and_key_are_read_off_path_and_id() {
        for (path, id, scope, key_text) in [
            ("universes/1/data-stores/s/entries/a", "a", "global", "a"),
            ("universes/1/data-stores/s/entries/a%2Fb", "a/b", "global", "a/b"),
            ("universes/1/data-stores/s/scopes/x%20y/entries/a%40b", "a@b", "x y", "a@b"),
            ("universes/1/data-stores/s/scopes/-/entries/x%2Fa%2Fb", "x/a/b", "x", "a/b"),
            ("universes/1/data-stores/s/scopes/x/entries/entries", "entries", "x", "entries"),
            // DS-02: as they are, whatever they hold.
            ("universes/1/data-stores/s/scopes/x/entries/user/1", "user/1", "x", "user/1"),
            ("universes/1/data-stores/s/scopes/a/entries/b/entries/c/d", "c/d", "a/entries/b", "c/d"),
            (
                "universes/1/data-stores/s/scopes/a%2Fb/entries/c%2Fentries%2Fd",
                "c/entries/d",
                "a/b",
                "c/entries/d",
            ),
            ("universes/1/data-stores/s/scopes/a%2Fb/entries/c/d", "c/d", "a/b", "c/d"),
            ("universes/1/data-stores/s/scopes/a/b/entries/c/entries/d", "c/entries/d", "a/b", "c/entries/d"),
        ] {
            let mut entry = DataStoreEntry::new();
            entry.path = Some(path.to_owned());
            entry.id = Some(id.to_owned());
            let expected = EntryKey { scope: scope.to_owned(), key: key_text.to_owned() };
            assert_eq!(place(&entry).first, expected, "{path}");
        }
    }
}
