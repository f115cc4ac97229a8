use crate::transport::in_words;
use std::fmt;
use std::time::Duration;

/// How far a run has come. It reads as `120 of 10000 done, 1 failed`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many calls have succeeded.
    pub done: usize,
    /// How many calls have failed.
    pub failed: usize,
    /// How many inputs there are; `None` of a stream.
    pub total: Option<usize>,
    /// How long no call is made, because of a rate limit.
    pub waiting: Option<Duration>,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total {
            Some(total) => write!(f, "{} of {total} done", self.done)?,
            None => write!(f, "{} done", self.done)?,
        }
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        match self.waiting {
            Some(wait) => write!(f, "; waiting {} for a rate limit", in_words(wait)),
            None => Ok(()),
        }
    }
}
