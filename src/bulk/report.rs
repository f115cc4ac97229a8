use super::failure;
use crate::Error;
use std::fmt;

/// What became of each input, in the order in which they were given.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "some of the calls may have failed"]
pub struct Report<I, T> {
    /// What has succeeded, each with its response.
    pub done: Vec<(I, T)>,
    /// What has failed, each with its reason.
    pub failed: Vec<(I, Error)>,
    /// What was not called for because the run ended early, or was refused by a rate limit before. What a stream
    /// had not delivered by then is not in it.
    pub not_tried: Vec<I>,
    /// Why the run ended early, if a failure is the reason: see [`bulk`](crate::bulk#when-a-run-ends-early). The
    /// failure of a stream of inputs is one, too.
    pub stopped: Option<Error>,
}

impl<I, T> Report<I, T> {
    /// Whether everything has succeeded.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.not_tried.is_empty() && self.stopped.is_none()
    }

    /// All responses, if everything has succeeded.
    ///
    /// # Errors
    ///
    /// The first failure, or why the run ended early. Others, and what has succeeded, are in the report only.
    pub fn complete(self) -> Result<Vec<(I, T)>, Error> {
        match self.failed.into_iter().map(|(_, error)| error).next().or(self.stopped) {
            Some(error) => Err(error),
            None if self.not_tried.is_empty() => Ok(self.done),
            None => Err(Error::not_in_time(format!(
                "the run failed: it was stopped, and {} inputs were not tried; give them to another run",
                self.not_tried.len()
            ))),
        }
    }

    /// The inputs for another run: those whose failure can pass (the service, the connection, the credential), and
    /// those that were not tried.
    ///
    /// An input is left out if its request may have been applied and must not be sent twice
    /// ([`Error::may_have_been_applied`]): look at what became of it first.
    pub fn into_remaining(self) -> Vec<I> {
        let failed = self.failed.into_iter().filter(|(_, error)| failure::is_worth_another_run(error));
        failed.map(|(input, _)| input).chain(self.not_tried).collect()
    }
}

impl<I, T> Default for Report<I, T> {
    fn default() -> Self {
        Self { done: Vec::new(), failed: Vec::new(), not_tried: Vec::new(), stopped: None }
    }
}

impl<I, T> fmt::Display for Report<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} done", self.done.len())?;
        for (count, what) in [(self.failed.len(), "failed"), (self.not_tried.len(), "not tried")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}
