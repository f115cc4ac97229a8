//! The Creator Store: products, search and saved items.
//!
//! - Search the store and read what an asset costs: [`CreatorStore::search_assets`], [`CreatorStore::get_asset`].
//! - Sell an asset: [`CreatorStore::create_product`], [`CreatorStore::update_product`].
//! - Keep a list of saved assets: [`CreatorStore::list_saves`], [`CreatorStore::create_save`],
//!   [`CreatorStore::delete_save`].
//!
//! Prices are read with [`CreatorStoreProduct::price`] and written with a [`Money`](crate::money::Money):
//!
//! ```no_run
//! # async fn run(client: opencloud::Client, id: String) -> Result<(), opencloud::Error> {
//! use opencloud::creator_store::CreatorStoreProduct;
//! use opencloud::money::Money;
//! use opencloud::types;
//!
//! let price = types::Money::try_from(Money::usd_cents(499))?;
//! let product = CreatorStoreProduct::new().base_price(price).published(true);
//! let product = client.creator_store().update_product(id, product).await?;
//! println!("{}", product.price().transpose()?.map_or("free".to_owned(), |price| price.to_string()));
//! # Ok(())
//! # }
//! ```

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod prices;

pub use crate::generated::creator_store::*;
