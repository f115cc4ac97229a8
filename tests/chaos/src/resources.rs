//! What this process holds, as the operating system and tokio count it.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What a process holds at a moment. Where the system does not say (other than Linux), a count is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Resident memory in KiB.
    pub(crate) memory: u64,
    /// Open files, sockets included.
    pub(crate) files: u64,
    pub(crate) sockets: u64,
    /// Tasks of the current runtime.
    pub(crate) tasks: u64,
}

impl Resources {
    pub(crate) fn now() -> Self {
        let links: Vec<_> = std::fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .collect();
        let is_socket = |link: &&std::path::PathBuf| link.to_string_lossy().starts_with("socket:");
        Self {
            memory: memory(),
            // The directory itself was open while it was read.
            files: (links.len() as u64).saturating_sub(1),
            sockets: links.iter().filter(is_socket).count() as u64,
            tasks: tasks(),
        }
    }

    /// What is held once `tasks` are left, or after `longest` if more stay.
    pub(crate) async fn settled(tasks: u64, longest: Duration) -> Self {
        let begun = Instant::now();
        loop {
            let now = Self::now();
            if now.tasks <= tasks || begun.elapsed() > longest {
                return now;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Resident memory in KiB.
pub(crate) fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
}

/// Tasks of the current runtime that have not ended.
pub(crate) fn tasks() -> u64 {
    tokio::runtime::Handle::current().metrics().num_alive_tasks() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_opened_is_counted() {
        let before = Resources::now();
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let task = tokio::spawn(std::future::pending::<()>());
        let during = Resources::now();
        assert_eq!(during.tasks, before.tasks + 1);
        if cfg!(target_os = "linux") {
            assert_eq!((during.sockets, during.files), (before.sockets + 1, before.files + 1));
            assert!(during.memory > 0);
        }
        task.abort();
        drop(socket);
        assert_eq!(Resources::settled(before.tasks, Duration::from_secs(10)).await.tasks, before.tasks);
    }
}
