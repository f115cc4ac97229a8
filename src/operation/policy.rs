use super::progress::Progress;
use crate::spec::Polling;
use crate::transport::backoff::Backoff;
use crate::wire::debug_fields;
use std::sync::Arc;
use std::time::Duration;

/// How often, how long and how patiently an operation is polled.
///
/// By default: the first poll at once, then after 1 s, each wait 1.5 times the one before, at most
/// 30 s; never more often than the limit of the poll route allows; for 5 minutes; and up to 5 failed
/// polls in a row are taken for a passing trouble. A wait that the service asks for (`retry-after`)
/// takes the place of the policy's. Operations of assets are first polled after 1 s, and then at most every 3 s:
/// their service was seen to refuse what its limit allows.
///
/// ```
/// use opencloud::operation::PollPolicy;
/// use std::time::Duration;
///
/// let policy = PollPolicy::new()
///     .deadline(Duration::from_secs(3600))
///     .on_progress(|progress| println!("{:?}: {:?}", progress.elapsed(), progress.status()));
/// ```
#[derive(Clone)]
#[must_use]
pub struct PollPolicy {
    first_delay: Option<Duration>,
    backoff: Backoff,
    minimum_delay: Option<Duration>,
    deadline: Duration,
    tolerated_failures: u32,
    on_progress: Option<OnProgress>,
}

/// The shortest wait between two polls of which nothing else is known.
const SHORTEST: Duration = Duration::from_millis(100);

type OnProgress = Arc<dyn Fn(&Progress) + Send + Sync>;

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            first_delay: None,
            backoff: Backoff {
                initial_delay: Duration::from_secs(1),
                maximum_delay: Duration::from_secs(30),
                multiplier: 1.5,
                jitter: false,
            },
            minimum_delay: None,
            deadline: Duration::from_secs(300),
            tolerated_failures: 5,
            on_progress: None,
        }
    }
}

impl PollPolicy {
    /// The default policy.
    pub fn new() -> Self {
        Self::default()
    }

    /// The wait before the first poll; none by default, but for operations of assets.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = Some(delay);
        self
    }

    /// The wait before the second poll; 1 second by default.
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.backoff.initial_delay = delay;
        self
    }

    /// How many times longer each wait is than the one before; 1.5 by default. A multiplier under 1, or
    /// one that is not a number, counts as 1.
    pub fn multiplier(mut self, multiplier: f64) -> Self {
        self.backoff.multiplier = if multiplier.is_finite() { multiplier.max(1.0) } else { 1.0 };
        self
    }

    /// The longest wait; 30 seconds by default.
    pub fn maximum_delay(mut self, delay: Duration) -> Self {
        self.backoff.maximum_delay = delay;
        self
    }

    /// The shortest wait; 100 milliseconds by default, but 3 seconds for operations of assets. It is never less
    /// than what the limit of the poll route allows.
    pub fn minimum_delay(mut self, delay: Duration) -> Self {
        self.minimum_delay = Some(delay);
        self
    }

    /// How long to wait for the operation; 5 minutes by default. A last poll is made when the time
    /// is over, which may take up to 5 seconds more.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How many polls in a row may fail for a reason that may pass (429, 5xx, a broken connection)
    /// before that is an error; 5 by default.
    pub fn tolerated_failures(mut self, polls: u32) -> Self {
        self.tolerated_failures = polls;
        self
    }

    /// Is called after each poll that finds the operation not done.
    pub fn on_progress(mut self, call: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(call));
        self
    }

    pub(super) fn time(&self) -> Duration {
        self.deadline
    }

    pub(super) fn tolerates(&self, failures: u32) -> bool {
        failures <= self.tolerated_failures
    }

    pub(super) fn report(&self, progress: &Progress) {
        if let Some(call) = &self.on_progress {
            call(progress);
        }
    }

    /// The wait before a poll.
    ///
    /// `polls` were made; `asked` is what the service asks for, `route` what its limit demands, and `pace` what is
    /// known of it besides (RL-08).
    pub(super) fn wait(
        &self,
        polls: u32,
        asked: Option<Duration>,
        route: Duration,
        pace: Option<Polling>,
    ) -> Wait {
        let planned = match polls {
            0 => self.first_delay.unwrap_or_else(|| {
                let first = pace.map_or(Duration::ZERO, |pace| pace.first);
                self.minimum_delay.map_or(first, |minimum| minimum.min(first))
            }),
            polls => self.backoff.delay(polls - 1),
        };
        let shortest = self.minimum_delay.unwrap_or_else(|| pace.map_or(SHORTEST, |pace| pace.every));
        // The first poll may come at once: nothing was polled yet.
        let least = if polls == 0 { Duration::ZERO } else { shortest.max(route) };
        Wait { planned: asked.unwrap_or(planned).max(least), least: asked.unwrap_or_default().max(least) }
    }
}

/// A wait before a poll.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) planned: Duration,
    /// What must be waited, even if the time runs out over it.
    pub(super) least: Duration,
}

debug_fields!(PollPolicy { first_delay, backoff, minimum_delay, deadline, tolerated_failures });

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(policy: &PollPolicy, polls: u32) -> f64 {
        policy.wait(polls, None, Duration::ZERO, None).planned.as_secs_f64()
    }

    #[test]
    fn waits_grow_to_the_longest() {
        let policy = PollPolicy::new();
        for (polls, seconds) in
            [(0, 0.0), (1, 1.0), (2, 1.5), (3, 2.25), (4, 3.375), (20, 30.0), (u32::MAX, 30.0)]
        {
            assert_eq!(planned(&policy, polls), seconds, "{polls}");
        }
    }

    #[test]
    fn the_service_and_its_limit_win() {
        let policy = PollPolicy::new();
        let seconds = Duration::from_secs;
        for (polls, asked, route, wait, least) in [
            (0, None, 6, 0, 0),
            (1, None, 6, 6, 6),
            (5, None, 3, 5, 3),
            (1, Some(60), 0, 60, 60),
            (9, Some(2), 0, 2, 2),
            (1, Some(2), 6, 6, 6),
            (0, Some(2), 6, 2, 2),
        ] {
            let found = policy.wait(polls, asked.map(seconds), seconds(route), None);
            assert_eq!((found.planned.as_secs(), found.least.as_secs()), (wait, least), "{polls} {asked:?}");
        }
    }

    #[test]
    fn a_service_has_a_pace_of_its_own() {
        let seconds = Duration::from_secs;
        let pace = Polling { first: seconds(1), every: seconds(3) };
        let waits = |policy: PollPolicy| -> Vec<f64> {
            let wait = |polls| policy.wait(polls, None, Duration::ZERO, Some(pace)).planned.as_secs_f64();
            (0..6).map(wait).collect()
        };
        assert_eq!(waits(PollPolicy::new()), [1.0, 3.0, 3.0, 3.0, 3.375, 5.0625], "RL-08");
        // What the caller says goes first.
        assert_eq!(waits(PollPolicy::new().first_delay(seconds(0))), [0.0, 3.0, 3.0, 3.0, 3.375, 5.0625]);
        assert_eq!(waits(PollPolicy::new().minimum_delay(seconds(2))), [1.0, 2.0, 2.0, 2.25, 3.375, 5.0625]);
        assert_eq!(waits(PollPolicy::new().minimum_delay(seconds(0))), [0.0, 1.0, 1.5, 2.25, 3.375, 5.0625]);
    }

    #[test]
    fn no_multiplier_makes_waits_shorter() {
        for multiplier in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.0] {
            assert_eq!(planned(&PollPolicy::new().multiplier(multiplier), 9), 1.0, "{multiplier}");
        }
        assert_eq!(planned(&PollPolicy::new().multiplier(f64::MAX), 3), 30.0);
    }
}
