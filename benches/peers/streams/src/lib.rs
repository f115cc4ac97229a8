//! What long lists, exports and uploads hold in memory at a time, and how long they take.
//!
//! `streams_ours JOB ADDRESS COUNT` and `streams_floor JOB ADDRESS COUNT` print one line of JSON: how far the memory in
//! use grew beyond what it was after the first pages, and the time.

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The universe and the data store that is read; the server makes as many entries as it is asked for.
pub const STORE: &str = "Players";
pub const KEY: &str = "local";
/// Entries that an export reads at a time, here and by hand.
pub const AT_ONCE: usize = 16;

/// The system's allocator, which knows how much is in use and how much ever was.
#[derive(Debug)]
pub struct Peak;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    PEAK.fetch_max(IN_USE.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Peak {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        grow(size);
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Memory and time from a moment on.
#[derive(Debug)]
pub struct Meter {
    in_use: usize,
    start: Instant,
}

impl Meter {
    pub fn start() -> Self {
        let in_use = IN_USE.load(Relaxed);
        PEAK.store(in_use, Relaxed);
        Self { in_use, start: Instant::now() }
    }

    /// Bytes that were in use at most, beyond those at the start.
    pub fn growth(&self) -> usize {
        PEAK.load(Relaxed).saturating_sub(self.in_use)
    }

    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub fn print(&self) {
        println!("{{\"growth\":{},\"wall_ns\":{}}}", self.growth(), self.elapsed().as_nanos());
    }
}

/// Job, address and count.
pub fn arguments() -> (String, String, u64) {
    let arguments: Vec<String> = env::args().collect();
    let [_, job, address, count] = arguments.as_slice() else {
        eprintln!("usage: streams items|export|publish|prefetch|waiting ADDRESS COUNT");
        std::process::exit(2);
    };
    (job.clone(), address.clone(), count.parse().expect("a number"))
}

/// A place file of this length in bytes, which takes no room on the disk.
pub fn place_file(bytes: u64) -> PathBuf {
    use std::io::Write;
    let path = env::temp_dir().join(format!("opencloud-bench-{}.rbxl", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a file");
    file.write_all(b"<roblox!\x89\xff\x0d\x0a\x1a\x0a").expect("a head");
    file.set_len(bytes).expect("a length");
    path
}
