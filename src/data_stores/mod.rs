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

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod buffer;
mod changes;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod checkpoint;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod engine;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod entry;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod erase;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod export;
mod fingerprint;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod import;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod increment;
mod limits;
mod line;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod list;
mod listed;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod metadata;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod migrate;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod read;
mod requests;
mod scan;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod some;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod store;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod undelete;
mod unreadable;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod update;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod v1;
mod wire;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
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
