//! Many calls of all sorts, and what stays of them in memory, sockets, tasks and files; and whether the client-side
//! limiter ever lets more through than a window allows, as the server counts it.

mod calls;
mod limiter;
mod server;
mod table;
mod windows;

use crate::Outcome;
use crate::resources::Resources;
pub(crate) use server::serve;
use std::time::Duration;
use table::Table;

/// Calls before the first measurement: what is allocated once is there then.
const WARM_UP: u64 = 5_000;

/// How much resident memory may grow, in KiB. A leak of 20 bytes a call is more after a million calls.
const MEMORY: u64 = 16 * 1024;

/// How long what belongs to a client may take to end after the client.
const LONGEST_END: Duration = Duration::from_secs(15);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many calls are made between the two measurements.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    calls: u64,
    /// How long the limiter is tried. A window of a minute is seen in full after more than that.
    #[arg(long, value_name = "SECONDS", default_value_t = 75)]
    limiter_seconds: u64,
    /// What the calls are drawn from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Whether nothing has grown beyond its bound, and no window was ever exceeded.
pub(crate) async fn run(options: &Options) -> Outcome<bool> {
    let server = server::Process::start()?;
    let idle = Resources::now();
    calls::make(server.base_url(), WARM_UP, options.seed).await?;
    let before = Resources::settled(idle.tasks, LONGEST_END).await;
    let made = calls::make(server.base_url(), options.calls, options.seed.wrapping_add(1)).await?;
    let after = Resources::settled(idle.tasks, LONGEST_END).await;

    let mut table = Table::default();
    table.grown("memory (KiB)", before.memory, after.memory, MEMORY);
    table.grown("open files", before.files, after.files, 0);
    table.grown("sockets", before.sockets, after.sockets, 0);
    table.grown("tasks", before.tasks, after.tasks, 0);
    let time = Duration::from_secs(options.limiter_seconds);
    for window in limiter::measure(server.base_url(), time).await? {
        table.window(&window);
    }
    println!("{made}");
    println!("{table}");
    Ok(table.is_clean())
}
