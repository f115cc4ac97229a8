use crate::Error;
use crate::error::OneLine;
use crate::ids::PlaceId;
use std::fmt::{self, Write};

/// What became of a deployment. It reads as a line for each place.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "some of the places may not have been published"]
pub struct DeployReport {
    /// Each place, in the order in which they were named.
    pub places: Vec<PlaceReport>,
    /// What became of the restart; `None` if none was asked for.
    pub restart: Option<RestartOutcome>,
}

/// What became of a place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PlaceReport {
    /// The place.
    pub place: PlaceId,
    /// What was published: a file's name, or `version 7 of place 1818`.
    pub source: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// What became of it.
    pub outcome: PlaceOutcome,
}

/// What became of the content for a place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PlaceOutcome {
    /// It is the version of this number, which players get.
    Published(u64),
    /// It is the version of this number, which was only saved.
    Saved(u64),
    /// The latest version, of this number, has the same bytes; there is no new one.
    Unchanged(u64),
    /// It was not published. [`Error::may_have_been_applied`] says whether it may have been all the same.
    Failed(Error),
    /// It was not tried, because this failure of another place would have been its own: such as a key that is not valid.
    NotTried(Error),
}

/// What became of the servers that run older versions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RestartOutcome {
    /// Those of these places were restarted.
    Restarted(Vec<PlaceId>),
    /// No server runs an older version.
    NotNeeded,
    /// Not all places were published, so nothing was restarted.
    NotTried,
    /// The restart has failed, or was not waited for long enough.
    Failed(Error),
}

impl DeployReport {
    /// Whether all places have their content, and servers were restarted if that was asked for.
    pub fn is_complete(&self) -> bool {
        let is_restarted = match &self.restart {
            None | Some(RestartOutcome::Restarted(_) | RestartOutcome::NotNeeded) => true,
            Some(RestartOutcome::NotTried | RestartOutcome::Failed(_)) => false,
        };
        is_restarted && self.is_deployed()
    }

    pub(super) fn is_deployed(&self) -> bool {
        self.places.iter().all(|place| place.version().is_some())
    }
}

impl PlaceReport {
    /// The number of the version that has the content; `None` if it failed.
    pub fn version(&self) -> Option<u64> {
        match self.outcome {
            PlaceOutcome::Published(version)
            | PlaceOutcome::Saved(version)
            | PlaceOutcome::Unchanged(version) => Some(version),
            PlaceOutcome::Failed(_) | PlaceOutcome::NotTried(_) => None,
        }
    }
}

impl fmt::Display for DeployReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, place) in self.places.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{place}")?;
        }
        self.restart.iter().try_for_each(|restart| write!(f, "\n{restart}"))
    }
}

impl fmt::Display for PlaceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "place {}: {}", self.place, self.outcome)
    }
}

impl fmt::Display for PlaceOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        match self {
            Self::Published(version) => write!(f, "published version {version}"),
            Self::Saved(version) => write!(f, "saved version {version}"),
            Self::Unchanged(version) => write!(f, "unchanged, version {version}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::NotTried(error) => write!(f, "not tried: {error}"),
        }
    }
}

impl fmt::Display for RestartOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let f = &mut OneLine(f);
        match self {
            Self::Restarted(places) => {
                let places: Vec<&str> = places.iter().map(PlaceId::as_str).collect();
                write!(f, "restarted the servers of {}", places.join(", "))
            }
            Self::NotNeeded => f.write_str("no server runs an older version"),
            Self::NotTried => f.write_str("servers were not restarted, because a place was not published"),
            Self::Failed(error) => write!(f, "the restart failed: {error}"),
        }
    }
}
