//! What the caller says of limits, beside what the operation table says.

use super::share::Share;
use crate::Error;
use crate::spec::{Limit, OperationInfo, ServiceLimit, operations};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The longest period of a limit of the caller's: no limit of Roblox's is longer than a day.
const LONGEST: u64 = 24 * 60 * 60;

/// What the caller says of limits.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) share: Share,
    pub(super) users: Users,
    /// By the id of an operation, the name of an area, or the class of a service's limit.
    limits: BTreeMap<String, Limit>,
    /// The areas whose limits are lifted as far as Roblox sells more.
    extended: BTreeSet<String>,
    /// The first setting that cannot be.
    invalid: Option<Error>,
}

/// How many users are in a universe at a time.
#[derive(Clone)]
pub(super) enum Users {
    Known(u64),
    Asked(Arc<dyn Fn(u64) -> u64 + Send + Sync>),
}

impl Users {
    fn of(&self, universe: Option<&str>) -> u64 {
        match self {
            Self::Known(users) => *users,
            Self::Asked(ask) => universe.and_then(|id| id.parse().ok()).map_or(0, |id| ask(id)),
        }
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(users) => users.fmt(f),
            Self::Asked(_) => f.write_str("asked"),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            share: Share::WHOLE,
            users: Users::Known(0),
            limits: BTreeMap::new(),
            extended: BTreeSet::new(),
            invalid: None,
        }
    }
}

impl Settings {
    pub(super) fn set_share(&mut self, part: f64) {
        let share = Share::new(part);
        self.share = self.valid(share).unwrap_or(self.share);
    }

    pub(super) fn set_limit(&mut self, name: String, limit: Limit) {
        let checked = check(&name, limit);
        if self.valid(checked).is_some() {
            self.limits.insert(name, limit);
        }
    }

    pub(super) fn extend(&mut self, area: String) {
        let is_sold = operations::ALL
            .iter()
            .any(|known| known.area == area && known.limits.iter().any(|limit| limit.extendable));
        let checked = is_sold.then_some(()).ok_or_else(|| {
            Error::configuration(format!(
                "Roblox sells no more of the limits of `{area}`; name an area of this build that it does for, such as \
                 `data_stores`"
            ))
        });
        if self.valid(checked).is_some() {
            self.extended.insert(area);
        }
    }

    /// The value, unless it is an error, of which the first one is kept.
    fn valid<T>(&mut self, checked: Result<T, Error>) -> Option<T> {
        checked.map_err(|error| self.invalid.get_or_insert(error).clone()).ok()
    }

    /// # Errors
    ///
    /// The first setting that cannot be.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.invalid.clone().map_or(Ok(()), Err)
    }

    /// The limit of an operation for a credential, and whether it is of the caller's.
    pub(super) fn own(&self, operation: &OperationInfo, is_bearer: bool) -> Option<(Limit, bool)> {
        let stated = if is_bearer { operation.oauth_limit } else { operation.api_key_limit };
        if self.limits.is_empty() {
            return stated.map(|limit| (limit, false));
        }
        let set = self.limits.get(operation.id).or_else(|| self.limits.get(operation.area));
        set.map(|limit| (*limit, true)).or(stated.map(|limit| (limit, false)))
    }

    /// Whether a limit of a service holds.
    pub(super) fn keeps(&self, operation: &OperationInfo, limit: &ServiceLimit) -> bool {
        !limit.extendable || !self.extended.contains(operation.area) || self.limits.contains_key(limit.class)
    }

    /// A limit of a service as it is now in a universe.
    pub(super) fn of_service(&self, limit: &ServiceLimit, universe: Option<&str>) -> Limit {
        if let Some(limit) = self.limits.get(limit.class) {
            return *limit;
        }
        let users = if limit.tenths_per_user == 0 { 0 } else { self.users.of(universe) };
        let more = limit.tenths_per_user.saturating_mul(users) / 10;
        Limit { requests: limit.limit.requests.saturating_add(more), ..limit.limit }
    }
}

/// Refuses a limit that lets nothing through, or that nothing is counted in.
fn check(name: &str, limit: Limit) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::configuration(format!("the rate limit of `{name}` {why}")));
    let is_known = |operation: &&OperationInfo| {
        operation.id == name
            || operation.area == name
            || operation.limits.iter().any(|limit| limit.class == name)
    };
    if !operations::ALL.iter().any(is_known) {
        return refuse(
            "is of nothing in this build; name an operation (`users.get`), an area (`users`) or the class of a \
             service's limit (`v2.read`)"
                .to_owned(),
        );
    }
    if limit.requests == 0 {
        return refuse("is zero requests, which would let none through; give at least one".to_owned());
    }
    if !(1..=LONGEST).contains(&limit.seconds) {
        return refuse(format!("is of {} seconds; give a period from 1 to {LONGEST}", limit.seconds));
    }
    Ok(())
}
