//! What a scope of a key is good for.

use serde::{Deserialize, Serialize};

use crate::identity::scopes::{ANYTHING, Target, split};

/// One scope of an API key, for everything or for what is named. Written as key introspection writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[must_use]
pub struct KeyScope {
    name: String,
    operations: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_ids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group_ids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    universe_ids: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    universe_datastores: Option<Vec<UniverseDatastore>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UniverseDatastore {
    universe_id: String,
    datastore_name: String,
}

impl KeyScope {
    /// A scope as the document names it, such as `asset:write`; for everything, until something is named.
    pub fn new(scope: impl AsRef<str>) -> KeyScope {
        let (name, operation) = split(scope.as_ref());
        KeyScope { name: name.to_owned(), operations: vec![operation.to_owned()], ..KeyScope::default() }
    }

    /// Adds an operation: `asset:read` with `write`.
    pub fn operation(mut self, operation: impl Into<String>) -> KeyScope {
        self.operations.push(operation.into());
        self
    }

    pub fn user(mut self, user: u64) -> KeyScope {
        self.user_ids.get_or_insert_default().push(user.to_string());
        self
    }

    pub fn group(mut self, group: u64) -> KeyScope {
        self.group_ids.get_or_insert_default().push(group.to_string());
        self
    }

    pub fn universe(mut self, universe: u64) -> KeyScope {
        self.universe_ids.get_or_insert_default().push(universe.to_string());
        self
    }

    pub fn store(mut self, universe: u64, name: impl Into<String>) -> KeyScope {
        let store = UniverseDatastore { universe_id: universe.to_string(), datastore_name: name.into() };
        self.universe_datastores.get_or_insert_default().push(store);
        self
    }

    /// Whether this is the scope, whatever it is good for.
    pub(crate) fn is(&self, scope: &str) -> bool {
        let (name, operation) = split(scope);
        self.name == name && self.operations.iter().any(|known| known == operation || known == ANYTHING)
    }

    /// Whether the scope is good for what a request is about. A request that names none of what the scope is
    /// restricted to passes.
    pub(crate) fn covers(&self, target: &Target<'_>) -> bool {
        let within = |ids: &Option<Vec<String>>, id: Option<&str>| match (ids, id) {
            (Some(ids), Some(id)) => ids.iter().any(|known| is_or_any(known, id)),
            _ => true,
        };
        // Users and groups own things: a scope that is restricted to groups is for no user, and the other way round.
        let is_by_owner = self.user_ids.is_some() || self.group_ids.is_some();
        let owned = |ids: &Option<Vec<String>>, id: Option<&str>| {
            within(ids, id) && (id.is_none() || !is_by_owner || ids.is_some())
        };
        let stores = match (&self.universe_datastores, target.universe) {
            (Some(stores), Some(universe)) => stores.iter().any(|known| {
                is_or_any(&known.universe_id, universe)
                    && target.store.is_none_or(|store| is_or_any(&known.datastore_name, store))
            }),
            _ => true,
        };
        stores
            && within(&self.universe_ids, target.universe)
            && owned(&self.group_ids, target.group)
            && owned(&self.user_ids, target.user)
    }

    /// Whether it is not restricted to some experiences.
    pub(crate) fn is_for_every_universe(&self) -> bool {
        self.universe_ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == ANYTHING))
    }

    /// The scope for everything there is, as the key of the owner of everything would have it.
    pub(crate) fn everything(name: &str, operations: Vec<String>) -> KeyScope {
        let any = || Some(vec![ANYTHING.to_owned()]);
        let mut scope = KeyScope { name: name.to_owned(), operations, ..KeyScope::default() };
        if name.starts_with("universe-datastores") {
            let store =
                UniverseDatastore { universe_id: ANYTHING.to_owned(), datastore_name: ANYTHING.to_owned() };
            scope.universe_datastores = Some(vec![store]);
        } else if name.starts_with("universe") || name.starts_with("memory-store") {
            scope.universe_ids = any();
        } else {
            (scope.user_ids, scope.group_ids) = (any(), any());
        }
        scope
    }
}

impl<T: AsRef<str>> From<T> for KeyScope {
    fn from(scope: T) -> KeyScope {
        KeyScope::new(scope)
    }
}

fn is_or_any(known: &str, asked: &str) -> bool {
    known == asked || known == ANYTHING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_for_a_store_is_not_for_another_one() {
        let scope = KeyScope::new("universe-datastores.objects:read").store(1, "Coins").store(2, "*");
        let covers =
            |universe, store| scope.covers(&Target { universe: Some(universe), store, ..Target::default() });
        assert!(covers("1", Some("Coins")) && covers("2", Some("Other")));
        assert!(!covers("1", Some("Other")) && !covers("3", Some("Coins")));
        assert!(covers("1", None), "a list of stores names none");
    }

    #[test]
    fn a_scope_for_a_group_is_not_for_another_one_nor_for_a_user() {
        let scope = KeyScope::new("asset:write").operation("read").group(4001);
        assert!(scope.is("asset:read") && scope.is("asset:write") && !scope.is("asset:delete"));
        let group = |id| Target { group: Some(id), ..Target::default() };
        assert!(scope.covers(&group("4001")) && !scope.covers(&group("4002")));
        assert!(!scope.covers(&Target { user: Some("4001"), ..Target::default() }));
    }
}
