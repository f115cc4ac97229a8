//! The loop that every client runs, and what it counts: allocations, bytes, CPU time and wall time of a
//! number of rounds, after some rounds that are not counted.
//!
//! `client SCENARIO ADDRESS ROUNDS` prints one line of JSON, or nothing if the client has no such scenario. Each round of
//! `get_64` is 64 calls at once. `get_guarded` and `get_bare` are `get` of another client: with all that may hold a call
//! up or repeat it, and with nothing of that.

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Rounds that are not counted: connections are opened, and caches filled.
const WARM_UP: u32 = 5;

/// The user, universe and data store that the clients ask for; the server does not look at them.
pub const USER: u64 = 156;
pub const UNIVERSE: u64 = 42;
pub const STORE: &str = "Players";
pub const KEY: &str = "local";
/// Calls at once in a round of `get_64`.
pub const AT_ONCE: usize = 64;

/// The system's allocator, which counts.
#[derive(Debug)]
pub struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size() as u64, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size.saturating_sub(layout.size()) as u64, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What a client can do.
#[allow(async_fn_in_trait, reason = "every client runs on one thread")]
pub trait Client: Sized {
    fn new(address: &str) -> Self;
    /// A client that retries, with a budget and a rate limit; `None` if there is no such client.
    fn guarded(_address: &str) -> Option<Self> {
        None
    }
    /// A client that does none of this; `None` if there is no such client.
    fn bare(_address: &str) -> Option<Self> {
        None
    }
    /// One user.
    async fn get(&self);
    /// [`AT_ONCE`] users at once.
    async fn get_64(&self);
    /// A page of 100 inventory items.
    async fn items(&self);
    /// A page of 256 entries of a data store; `false` if the client has no such call.
    async fn entries(&self) -> bool;
}

/// Runs what the arguments say.
pub fn run<C: Client>() {
    let arguments: Vec<String> = env::args().collect();
    let [_, scenario, address, rounds] = arguments.as_slice() else {
        eprintln!("usage: client get|get_64|items|entries|get_guarded|get_bare ADDRESS ROUNDS");
        std::process::exit(2);
    };
    let rounds: u32 = rounds.parse().expect("a number of rounds");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = match scenario.as_str() {
            "get_guarded" => C::guarded(address),
            "get_bare" => C::bare(address),
            _ => Some(C::new(address)),
        };
        let Some(client) = client else { return };
        match scenario.as_str() {
            "get" | "get_guarded" | "get_bare" => measure(rounds, async || client.get().await).await,
            "get_64" => measure(rounds, async || client.get_64().await).await,
            "items" => measure(rounds, async || client.items().await).await,
            "entries" => {
                if client.entries().await {
                    measure(rounds, async || {
                        client.entries().await;
                    })
                    .await;
                }
            }
            other => panic!("no scenario {other}"),
        }
    });
}

async fn measure<F: Future<Output = ()>>(rounds: u32, round: impl Fn() -> F) {
    for _ in 0..WARM_UP {
        round().await;
    }
    let (allocations, bytes) = (ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed));
    let (cpu, start) = (cpu_time(), Instant::now());
    for _ in 0..rounds {
        round().await;
    }
    let (wall, cpu) = (start.elapsed(), cpu_time().saturating_sub(cpu));
    let of = |count: u64| count as f64 / f64::from(rounds.max(1));
    println!(
        "{{\"allocations\":{:.1},\"bytes\":{:.0},\"cpu_ns\":{:.0},\"wall_ns\":{:.0}}}",
        of(ALLOCATIONS.load(Relaxed) - allocations),
        of(BYTES.load(Relaxed) - bytes),
        of(cpu.as_nanos() as u64),
        of(wall.as_nanos() as u64),
    );
}

/// The CPU time of this process so far, as Linux tells it in nanoseconds; zero elsewhere.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let time = text.split_whitespace().next().and_then(|time| time.parse().ok());
    Duration::from_nanos(time.unwrap_or_default())
}
