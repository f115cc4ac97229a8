//! Memory stores: queues and sorted maps that live servers share, and whose items expire.
//!
//! - Add items to a queue, read them and discard what is done: [`Queue::add`], [`Queue::read`] of
//!   [`MemoryStores::queue`].
//! - Read and write the items of a sorted map: [`SortedMap::get`], [`SortedMap::set`], [`SortedMap::update`],
//!   [`SortedMap::items`] of [`MemoryStores::sorted_map`].
//! - Empty all of a universe's memory stores: [`MemoryStores::flush`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use std::time::Duration;
//!
//! let queue = client.memory_stores().queue(123, "Matchmaking");
//! queue.add(&"player 156").priority(2.0).ttl(Duration::from_secs(600)).await?;
//!
//! let batch = queue.read::<String>(10).invisible_for(Duration::from_secs(60)).await?;
//! for player in &batch.items {
//!     match &player.value {
//!         Ok(player) => println!("{player}"),
//!         Err(error) => eprintln!("{error}"), // it is not a `String`; the others are here all the same
//!     }
//! }
//! batch.discard().await?; // what is not discarded comes again after 60 seconds
//!
//! let servers = client.memory_stores().sorted_map(123, "Servers");
//! servers.set("eu-1", &"full").sort_key(3).await?;
//! # Ok(())
//! # }
//! ```

mod limits;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod queue;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod sorted_map;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod update;

pub use crate::generated::memory_stores::*;
pub use queue::{AddItem, Batch, Queue, QueueItem, ReadItems};
pub use sorted_map::{MapItem, MapItems, ReadItem, RemoveItem, SortedMap, WriteItem};
pub use update::UpdateItem;
