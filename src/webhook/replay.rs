//! Whether a notification was seen before.

use super::verifier::TOLERANCE;
use std::collections::{BTreeMap, HashMap};
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Whether a notification is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is, and it counts as seen from now on.
    New,
    /// It was claimed before: response 200 and do nothing.
    Seen,
}

/// What a [`ReplayGuard`] returns.
pub type Claimed<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Remembers notifications by their [id](super::Notification::id): Roblox tries again where no response
/// came in time, and may send one twice.
///
/// [`MemoryReplayGuard`] is for one process. For several there is `RedisReplayGuard` of the crate `opencloud-redis`; or write one
/// over what they share. Both functions must be atomic there (`SET key NX EX seconds`, `INSERT .. ON CONFLICT DO NOTHING`), and a
/// claim must last longer than a signature is good: twice the verifier's tolerance.
pub trait ReplayGuard: Send + Sync + 'static {
    /// Claims a notification. Verify it first: ids that anyone may invent would fill the memory. Let
    /// little time pass between this and the response: a second try that comes in between is taken for
    /// seen, and Roblox does not try again even if the claim is then given back. A server that drops its
    /// handler when Roblox hangs up must not drop it in between: spawn a task for what waits there.
    ///
    /// # Errors
    ///
    /// Any; response 5xx, so that Roblox tries again.
    fn claim<'a>(&'a self, id: &'a str) -> Claimed<'a, Claim>;

    /// Gives a claim back, because the notification could not be taken care of: the next try is then
    /// new.
    ///
    /// # Errors
    ///
    /// Any.
    fn release<'a>(&'a self, id: &'a str) -> Claimed<'a, ()>;
}

/// A [`ReplayGuard`] in memory, bounded: it remembers a limited number of notifications, each for a limited time.
///
/// Where there are more, the oldest are forgotten, but none whose signature may still be good: were it
/// sent again, it would count as new. If all that it remembers is as young as that, a claim fails
/// with [`MemoryFull`]; response 503, and Roblox tries again.
///
/// ```
/// use opencloud::webhook::{Claim, MemoryReplayGuard, ReplayGuard};
///
/// # async fn receive() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let guard = MemoryReplayGuard::default();
/// assert_eq!(guard.claim("an id").await?, Claim::New);
/// assert_eq!(guard.claim("an id").await?, Claim::Seen);
/// guard.release("an id").await?;
/// assert_eq!(guard.claim("an id").await?, Claim::New);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryReplayGuard {
    capacity: usize,
    retention: Duration,
    /// How long a signature is good, from the first moment at which it is taken.
    validity: Duration,
    seen: Mutex<Seen>,
}

/// A [`MemoryReplayGuard`] has no room for a notification: it remembers as many as it may, and the
/// signature of each may still be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryFull {
    /// How many it may remember.
    pub capacity: usize,
}

impl fmt::Display for MemoryFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capacity = self.capacity;
        write!(
            f,
            "all of the {capacity} notifications that are remembered are too young to be forgotten; response 503, \
             and give `MemoryReplayGuard::new` a larger capacity if this happens again"
        )
    }
}

impl StdError for MemoryFull {}

/// The hash of an id, so that an id of any length takes the same room.
type Print = [u8; 32];

#[derive(Debug, Default)]
struct Seen {
    /// The number of each claim.
    numbers: HashMap<Print, u64>,
    /// The claims in their order. One that is given back is in neither.
    claims: BTreeMap<u64, (Instant, Print)>,
    next: u64,
}

impl MemoryReplayGuard {
    /// Remembers at most `capacity` notifications, each for `retention`, but at least while its
    /// signature may be good (ten minutes, see [`tolerance`](Self::tolerance)).
    ///
    /// The default is 100,000 and one day, about 16 MB at most. Roblox does not say how long after the
    /// first try the last one may come.
    pub fn new(capacity: usize, retention: Duration) -> Self {
        let guard =
            Self { capacity: capacity.max(1), retention, validity: Duration::ZERO, seen: Mutex::default() };
        guard.tolerance(TOLERANCE)
    }

    /// The [tolerance of the verifier](super::Verifier::tolerance), 300 seconds by default. A signature
    /// is good for twice as long: it may be as far ahead as behind.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.validity = tolerance.saturating_mul(2);
        self
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryReplayGuard {
    fn default() -> Self {
        Self::new(100_000, Duration::from_secs(24 * 60 * 60))
    }
}

impl Seen {
    fn has(&self, print: &Print) -> bool {
        self.numbers.contains_key(print)
    }

    fn claim(&mut self, time: Instant, print: Print) {
        self.numbers.insert(print, self.next);
        self.claims.insert(self.next, (time, print));
        self.next += 1;
    }

    fn release(&mut self, print: &Print) {
        if let Some(number) = self.numbers.remove(print) {
            self.claims.remove(&number);
        }
    }

    /// Forgets the oldest claim if it is older than that, and says whether it did.
    fn forget(&mut self, now: Instant, age: Duration) -> bool {
        let Some(oldest) = self.claims.first_entry() else { return false };
        let (time, print) = *oldest.get();
        // At the very age a signature is still good.
        if now.duration_since(time) <= age {
            return false;
        }
        oldest.remove();
        self.numbers.remove(&print);
        true
    }
}

impl ReplayGuard for MemoryReplayGuard {
    fn claim<'a>(&'a self, id: &'a str) -> Claimed<'a, Claim> {
        Box::pin(async move {
            let (now, print) = (Instant::now(), print(id));
            let mut seen = self.lock();
            while seen.forget(now, self.retention.max(self.validity)) {}
            if seen.has(&print) {
                return Ok(Claim::Seen);
            }
            if seen.claims.len() >= self.capacity && !seen.forget(now, self.validity) {
                return Err(MemoryFull { capacity: self.capacity }.into());
            }
            seen.claim(now, print);
            Ok(Claim::New)
        })
    }

    fn release<'a>(&'a self, id: &'a str) -> Claimed<'a, ()> {
        Box::pin(async move {
            self.lock().release(&print(id));
            Ok(())
        })
    }
}

fn print(id: &str) -> Print {
    use sha2::Digest as _;
    sha2::Sha256::digest(id.as_bytes()).into()
}
