//! The rate limit that processes share.

use crate::support::{TestServer, server, slow_way};
use opencloud::limit::{Observation, Permit, Quota, RateLimitStore};
use opencloud_redis::{RedisRateLimit, Server};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A process, as far as the server sees.
async fn process(server: &TestServer) -> Arc<RedisRateLimit> {
    Arc::new(RedisRateLimit::new(server.connect().await))
}

async fn acquire(limit: &RedisRateLimit, quotas: &[Quota]) -> Permit {
    limit.acquire(quotas).await.expect("a permit")
}

/// The most requests that any period of this length sees.
fn most_within(mut times: Vec<Instant>, period: Duration) -> usize {
    times.sort();
    let within = |first: usize| times[first..].partition_point(|time| *time < times[first] + period);
    (0..times.len()).map(within).max().unwrap_or_default()
}

/// Whether a call gets its permit without waiting.
async fn has_room(limit: &RedisRateLimit, quotas: &[Quota]) -> bool {
    tokio::time::timeout(Duration::from_millis(500), limit.acquire(quotas)).await.is_ok()
}

/// The times at which processes with 20 tasks each send that want to all the time, for four seconds. Responses of the server
/// take as long as this, every so often.
async fn sent_by(server: &TestServer, processes: usize, limit: u64, held_up: Duration) -> Vec<Instant> {
    let mut running = JoinSet::new();
    for _ in 0..processes {
        let url = server.url();
        running.spawn_blocking(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let url = slow_way(&url, held_up).await;
                let limiter = Arc::new(RedisRateLimit::new(Server::connect(&url).await.expect("a server")));
                let (mut tasks, end) = (JoinSet::new(), Instant::now() + Duration::from_secs(4));
                for _ in 0..20 {
                    let limiter = limiter.clone();
                    tasks.spawn(async move {
                        let mut times = Vec::new();
                        while Instant::now() < end {
                            acquire(&limiter, &[Quota::new("a", limit, 1)]).await;
                            times.push(Instant::now());
                        }
                        times
                    });
                }
                tasks.join_all().await.concat()
            })
        });
    }
    running.join_all().await.concat()
}

/// The system may stop a process between its permit and the reading of its clock here, on a busy machine; not three times
/// in a row.
async fn assert_within(limit: usize, processes: usize, held_up: Duration) {
    let mut seen = Vec::new();
    for _ in 0..3 {
        let Some(server) = TestServer::start(&[]) else { return };
        let times = sent_by(&server, processes, limit as u64, held_up).await;
        // How many there were depends on the machine; that there were several periods does not.
        assert!(times.len() > 2 * limit, "{}", times.len());
        seen.push(most_within(times, Duration::from_secs(1)));
        if seen.last() <= Some(&limit) {
            return;
        }
    }
    panic!("{seen:?} of {limit}");
}

#[tokio::test]
async fn processes_together_stay_within_a_limit() {
    assert_within(40, 4, Duration::ZERO).await;
}

/// Their requests leave later than the server has let them go.
#[tokio::test]
async fn processes_whose_responses_are_held_up_stay_within_a_limit() {
    assert_within(30, 3, Duration::from_millis(80)).await;
}

#[tokio::test]
async fn a_call_takes_its_place_in_all_windows_or_in_none() {
    let server = server!();
    let (one, two) = (process(&server).await, process(&server).await);
    let (narrow, wide) = (Quota::new("user 1", 1, 60), Quota::new("all", 2, 60));
    acquire(&one, &[narrow.clone(), wide.clone()]).await;
    assert!(!has_room(&two, &[narrow.clone(), wide.clone()]).await, "the narrow window is used up");
    let other = Quota::new("user 2", 1, 60);
    assert!(
        has_room(&two, &[other, wide.clone()]).await,
        "who waits for a narrow window holds up nobody in the wide one"
    );
    assert!(!has_room(&one, &[wide]).await, "both of the wide window are used");
}

#[tokio::test]
async fn a_call_with_room_is_one_command() {
    let server = server!();
    let limit = process(&server).await;
    let quotas = [Quota::new("a", 1000, 60), Quota::new("b", 1000, 60), Quota::new("c", 1000, 1)];
    // The server learns the script.
    acquire(&limit, &quotas).await;
    let before = server.scripts().await;
    for _ in 0..100 {
        acquire(&limit, &quotas).await;
    }
    assert_eq!(server.scripts().await - before, 100);
}

#[tokio::test]
async fn who_waits_is_served_in_the_order_of_coming() {
    let server = server!();
    let (limit, quotas) = (process(&server).await, [Quota::new("a", 1, 1)]);
    acquire(&limit, &quotas).await;
    let mut tasks = JoinSet::new();
    for number in 0..3 {
        let (limit, quotas) = (limit.clone(), quotas.clone());
        tasks.spawn(async move {
            acquire(&limit, &quotas).await;
            number
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut order = Vec::new();
    while let Some(number) = tasks.join_next().await {
        order.push(number.expect("a permit"));
    }
    assert_eq!(order, [0, 1, 2]);
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_place_back() {
    let server = server!();
    let (limit, quotas) = (process(&server).await, [Quota::new("a", 1, 3)]);
    let start = Instant::now();
    acquire(&limit, &quotas).await;
    // It is given the place after three seconds, and leaves.
    assert!(!has_room(&limit, &quotas).await);
    acquire(&*process(&server).await, &quotas).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}: and not the place after six", start.elapsed());
}

#[tokio::test]
async fn a_permit_that_is_given_back_is_free_once() {
    let server = server!();
    let (limit, quotas) = (process(&server).await, [Quota::new("a", 2, 60)]);
    let permit = acquire(&limit, &quotas).await;
    acquire(&limit, &quotas).await;
    limit.give_back(&quotas, permit);
    limit.give_back(&quotas, permit);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(has_room(&limit, &quotas).await, "one is free");
    assert!(!has_room(&limit, &quotas).await, "and not two");
}

#[tokio::test]
async fn what_one_process_is_told_holds_for_all() {
    let server = server!();
    let (one, two) = (process(&server).await, process(&server).await);
    let quota = Quota::new("a", 100, 60);
    let permit = acquire(&one, std::slice::from_ref(&quota)).await;
    let mut seen = Observation::default();
    (seen.remaining, seen.reset, seen.refused) = (Some(0), Some(Duration::from_secs(2)), true);
    let start = Instant::now();
    one.observe(&quota, permit, &seen);
    tokio::time::sleep(Duration::from_millis(300)).await;
    acquire(&two, &[quota]).await;
    assert!(start.elapsed() >= Duration::from_secs(2), "a 429 holds everyone: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_lower_limit_that_a_response_states_holds_for_all() {
    let server = server!();
    let (one, two) = (process(&server).await, process(&server).await);
    let quota = Quota::new("a", 100, 60);
    let permit = acquire(&one, std::slice::from_ref(&quota)).await;
    let mut seen = Observation::default();
    seen.limit = Some(Quota::new("", 2, 60).limit);
    one.observe(&quota, permit, &seen);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(has_room(&two, std::slice::from_ref(&quota)).await);
    assert!(!has_room(&two, &[quota]).await);
}

#[tokio::test]
async fn what_a_response_says_is_left_is_shared_and_only_tightens() {
    let server = server!();
    let (one, two) = (process(&server).await, process(&server).await);
    let quota = Quota::new("a", 100, 60);
    let permit = acquire(&one, std::slice::from_ref(&quota)).await;
    for remaining in [1, 50] {
        let mut seen = Observation::default();
        (seen.remaining, seen.reset) = (Some(remaining), Some(Duration::from_secs(60)));
        one.observe(&quota, permit, &seen);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(has_room(&two, std::slice::from_ref(&quota)).await);
    assert!(!has_room(&two, &[quota]).await, "one was left");
}

#[tokio::test]
async fn a_request_that_costs_several_takes_them_and_gives_back_what_it_did_not_need() {
    let server = server!();
    let (one, two) = (process(&server).await, process(&server).await);
    let mut quota = Quota::new("units", 10, 60);
    quota.cost = 6;
    let permit = acquire(&one, std::slice::from_ref(&quota)).await;
    assert!(!has_room(&two, std::slice::from_ref(&quota)).await, "four are left");
    let mut seen = Observation::default();
    seen.cost = Some(2);
    one.observe(&quota, permit, &seen);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(has_room(&two, std::slice::from_ref(&quota)).await, "eight were left");
    quota.cost = 2;
    assert!(has_room(&two, std::slice::from_ref(&quota)).await, "two were left");
    quota.cost = 1;
    assert!(!has_room(&two, &[quota]).await);
}

#[tokio::test]
async fn a_limit_that_grows_is_taken_over() {
    let server = server!();
    let limit = process(&server).await;
    acquire(&limit, &[Quota::new("a", 1, 60)]).await;
    assert!(!has_room(&limit, &[Quota::new("a", 1, 60)]).await);
    assert!(has_room(&limit, &[Quota::new("a", 2, 60)]).await, "the game has more players");
    assert!(!has_room(&limit, &[Quota::new("a", 2, 60)]).await);
}
