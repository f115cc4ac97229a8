//! Checkpoints, and work in parts.

use crate::support::{TestServer, dead_after, paused_after, server};
use opencloud_redis::{ErrorKind, Job, RedisCheckpoints, RedisSplit, SealingKeys, Server, Take};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

const LEASE: Duration = Duration::from_secs(1);

fn keys() -> SealingKeys {
    SealingKeys::new([7; 32])
}

async fn checkpoints(server: &TestServer) -> RedisCheckpoints {
    RedisCheckpoints::new(server.connect().await, keys()).lease_time(LEASE)
}

async fn split(server: &TestServer) -> RedisSplit {
    RedisSplit::new(server.connect().await, keys(), "work").lease_time(LEASE)
}

async fn mine(checkpoints: &RedisCheckpoints) -> Job {
    checkpoints.wait("job").await.expect("a job").expect("not done")
}

#[tokio::test]
async fn a_job_is_one_process_s_at_a_time_and_goes_on_where_it_was() {
    let server = server!();
    let (one, two) = (checkpoints(&server).await, checkpoints(&server).await);
    let job = mine(&one).await;
    assert_eq!(job.saved::<String>().expect("nothing"), None);
    assert!(matches!(two.take("job").await.expect("an outcome"), Take::Busy(_)));
    job.save("SECRET half").await.expect("saved");
    let content = server.content().await;
    assert!(!content.contains("SECRET"), "{content}");
    let fence = job.fence();
    drop(job);
    let job = mine(&two).await;
    assert_eq!(job.saved::<String>().expect("a checkpoint").as_deref(), Some("SECRET half"));
    assert!(job.fence() > fence);
    job.finish("all").await.expect("finished");
    assert!(matches!(one.take("job").await.expect("an outcome"), Take::Done));
    one.forget("job").await.expect("forgotten");
    assert_eq!(mine(&one).await.saved::<String>().expect("nothing"), None, "it begins anew");
}

#[tokio::test]
async fn a_job_that_was_forgotten_refuses_its_process() {
    let server = server!();
    let checkpoints = checkpoints(&server).await;
    let job = mine(&checkpoints).await;
    checkpoints.forget("job").await.expect("forgotten");
    let again = mine(&checkpoints).await;
    let error = job.save("late").await.expect_err("it is another's");
    assert_eq!(error.kind(), ErrorKind::LeaseLost, "{error}");
    again.save("new").await.expect("saved");
}

#[tokio::test]
async fn a_checkpoint_of_a_paused_process_is_refused() {
    let server = server!();
    let two = checkpoints(&server).await;
    let url = server.url();
    let connect = async move {
        let server = Server::connect(&url).await.expect("a server");
        let job = mine(&RedisCheckpoints::new(server, keys()).lease_time(LEASE)).await;
        job.save("by the first").await.expect("saved");
        job
    };
    let (paused, resume) =
        paused_after(connect, async |job: Job| job.save("late").await.map_err(|error| error.to_string()));
    paused.await.expect("it has the job, and stands still");
    let job = mine(&two).await;
    assert_eq!(job.saved::<String>().expect("a checkpoint").as_deref(), Some("by the first"));
    let error = resume.await.expect_err("it is refused");
    assert!(error.contains("job") && error.contains("lease ran out"), "{error}");
    job.save("by the second").await.expect("saved");
}

/// Where nothing can be awaited, also on a runtime of one thread.
#[tokio::test]
async fn a_saver_saves_before_it_returns() {
    let server = server!();
    let (one, two) = (checkpoints(&server).await, checkpoints(&server).await);
    let job = mine(&one).await;
    let mut save = job.saver::<u64>();
    for number in 0..20 {
        save(&number).expect("saved");
    }
    drop(job);
    let job = mine(&two).await;
    assert_eq!(job.saved::<u64>().expect("a checkpoint"), Some(19));
    assert!(save(&20).expect_err("it is another's").to_string().contains("lease"));
}

#[tokio::test]
async fn a_value_that_is_too_large_is_refused() {
    let server = server!();
    let job = mine(&checkpoints(&server).await).await;
    let error = job.save(&"x".repeat(9 * 1024 * 1024)).await.expect_err("too large");
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
}

#[tokio::test]
async fn work_without_parts_says_so() {
    let server = server!();
    let work = split(&server).await;
    let error = work.next().await.expect_err("no parts");
    assert!(error.kind() == ErrorKind::Configuration && error.to_string().contains("plan"), "{error}");
    assert!(work.plan([""; 0]).await.is_err());
}

#[tokio::test]
async fn the_parts_are_those_that_were_said_first_and_those_that_were_added() {
    let server = server!();
    let work = split(&server).await;
    assert_eq!(work.plan(["SECRET a", "b"]).await.expect("planned").parts, 2);
    assert_eq!(split(&server).await.plan(["c"]).await.expect("planned").parts, 2);
    assert_eq!(work.add(["d"]).await.expect("added").parts, 3);
    assert!(!server.content().await.contains("SECRET"));
    let mut parts = Vec::new();
    while let Some(part) = work.next().await.expect("a part") {
        parts.push(part.part().to_owned());
        part.finish(&parts.len()).await.expect("finished");
    }
    parts.sort();
    assert_eq!(parts, ["SECRET a", "b", "d"]);
    let mut results: Vec<usize> = work.results().await.expect("results");
    results.sort_unstable();
    assert_eq!(results, [1, 2, 3]);
    let progress = work.progress().await.expect("progress");
    assert_eq!((progress.parts, progress.done), (3, 3));
}

/// Workers come and go, and some of them die: no part is two workers' at a time, and each is done.
#[tokio::test]
async fn each_part_is_done_although_workers_die() {
    let server = server!();
    let work = split(&server).await;
    work.plan((0..20).map(|part| part.to_string())).await.expect("planned");
    for _ in 0..3 {
        let url = server.url();
        dead_after(async move {
            let server = Server::connect(&url).await.expect("a server");
            let work = RedisSplit::new(server, keys(), "work").lease_time(LEASE);
            let part = work.next().await.expect("a part").expect("not done");
            part.save(&format!("begun {}", part.part())).await.expect("saved");
            part
        })
        .await;
    }
    let (running, tasks) = (Arc::new(Mutex::new(BTreeSet::new())), &mut JoinSet::new());
    for _ in 0..4 {
        let (work, running) = (split(&server).await, running.clone());
        tasks.spawn(async move {
            let mut taken_over = 0;
            while let Some(part) = work.next().await.expect("a part") {
                let name = part.part().to_owned();
                assert!(running.lock().expect("names").insert(name.clone()), "part {name} is two workers'");
                if let Some(saved) = part.saved::<String>().expect("a checkpoint") {
                    assert_eq!(saved, format!("begun {name}"));
                    taken_over += 1;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                running.lock().expect("names").remove(&name);
                part.finish(&name).await.expect("finished");
            }
            taken_over
        });
    }
    let mut taken_over = 0;
    while let Some(count) = tasks.join_next().await {
        taken_over += count.expect("a worker");
    }
    assert_eq!(taken_over, 3, "each of those that died left one");
    let mut done: Vec<String> = work.results().await.expect("results");
    done.sort();
    done.dedup();
    assert_eq!(done.len(), 20);
}

#[tokio::test]
async fn a_worker_learns_that_it_has_lost_its_part() {
    let server = server!();
    let work = split(&server).await;
    work.plan(["a"]).await.expect("planned");
    let part = work.next().await.expect("a part").expect("not done");
    work.forget().await.expect("forgotten");
    tokio::time::timeout(Duration::from_secs(20), part.lost()).await.expect("it learns");
}
