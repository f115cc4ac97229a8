use super::key::is_unknown;
use super::report::{OperationReport, Problem, Report, Target};
use super::{ApiKey, ApiKeyInfo};
use crate::Error;
use crate::ids::{GroupId, UniverseId, UserId};
use crate::spec::OperationInfo;
use jiff::{SignedDuration, Timestamp};
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// How long before its end a key is complained of, unless told otherwise.
const WARNING_DAYS: u32 = 14;

impl ApiKey {
    /// Checks whether the key may make these calls, by their ids (`users.get`): which scopes it lacks
    /// certainly and which perhaps, and whether it is disabled, expired or about to expire.
    pub fn check(&self, operations: impl IntoIterator<Item = impl Into<String>>) -> Check {
        let operations = operations.into_iter().map(Into::into).collect();
        Check { key: self.clone(), operations, targets: Vec::new(), warning_days: WARNING_DAYS }
    }
}

/// A check of an API key. Made by [`ApiKey::check`]; awaiting it asks Roblox.
///
/// Without targets it checks whether the key has the scopes; with targets, whether they reach each of
/// them.
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until it is awaited"]
pub struct Check {
    key: ApiKey,
    operations: Vec<String>,
    targets: Vec<Target>,
    warning_days: u32,
}

impl Check {
    /// The calls are about this user.
    pub fn user(self, id: impl Into<UserId>) -> Self {
        self.target(Target::User(id.into()))
    }

    /// The calls are about this group.
    pub fn group(self, id: impl Into<GroupId>) -> Self {
        self.target(Target::Group(id.into()))
    }

    /// The calls are about this universe.
    pub fn universe(self, id: impl Into<UniverseId>) -> Self {
        self.target(Target::Universe(id.into()))
    }

    /// The calls are about this data store.
    pub fn data_store(self, universe_id: impl Into<UniverseId>, name: impl Into<String>) -> Self {
        self.target(Target::DataStore(universe_id.into(), name.into()))
    }

    fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// Complains of a key that expires within this number of days; 14 by default.
    pub fn warn_before(mut self, days: u32) -> Self {
        self.warning_days = days;
        self
    }

    /// Asks Roblox.
    ///
    /// # Errors
    ///
    /// If there is no operation of such an id, before anything is sent; or as
    /// [`ApiKey::introspect`], but that Roblox does not look at the key is a report and no error.
    pub async fn send(self) -> Result<Report, Error> {
        let operations = self.operations.iter().map(|id| operation(id)).collect::<Result<Vec<_>, Error>>()?;
        let key = match self.key.introspect().await {
            Ok(key) => Some(key),
            Err(error) if is_unknown(&error) => None,
            Err(error) => return Err(error),
        };
        let report = |operation| match &key {
            Some(key) => OperationReport::of(operation, key, &self.targets),
            None => OperationReport::unknown(operation),
        };
        Ok(Report {
            problems: key
                .as_ref()
                .map(|key| problems(key, self.warning_days, Timestamp::now()))
                .unwrap_or_default(),
            operations: operations.into_iter().map(report).collect(),
            proof: None,
            key,
        })
    }
}

impl IntoFuture for Check {
    type Output = Result<Report, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

fn operation(id: &str) -> Result<&'static OperationInfo, Error> {
    let all = crate::operations::ALL;
    let found = all.iter().find(|operation| operation.id == id).copied();
    found.ok_or_else(|| {
        let area = id.split('.').next().unwrap_or_default();
        let others: Vec<&str> =
            all.iter().filter(|operation| operation.area == area).map(|operation| operation.id).collect();
        Error::invalid_request(match others[..] {
            [] => format!(
                "there is no operation `{id}`: an id is an area and a method, such as `users.get`, and the area's feature must be enabled"
            ),
            _ => format!("there is no operation `{id}`; of this area there are {}", others.join(", ")),
        })
    })
}

fn problems(key: &ApiKeyInfo, warning_days: u32, now: Timestamp) -> Vec<Problem> {
    let mut problems = Vec::new();
    if key.enabled == Some(false) {
        problems.push(Problem::Disabled);
    }
    let end = key.expiration_time_utc;
    let warning = SignedDuration::from_hours(24 * i64::from(warning_days));
    match end.map(|end| end.duration_since(now)) {
        // A key that nobody used for 60 days is over before its time.
        Some(left) if key.expired == Some(true) && left > SignedDuration::ZERO => {
            problems.push(Problem::Expired(None));
        }
        _ if key.expired == Some(true) => problems.push(Problem::Expired(end)),
        Some(left) if left <= SignedDuration::ZERO => problems.push(Problem::Expired(end)),
        Some(left) if left <= warning => problems.extend(end.map(Problem::ExpiresSoon)),
        _ => {}
    }
    problems
}
