use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The waits between requests that ask for the same thing again, with a bound on their sum: for helpers of
/// areas, which do not sleep themselves.
#[derive(Debug)]
pub(crate) struct Waits {
    since: Instant,
    limit: Duration,
}

impl Waits {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { since: Instant::now(), limit }
    }

    /// Waits for this time, or until the limit if that is sooner: a last request is made then. `false`, without a
    /// wait, once the limit is reached.
    pub(crate) async fn next(&self, wait: Duration) -> bool {
        let left = self.limit.saturating_sub(self.since.elapsed());
        if left.is_zero() {
            return false;
        }
        sleep(wait.min(left)).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_sum_of_all_waits_is_bounded() {
        for (limit, waits) in [(0, 0), (1, 1), (10, 1), (11, 2), (25, 3), (30, 3)] {
            let (begin, limit) = (Instant::now(), Duration::from_secs(limit));
            let all = Waits::new(limit);
            let mut count = 0;
            while all.next(Duration::from_secs(10)).await {
                count += 1;
            }
            assert_eq!((count, begin.elapsed()), (waits, limit));
        }
    }
}
