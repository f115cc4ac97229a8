//! Tasks that were started.

use super::{Finished, Luau, LuauTask, TaskPath};
use crate::client::Options;
use crate::operation::{Operation, PollPolicy, State};
use crate::{Credentials, Error};
use std::time::Duration;

/// The longest time that a script runs. The service shortens a longer one without a word (LX-14).
pub(super) const LONGEST_RUN: Duration = Duration::from_secs(300);

/// How long a task is waited for: the time that its script may run, and some for its turn.
pub(super) fn poll_policy(timeout: Option<Duration>) -> PollPolicy {
    let turn = Duration::from_secs(300);
    let deadline = timeout.unwrap_or(LONGEST_RUN).saturating_add(turn);
    PollPolicy::new().maximum_delay(Duration::from_secs(5)).deadline(deadline)
}

/// A task that was started, by [`Run::start`](super::Run::start) or before ([`Luau::resume`]).
///
/// Dropping it cancels nothing: the script goes on at the service. A task is kept for 24 hours after it has
/// ended.
#[must_use = "a task goes on, but nobody waits for it"]
#[derive(Debug)]
pub struct Task {
    pub(super) reference: Reference,
    operation: Operation<LuauTask>,
}

/// What is needed to ask about a task.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) luau: Luau,
    pub(super) path: TaskPath,
    pub(super) options: Options,
    pub(super) policy: PollPolicy,
}

impl Reference {
    /// The task, followed anew.
    pub(super) fn operation(&self) -> Result<Operation<LuauTask>, Error> {
        let operations = self.luau.client.operations();
        let operation = operations.at_path(&crate::operations::LUAU_CREATE_TASK, self.path.as_str())?;
        Ok(operation.with_options(self.options.clone()).with_poll_policy(self.policy.clone()))
    }
}

impl Task {
    pub(super) fn new(reference: Reference, operation: Operation<LuauTask>) -> Self {
        let operation = operation.with_poll_policy(reference.policy.clone());
        Self { reference, operation }
    }

    pub(super) fn at(luau: &Luau, path: TaskPath) -> Result<Self, Error> {
        let (luau, policy) = (luau.clone(), poll_policy(None));
        let reference = Reference { luau, path, options: Options::default(), policy };
        let operation = reference.operation()?;
        Ok(Self { reference, operation })
    }

    /// The path of the task, which [`Luau::resume`] takes: in this process or another.
    pub fn path(&self) -> &TaskPath {
        &self.reference.path
    }

    /// How the task is polled, by waiting and by reading logs; see
    /// [`Run::with_poll_policy`](super::Run::with_poll_policy).
    pub fn with_poll_policy(mut self, policy: PollPolicy) -> Self {
        self.operation = self.operation.with_poll_policy(policy.clone());
        self.reference.policy = policy;
        self
    }

    /// Asks with other credentials, instead of those that it was started with, or of the client's.
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        let options = Options { credentials: Some(credentials), ..self.reference.options.clone() };
        self.with_options(options)
    }

    /// Asks as a run with these options does.
    pub(super) fn with_options(mut self, options: Options) -> Self {
        self.operation = self.operation.with_options(options.clone());
        self.reference.options = options;
        self
    }

    /// Asks once how far the task has come, unless it is known to have ended. That it has failed is a
    /// state: [`Failure`](super::Failure) reads its error.
    ///
    /// Calls `luau.get_task`; scope `universe.place.luau-execution-session:read` or
    /// `universe.place.luau-execution-session:write`.
    ///
    /// # Errors
    ///
    /// If the service cannot be asked.
    pub async fn poll(&mut self) -> Result<State<Finished>, Error> {
        Ok(match self.operation.poll().await? {
            State::Pending(progress) => State::Pending(progress),
            State::Done(task) => State::Done(self.finished(task)),
            State::Failed(error) => State::Failed(error),
        })
    }

    /// Waits until the task has ended.
    ///
    /// Calls `luau.get_task`; scope `universe.place.luau-execution-session:read` or
    /// `universe.place.luau-execution-session:write`.
    ///
    /// # Errors
    ///
    /// See [`Run`](super::Run).
    pub async fn wait(&mut self) -> Result<Finished, Error> {
        let task = self.operation.wait().await?;
        Ok(self.finished(task))
    }

    fn finished(&self, task: LuauTask) -> Finished {
        let Reference { luau, path, options, .. } = self.reference.clone();
        let path = task.path.as_deref().and_then(|path| path.parse().ok()).unwrap_or(path);
        Finished::new(luau.client, options, task, path, self.operation.origin())
    }
}
