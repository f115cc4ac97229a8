//! Notifications that come twice.

use opencloud::webhook::{Claim, MemoryFull, MemoryReplayGuard, ReplayGuard};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

async fn claim(guard: &impl ReplayGuard, id: &str) -> Claim {
    guard.claim(id).await.expect("a claim")
}

#[tokio::test(start_paused = true)]
async fn the_second_of_two_is_seen() {
    let guard = MemoryReplayGuard::default();
    assert_eq!(claim(&guard, "a").await, Claim::New);
    assert_eq!(claim(&guard, "a").await, Claim::Seen);
    assert_eq!(claim(&guard, "b").await, Claim::New);
}

#[tokio::test(start_paused = true)]
async fn what_failed_may_come_again() {
    let guard = MemoryReplayGuard::new(2, DAY);
    assert_eq!(claim(&guard, "a").await, Claim::New);
    guard.release("a").await.expect("released");
    assert_eq!(claim(&guard, "a").await, Claim::New);
    guard.release("never claimed").await.expect("nothing to do");
    assert_eq!(claim(&guard, "a").await, Claim::Seen);
}

#[tokio::test(start_paused = true)]
async fn what_was_given_back_takes_no_room() {
    let guard = MemoryReplayGuard::new(2, DAY);
    assert_eq!(claim(&guard, "a").await, Claim::New);
    // A queue that is full for an hour.
    for _ in 0..60 {
        assert_eq!(claim(&guard, "b").await, Claim::New);
        guard.release("b").await.expect("released");
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    assert_eq!(claim(&guard, "a").await, Claim::Seen);
    assert_eq!(claim(&guard, "b").await, Claim::New);
    assert_eq!(claim(&guard, "a").await, Claim::Seen);
}

#[tokio::test(start_paused = true)]
async fn it_remembers_for_so_long() {
    let guard = MemoryReplayGuard::new(3, DAY);
    assert_eq!(claim(&guard, "a").await, Claim::New);
    tokio::time::advance(DAY).await;
    assert_eq!(claim(&guard, "a").await, Claim::Seen);
    tokio::time::advance(SECOND).await;
    assert_eq!(claim(&guard, "a").await, Claim::New);
}

#[tokio::test(start_paused = true)]
async fn it_never_forgets_what_may_be_replayed() {
    // Signatures are good for 300 seconds before and after their time.
    for (guard, good) in [
        (MemoryReplayGuard::new(2, Duration::ZERO), Duration::from_secs(600)),
        (MemoryReplayGuard::new(2, Duration::ZERO).tolerance(SECOND), 2 * SECOND),
    ] {
        assert_eq!(claim(&guard, "a").await, Claim::New);
        tokio::time::advance(good).await;
        assert_eq!(claim(&guard, "a").await, Claim::Seen, "{good:?}");
        tokio::time::advance(SECOND).await;
        assert_eq!(claim(&guard, "a").await, Claim::New, "{good:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_there_are_too_many_the_oldest_goes_unless_it_may_be_replayed() {
    let guard = MemoryReplayGuard::new(2, DAY);
    assert_eq!(claim(&guard, "a").await, Claim::New);
    tokio::time::advance(SECOND).await;
    assert_eq!(claim(&guard, "b").await, Claim::New);
    let problem = guard.claim("c").await.expect_err("no room");
    assert_eq!(problem.downcast_ref::<MemoryFull>().map(|full| full.capacity), Some(2));
    assert!(problem.to_string().contains("503"), "{problem}");
    assert_eq!(claim(&guard, "a").await, Claim::Seen, "what is remembered stays");

    tokio::time::advance(Duration::from_secs(600)).await;
    assert_eq!(claim(&guard, "c").await, Claim::New, "in place of the first");
    assert_eq!(claim(&guard, "b").await, Claim::Seen);
    assert_eq!(claim(&guard, "c").await, Claim::Seen);
    assert!(guard.claim("a").await.is_err(), "the second may still be replayed");
    tokio::time::advance(SECOND).await;
    assert_eq!(claim(&guard, "a").await, Claim::New);
}

#[tokio::test(start_paused = true)]
async fn of_many_at_once_one_is_new() {
    let guard = Arc::new(MemoryReplayGuard::default());
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let guard = guard.clone();
            tokio::spawn(async move { claim(&*guard, "a").await })
        })
        .collect();
    let mut new = 0;
    for task in tasks {
        new += usize::from(task.await.expect("a task") == Claim::New);
    }
    assert_eq!(new, 1);
}
