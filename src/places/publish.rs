use super::{PlaceFile, PlaceVersionType, Places};
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId};
use crate::operation::pause;
use std::time::Duration;
use tokio::time::Instant;

/// How long a busy server is waited for before the file is sent again: as clients do that got through
/// after 30 to 90 seconds (PL-09).
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The longest that a busy server is waited for: a session outlives Studio by minutes, not by hours.
const MAXIMUM_WAIT: Duration = Duration::from_secs(15 * 60);

impl Places {
    /// Uploads a place file as the new version that players get, or [saves](Publish::saved) it. The
    /// response is the version's number.
    ///
    /// Calls `places.create_version`; scope `universe-places:write`.
    ///
    /// The file is a path ([`File::open`](crate::body::File::open)), bytes, or a
    /// [reader](crate::body::File::reader), and is sent as it is read. Its format, `rbxl` or `rbxlx`,
    /// is found by its content. The attempt's time grows with the file's size; see
    /// [`upload_attempt_timeout`](crate::ClientBuilder::upload_attempt_timeout).
    ///
    /// Publishing this way does not renew editable images and meshes, part operations, surface
    /// appearances and base wraps, as [Roblox's guide](https://create.roblox.com/docs/cloud/guides/usage-place-publishing)
    /// says.
    ///
    /// It is sent again after 429, 500, 502, 503, 504, an HTML page of the edge, a timeout or a lost
    /// connection, unless the file is a reader, which can be read only once. This is safe, because the
    /// service gives the same bytes the number of the version that is there already, and an upload that
    /// broke off makes no version. Roblox does not say so; a client that publishes to the live service
    /// has compared the numbers (2026-07). One thing to know: if somebody else publishes between a failed
    /// attempt that did have its effect and the next, the next makes these bytes the newest version again.
    /// [`with_idempotent(false)`](Publish::with_idempotent) switches repeating off.
    ///
    /// # Errors
    ///
    /// If the content is that of no place file, if it is empty or too large, and as of every call. A
    /// conflict (409) mostly means that the place is open in Team Create; see
    /// [`wait_while_busy`](Publish::wait_while_busy).
    pub fn publish(
        &self,
        universe: impl Into<UniverseId>,
        place: impl Into<PlaceId>,
        file: impl Into<PlaceFile>,
    ) -> Publish {
        Publish {
            places: self.clone(),
            universe: universe.into(),
            place: place.into(),
            file: file.into(),
            version_type: PlaceVersionType::Published,
            maximum_wait: Duration::ZERO,
            options: Options::default(),
        }
    }
}

/// The call of [`Places::publish`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Publish {
    places: Places,
    universe: UniverseId,
    place: PlaceId,
    file: PlaceFile,
    version_type: PlaceVersionType,
    /// How long a busy server is waited for.
    maximum_wait: Duration,
    options: Options,
}

helper_methods!(Publish => u64);

impl Publish {
    /// Saves the version without publishing it: players go on getting the one they have.
    pub fn saved(mut self) -> Self {
        self.version_type = PlaceVersionType::Saved;
        self
    }

    /// Waits for `maximum_wait`, at most 15 minutes, while the service says that the server is busy (409): a Team
    /// Create session of the place lives, which outlasts the closing of Studio by some minutes. The file is
    /// sent again after 30, 45 and then every 60 seconds; a reader is first copied to a temporary file.
    /// Without this, or with zero, the conflict is returned at once.
    ///
    /// [`with_timeout`](Self::with_timeout) bounds each call, not this wait.
    pub fn wait_while_busy(mut self, maximum_wait: Duration) -> Self {
        self.maximum_wait = maximum_wait.min(MAXIMUM_WAIT);
        self
    }

    /// Publishes as a helper does whose step this is.
    pub(super) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    async fn run(self) -> Result<u64, Error> {
        let file = self.file.prepared(!self.maximum_wait.is_zero()).await?;
        let until = Instant::now() + self.maximum_wait;
        let (mut wait, mut attempts) = (FIRST_WAIT, 0);
        let mut earlier: Option<Error> = None;
        loop {
            let call = self.places.create_version(
                self.universe.clone(),
                self.place.clone(),
                self.version_type.clone(),
                file.clone(),
            );
            let error = match call.with_options(self.options.clone()).send().await {
                Ok(version) => {
                    let number = version.version_number.and_then(|number| u64::try_from(number).ok());
                    return number.ok_or_else(|| {
                        let problem = "the place was uploaded, but the response names no version number";
                        let error = version.blame(Error::unusable_response(problem));
                        error.with_attempts(attempts + version.attempts())
                    });
                }
                Err(error) => error,
            };
            attempts += error.attempts();
            let left = until.saturating_duration_since(Instant::now());
            let is_over = left.is_zero() || !is_busy(&error);
            // What an earlier call may have published stays published.
            let error = earlier.iter().fold(error, Error::with_earlier);
            if is_over {
                return Err(error.with_attempts(attempts));
            }
            earlier = Some(error);
            pause(wait.min(left)).await;
            wait = (wait + FIRST_WAIT / 2).min(LONGEST_WAIT);
        }
    }
}

/// `Server is busy and unable to process your upload request.` (PL-09)
fn is_busy(error: &Error) -> bool {
    error.is_conflict() && error.message().to_ascii_lowercase().contains("server is busy")
}
