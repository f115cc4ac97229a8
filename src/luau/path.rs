//! Where a task is.

use crate::Error;
use crate::call::path_segment;
use crate::ids::{Id, PlaceId, UniverseId};
use std::fmt;
use std::str::FromStr;

const LONGEST: usize = 2048;
const SESSIONS: &str = "luau-execution-sessions";
const SESSION_TASKS: &str = "luau-execution-session-tasks";

/// The path of a task, in one of the four forms that the service writes:
///
/// ```text
/// universes/{universe}/places/{place}/versions/{version}/luau-execution-sessions/{session}/tasks/{task}
/// universes/{universe}/places/{place}/luau-execution-sessions/{session}/tasks/{task}
/// universes/{universe}/places/{place}/versions/{version}/luau-execution-session-tasks/{task}
/// universes/{universe}/places/{place}/luau-execution-session-tasks/{task}
/// ```
///
/// A leading `/cloud/v2/` is taken, too, and so is the name of an operation
/// ([`Error::operation_name`]).
///
/// ```
/// use opencloud::luau::TaskPath;
///
/// # fn main() -> Result<(), opencloud::Error> {
/// let path: TaskPath = "universes/1/places/2/luau-execution-session-tasks/abc".parse()?;
/// assert_eq!((path.universe().as_str(), path.task().as_str()), ("1", "abc"));
/// assert!(path.version().is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaskPath {
    universe: UniverseId,
    place: PlaceId,
    version: Option<Id>,
    session: Option<Id>,
    task: Id,
    text: String,
}

impl TaskPath {
    /// The universe.
    pub fn universe(&self) -> &UniverseId {
        &self.universe
    }

    /// The place that the script runs against.
    pub fn place(&self) -> &PlaceId {
        &self.place
    }

    /// The version of the place, if the path says it.
    pub fn version(&self) -> Option<&Id> {
        self.version.as_ref()
    }

    /// The session that the task is part of, if the path says it.
    pub fn session(&self) -> Option<&Id> {
        self.session.as_ref()
    }

    /// The id of the task.
    pub fn task(&self) -> &Id {
        &self.task
    }

    /// The path, relative to `/cloud/v2/`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The task that an error is about: that failed, or was not waited for long enough.
    pub fn of(error: &Error) -> Option<Self> {
        error.operation_name()?.parse().ok()
    }
}

impl FromStr for TaskPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            let shown: String = text.chars().take(200).collect();
            Error::invalid_request(format!(
                "{shown:?} is not a path of a Luau task, such as `universes/1/places/2/versions/3/{SESSIONS}/4/tasks/5`"
            ))
        };
        if text.len() > LONGEST {
            return Err(refuse());
        }
        let path = match text.split_once(':') {
            Some((starter, path)) if starter.starts_with("luau.") => path,
            _ => text,
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_prefix("cloud/v2/").unwrap_or(path);
        let (universe, place, version, session, task) = match *path.split('/').collect::<Vec<_>>() {
            [
                "universes",
                universe,
                "places",
                place,
                "versions",
                version,
                SESSIONS,
                session,
                "tasks",
                task,
            ] => (universe, place, Some(version), Some(session), task),
            ["universes", universe, "places", place, SESSIONS, session, "tasks", task] => {
                (universe, place, None, Some(session), task)
            }
            ["universes", universe, "places", place, "versions", version, SESSION_TASKS, task] => {
                (universe, place, Some(version), None, task)
            }
            ["universes", universe, "places", place, SESSION_TASKS, task] => {
                (universe, place, None, None, task)
            }
            _ => return Err(refuse()),
        };
        let segments = [Some(universe), Some(place), version, session, Some(task)];
        // What is not an id, or would not be sent as it stands here.
        if segments.into_iter().flatten().any(|id| path_segment(id).ok().as_deref() != Some(id)) {
            return Err(refuse());
        }
        Ok(Self {
            universe: universe.into(),
            place: place.into(),
            version: version.map(Id::from),
            session: session.map(Id::from),
            task: task.into(),
            text: path.to_owned(),
        })
    }
}

impl fmt::Display for TaskPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for TaskPath {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [(&str, Option<&str>, Option<&str>); 4] = [
        ("universes/1/places/2/versions/3/luau-execution-sessions/s/tasks/t", Some("3"), Some("s")),
        ("universes/1/places/2/luau-execution-sessions/s/tasks/t", None, Some("s")),
        ("universes/1/places/2/versions/3/luau-execution-session-tasks/t", Some("3"), None),
        ("universes/1/places/2/luau-execution-session-tasks/t", None, None),
    ];

    #[test]
    fn each_form_is_read_and_written() {
        for (form, version, session) in FORMS {
            for given in
                [form.to_owned(), format!("/cloud/v2/{form}"), format!("luau.create_task:/cloud/v2/{form}")]
            {
                let path: TaskPath = given.parse().expect(&given);
                assert_eq!((path.universe().as_str(), path.place().as_str()), ("1", "2"), "{given}");
                assert_eq!(path.version().map(Id::as_str), version, "{given}");
                assert_eq!(path.session().map(Id::as_str), session, "{given}");
                assert_eq!(path.task().as_str(), "t", "{given}");
                assert_eq!(path.to_string(), form);
            }
        }
    }

    #[test]
    fn what_is_no_path_of_a_task_is_refused() {
        let long = format!("{}{}", FORMS[3].0, "t".repeat(LONGEST));
        for path in [
            "",
            "universes/1/places/2",
            "universes/1/places/2/luau-execution-session-tasks/",
            "universes//places/2/luau-execution-session-tasks/t",
            "universes/1/places/2/luau-execution-session-tasks/..",
            "universes/1/places/2/luau-execution-session-tasks/%2e%2e",
            "universes/1/places/2/luau-execution-session-tasks/t?view=FULL",
            "universes/1/places/2/luau-execution-session-tasks/t/logs",
            "universes/1/places/2/luau-execution-session-tasks/t\r\n",
            "universes/1/places/2/luau-execution-sessions/s",
            "universes/1/places/2/versions/3/tasks/t",
            "https://evil.example/universes/1/places/2/luau-execution-session-tasks/t",
            "assets.create:/assets/v1/operations/1",
            &long,
        ] {
            let error = path.parse::<TaskPath>().expect_err(path);
            assert_eq!(error.kind(), crate::ErrorKind::InvalidRequest, "{path}");
        }
    }
}
