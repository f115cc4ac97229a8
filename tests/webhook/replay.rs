//! Notifications that come twice.

use opencloud::webhook::{Claim, MemoryReplayGuard, ReplayGuard};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

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
    // The claim that was given back is the oldest; forgetting it forgets no other.
    assert_eq!(claim(&guard, "b").await, Claim::New);
    assert_eq!(claim(&guard, "a").await, Claim::Seen);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_in_number_and_time() {
    let guard = MemoryReplayGuard::new(3, DAY);
    for id in ["a", "b", "c", "d"] {
        assert_eq!(claim(&guard, id).await, Claim::New);
    }
    assert_eq!(claim(&guard, "d").await, Claim::Seen);
    assert_eq!(claim(&guard, "a").await, Claim::New, "the oldest was forgotten");

    let guard = MemoryReplayGuard::new(3, DAY);
    assert_eq!(claim(&guard, "a").await, Claim::New);
    tokio::time::advance(DAY - Duration::from_secs(1)).await;
    assert_eq!(claim(&guard, "a").await, Claim::Seen);
    tokio::time::advance(Duration::from_secs(1)).await;
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
