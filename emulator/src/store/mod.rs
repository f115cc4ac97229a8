//! A state that outlives the process.
//!
//! Every request that may have changed the state is written down before the response is sent, together with the time at which
//! it was applied. A change depends on nothing else (see [`State`]), so that applying the requests again after a
//! restart gives the same state. Once enough of them have come together, the whole state is written instead.
//!
//! [`State`]: crate::state::State

#![cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "what is not kept is not read again"))]

#[cfg(feature = "sqlite")]
mod database;
#[cfg(feature = "sqlite")]
mod keeper;
#[cfg(not(feature = "sqlite"))]
mod nothing;
mod record;

#[cfg(feature = "sqlite")]
pub(crate) use database::Database;
#[cfg(feature = "sqlite")]
pub(crate) use keeper::Keeper;
#[cfg(not(feature = "sqlite"))]
pub(crate) use nothing::Keeper;
pub(crate) use record::{Record, Ticket};
