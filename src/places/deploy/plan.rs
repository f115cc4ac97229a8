//! What a deployment would do, and whether that still holds when it is done.

use super::builder::{Deploy, Step};
use super::report::DeployReport;
use super::source::{Content, Print};
use crate::bulk;
use crate::call::awaitable;
use crate::ids::PlaceId;
use crate::{Error, Response};
use std::fmt;

/// A deployment that was looked at and not begun. It reads as a line for each place.
#[derive(Debug)]
#[must_use = "a plan does nothing until it is run"]
pub struct DeployPlan {
    pub(super) deploy: Deploy,
    places: Vec<PlannedPlace>,
}

/// A place of a [plan](DeployPlan).
#[derive(Clone, Debug)]
pub struct PlannedPlace {
    place: PlaceId,
    source: String,
    pub(super) content: Content,
    latest: u64,
    is_saved: bool,
}

impl PlannedPlace {
    /// The place.
    pub fn place(&self) -> &PlaceId {
        &self.place
    }

    /// What would be published: a file's name, or `version 7 of place 1818`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.content.print.bytes
    }

    /// Its SHA-256, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.content.print.sha256
    }

    /// The number of the place's latest version now. If that has the same bytes, there will be no new one.
    pub fn latest_version(&self) -> u64 {
        self.latest
    }

    /// Why it cannot be done any more as it was planned.
    async fn change(&self, deploy: &Deploy) -> Result<Option<Error>, Error> {
        let latest = deploy.latest_version(&self.place).await?;
        if *latest != self.latest {
            let why = format!("its latest version is {} and no longer {}", *latest, self.latest);
            return Ok(Some(latest.blame(Error::invalid_request(why))));
        }
        Ok(self.check_content().await.err())
    }

    /// Refuses content that is no longer what it was.
    pub(super) async fn check_content(&self) -> Result<(), Error> {
        let Content { file, print: planned } = &self.content;
        let why = match Print::of(file).await {
            Ok(print) if print == *planned => return Ok(()),
            Ok(print) => format!("{print} instead of {planned}"),
            // A file that is shorter or longer than it was cannot be read as the same.
            Err(error) => error.message().to_owned(),
        };
        Err(Error::invalid_request(format!("{} has changed: {why}", self.source)))
    }
}

awaitable!([] Deploy => DeployReport);

impl Deploy {
    /// Looks at everything, and publishes nothing: a dry run, and a plan that can be [run](DeployPlan::run). Files are
    /// read, versions are downloaded, and the service is asked for the places and their latest versions.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), naming each place that is refused: if a file is no
    /// place file, or empty, or too large, if a place does not belong to the universe, if one is named twice, or if there
    /// is none. Otherwise as of every call.
    pub async fn plan(self) -> Result<DeployPlan, Error> {
        self.check()?;
        DeployPlan::make(self).await
    }

    async fn run(self) -> Result<DeployReport, Error> {
        // What was just planned needs no second look.
        Ok(self.plan().await?.release().await)
    }

    /// The number of a place's latest version, saved or published.
    pub(super) async fn latest_version(&self, place: &PlaceId) -> Result<Response<u64>, Error> {
        let page = self.places.list_versions(place).with_options(self.options.clone()).send().await?;
        Ok(page.map(|page| {
            let versions = page.place_versions.into_iter().flatten();
            let numbers = versions.filter_map(|version| version.version?.parse().ok());
            // A place that was never saved has none.
            numbers.max().unwrap_or(0)
        }))
    }

    /// Looks at a place and at what is to be published there.
    async fn look_at(&self, step: Step) -> Result<PlannedPlace, Error> {
        let Step { place, source } = step;
        let own = self.places.get(&self.universe, &place).with_options(self.options.clone()).await;
        own.map_err(|error| match error.is_not_found() {
            true => Error::invalid_request(format!("it is no place of the universe {}", self.universe))
                .with_attempts(error.attempts()),
            false => error,
        })?;
        let latest = self.latest_version(&place).await?.into_inner();
        let name = source.name();
        let content = source.content(&self.places, &self.options).await?;
        Ok(PlannedPlace { place, source: name, content, latest, is_saved: self.is_saved() })
    }
}

impl DeployPlan {
    pub(super) async fn make(deploy: Deploy) -> Result<Self, Error> {
        let steps = deploy.steps.clone();
        let looking = bulk::for_each(steps, |step| deploy.look_at(step)).concurrency(deploy.concurrency);
        let report = looking.await;
        if !report.is_complete() {
            let failed = report.failed.into_iter().map(|(step, error)| (step.place, error));
            return Err(all_of("the deployment is refused", failed.collect(), report.stopped));
        }
        let places = report.done.into_iter().map(|(_, place)| place).collect();
        Ok(Self { deploy, places })
    }

    /// What is planned, in the order in which the places were named.
    pub fn places(&self) -> &[PlannedPlace] {
        &self.places
    }

    /// Publishes what is planned, if that still holds: a plan can be shown, and run later.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is published, if a file has changed
    /// since, or if a place has another latest version. Otherwise as of every call. What becomes of each place is in the
    /// report.
    pub async fn run(self) -> Result<DeployReport, Error> {
        let deploy = &self.deploy;
        let looking = bulk::for_each(self.places.iter(), |planned| planned.change(deploy));
        let report = looking.concurrency(deploy.concurrency).await;
        let changed = report.done.into_iter();
        let changed = changed.filter_map(|(planned, change)| Some((planned.place.clone(), change?)));
        let failed = report.failed.into_iter().map(|(planned, error)| (planned.place.clone(), error));
        let problems: Vec<_> = changed.chain(failed).collect();
        if !problems.is_empty() || report.stopped.is_some() {
            return Err(all_of("the plan no longer holds, make another", problems, report.stopped));
        }
        Ok(self.release().await)
    }

    /// Publishes what is planned.
    pub(super) async fn release(self) -> DeployReport {
        let Self { deploy, places } = self;
        deploy.release(places).await
    }
}

/// One error that names all places. Its kind is that of the first failure that is not the caller's fault, if there is
/// one.
fn all_of(what: &str, mut problems: Vec<(PlaceId, Error)>, stopped: Option<Error>) -> Error {
    let first = problems.iter().position(|(_, error)| !error.is_usage()).unwrap_or(0);
    if problems.is_empty() {
        let why = stopped.unwrap_or_else(|| Error::not_in_time("not all places were looked at"));
        return why.with_context(what);
    }
    let (place, error) = problems.remove(first);
    let error = error.with_context(&format!("{what}: place {place}"));
    problems
        .iter()
        .fold(error, |error, (place, other)| error.with_note(&format!("place {place}: {}", other.message())))
}

impl fmt::Display for DeployPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, place) in self.places.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{place}")?;
        }
        #[cfg(feature = "servers")]
        if self.deploy.restart.is_some() {
            write!(f, "\nthen restart the servers that run older versions")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlannedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = if self.is_saved { "save" } else { "publish" };
        let Self { place, source, content, latest, .. } = self;
        write!(f, "place {place}: {action} {source} ({}), now at version {latest}", content.print)
    }
}
