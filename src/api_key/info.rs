use crate::error::OneLine;
use crate::ids::{GroupId, UniverseId, UserId};
use crate::wire::decode::object;
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::{self, Write};

/// What stands for all ids, all stores or all operations.
pub(super) const ALL: &str = "*";

/// What Roblox knows of an API key.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiKeyInfo {
    /// The name that its owner gave it.
    pub name: Option<String>,
    /// In whose name it acts.
    pub authorized_user_id: Option<UserId>,
    /// What it may do.
    pub scopes: Option<Vec<KeyScope>>,
    /// Whether it is switched on.
    pub enabled: Option<bool>,
    /// Whether its time is over.
    pub expired: Option<bool>,
    /// When its time is over; `None` if never.
    pub expiration_time_utc: Option<Timestamp>,
}

object!(ApiKeyInfo {
    "name" => name,
    "authorizedUserId" => authorized_user_id,
    "scopes" => scopes,
    "enabled" => enabled,
    "expired" => expired,
    "expirationTimeUtc" => expiration_time_utc,
    // One public client reads it under this name (`AU-03`).
    "expirationUtcTime" => expiration_time_utc,
});

/// A part of what a key may do. The scope `asset:write` is the operation `write` of the scope `asset`.
/// `*` stands for all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KeyScope {
    /// The scope's name, without the operation.
    pub name: Option<String>,
    /// Its operations.
    pub operations: Option<Vec<String>>,
    /// For which users.
    pub user_ids: Option<Vec<UserId>>,
    /// For which groups.
    pub group_ids: Option<Vec<GroupId>>,
    /// For which universes.
    pub universe_ids: Option<Vec<UniverseId>>,
    /// For which data stores.
    pub universe_datastores: Option<Vec<DataStoreAccess>>,
}

object!(KeyScope {
    "name" => name,
    "operations" => operations,
    "userIds" => user_ids,
    "groupIds" => group_ids,
    "universeIds" => universe_ids,
    "universeDatastores" => universe_datastores,
});

impl KeyScope {
    /// Whether it is this scope, such as `asset:write`.
    pub fn grants(&self, scope: &str) -> bool {
        let (name, operation) = scope.rsplit_once(':').unwrap_or((scope, ALL));
        let own = self.name.as_deref().unwrap_or_default();
        let mut operations = self.operations.iter().flatten();
        // Written whole, it needs no list of operations.
        own == scope || (own == name && operations.any(|own| own == operation || own == ALL))
    }
}

/// As in `asset: read, write, for group 7`.
impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        f.write_str(self.name.as_deref().unwrap_or_default())?;
        if let Some(operations) = &self.operations {
            write!(f, ": {}", operations.join(", "))?;
        }
        fn named<T: AsRef<str>>(kind: &str, ids: &Option<Vec<T>>) -> Vec<String> {
            ids.iter().flatten().map(|id| format!("{kind} {}", id.as_ref())).collect()
        }
        let mut targets = named("user", &self.user_ids);
        targets.extend(named("group", &self.group_ids));
        targets.extend(named("universe", &self.universe_ids));
        targets.extend(self.universe_datastores.iter().flatten().map(|store| {
            let name = store.datastore_name.as_deref().unwrap_or(ALL);
            format!("data store {name} of universe {}", store.universe_id.as_ref().map_or(ALL, AsRef::as_ref))
        }));
        match targets[..] {
            [] => Ok(()),
            _ => write!(f, ", for {}", targets.join(" and ")),
        }
    }
}

/// A data store that a key may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DataStoreAccess {
    /// In which universe.
    pub universe_id: Option<UniverseId>,
    /// The store's name.
    pub datastore_name: Option<String>,
}

object!(DataStoreAccess { "universeId" => universe_id, "datastoreName" => datastore_name, });
