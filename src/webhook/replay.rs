//! Whether a notification was seen before.

use std::collections::{HashMap, VecDeque};
use std::error::Error as StdError;
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
    /// It was claimed before: answer 200 and do nothing.
    Seen,
}

/// What a [`ReplayGuard`] returns.
pub type Claimed<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Remembers notifications by their [id](super::Notification::id): Roblox tries again where no answer
/// came in time, and may send one twice.
///
/// [`MemoryReplayGuard`] is for one process. For several, write one over what they share; both
/// functions must be atomic there (`SET key NX EX seconds`, `INSERT .. ON CONFLICT DO NOTHING`).
pub trait ReplayGuard: Send + Sync + 'static {
    /// Claims a notification. Verify it first: ids that anyone may invent would fill the memory.
    ///
    /// # Errors
    ///
    /// Any; answer 5xx, so that Roblox tries again.
    fn claim<'a>(&'a self, id: &'a str) -> Claimed<'a, Claim>;

    /// Gives a claim back, because the notification could not be taken care of: the next try is then
    /// new.
    ///
    /// # Errors
    ///
    /// Any.
    fn release<'a>(&'a self, id: &'a str) -> Claimed<'a, ()>;
}

/// A [`ReplayGuard`] in memory, bounded: it remembers so many notifications, each for so long.
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
    seen: Mutex<Seen>,
}

/// The hash of an id, so that an id of any length takes the same room.
type Print = [u8; 32];

#[derive(Debug, Default)]
struct Seen {
    /// The number of each claim.
    claims: HashMap<Print, u64>,
    /// In the order of their claims; those given back stay until they are reached.
    order: VecDeque<Entry>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    time: Instant,
    print: Print,
}

impl MemoryReplayGuard {
    /// Remembers at most `capacity` notifications, each for at most `retention`. Where there are
    /// more, the oldest are forgotten.
    ///
    /// The default is 100,000 and one day, about 10 MB at most. Roblox does not say how long after the
    /// first try the last one may come.
    pub fn new(capacity: usize, retention: Duration) -> Self {
        Self { capacity: capacity.max(1), retention, seen: Mutex::default() }
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
    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            // It may have been given back and claimed anew.
            if self.claims.get(&oldest.print) == Some(&oldest.number) {
                self.claims.remove(&oldest.print);
            }
        }
    }
}

impl ReplayGuard for MemoryReplayGuard {
    fn claim<'a>(&'a self, id: &'a str) -> Claimed<'a, Claim> {
        Box::pin(async move {
            let (now, print) = (Instant::now(), print(id));
            let mut seen = self.lock();
            while seen.order.front().is_some_and(|entry| now.duration_since(entry.time) >= self.retention) {
                seen.forget_oldest();
            }
            if seen.claims.contains_key(&print) {
                return Ok(Claim::Seen);
            }
            while seen.order.len() >= self.capacity {
                seen.forget_oldest();
            }
            let number = seen.next;
            seen.next += 1;
            seen.claims.insert(print, number);
            seen.order.push_back(Entry { number, time: now, print });
            Ok(Claim::New)
        })
    }

    fn release<'a>(&'a self, id: &'a str) -> Claimed<'a, ()> {
        Box::pin(async move {
            self.lock().claims.remove(&print(id));
            Ok(())
        })
    }
}

fn print(id: &str) -> Print {
    use sha2::Digest as _;
    sha2::Sha256::digest(id.as_bytes()).into()
}
