//! Entries as a listing names them, and where they are read.

use super::limits::ALL_SCOPES;
use super::requests::{Found, Revision};
use super::unreadable::is_of_the_entry;
use super::wire::Stored;
use super::{EntryKey, Store, limits};
use crate::client::Options;
use crate::{Error, operations};
use std::collections::BTreeSet;

/// How many names that several entries share are remembered at most.
const MOST_SHARED: usize = 1000;

/// A listed entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Where it is, or most likely is.
    pub(super) first: EntryKey,
    /// Where else it may be: what is listed over all scopes has scope and key in one text, and a slash may be
    /// part of either.
    others: Vec<EntryKey>,
}

/// What was read of a listed entry.
#[derive(Debug)]
pub(super) enum Outcome {
    There(EntryKey, Box<Stored>),
    /// It was deleted meanwhile. Only said where it is known which entry was listed.
    Vanished,
    Failed(EntryKey, Error),
}

/// Names of which several entries were found. All of them are dealt with the first time; each is listed under the
/// same name again.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct SharedNames(BTreeSet<String>);

impl Listed {
    pub(super) fn at(first: EntryKey) -> Self {
        Self { first, others: Vec::new() }
    }

    /// What is listed as `{scope}/{key}`: every way to read it that could be an entry.
    pub(super) fn of_all_scopes(text: String) -> Self {
        let mut places = text.match_indices('/').filter_map(|(at, slash)| {
            let (scope, key) = (&text[..at], &text[at + slash.len()..]);
            let may_be = scope != ALL_SCOPES
                && limits::name("scope", scope).is_ok()
                && limits::name("key", key).is_ok();
            may_be.then(|| EntryKey { scope: scope.to_owned(), key: key.to_owned() })
        });
        match places.next() {
            Some(first) => Self { first, others: places.collect() },
            None => Self::at(EntryKey { scope: ALL_SCOPES.to_owned(), key: text }),
        }
    }

    /// Whether it may be an entry whose key begins so.
    pub(super) fn may_begin_with(&self, prefix: &str) -> bool {
        self.places().any(|place| place.key.starts_with(prefix))
    }

    /// Where it is, if that is known.
    pub(super) fn only_place(&self) -> Option<&EntryKey> {
        self.others.is_empty().then_some(&self.first)
    }

    fn places(&self) -> impl Iterator<Item = &EntryKey> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Its name, if that may be one of several entries.
    fn shared_name(&self) -> Option<String> {
        (!self.others.is_empty()).then(|| format!("{}/{}", self.first.scope, self.first.key))
    }

    /// What is found at any of its places; more than one entry if they have the same name. An entry is never
    /// taken for deleted because it was looked for in the wrong place: if it is at none of several, that is an
    /// error.
    ///
    /// # Errors
    ///
    /// Those that have nothing to do with the entry.
    pub(super) async fn read(
        &self,
        store: &Store,
        prefix: &str,
        options: &Options,
    ) -> Result<Vec<Outcome>, Error> {
        let mut outcomes = Vec::new();
        let mut is_another = false;
        let mut requests = 0_u32;
        for place in self.places() {
            let found = store.at_scope_of(place).look_up(&place.key, &Revision::Latest, options).await;
            match found {
                Ok(Found::Missing { attempts }) => requests = requests.saturating_add(attempts),
                Ok(Found::There(_)) if !place.key.starts_with(prefix) => is_another = true,
                Ok(Found::There(stored)) => outcomes.push(Outcome::There(place.clone(), Box::new(stored))),
                Err(error) if is_of_the_entry(&error) => {
                    outcomes.push(Outcome::Failed(place.clone(), place.blame(error)));
                }
                Err(error) => return Err(place.blame(error)),
            }
        }
        if outcomes.is_empty() && !is_another {
            outcomes.push(match self.shared_name() {
                None => Outcome::Vanished,
                Some(name) => Outcome::Failed(self.first.clone(), self.nowhere(&name, requests)),
            });
        }
        Ok(outcomes)
    }

    fn nowhere(&self, name: &str, requests: u32) -> Error {
        let ways = self.others.len() + 1;
        Error::unreadable(format!(
            "`{name}` was listed over all scopes, and none of the {ways} ways to part it into scope and key is an entry"
        ))
        .with_operation(&operations::DATA_STORES_GET_SCOPED_ENTRY)
        .with_attempts(requests)
        .with_hint(
            "it may have been deleted meanwhile; list the scope by itself, or go on without it by `skip_unreadable`",
        )
    }
}

impl SharedNames {
    /// What there is to deal with: nothing if it was dealt with when another entry of its name was. Remembers the name
    /// if several entries have it. Of very many, some come twice.
    pub(super) fn new_of(&mut self, listed: &Listed, outcomes: Vec<Outcome>) -> Vec<Outcome> {
        if !self.0.is_empty() && listed.shared_name().is_some_and(|name| self.0.contains(&name)) {
            return Vec::new();
        }
        if outcomes.len() > 1 && self.0.len() < MOST_SHARED {
            self.0.extend(listed.shared_name());
        }
        outcomes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_part_scope_and_key_is_a_place() {
        let long = format!("a/{}/b", "x".repeat(49));
        for (text, expected) in [
            ("a/b", &[("a", "b")][..]),
            ("a/b/c", &[("a", "b/c"), ("a/b", "c")]),
            ("/b/c/", &[("/b", "c/")]),
            ("-/b/c", &[("-/b", "c")]),
            ("ab", &[("-", "ab")]),
            (&long, &[]),
        ] {
            let listed = Listed::of_all_scopes(text.to_owned());
            let places: Vec<_> =
                listed.places().map(|place| (place.scope.as_str(), place.key.as_str())).collect();
            if !expected.is_empty() {
                assert_eq!(places, expected, "{text}");
            }
            assert!(!places.is_empty(), "{text}");
        }
    }
}
