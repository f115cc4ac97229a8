//! Ad campaigns: billing accounts, creatives, campaigns and their status.
//!
//! - Find out what can be advertised and how: [`Ads::list_advertisable_universes`], [`Ads::get_campaign_options`],
//!   [`Ads::list_billing_accounts`].
//! - Create a campaign and change its budget, schedule or status: [`Ads::create_campaign`], [`Ads::update_campaign`].
//! - Watch campaigns: [`Ads::list_campaigns`], [`Ads::batch_get_campaign_statuses`].
//!
//! Budgets are read with [`AdsBudget::amount`] and written with a [`Money`](crate::money::Money):
//!
//! ```
//! use opencloud::ads::{AdsBudget, AdsBudgetUpdate};
//! use opencloud::money::Money;
//!
//! # fn main() -> Result<(), opencloud::Error> {
//! let budget = AdsBudget::of(Money::usd_cents(12_50))?;
//! assert_eq!(budget.amount_micros.as_deref(), Some("12500000"));
//! # Ok(())
//! # }
//! ```

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod budgets;

pub use crate::generated::ads::*;
