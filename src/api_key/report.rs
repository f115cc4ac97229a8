use super::info::{ALL, ApiKeyInfo, KeyScope};
use crate::error::Shown;
use crate::ids::{GroupId, UniverseId, UserId};
use crate::spec::OperationInfo;
use crate::{Error, Scope};
use jiff::Timestamp;
use std::fmt;

/// What a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// A universe.
    Universe(UniverseId),
    /// A data store of a universe, by name.
    DataStore(UniverseId, String),
}

impl Target {
    /// Whether an operation may be about it. An asset that is made has its owner in the body, so where
    /// the path says nothing of users, groups and universes, it may be about anybody.
    fn concerns(&self, operation: &OperationInfo) -> bool {
        let path = operation.path.replace('_', "").to_lowercase();
        let names = |parameter: &str| path.contains(parameter);
        // Localization calls a universe a game.
        let nobody =
            !["{userid}", "{groupid}", "{universeid}", "{gameid}", "{placeid}"].into_iter().any(names);
        match self {
            Self::User(_) => nobody || names("{userid}"),
            Self::Group(_) => nobody || names("{groupid}"),
            Self::Universe(_) | Self::DataStore(..) => true,
        }
    }

    /// Whether a scope reaches it. A scope that names neither users nor groups says nothing of either,
    /// and likewise for universes and stores; an empty list names nothing, and a store without a name is any
    /// of its universe. That is our reading.
    fn is_reached_by(&self, scope: &KeyScope) -> bool {
        fn named<T: AsRef<str>>(list: &Option<Vec<T>>, id: &str) -> Option<bool> {
            let list = list.as_ref().filter(|list| !list.is_empty())?;
            Some(list.iter().any(|own| own.as_ref() == id || own.as_ref() == ALL))
        }
        // A list of the other kind: it restricts this kind too, and reaches none of it.
        fn other<T>(list: &Option<Vec<T>>) -> Option<bool> {
            list.as_ref().is_some_and(|list| !list.is_empty()).then_some(false)
        }
        let store = |universe: &str, name: Option<&str>| {
            let list = scope.universe_datastores.as_ref().filter(|list| !list.is_empty())?;
            let is = |own: Option<&str>, wanted: &str| own.is_none_or(|own| own == wanted || own == ALL);
            Some(list.iter().any(|own| {
                let is_there = is(own.universe_id.as_ref().map(AsRef::as_ref), universe);
                is_there && name.is_none_or(|name| is(own.datastore_name.as_deref(), name))
            }))
        };
        // Of several lists, one is enough; without any, nothing is restricted.
        let either = |one: Option<bool>, two: Option<bool>| match (one, two) {
            (None, None) => true,
            (one, two) => one == Some(true) || two == Some(true),
        };
        match self {
            Self::User(id) => either(named(&scope.user_ids, id.as_str()), other(&scope.group_ids)),
            Self::Group(id) => either(named(&scope.group_ids, id.as_str()), other(&scope.user_ids)),
            Self::Universe(id) => either(named(&scope.universe_ids, id.as_str()), store(id.as_str(), None)),
            Self::DataStore(id, name) => {
                either(named(&scope.universe_ids, id.as_str()), store(id.as_str(), Some(name)))
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::Group(id) => write!(f, "group {id}"),
            Self::Universe(id) => write!(f, "universe {id}"),
            Self::DataStore(id, name) => write!(f, "data store `{}` of universe {id}", Shown(name)),
        }
    }
}

/// What is wrong with a key, whatever it is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It is switched off.
    Disabled,
    /// Its time is over; since when, if that is known.
    Expired(Option<Timestamp>),
    /// Its time is over soon.
    ExpiresSoon(Timestamp),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("the key is disabled; enable it in the Creator Dashboard"),
            Self::Expired(Some(time)) => {
                write!(f, "the key has expired at {time}; give it another expiration or make a new one")
            }
            Self::Expired(None) => f.write_str(
                "the key has expired, as it also does after 60 days without use; renew it or make a new one",
            ),
            Self::ExpiresSoon(time) => write!(f, "the key expires at {time}"),
        }
    }
}

/// A scope that a key lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missing {
    /// The scope; of several, one is enough. With targets, those of them that the key has.
    pub one_of: Vec<Scope>,
    /// What it does not reach; empty if the key does not have the scope at all.
    pub targets: Vec<Target>,
}

impl Missing {
    /// `None` if the key has one of the scopes, for all of the targets.
    fn of(one_of: &[&str], key: &ApiKeyInfo, targets: &[&Target]) -> Option<Self> {
        let own: Vec<&KeyScope> = key.scopes.iter().flatten().collect();
        let (has, lacks): (Vec<&str>, Vec<&str>) =
            one_of.iter().partition(|scope| own.iter().any(|own| own.grants(scope)));
        let named = |scopes: Vec<&str>| scopes.into_iter().map(Scope::from).collect();
        if has.is_empty() {
            return Some(Self { one_of: named(lacks), targets: Vec::new() });
        }
        let granted: Vec<&KeyScope> =
            own.into_iter().filter(|own| has.iter().any(|scope| own.grants(scope))).collect();
        let is_reached = |target: &Target| granted.iter().any(|own| target.is_reached_by(own));
        let unreached = targets.iter().filter(|target| !is_reached(target));
        let targets: Vec<Target> = unreached.map(|target| (*target).clone()).collect();
        (!targets.is_empty()).then(|| Self { one_of: named(has), targets })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes = self.one_of.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        match &self.targets[..] {
            [] => write!(f, "lacks the scope {scopes}"),
            targets => {
                let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
                write!(f, "has the scope {scopes}, but not for {}", targets.join(" and "))
            }
        }
    }
}

/// What a key lacks for one operation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OperationReport {
    /// The operation.
    pub operation: &'static OperationInfo,
    /// What every call of it needs ([`OperationInfo::needed_scopes`]).
    pub missing: Vec<Missing>,
    /// What Roblox lists for it beyond that: only some requests need it, or some fields of the response.
    /// A key without it is good for the others.
    pub perhaps_missing: Vec<Missing>,
}

impl OperationReport {
    pub(super) fn of(operation: &'static OperationInfo, key: &ApiKeyInfo, targets: &[Target]) -> Self {
        let targets: Vec<&Target> = targets.iter().filter(|target| target.concerns(operation)).collect();
        let needed = operation.needed_scopes;
        let missing: Vec<Missing> =
            needed.iter().filter_map(|one_of| Missing::of(one_of, key, &targets)).collect();
        let is_named =
            |scope: &str| missing.iter().flat_map(|missing| &missing.one_of).any(|own| own.as_str() == scope);
        let others = operation.scopes.iter().filter(|scope| !is_named(scope));
        let perhaps_missing = others.filter_map(|scope| Missing::of(&[scope], key, &targets)).collect();
        Self { operation, missing, perhaps_missing }
    }

    /// Where the key's scopes are not known.
    pub(super) fn unknown(operation: &'static OperationInfo) -> Self {
        Self { operation, missing: Vec::new(), perhaps_missing: Vec::new() }
    }
}

/// What a call with the key has shown of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Proof {
    /// The call succeeded.
    Works,
    /// The service knows the key, and this call failed for another reason, such as a scope that it lacks.
    Accepted(Error),
    /// The service refuses the key (401).
    Refused(Error),
    /// The call failed in a way that says nothing of the key: no connection, an outage, a rate limit.
    Undecided(Error),
}

impl Proof {
    fn of(outcome: Result<(), Error>) -> Self {
        let Err(error) = outcome else { return Self::Works };
        let is_decided = error.status_of_service().is_some_and(|status| status.is_client_error())
            && !error.is_rate_limited()
            && !error.is_timeout();
        match (is_decided, error.is_unauthenticated()) {
            (true, true) => Self::Refused(error),
            (true, false) => Self::Accepted(error),
            (false, _) => Self::Undecided(error),
        }
    }

    /// Whether the service takes the key.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Works | Self::Accepted(_))
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works => f.write_str("a call with the key succeeded"),
            Self::Accepted(error) => {
                write!(f, "the service takes the key, although the call failed: {error}")
            }
            Self::Refused(error) => write!(f, "the service refuses the key: {error}"),
            Self::Undecided(error) => write!(f, "the call says nothing of the key: {error}"),
        }
    }
}

/// What is wrong with a key, and what it lacks. It reads as lines of text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What Roblox knows of the key; `None` if it does not look at it. The key may work all the same, and
    /// what it lacks is not known: see [`proven_by`](Self::proven_by).
    pub key: Option<ApiKeyInfo>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What it lacks, for each operation that was asked about; nothing is listed of a key that is not known.
    pub operations: Vec<OperationReport>,
    /// What a call with it has shown, if there was one.
    pub proof: Option<Proof>,
}

impl Report {
    /// Whether nothing is wrong and nothing is certainly missing. A key that is over soon is not fine;
    /// what [is missing perhaps](OperationReport::perhaps_missing) does not count.
    ///
    /// A key that Roblox does not look at is fine if a call has [proven](Self::proven_by) that it works.
    pub fn is_fine(&self) -> bool {
        let works = match (&self.key, &self.proof) {
            (None, proof) => proof.as_ref().is_some_and(Proof::is_accepted),
            (Some(_), proof) => !matches!(proof, Some(Proof::Refused(_))),
        };
        works && self.problems.is_empty() && self.operations.iter().all(|report| report.missing.is_empty())
    }

    /// Adds what a call with the key came to: a harmless read of your choice, best one of an operation that
    /// was asked about.
    #[must_use]
    pub fn proven_by<T>(mut self, outcome: Result<T, Error>) -> Self {
        self.proof = Some(Proof::of(outcome.map(drop)));
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => {
                writeln!(f, "API key `{}`", Shown(key.name.as_deref().unwrap_or("without a name")))?;
            }
            None => writeln!(
                f,
                "API key: not known. Roblox gave no information about it, as was seen of keys that are older than an \
                 hour; the key may still work"
            )?,
        }
        match &self.proof {
            Some(proof) => writeln!(f, "- {proof}")?,
            None if self.key.is_none() => {
                writeln!(f, "- make a harmless read with it to find out whether it works")?;
            }
            None => {}
        }
        for problem in &self.problems {
            writeln!(f, "- {problem}")?;
        }
        for report in &self.operations {
            let id = report.operation.id;
            if self.key.is_none() {
                writeln!(f, "- {id}: whether a scope is missing is not known")?;
                continue;
            }
            match (&report.missing[..], &report.perhaps_missing[..]) {
                ([], []) => writeln!(f, "- {id}: nothing is missing")?,
                ([], _) => writeln!(f, "- {id}: nothing is certainly missing")?,
                _ => {}
            }
            for missing in &report.missing {
                writeln!(f, "- {id}: the key {missing}")?;
            }
            for missing in &report.perhaps_missing {
                writeln!(f, "- {id}: for some requests or fields only: the key {missing}")?;
            }
        }
        // https://create.roblox.com/docs/cloud/auth/api-keys
        f.write_str(
            "Roblox also ends a key that was neither used nor changed for 60 days, and may tie it to IP addresses; \
             neither can be seen from here.",
        )
    }
}
