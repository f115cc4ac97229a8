//! Ad campaigns: billing accounts, creatives, campaigns and their status.
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

mod budgets;

pub use crate::generated::ads::*;
