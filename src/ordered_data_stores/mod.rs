//! Ordered data stores: keys with whole numbers, listed by value.
//!
//! - Read, set and increment a value: [`OrderedDataStore::get`], [`OrderedDataStore::set`],
//!   [`OrderedDataStore::increment`] of [`OrderedDataStores::store`].
//! - List the highest values, or all by rank: [`OrderedDataStore::top`], [`OrderedDataStore::ranked`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let points = client.ordered_data_stores().store(123, "Points");
//! points.set("Player_156", 40).await?;
//! points.increment("Player_156", 2).await?;
//! for (rank, entry) in points.top(10).await?.into_iter().enumerate() {
//!     println!("{}. {} {}", rank + 1, entry.key, entry.value);
//! }
//! # Ok(())
//! # }
//! ```

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod store;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod top;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod value;

pub use crate::generated::ordered_data_stores::*;
pub use store::OrderedDataStore;
pub use top::{OrderedEntry, Ranked, Top};
pub use value::{OrderedCall, OrderedOutcome};
