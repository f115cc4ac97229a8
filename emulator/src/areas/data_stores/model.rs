//! State and rules of data stores.

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::{Failure, day, hour, later, refuse_unfit};
use crate::document::text_of;
use crate::mix::mix_text;

/// Characters of a data store's name, a scope or a key.
const MAX_NAME: usize = 50;
const MAX_VALUE: usize = 4_194_304;
const MAX_ATTRIBUTE_KEY: usize = 50;
const MAX_ATTRIBUTE_VALUE: usize = 250;
const MAX_ATTRIBUTES: usize = 300;
/// Days for which deleted things and old versions are kept.
const KEPT_DAYS: i64 = 30;
/// The largest time that a revision may be asked for, in seconds from now.
const MAX_FUTURE: i64 = 600;
const MAX_BYTES: usize = 1024 * 1024 * 1024;

pub(crate) const GLOBAL: &str = "global";

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct DataStores {
    universes: BTreeMap<u64, Universe>,
    bytes: usize,
    revisions: u64,
}

#[derive(Default, Serialize, Deserialize)]
struct Universe {
    stores: BTreeMap<String, Store>,
    snapshot: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Store {
    pub(super) created: Timestamp,
    /// When it is removed for good; it counts as deleted from the moment that this is set.
    pub(super) expires: Option<Timestamp>,
    /// By scope and key.
    #[serde(with = "crate::pairs")]
    pub(super) entries: BTreeMap<(String, String), Entry>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(super) created: Timestamp,
    /// The oldest first.
    pub(super) versions: Vec<Version>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    /// When the entry was created that this is a version of.
    pub(crate) entry_created: Timestamp,
    pub(crate) deleted: bool,
    /// JSON, as it was sent.
    pub(crate) value: Box<str>,
    pub(crate) users: Vec<u64>,
    pub(crate) attributes: Map<String, Value>,
    /// A game reads it as a buffer. What is written through the API never is one, even if it looks like one (DS-14).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_buffer: bool,
}

/// What is written: a value and what belongs to it.
pub(crate) struct Content {
    pub(crate) value: String,
    pub(crate) users: Vec<u64>,
    pub(crate) attributes: Map<String, Value>,
    /// The value is how a buffer shows.
    pub(crate) is_buffer: bool,
}

/// Names one entry.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) universe: u64,
    pub(crate) store: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) key: &'a str,
}

/// Which version of an entry is asked for.
pub(crate) enum Revision<'a> {
    Latest,
    At(Timestamp),
    Id(&'a str),
}

impl Version {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.value).unwrap_or_default()
    }

    pub(crate) fn etag(&self) -> String {
        format!("{:016x}", mix_text(0, &self.id))
    }

    fn size(&self) -> usize {
        self.value.len() + 128
    }
}

impl Content {
    /// A value that is what it looks like.
    pub(super) fn of(value: String, users: Vec<u64>, attributes: Map<String, Value>) -> Content {
        Content { value, users, attributes, is_buffer: false }
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.value.chars().count() > MAX_VALUE {
            return Err(Failure::invalid(format!("The value is longer than {MAX_VALUE} characters.")));
        }
        let mut total = 0;
        for (key, value) in &self.attributes {
            let text = text_of(value);
            if !value.is_string() {
                refuse_unfit(text.as_bytes())?;
            }
            let (key, value) = (key.chars().count(), text.chars().count());
            if key > MAX_ATTRIBUTE_KEY || value > MAX_ATTRIBUTE_VALUE {
                let name = format!("An attribute's name has at most {MAX_ATTRIBUTE_KEY} characters");
                return Err(Failure::invalid(format!("{name} and its value {MAX_ATTRIBUTE_VALUE}.")));
            }
            total += key + value;
        }
        refuse_if!(
            total > MAX_ATTRIBUTES,
            "The attributes have more than {MAX_ATTRIBUTES} characters together."
        );
        Ok(())
    }
}

impl Place<'_> {
    fn check(&self) -> Result<(), Failure> {
        for (what, name) in [("data store's name", self.store), ("scope", self.scope), ("key", self.key)] {
            let length = name.chars().count();
            refuse_if!(length == 0 || length > MAX_NAME, "The {what} must have 1 to {MAX_NAME} characters.");
        }
        Ok(())
    }

    fn missing(&self) -> Failure {
        Failure::not_found(format!("The entry '{}' does not exist.", self.key)).with_detail("KeyNotFound")
    }
}

impl Entry {
    /// Forgets what is no longer kept; `false` if nothing of the entry is left.
    fn prune(&mut self, now: Timestamp) -> bool {
        let limit = oldest_kept(now);
        // A version is kept that long after a newer one has taken its place.
        let outdated = self.versions.windows(2).take_while(|pair| pair[1].created < limit).count();
        self.versions.drain(..outdated);
        !self.is_gone(now)
    }

    /// Whether it was deleted so long ago that nothing of it is kept.
    fn is_gone(&self, now: Timestamp) -> bool {
        self.latest().is_none_or(|last| last.deleted && last.created < oldest_kept(now))
    }

    fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    fn is_deleted(&self) -> bool {
        self.latest().is_none_or(|version| version.deleted)
    }
}

impl Store {
    pub(super) fn is_deleted(&self) -> bool {
        self.expires.is_some()
    }
}

impl DataStores {
    /// One store with one entry, which sample requests ask for.
    pub(crate) fn seeded(now: Timestamp) -> DataStores {
        let mut stores = DataStores::default();
        for (scope, key) in [(GLOBAL, "sample-entry"), (GLOBAL, "sample-counter")] {
            let place = Place { universe: 2001, store: "sample-store", scope, key };
            let content = Content::of("7".to_owned(), vec![1001], Map::new());
            let written = stores.write(place, content, now);
            if let Ok(entry) = written.and_then(|_| stores.entry_mut(place, now))
                && let Some(version) = entry.versions.last_mut()
            {
                version.id = "3".to_owned();
            }
        }
        stores
    }

    fn store(&mut self, place: Place<'_>, now: Timestamp) -> Result<&mut Store, Failure> {
        let missing = || {
            let failure = Failure::missing(format_args!("data store '{}'", place.store));
            failure.with_detail("DatastoreNotFound")
        };
        let universe = self.universes.get_mut(&place.universe).ok_or_else(missing)?;
        universe.purge(now);
        let store = universe.stores.get_mut(place.store).ok_or_else(missing)?;
        if store.is_deleted() {
            let message = format!("The data store '{}' is deleted.", place.store);
            return Err(Failure::not_found(message).with_detail("DatastoreDeleted"));
        }
        Ok(store)
    }

    fn entry_mut(&mut self, place: Place<'_>, now: Timestamp) -> Result<&mut Entry, Failure> {
        let store = self.store(place, now)?;
        let id = (place.scope.to_owned(), place.key.to_owned());
        if let Some(entry) = store.entries.get_mut(&id)
            && !entry.prune(now)
        {
            store.entries.remove(&id);
        }
        store.entries.get_mut(&id).ok_or_else(|| place.missing())
    }

    /// A version of an entry, also of one that is deleted.
    pub(crate) fn version(
        &mut self,
        place: Place<'_>,
        revision: &Revision<'_>,
        now: Timestamp,
    ) -> Result<Version, Failure> {
        let entry = self.entry_mut(place, now)?;
        let found = match revision {
            Revision::Latest => entry.latest().filter(|version| !version.deleted),
            Revision::Id(id) => entry.versions.iter().find(|version| version.id == *id),
            Revision::At(time) => {
                let is_wrong = *time <= Timestamp::UNIX_EPOCH || *time > later(now, MAX_FUTURE);
                refuse_if!(is_wrong, "The time must be after 1970 and at most ten minutes in the future.");
                entry.versions.iter().rfind(|version| version.created <= *time)
            }
        };
        found.cloned().ok_or_else(|| place.missing())
    }

    /// Whether an entry was there, and is deleted.
    pub(crate) fn is_tombstone(&mut self, place: Place<'_>, now: Timestamp) -> bool {
        self.entry_mut(place, now).is_ok_and(|entry| entry.is_deleted())
    }

    /// The latest version, if the entry is there and not deleted.
    pub(crate) fn current(&mut self, place: Place<'_>, now: Timestamp) -> Result<Option<Version>, Failure> {
        match self.version(place, &Revision::Latest, now) {
            Ok(version) => Ok(Some(version)),
            Err(failure) if failure.detail.as_deref() == Some("DatastoreDeleted") => Err(failure),
            Err(_) => Ok(None),
        }
    }

    /// All versions, the oldest first.
    pub(crate) fn versions(&mut self, place: Place<'_>, now: Timestamp) -> Result<Vec<Version>, Failure> {
        Ok(self.entry_mut(place, now)?.versions.clone())
    }

    /// Writes a value. The first write in each UTC hour, or after a snapshot, keeps what was there as a version;
    /// later ones take the place of the hour's version.
    pub(crate) fn write(
        &mut self,
        place: Place<'_>,
        content: Content,
        now: Timestamp,
    ) -> Result<Version, Failure> {
        place.check()?;
        content.check()?;
        self.current(place, now)?;
        if self.bytes + content.value.len() > MAX_BYTES {
            self.make_room(now);
        }
        if self.bytes + content.value.len() > MAX_BYTES {
            return Err(Failure::exhausted("The emulator's data stores are full: 1 GiB."));
        }
        let id = self.next_id(now);
        let universe = self.universes.entry(place.universe).or_default();
        let snapshot = universe.snapshot;
        let new_store = || Store { created: now, expires: None, entries: BTreeMap::new() };
        let store = universe.stores.entry(place.store.to_owned()).or_insert_with(new_store);
        let new_entry = || Entry { created: now, versions: Vec::with_capacity(1) };
        let id_of_entry = (place.scope.to_owned(), place.key.to_owned());
        let entry = store.entries.entry(id_of_entry).or_insert_with(new_entry);
        if entry.is_deleted() {
            entry.created = now;
        }
        let overwrites = entry.latest().is_some_and(|last| {
            !last.deleted
                && hour(last.created) == hour(now)
                && snapshot.is_none_or(|taken| taken < last.created)
        });
        if overwrites && let Some(version) = entry.versions.pop() {
            self.bytes = self.bytes.saturating_sub(version.size());
        }
        let version = Version {
            id,
            created: now,
            entry_created: entry.created,
            deleted: false,
            value: content.value.into_boxed_str(),
            users: content.users,
            attributes: content.attributes,
            is_buffer: content.is_buffer,
        };
        self.bytes += version.size();
        entry.versions.push(version.clone());
        Ok(version)
    }

    /// Forgets everything that is no longer kept, also where nobody looked, and counts what is left.
    fn make_room(&mut self, now: Timestamp) {
        self.bytes = 0;
        for universe in self.universes.values_mut() {
            universe.purge(now);
            for store in universe.stores.values_mut() {
                store.entries.retain(|_, entry| entry.prune(now));
                let versions = store.entries.values().flat_map(|entry| &entry.versions);
                self.bytes += versions.map(Version::size).sum::<usize>();
            }
        }
    }

    /// Adds to a whole number; an entry that is not there counts as 0.
    pub(crate) fn increment(
        &mut self,
        place: Place<'_>,
        amount: i64,
        users: Vec<u64>,
        attributes: Map<String, Value>,
        now: Timestamp,
    ) -> Result<Version, Failure> {
        let refused = || Failure::invalid("The value is not a whole number: it cannot be incremented.");
        let before = match self.current(place, now)? {
            None => 0,
            Some(version) => version.json().as_i64().ok_or_else(refused)?,
        };
        let content = Content::of(before.saturating_add(amount).to_string(), users, attributes);
        self.write(place, content, now)
    }

    /// Marks an entry as deleted.
    pub(crate) fn delete(&mut self, place: Place<'_>, now: Timestamp) -> Result<(), Failure> {
        let id = self.next_id(now);
        let entry = self.entry_mut(place, now)?;
        refuse_if!(entry.is_deleted(), place.missing());
        let version = Version {
            id,
            created: now,
            entry_created: entry.created,
            deleted: true,
            value: "null".into(),
            users: Vec::new(),
            attributes: Map::new(),
            is_buffer: false,
        };
        entry.versions.push(version);
        Ok(())
    }

    /// Scope and key of the entries of a store in their order, from after one on; the scope `None` is any. Nothing is
    /// looked at that nobody asks for: a store may have many entries, and a page only few.
    pub(crate) fn keys<'a>(
        &'a mut self,
        place: Place<'_>,
        scope: Option<&'a str>,
        after: Option<(String, String)>,
        with_deleted: bool,
        now: Timestamp,
    ) -> Result<impl Iterator<Item = (&'a str, &'a str)>, Failure> {
        let store = self.store(place, now)?;
        let start = match (after, scope) {
            (Some(after), _) => Bound::Excluded(after),
            (None, Some(scope)) => Bound::Included((scope.to_owned(), String::new())),
            (None, None) => Bound::Unbounded,
        };
        Ok(store
            .entries
            .range((start, Bound::Unbounded))
            .take_while(move |((of, _), _)| scope.is_none_or(|scope| of == scope))
            .filter(move |(_, entry)| if with_deleted { !entry.is_gone(now) } else { !entry.is_deleted() })
            .map(|((scope, key), _)| (scope.as_str(), key.as_str())))
    }

    /// Name and state of a universe's stores.
    pub(crate) fn stores(&mut self, universe: u64, now: Timestamp) -> Vec<(&String, &Store)> {
        let Some(universe) = self.universes.get_mut(&universe) else { return Vec::new() };
        universe.purge(now);
        universe.stores.iter().collect()
    }

    /// Schedules a store for its deletion, or calls that off.
    pub(crate) fn mark_store(
        &mut self,
        universe: u64,
        name: &str,
        deleted: bool,
        now: Timestamp,
    ) -> Result<&Store, Failure> {
        let missing = || Failure::missing(format_args!("data store '{name}'"));
        let universe = self.universes.get_mut(&universe).ok_or_else(missing)?;
        universe.purge(now);
        let store = universe.stores.get_mut(name).ok_or_else(missing)?;
        if !deleted {
            store.expires = None;
        } else if store.expires.is_none() {
            store.expires = Some(later(now, KEPT_DAYS * 86_400));
        }
        Ok(store)
    }

    /// Takes a snapshot unless there is one of the same UTC day: its time, and whether it is new.
    pub(crate) fn snapshot(&mut self, universe: u64, now: Timestamp) -> (Timestamp, bool) {
        let universe = self.universes.entry(universe).or_default();
        if let Some(taken) = universe.snapshot.filter(|taken| day(*taken) == day(now)) {
            return (taken, false);
        }
        universe.snapshot = Some(now);
        (now, true)
    }

    /// `08DC3D3F43F9FCC1.0000000001.08DC3D3F43F9FCC1.01`: ticks of .NET, and a number that makes it unique.
    fn next_id(&mut self, now: Timestamp) -> String {
        self.revisions += 1;
        let ticks = now.as_nanosecond() / 100 + 621_355_968_000_000_000;
        format!("{ticks:016X}.{:010}.{ticks:016X}.01", self.revisions)
    }
}

/// Whether `scope/key` begins with a prefix.
pub(super) fn starts_with(scope: &str, key: &str, prefix: &str) -> bool {
    match prefix.strip_prefix(scope).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => key.starts_with(rest),
        None => scope.starts_with(prefix),
    }
}

/// When the oldest version was replaced, or the first entry deleted, that is still kept.
fn oldest_kept(now: Timestamp) -> Timestamp {
    later(now, -KEPT_DAYS * 86_400)
}

impl Universe {
    fn purge(&mut self, now: Timestamp) {
        self.stores.retain(|_, store| store.expires.is_none_or(|expires| expires > now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { universe: 1, store: "s", scope: GLOBAL, key: "k" };
    const HOUR: i64 = 3_600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + seconds).expect("a time")
    }

    fn content(value: &str) -> Content {
        Content::of(value.to_owned(), Vec::new(), Map::new())
    }

    fn values(stores: &mut DataStores, now: Timestamp) -> Vec<String> {
        let versions = stores.versions(PLACE, now).expect("versions");
        versions.iter().map(|version| version.value.to_string()).collect()
    }

    #[test]
    fn the_first_write_of_an_hour_keeps_the_last_version() {
        let mut stores = DataStores::default();
        for (second, value) in [(0, "1"), (60, "2"), (HOUR, "3"), (HOUR + 1, "4")] {
            stores.write(PLACE, content(value), at(second)).expect("written");
        }
        assert_eq!(values(&mut stores, at(2 * HOUR)), ["2", "4"]);
    }

    #[test]
    fn a_snapshot_keeps_what_was_there_even_within_the_hour() {
        let mut stores = DataStores::default();
        stores.write(PLACE, content("1"), at(0)).expect("written");
        assert_eq!(stores.snapshot(1, at(1)), (at(1), true));
        assert_eq!(stores.snapshot(1, at(2)), (at(1), false));
        stores.write(PLACE, content("2"), at(3)).expect("written");
        stores.write(PLACE, content("3"), at(4)).expect("written");
        assert_eq!(values(&mut stores, at(5)), ["1", "3"]);
        assert!(stores.snapshot(1, at(24 * HOUR)).1);
    }

    #[test]
    fn deleted_entries_and_old_versions_go_after_thirty_days() {
        let mut stores = DataStores::default();
        stores.write(PLACE, content("1"), at(0)).expect("written");
        stores.write(PLACE, content("2"), at(HOUR)).expect("written");
        let month = 30 * 24 * HOUR;
        assert_eq!(values(&mut stores, at(month)).len(), 2);
        assert_eq!(values(&mut stores, at(month + 2 * HOUR)), ["2"]);
        let deleted = month + 3 * HOUR;
        stores.delete(PLACE, at(deleted)).expect("deleted");
        assert!(stores.current(PLACE, at(deleted + 1)).expect("fine").is_none());
        assert_eq!(stores.versions(PLACE, at(deleted + month)).expect("kept").len(), 2);
        assert!(stores.versions(PLACE, at(deleted + month + HOUR)).is_err());
    }

    #[test]
    fn what_is_forgotten_makes_room() {
        let mut stores = DataStores::default();
        stores.write(PLACE, content("1"), at(0)).expect("written");
        stores.delete(PLACE, at(1)).expect("deleted");
        stores.write(Place { key: "kept", ..PLACE }, content("2"), at(2)).expect("written");
        stores.bytes = MAX_BYTES;
        let month = 30 * 24 * HOUR;
        stores.write(Place { key: "new", ..PLACE }, content("3"), at(month + 3)).expect("there is room");
        assert_eq!(stores.bytes, 2 * (128 + 1));
    }

    #[test]
    fn a_version_is_found_by_id_and_by_time() {
        let mut stores = DataStores::default();
        let first = stores.write(PLACE, content("1"), at(0)).expect("written");
        stores.write(PLACE, content("2"), at(HOUR)).expect("written");
        let now = at(2 * HOUR);
        let mut value = |revision: Revision<'_>| {
            let version = stores.version(PLACE, &revision, now);
            version.map(|version| version.value.to_string()).ok()
        };
        assert_eq!(value(Revision::Id(&first.id)).as_deref(), Some("1"));
        assert_eq!(value(Revision::At(at(HOUR - 1))).as_deref(), Some("1"));
        assert_eq!(value(Revision::At(at(HOUR))).as_deref(), Some("2"));
        assert_eq!(value(Revision::Latest).as_deref(), Some("2"));
        assert_eq!(value(Revision::At(at(-1))), None);
        assert_eq!(value(Revision::At(at(3 * HOUR))), None, "too far in the future");
        assert_eq!(value(Revision::Id("x")), None);
    }

    #[test]
    fn a_deleted_store_can_be_had_back_for_thirty_days() {
        let mut stores = DataStores::default();
        stores.write(PLACE, content("1"), at(0)).expect("written");
        stores.mark_store(1, "s", true, at(1)).expect("marked");
        assert!(stores.current(PLACE, at(2)).is_err());
        assert!(stores.write(PLACE, content("2"), at(2)).is_err());
        stores.mark_store(1, "s", false, at(3)).expect("marked");
        assert!(stores.current(PLACE, at(4)).expect("fine").is_some());
        stores.mark_store(1, "s", true, at(5)).expect("marked");
        let gone = at(30 * 24 * HOUR + 6);
        assert!(stores.mark_store(1, "s", false, gone).is_err());
        assert!(stores.current(PLACE, gone).expect("fine").is_none());
    }

    #[test]
    fn only_whole_numbers_are_incremented() {
        let mut stores = DataStores::default();
        let mut add = |amount| {
            let added = stores.increment(PLACE, amount, Vec::new(), Map::new(), at(0));
            added.map(|version| version.value.to_string()).ok()
        };
        assert_eq!(add(5).as_deref(), Some("5"));
        assert_eq!(add(-7).as_deref(), Some("-2"));
        assert_eq!(add(i64::MAX).as_deref(), Some("9223372036854775805"));
        assert_eq!(add(10).as_deref(), Some("9223372036854775807"));
        stores.write(PLACE, content("\"x\""), at(0)).expect("written");
        assert!(stores.increment(PLACE, 1, Vec::new(), Map::new(), at(0)).is_err());
    }

    #[test]
    fn what_is_no_longer_kept_makes_room() {
        let mut stores = DataStores::default();
        stores.write(PLACE, content("1"), at(0)).expect("written");
        stores.mark_store(1, "s", true, at(1)).expect("marked");
        stores.bytes = MAX_BYTES;
        let place = Place { store: "other", ..PLACE };
        stores.write(place, content("2"), at(30 * 24 * HOUR + 2)).expect("written");
        assert_eq!(stores.bytes, 1 + 128);
    }

    #[test]
    fn limits() {
        let mut stores = DataStores::default();
        let long = "k".repeat(51);
        let place = Place { key: &long, ..PLACE };
        assert!(stores.write(place, content("1"), at(0)).is_err());
        let place = Place { key: "", ..PLACE };
        assert!(stores.write(place, content("1"), at(0)).is_err());
        let mut big = content("1");
        big.attributes.insert("a".to_owned(), Value::from("x".repeat(251)));
        assert!(stores.write(PLACE, big, at(0)).is_err());
        let huge = content(&format!("\"{}\"", "x".repeat(MAX_VALUE)));
        assert!(stores.write(PLACE, huge, at(0)).is_err());
    }
}
