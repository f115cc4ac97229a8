//! Counts in this process.

use super::quota::{Counter, Observation};
use super::schedule::{Permit, Place, Schedule, Wakers};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep, sleep_until};

/// The windows of this process.
#[derive(Debug, Default)]
pub(super) struct Local(Mutex<Schedule>);

impl Local {
    fn with<T>(&self, act: impl FnOnce(&mut Schedule, &mut Wakers) -> T) -> T {
        let mut wakers = Wakers::new();
        let result = act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), &mut wakers);
        wakers.into_iter().for_each(std::task::Waker::wake);
        result
    }

    /// Counts a request that may be sent under all of these limits at once, and returns its place; or else what is
    /// waited for.
    pub(super) fn enter(&self, limits: impl Iterator<Item = impl Counter>) -> Result<Place, Waiting<'_>> {
        match self.with(|schedule, wakers| schedule.enter(limits, Instant::now(), wakers)) {
            Permit::Granted(place) => Ok(place),
            Permit::Pending(id, _) => Err(Waiting { local: self, id: Some(id), timer: None }),
        }
    }

    /// Gives back a place whose request was not sent.
    pub(super) fn give_back(&self, place: &Place) {
        self.with(|schedule, wakers| schedule.return_place(place, wakers));
    }

    /// Takes note of what the response to the request of a place says of each of its limits.
    pub(super) fn observe(&self, place: &Place, seen: &[Observation]) {
        self.with(|schedule, wakers| schedule.observe(place, seen, Instant::now(), wakers));
    }
}

/// A place that is waited for. Dropping this gives it back.
pub(super) struct Waiting<'a> {
    local: &'a Local,
    /// `None` once it is used.
    id: Option<u64>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Future for Waiting<'_> {
    type Output = Place;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Place> {
        while let Some(id) = self.id {
            let look = |schedule: &mut Schedule, wakers: &mut Wakers| {
                schedule.look(id, context.waker(), Instant::now(), wakers)
            };
            let (id, alarm) = match self.local.with(look) {
                Permit::Pending(id, alarm) => (id, alarm),
                Permit::Granted(place) => {
                    self.id = None;
                    return Poll::Ready(place);
                }
            };
            self.id = Some(id);
            // A new timer each time: the one before may be of a runtime that is gone.
            let mut timer = Box::pin(sleep_until(alarm));
            let is_over = timer.as_mut().poll(context).is_ready();
            self.timer = Some(timer);
            if !is_over {
                return Poll::Pending;
            }
        }
        // It is polled again although it was ready.
        Poll::Pending
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.local.with(|schedule, wakers| schedule.leave(id, wakers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::Quota;
    use super::super::window::steps;
    use super::*;
    use crate::spec::Limit;
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::time::Duration;

    fn quota(key: &str, requests: u64, seconds: u64) -> Quota {
        let limit = Limit { requests, seconds };
        Quota { key: key.to_owned(), limit, cost: 1, stated: Some(limit), is_own: true }
    }

    fn said(remaining: u64, reset: u64) -> Observation {
        let reset = Some(Duration::from_secs(reset));
        Observation { remaining: Some(remaining), reset, ..Observation::default() }
    }

    impl Local {
        /// Waits until a request may be sent under all of these quotas.
        async fn acquire(&self, quotas: &[Quota]) -> Instant {
            match self.enter(quotas.iter()) {
                Ok(place) => place.at(),
                Err(waiting) => waiting.await.at(),
            }
        }

        /// Tells what the response to the request of this time says.
        fn tell(&self, quota: &Quota, seen: &Observation, at: Option<Instant>) {
            let place = self.with(|schedule, _| schedule.place_of(&quota, at));
            self.observe(&place, std::slice::from_ref(seen));
        }
    }

    const REFUSED: Observation =
        Observation { limit: None, remaining: None, reset: None, refused: true, cost: None };

    fn limited(requests: u64, seconds: u64) -> Observation {
        Observation { limit: Some(Limit { requests, seconds }), ..Observation::default() }
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

    /// A busy machine wakes calls late. What was sent late is counted from then on: otherwise the next ones, which are
    /// on time, would come within the same period.
    #[tokio::test(start_paused = true)]
    async fn what_is_sent_late_is_counted_from_when_it_is_sent() {
        let (local, quotas) = (Local::default(), [quota("a", 2, 10)]);
        let start = Instant::now();
        let mut sent = Vec::new();
        for _ in 0..2 {
            local.acquire(&quotas).await;
            sent.push(start.elapsed().as_millis());
        }
        let mut late = [forgotten(&local, &quotas).await, forgotten(&local, &quotas).await];
        tokio::time::sleep(Duration::from_millis(10_700)).await;
        for call in &mut late {
            call.await;
            sent.push(start.elapsed().as_millis());
        }
        for _ in 0..2 {
            local.acquire(&quotas).await;
            sent.push(start.elapsed().as_millis());
        }
        assert_eq!(sent, [0, 0, 10_700, 10_700, 20_700, 20_700]);
    }

    /// Late ones that were to follow each other at once do not.
    #[tokio::test(start_paused = true)]
    async fn who_is_next_waits_for_those_who_are_late() {
        let (local, quotas) = (Local::default(), [quota("a", 1, 1)]);
        let start = Instant::now();
        local.acquire(&quotas).await;
        let (one, two) = (forgotten(&local, &quotas).await, forgotten(&local, &quotas).await);
        tokio::time::sleep(Duration::from_millis(1_900)).await;
        one.await;
        assert_eq!(start.elapsed().as_millis(), 1_900);
        two.await;
        assert_eq!(start.elapsed().as_millis(), 2_900, "and not at 2,000");
    }

    /// Polls a call so far that it waits in its queue, and then no more.
    async fn forgotten<'a>(
        local: &'a Local,
        quotas: &'a [Quota],
    ) -> Pin<Box<dyn Future<Output = Instant> + 'a>> {
        let mut call: Pin<Box<dyn Future<Output = Instant>>> = Box::pin(local.acquire(quotas));
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
        forgotten.await;
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
        runtime().block_on(turn).expect("a turn");
    }

    #[tokio::test(start_paused = true)]
    async fn responses_correct_the_limit() {
        let (local, quota) = (Local::default(), quota("a", 100, 60));
        let quotas = [quota.clone()];
        let start = Instant::now();
        local.acquire(&quotas).await;
        local.tell(&quota, &said(1, 30), None);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 0);
        let place = local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 30, "nothing was left");
        local.tell(&quota, &Observation { refused: true, ..said(0, 7) }, Some(place));
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 37, "a 429 holds everyone");
        local.acquire(&quotas).await;
        local.tell(&quota, &limited(2, 60), None);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 97, "the limit itself is lower");
        local.tell(&quota, &said(0, 10_000), None);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 97, "a wait of hours is for the service to tell: RL-05");
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_window_loosens_nothing() {
        let (local, quota) = (Local::default(), quota("a", 2, 60));
        let quotas = [quota.clone()];
        let start = Instant::now();
        for _ in 0..3 {
            local.acquire(&quotas).await;
            local.tell(&quota, &limited(1000, 24 * 60 * 60), None);
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
        assert!(local.0.lock().expect("the schedule").len() <= 2048);
    }

    #[tokio::test(start_paused = true)]
    async fn huge_limits_are_not_counted() {
        let local = Local::default();
        local.acquire(&[quota("a", 1_000_000, 60)]).await;
        assert_eq!(local.0.lock().expect("the schedule").len(), 0);
    }

    /// Calls in tasks of their own, each of which tells when its turn came.
    fn spawned(local: &Arc<Local>, quotas: &[Quota], calls: usize) -> Vec<tokio::task::JoinHandle<u64>> {
        let start = Instant::now();
        let call = |_| {
            let (local, quotas) = (local.clone(), quotas.to_vec());
            tokio::spawn(async move {
                local.acquire(&quotas).await;
                start.elapsed().as_secs()
            })
        };
        (0..calls).map(call).collect()
    }

    async fn times(calls: impl IntoIterator<Item = tokio::task::JoinHandle<u64>>) -> Vec<u64> {
        let mut times = Vec::new();
        for call in calls {
            times.push(call.await.expect("a turn"));
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_is_given_back_goes_to_the_next_in_the_queue() {
        let (local, quotas) = (Arc::new(Local::default()), [quota("a", 2, 10)]);
        let mut calls = spawned(&local, &quotas, 10);
        tokio::time::sleep(Duration::from_secs(5)).await;
        for given_up in [7, 2, 3] {
            calls.remove(given_up).abort();
        }
        assert_eq!(times(calls).await, [0, 0, 10, 10, 20, 20, 30]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_reused_although_those_next_to_it_are_not_polled() {
        let (local, quotas) = (Arc::new(Local::default()), [quota("a", 1, 10)]);
        local.acquire(&quotas).await;
        let gives_up = forgotten(&local, &quotas).await;
        let forgotten = [forgotten(&local, &quotas).await, forgotten(&local, &quotas).await];
        let last = spawned(&local, &quotas, 1);
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(gives_up);
        assert_eq!(times(last).await, [30]);
        drop(forgotten);
    }

    #[tokio::test(start_paused = true)]
    async fn responses_move_those_who_wait() {
        let (local, quota) = (Arc::new(Local::default()), quota("a", 1, 60));
        let start = Instant::now();
        let calls = spawned(&local, std::slice::from_ref(&quota), 7);
        tokio::time::sleep(Duration::from_secs(10)).await;
        // They see a larger limit ...
        local.tell(&quota, &limited(3, 60), None);
        // ... of which one more is left, until the window ends ...
        local.tell(&quota, &said(1, 20), None);
        tokio::time::sleep(Duration::from_secs(35)).await;
        // ... and then a 429 for the last that was sent.
        let last = start + Duration::from_secs(30);
        local.tell(&quota, &Observation { refused: true, ..said(0, 30) }, Some(last));
        assert_eq!(times(calls).await, [0, 10, 30, 75, 75, 75, 135]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_refused_is_not_counted() {
        let (local, quota) = (Local::default(), quota("a", 1, 60));
        let start = Instant::now();
        let place = local.acquire(std::slice::from_ref(&quota)).await;
        local.tell(&quota, &REFUSED, Some(place));
        let place = local.acquire(std::slice::from_ref(&quota)).await;
        assert_eq!(start.elapsed().as_secs(), 0, "another window was used up");
        local.tell(&quota, &Observation { refused: true, ..said(0, 5) }, Some(place));
        local.acquire(std::slice::from_ref(&quota)).await;
        assert_eq!(start.elapsed().as_secs(), 5, "this one was");
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_429_gives_back_no_place_of_another() {
        let (local, quotas) = (Local::default(), [quota("a", 2, 60)]);
        let start = Instant::now();
        let slow = local.acquire(&quotas).await;
        tokio::time::sleep(Duration::from_secs(50)).await;
        local.acquire(&quotas).await;
        local.tell(&quotas[0], &REFUSED, Some(slow));
        let slow = local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 50, "its own place is free");
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 110, "the other was served at 50");
        local.acquire(&quotas).await;
        local.tell(&quotas[0], &REFUSED, Some(slow));
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 170, "its own place has counted no more since 110");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_makes_room_for_a_window_keeps_its_others() {
        // Wherever in the call the number of windows is a round one.
        for before in 1019..=1026 {
            let local = Local::default();
            for user in 0..before {
                local.acquire(&[quota(&format!("user {user}"), 2, 60)]).await;
            }
            let quotas = ["a", "b", "c"].map(|key| quota(key, 2, 60));
            local.acquire(&quotas).await;
            let start = Instant::now();
            for quota in quotas {
                local.acquire(std::slice::from_ref(&quota)).await;
                assert_eq!(start.elapsed().as_secs(), 0, "{}, {before} windows: counted once", quota.key);
                let call = forgotten(&local, std::slice::from_ref(&quota)).await;
                drop(call);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn thousands_of_users_who_share_a_limit_cost_each_a_few_steps() {
        const CALLS: u64 = 10_000;
        let local = Arc::new(Local::default());
        let wide = quota("universe", 10, 1);
        steps::taken();
        let mut calls = Vec::new();
        for user in 0..CALLS {
            // On a real clock, no two places have the same time.
            tokio::time::sleep(Duration::from_millis(1)).await;
            calls.extend(spawned(&local, &[quota(&format!("user {user}"), 1, 60), wide.clone()], 1));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        let entered = steps::taken();
        assert!(entered < 20 * CALLS, "{entered} steps to enter");
        local.tell(&wide, &Observation { refused: true, ..said(0, 30) }, None);
        tokio::time::sleep(Duration::from_millis(1)).await;
        let moved = steps::taken();
        assert!(moved > CALLS && moved < 20 * CALLS, "{moved} steps to move all after a 429");
        calls.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test(start_paused = true)]
    async fn thousands_who_give_up_cost_each_a_bounded_number_of_steps() {
        const CALLS: u64 = 10_000;
        // One after the other, and all at once.
        for apart in [1, 0] {
            let (local, quotas) = (Arc::new(Local::default()), [quota("user", 7, 60), quota("key", 150, 1)]);
            steps::taken();
            let mut calls = tokio::task::JoinSet::new();
            for call in 0..CALLS {
                tokio::time::sleep(Duration::from_millis(1)).await;
                let (local, quotas) = (local.clone(), quotas.clone());
                let time = Duration::from_millis(30_000 - call * (1 - apart));
                calls.spawn(async move { tokio::time::timeout(time, local.acquire(&quotas)).await.is_ok() });
            }
            let mut served = 0;
            while let Some(call) = calls.join_next().await {
                served += u64::from(call.expect("a call"));
            }
            assert_eq!(served, 7, "nobody else has a turn within 30 seconds");
            let steps = steps::taken();
            assert!(steps < 600 * CALLS, "{steps} steps, {apart} ms apart");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_before_a_narrow_window_leaves_the_wide_one_whole() {
        let local = Arc::new(Local::default());
        let wide = quota("universe", 3, 10);
        let narrow = [quota("user", 1, 15), wide.clone()];
        // The second waits until 15, and its place there is its own.
        let mut calls = spawned(&local, &narrow, 2);
        calls.extend(spawned(&local, &[wide], 8));
        assert_eq!(times(calls).await, [0, 15, 0, 0, 10, 10, 20, 20, 25, 30]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_later_leaves_others_what_is_free_now() {
        let local = Arc::new(Local::default());
        let wide = quota("universe", 4, 10);
        let mut calls = spawned(&local, &[quota("job", 1, 10), wide.clone()], 2);
        tokio::time::sleep(Duration::from_secs(1)).await;
        calls.extend(spawned(&local, &[wide], 4));
        assert_eq!(times(calls).await, [0, 10, 0, 0, 0, 10], "the last four from when they came");
    }

    #[test]
    fn ten_thousand_who_wait_take_less_than_ten_megabytes() {
        let local = Local::default();
        let quotas = [quota("user", 1, 60), quota("universe", 10, 1), quota("key", 150, 1)];
        let places = quotas.len() * size_of::<Instant>();
        // The timer's part in the driver is in the timer itself.
        let call = size_of_val(&local.acquire(&quotas)) + size_of::<Sleep>();
        // A map and a queue of twice the size that is needed.
        let waiter = call + 2 * (Schedule::WAITER + places);
        assert!(waiter * 10_000 < 10_000_000, "{waiter} bytes");
    }

    #[tokio::test(start_paused = true)]
    async fn ten_thousand_who_wait_and_give_up_one_after_the_other_leave_nothing() {
        let (local, quotas) = (Local::default(), [quota("user", 7, 60), quota("key", 150, 1)]);
        let start = Instant::now();
        for _ in 0..7 {
            local.acquire(&quotas).await;
        }
        let mut calls = Vec::new();
        for _ in 0..10_000 {
            calls.push(forgotten(&local, &quotas).await);
        }
        calls.drain(..5_000).for_each(drop);
        calls.into_iter().rev().for_each(drop);
        local.acquire(&quotas).await;
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        /// Whatever calls come, give up or are told: no window sees more than its limit, and who comes first to
        /// the same windows goes first.
        #[test]
        fn no_window_sees_more_than_its_limit(
            narrow in (1_u64..4, 1_u64..30),
            wide in (1_u64..9, 1_u64..30),
            steps in proptest::collection::vec((0_u64..5, 0_usize..5, 0_u64..4), 1..60),
        ) {
            let runtime = runtime();
            let granted = runtime.block_on(async {
                let local = Arc::new(Local::default());
                let granted = Arc::new(Mutex::new(Vec::new()));
                let mut calls = Vec::new();
                for (number, (wait, kind, user)) in steps.into_iter().enumerate() {
                    tokio::time::sleep(Duration::from_secs(wait)).await;
                    if kind == 0 && !calls.is_empty() {
                        let call: tokio::task::JoinHandle<()> = calls.remove(number % calls.len());
                        call.abort();
                        continue;
                    }
                    let mut quotas = vec![quota("wide", wide.0, wide.1)];
                    if kind > 2 {
                        quotas.insert(0, quota(&format!("user {user}"), narrow.0, narrow.1));
                    }
                    let (local, granted) = (local.clone(), granted.clone());
                    calls.push(tokio::spawn(async move {
                        local.acquire(&quotas).await;
                        granted.lock().expect("turns").push((Instant::now(), number, quotas));
                    }));
                }
                for call in calls {
                    let _ = call.await;
                }
                std::mem::take(&mut *granted.lock().expect("turns"))
            });
            let mut windows = std::collections::BTreeMap::<String, (Limit, Vec<Instant>)>::new();
            let mut turns = std::collections::BTreeMap::<Vec<String>, Vec<(usize, Instant)>>::new();
            for (at, number, quotas) in granted {
                for quota in &quotas {
                    let (_, times) =
                        windows.entry(quota.key.clone()).or_insert_with(|| (quota.limit, Vec::new()));
                    times.push(at);
                }
                let keys = quotas.into_iter().map(|quota| quota.key).collect();
                turns.entry(keys).or_default().push((number, at));
            }
            for mut turns in turns.into_values() {
                // At one moment, several can have their turn.
                turns.sort_unstable();
                proptest::prop_assert!(turns.is_sorted_by_key(|(_, at)| *at));
            }
            for (limit, times) in windows.into_values() {
                let limit_of = usize::try_from(limit.requests).expect("small");
                for row in times.windows(limit_of + 1) {
                    proptest::prop_assert!(row[limit_of] - row[0] >= limit.period());
                }
            }
        }
    }
}
