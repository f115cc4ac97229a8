//! Standard data stores: keys with JSON values, users, attributes and revisions.
//!
//! - Read and write typed entries: [`Store::get`], [`Store::set`], [`Store::delete`] of [`DataStores::store`].
//! - Change an entry that servers change too: [`Store::update`], [`Store::increment`].
//! - Go through all entries, or export and import them: [`Store::entries`], [`Store::export`], [`Store::import`].
//! - Take all entries through a function, or into another store: [`Store::migrate`].
//! - Look at earlier revisions and restore a deleted entry: [`Store::revisions`], [`Store::undelete`].
//! - Erase a user on request: [`Store::erase_user`].
//! - List, delete and restore data stores, and take snapshots: [`DataStores::list`], [`DataStores::delete`],
//!   [`DataStores::undelete`], [`DataStores::snapshot`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Default, Serialize, Deserialize)]
//! struct Player {
//!     coins: u64,
//! }
//!
//! let players = client.data_stores().store(123, "Players");
//! players.set("Player_156", &Player { coins: 5 }).users([156]).await?;
//! players
//!     .update("Player_156", |player: Option<Player>| {
//!         let mut player = player.unwrap_or_default();
//!         player.coins += 10;
//!         Some(player)
//!     })
//!     .await?;
//! let entry = players.get::<Player>("Player_156").await?;
//! # Ok(())
//! # }
//! ```
//!
//! What keeps data safe, and what cannot, is said in the [guide](crate::guide::data_stores).

mod buffer;
mod changes;
mod checkpoint;
mod engine;
mod entry;
mod erase;
mod export;
mod fingerprint;
mod import;
mod increment;
mod limits;
mod line;
mod list;
mod listed;
mod metadata;
mod migrate;
mod read;
mod requests;
mod scan;
mod some;
mod store;
mod undelete;
mod unreadable;
mod update;
mod v1;
mod wire;
mod write;

pub use crate::generated::data_stores::*;
pub use buffer::LuauBuffer;
pub use checkpoint::{ExportCheckpoint, ImportCheckpoint};
pub use entry::{Entry, EntryKey};
pub use erase::{EraseUser, ErasurePlan, FoundEntry};
pub use export::Export;
pub use import::{Import, ImportReport};
pub use increment::IncrementBy;
pub use list::Entries;
pub use migrate::{Difference, EntryContent, Migrated, Migration, MigrationCheckpoint, MigrationReport};
pub use read::ReadEntry;
pub use some::SomeEntries;
pub use store::Store;
pub use undelete::UndeleteEntry;
pub use update::UpdateValue;
pub use v1::{ReadVersioned, StoreV1, Versioned, WriteVersioned};
pub use write::{RemoveEntry, WriteEntry};
