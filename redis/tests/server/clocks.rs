//! A client whose clock is an hour off.

use crate::support::server;
use opencloud::limit::{Quota, RateLimitStore};
use opencloud_redis::{RedisCheckpoints, RedisRateLimit, SealingKeys, Server, Take};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const URL: &str = "CLOCK_TEST_REDIS";
const LEASE: Duration = Duration::from_secs(2);

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs()
}

fn checkpoints(server: Server) -> RedisCheckpoints {
    RedisCheckpoints::new(server, SealingKeys::new([7; 32])).lease_time(LEASE)
}

/// Not a test of its own: the process whose clock is off. It takes a permit and a job, says its time, and holds the job.
#[tokio::test]
async fn process() {
    let Ok(url) = std::env::var(URL) else { return };
    let server = Server::connect(&url).await.expect("a server");
    let limit = RedisRateLimit::new(server.clone());
    limit.acquire(&[Quota::new("a", 3, 60)]).await.expect("a permit");
    let checkpoints = checkpoints(server);
    let job = checkpoints.wait("job").await.expect("a job").expect("not done");
    job.save("by the one whose clock is off").await.expect("saved");
    println!("\n@ {}", now());
    // It dies with the job in its hands when the other end of this is closed.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await;
    std::process::abort();
}

#[tokio::test]
async fn a_client_whose_clock_is_an_hour_off_counts_and_holds_leases_as_any() {
    if Command::new("faketime").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("##### SKIPPED: it needs faketime, which is not installed #####");
        return;
    }
    for offset in ["+1 hour", "-1 hour"] {
        let server = server!();
        let mut child = Command::new("faketime")
            .args([offset, std::env::current_exe().expect("this binary").to_str().expect("text")])
            .args(["--exact", "clocks::process", "--nocapture"])
            .env(URL, server.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let lines = BufReader::new(child.stdout.take().expect("an output")).lines();
        let said = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("@ ").map(str::to_owned));
        let theirs: u64 = said.expect("it is ready").parse().expect("a time");
        assert!(now().abs_diff(theirs) > 3000, "its clock is off");

        let limit = RedisRateLimit::new(server.connect().await);
        let quotas = [Quota::new("a", 3, 60)];
        for _ in 0..2 {
            limit.acquire(&quotas).await.expect("a permit");
        }
        let fourth = tokio::time::timeout(Duration::from_millis(500), limit.acquire(&quotas)).await;
        assert!(fourth.is_err(), "its request counts for as long as any");

        // Longer than a lease: it is renewed.
        let checkpoints = checkpoints(server.connect().await);
        tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
        match checkpoints.take("job").await.expect("an outcome") {
            Take::Busy(time) => assert!(time <= LEASE, "{time:?}"),
            other => panic!("{other:?}"),
        }
        drop(child.stdin.take());
        child.wait().expect("it ends");
        let killed = Instant::now();
        let job = checkpoints.wait("job").await.expect("a job").expect("not done");
        assert!(killed.elapsed() < LEASE + Duration::from_secs(10), "{:?}", killed.elapsed());
        assert_eq!(
            job.saved::<String>().expect("a checkpoint").as_deref(),
            Some("by the one whose clock is off")
        );
    }
}
