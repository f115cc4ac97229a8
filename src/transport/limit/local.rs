//! Counts in this process.

use super::window::Window;
use super::{Acquire, Quota, RateLimitStatus, RateLimitStore};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Beyond this many windows, those that nothing is known in are dropped.
const MANY: usize = 1024;

/// The windows of this process.
#[derive(Default)]
pub(super) struct Local {
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

/// A window and the queue before it.
struct Lane {
    /// Whose turn it is. Tokio's mutex is fair: who comes first goes first, and who gives up waiting
    /// leaves the queue.
    turn: tokio::sync::Mutex<()>,
    window: Mutex<Window>,
}

impl Lane {
    fn window(&self) -> MutexGuard<'_, Window> {
        lock(&self.window)
    }
}

impl Local {
    fn lane(&self, quota: &Quota) -> Arc<Lane> {
        let mut lanes = lock(&self.lanes);
        if let Some(lane) = lanes.get(&quota.key) {
            return lane.clone();
        }
        if lanes.len() >= MANY && lanes.len().is_power_of_two() {
            let now = Instant::now();
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || !lane.window().is_idle(now));
        }
        let lane = Arc::new(Lane {
            turn: tokio::sync::Mutex::new(()),
            window: Mutex::new(Window::new(quota.limit)),
        });
        lanes.insert(quota.key.clone(), lane.clone());
        lane
    }

    async fn acquire(&self, quotas: &[Quota]) {
        let lanes: Vec<Arc<Lane>> =
            quotas.iter().filter(|quota| Window::counts(quota.limit)).map(|quota| self.lane(quota)).collect();
        while !Waiting::new(lanes.clone()).turn().await {}
    }
}

/// How old a turn may be when it is used. An older one is of a call that was not polled for long, and
/// other requests have been counted since.
const FRESH: Duration = Duration::from_secs(1);

/// A call that waits before its windows. Dropping it leaves the queues, and nothing is counted.
struct Waiting {
    lanes: Vec<Arc<Lane>>,
    turn: Arc<Mutex<Turn>>,
    task: Option<(Queueing, JoinHandle<()>)>,
}

/// The place in the queues, until it is given up. The call shares it with its task, for a task that is
/// aborted goes when its runtime runs next, which one on the current thread need not do for long.
type Queueing = Arc<Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>>;

enum Turn {
    Awaited,
    /// It was counted then.
    Come(Instant),
    /// It is used, or given up.
    Over,
}

impl Waiting {
    fn new(lanes: Vec<Arc<Lane>>) -> Self {
        Self { lanes, turn: Arc::new(Mutex::new(Turn::Awaited)), task: None }
    }

    /// Waits for a turn; `false` if it came and passed, since nobody asked.
    async fn turn(mut self) -> bool {
        let mut queue = Box::pin(queue(self.lanes.clone(), Arc::clone(&self.turn)));
        if poll_fn(|context| Poll::Ready(queue.as_mut().poll(context))).await.is_pending() {
            // In a task of its own, for who waits may not be polled again: then it must not stand in the
            // way of those behind it.
            let queueing: Queueing = Arc::new(Mutex::new(Some(queue)));
            let task = tokio::spawn(go_on(queueing.clone()));
            let (queueing, task) = self.task.insert((queueing, task));
            if task.await.is_err() {
                // Nothing runs but this any more; the timer that the place waited for is gone as well.
                let place = lock(queueing).take();
                drop(place);
                self::queue(self.lanes.clone(), Arc::clone(&self.turn)).await;
            }
        }
        let turn = std::mem::replace(&mut *lock(&self.turn), Turn::Over);
        match turn {
            Turn::Come(at) if at.elapsed() < FRESH => true,
            Turn::Come(at) => {
                self.give_back(at);
                false
            }
            Turn::Awaited | Turn::Over => false,
        }
    }

    fn give_back(&self, at: Instant) {
        self.lanes.iter().for_each(|lane| lane.window().give_back(at));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((queueing, task)) = &self.task {
            task.abort();
            let place = lock(queueing).take();
            drop(place);
        }
        let turn = std::mem::replace(&mut *lock(&self.turn), Turn::Over);
        if let Turn::Come(at) = turn {
            self.give_back(at);
        }
    }
}

/// Waits on in the queues, unless the place in them is given up.
async fn go_on(queueing: Queueing) {
    poll_fn(|context| lock(&queueing).as_mut().map_or(Poll::Ready(()), |place| place.as_mut().poll(context)))
        .await;
}

/// Queues before each window in turn, the narrowest first, and counts in all of them at one moment. A
/// call that waits before a narrow window (two changes a minute to one user) holds up nobody in the
/// wide ones; all queue in the same order, so nobody waits in a circle.
async fn queue(lanes: Vec<Arc<Lane>>, turn: Arc<Mutex<Turn>>) {
    let mut turns = Vec::with_capacity(lanes.len());
    for (count, lane) in lanes.iter().enumerate() {
        turns.push(lane.turn.lock().await);
        loop {
            let now = Instant::now();
            let so_far = &lanes[..=count];
            match so_far.iter().filter_map(|lane| lane.window().busy_until(now)).max() {
                Some(until) => tokio::time::sleep_until(until).await,
                None => break,
            }
        }
    }
    // Nothing has been awaited since all windows had room, and no one else can take it.
    let now = Instant::now();
    let mut turn = lock(&turn);
    if matches!(*turn, Turn::Awaited) {
        lanes.iter().for_each(|lane| lane.window().take(now));
        *turn = Turn::Come(now);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RateLimitStore for Local {
    fn acquire<'a>(&'a self, quotas: &'a [Quota]) -> Acquire<'a> {
        Box::pin(async move {
            self.acquire(quotas).await;
            Ok(())
        })
    }

    fn observe(&self, quota: &Quota, status: &RateLimitStatus, refused: bool) {
        if Window::counts(quota.limit) && (refused || !status.is_empty()) {
            self.lane(quota).window().observe(status, refused, Instant::now());
        }
    }
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Local")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::info::Limit;

    fn quota(key: &str, requests: u64, seconds: u64) -> Quota {
        Quota { key: key.to_owned(), limit: Limit { requests, seconds }, is_own: true }
    }

    fn said(remaining: u64, reset: u64) -> RateLimitStatus {
        RateLimitStatus {
            remaining: Some(remaining),
            reset: Some(Duration::from_secs(reset)),
            ..RateLimitStatus::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_slides() {
        let (local, quotas) = (Local::default(), [quota("a", 2, 10)]);
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..5 {
            local.acquire(&quotas).await;
            times.push(start.elapsed().as_secs());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(times, [0, 1, 10, 11, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_narrow_window_holds_up_nobody_in_a_wide_one() {
        let local = Arc::new(Local::default());
        let start = Instant::now();
        let mut tasks = Vec::new();
        for user in [1, 1, 1, 2, 3] {
            let local = local.clone();
            let quotas = [quota(&format!("user {user}"), 2, 60), quota("operation", 100, 60)];
            tasks.push(tokio::spawn(async move {
                local.acquire(&quotas).await;
                start.elapsed().as_secs()
            }));
        }
        let mut times = Vec::new();
        for task in tasks {
            times.push(task.await.expect("a task"));
        }
        assert_eq!(times, [0, 0, 60, 0, 0]);
    }

    /// Polls a call so far that it waits in its queue, and then no more.
    async fn forgotten<'a>(local: &'a Local, quotas: &'a [Quota]) -> Acquire<'a> {
        let mut call = RateLimitStore::acquire(local, quotas);
        assert!(poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await.is_pending());
        call
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_nobody_polls_holds_up_nobody() {
        let (local, quotas) = (Local::default(), [quota("a", 1, 10)]);
        let start = Instant::now();
        local.acquire(&quotas).await;
        let forgotten = forgotten(&local, &quotas).await;
        tokio::time::timeout(Duration::from_secs(60), local.acquire(&quotas)).await.expect("a turn");
        assert_eq!(start.elapsed().as_secs(), 20, "behind the turn that was not used");
        forgotten.await.expect("a turn");
        assert_eq!(start.elapsed().as_secs(), 30, "the turn that was not used is over");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_gives_up_is_not_counted() {
        let (local, quotas) = (Local::default(), [quota("a", 1, 10)]);
        for seconds in [5, 11] {
            local.acquire(&quotas).await;
            let start = Instant::now();
            let forgotten = forgotten(&local, &quotas).await;
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            drop(forgotten);
            local.acquire(&quotas).await;
            assert_eq!(start.elapsed().as_secs(), seconds.max(10));
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().expect("a runtime")
    }

    #[test]
    fn a_call_that_gives_up_holds_up_nobody_while_its_runtime_stands_still() {
        let (local, quotas) = (Local::default(), [quota("a", 1, 10)]);
        let still = runtime();
        still.block_on(local.acquire(&quotas));
        drop(still.block_on(forgotten(&local, &quotas)));
        let turn = async { tokio::time::timeout(Duration::from_secs(60), local.acquire(&quotas)).await };
        runtime().block_on(turn).expect("a turn");
    }

    #[test]
    fn a_call_whose_runtime_is_gone_waits_on_in_another() {
        let (local, quotas) = (Local::default(), [quota("a", 1, 10)]);
        let gone = runtime();
        gone.block_on(local.acquire(&quotas));
        let call = gone.block_on(forgotten(&local, &quotas));
        drop(gone);
        let turn = async { tokio::time::timeout(Duration::from_secs(60), call).await };
        runtime().block_on(turn).expect("in time").expect("a turn");
    }

    #[tokio::test(start_paused = true)]
    async fn answers_correct_the_limit() {
        let (local, quota) = (Local::default(), quota("a", 100, 60));
        let quotas = [quota.clone()];
        let start = Instant::now();
        local.acquire(&quotas).await;
        local.observe(&quota, &said(1, 30), false);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 0);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 30, "nothing was left");
        let retry_after =
            RateLimitStatus { retry_after: Some(Duration::from_secs(7)), ..RateLimitStatus::default() };
        local.observe(&quota, &retry_after, true);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 37, "a 429 holds everyone");
        let lower = RateLimitStatus {
            limit: Some(2),
            window: Some(Duration::from_secs(60)),
            ..RateLimitStatus::default()
        };
        local.observe(&quota, &lower, false);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 90, "the limit itself is lower");
        local.observe(&quota, &said(0, 10_000), false);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 90 + 300, "no answer holds requests for hours");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_window_loosens_nothing() {
        let (local, quota) = (Local::default(), quota("a", 2, 60));
        let quotas = [quota.clone()];
        let start = Instant::now();
        let daily = RateLimitStatus {
            limit: Some(1000),
            window: Some(Duration::from_secs(24 * 60 * 60)),
            ..RateLimitStatus::default()
        };
        for _ in 0..3 {
            local.acquire(&quotas).await;
            local.observe(&quota, &daily, false);
        }
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_windows_are_forgotten() {
        let local = Local::default();
        for user in 0..10_000 {
            local.acquire(&[quota(&format!("user {user}"), 2, 1)]).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(local.lanes.lock().expect("lanes").len() <= 2 * MANY);
    }

    #[tokio::test(start_paused = true)]
    async fn huge_limits_are_not_counted() {
        let local = Local::default();
        local.acquire(&[quota("a", 1_000_000, 60)]).await;
        assert!(local.lanes.lock().expect("lanes").is_empty());
    }
}
