//! What is deployed where, and how.

#[cfg(feature = "servers")]
use super::restart::Restart;
use super::source::Source;
use crate::call::option_methods;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId};
use crate::places::{PlaceFile, PlaceVersionType, Places};
use crate::wire::debug_fields;
use crate::{Error, Progress};
use std::sync::Arc;
use std::time::Duration;

/// How many places one deployment has at most.
const MOST_PLACES: usize = 500;
const CONCURRENCY: usize = 4;

impl Places {
    /// Publishes several places of a universe: from files, or from what another place or an older version holds.
    ///
    /// Calls `places.get`, `places.list_versions` and `places.create_version`; scopes `universe.place:read`,
    /// `universe-places:write`.
    ///
    /// Everything is looked at before anything is uploaded, and what is wrong is refused: a file that is no place, a
    /// place of another universe. [`Deploy::plan`] stops there, for a dry run. The report has a line for each place.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::body::File;
    ///
    /// let deploy = client.places().deploy(42);
    /// let deploy = deploy.place(1818, File::open("lobby.rbxl").await?);
    /// let report = deploy.place(1819, File::open("arena.rbxlx").await?).await?;
    /// println!("{report}"); // place 1818: published version 8
    /// # Ok(())
    /// # }
    /// ```
    pub fn deploy(&self, universe: impl Into<UniverseId>) -> Deploy {
        Deploy {
            places: self.clone(),
            universe: universe.into(),
            steps: Vec::new(),
            version_type: PlaceVersionType::Published,
            concurrency: CONCURRENCY,
            busy_wait: Duration::ZERO,
            progress: None,
            #[cfg(feature = "servers")]
            restart: None,
            options: Options::default(),
        }
    }
}

/// Places to publish. Made by [`Places::deploy`]; awaiting it plans and publishes.
///
/// The number of a place's latest version tells whether its content has changed, which is why a key must be able to read
/// places, too.
///
/// # Errors
///
/// If the plan fails: see [`plan`](Self::plan). What becomes of each place is in the report.
#[derive(Clone)]
#[must_use = "nothing is published until this is awaited"]
pub struct Deploy {
    pub(super) places: Places,
    pub(super) universe: UniverseId,
    pub(super) steps: Vec<Step>,
    pub(super) version_type: PlaceVersionType,
    pub(super) concurrency: usize,
    pub(super) busy_wait: Duration,
    pub(super) progress: Option<Arc<dyn Progress>>,
    #[cfg(feature = "servers")]
    pub(super) restart: Option<Restart>,
    pub(super) options: Options,
}

/// A place, and what is to be published there.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) place: PlaceId,
    pub(super) source: Source,
}

impl Deploy {
    option_methods!(each);

    /// Publishes a file at a place. Its format, `rbxl` or `rbxlx`, is found by its content.
    pub fn place(self, place: impl Into<PlaceId>, file: impl Into<PlaceFile>) -> Self {
        self.step(place.into(), Source::File(file.into()))
    }

    /// Publishes the content of a version of another place, usually of another universe, at a place of this one: the
    /// bytes that asset delivery gives, with the scope `legacy-asset:manage`.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// // What was tested as version 12 of 1818, a place of the staging universe.
    /// let report = client.places().deploy(42).promote(1818, 12, 2818).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "assets")]
    pub fn promote(self, from: impl Into<PlaceId>, version: u64, place: impl Into<PlaceId>) -> Self {
        self.step(place.into(), Source::Version { place: from.into(), version })
    }

    /// Publishes an older version of a place again, as its newest one.
    #[cfg(feature = "assets")]
    pub fn rollback(self, place: impl Into<PlaceId>, version: u64) -> Self {
        let place = place.into();
        self.promote(place.clone(), version, place)
    }

    /// Saves the versions without publishing them: players go on getting the ones they have.
    pub fn saved(mut self) -> Self {
        self.version_type = PlaceVersionType::Saved;
        self
    }

    /// How many places are uploaded at a time: 4 by default, 1 at least and 64 at most.
    pub fn concurrency(mut self, places: usize) -> Self {
        self.concurrency = places;
        self
    }

    /// Waits for `maximum_wait`, at most 15 minutes, for each place that a Team Create session keeps busy; see
    /// [`Publish::wait_while_busy`](crate::places::Publish::wait_while_busy).
    pub fn wait_while_busy(mut self, maximum_wait: Duration) -> Self {
        self.busy_wait = maximum_wait;
        self
    }

    /// Tells this how many bytes of all files are sent, and in messages what became of each place. It takes the place of
    /// what the files themselves [tell](crate::body::File::on_progress).
    pub fn on_progress(mut self, progress: impl Progress + 'static) -> Self {
        self.progress = Some(Arc::new(progress));
        self
    }

    /// Restarts the servers that run older versions, once all places are published, and waits until they are gone. If a
    /// place could not be published, nothing is restarted.
    ///
    /// No player is sent to these servers for `bleed_off_minutes` before, 240 at most; with 0 they are restarted at once.
    /// The key needs `universe:read` and `universe:write`.
    #[cfg(feature = "servers")]
    pub fn restart_servers(mut self, bleed_off_minutes: u32) -> Self {
        self.restart = Some(Restart { bleed_off_minutes });
        self
    }

    fn step(mut self, place: PlaceId, source: Source) -> Self {
        self.steps.push(Step { place, source });
        self
    }

    pub(super) fn is_saved(&self) -> bool {
        self.version_type == PlaceVersionType::Saved
    }

    /// Refuses what needs no look at anything.
    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse = |why: String| Err(Error::invalid_request(why));
        if self.steps.is_empty() || self.steps.len() > MOST_PLACES {
            return refuse(format!("a deployment has 1 to {MOST_PLACES} places, not {}", self.steps.len()));
        }
        for (index, step) in self.steps.iter().enumerate() {
            if self.steps[..index].iter().any(|earlier| earlier.place == step.place) {
                return refuse(format!("the place {} is deployed twice", step.place));
            }
        }
        #[cfg(feature = "servers")]
        if let Some(restart) = &self.restart {
            restart.check(self.is_saved())?;
        }
        Ok(())
    }
}

debug_fields!(Deploy { universe, steps, version_type, concurrency, busy_wait });
