//! The emulator itself: listens, checks, responds, remembers.

mod builder;
mod checks;
mod dump;
mod emulator;
mod endpoints;
mod gateway;
mod handle;
mod listener;
mod played;
#[cfg(feature = "sqlite")]
mod restore;

pub use builder::Builder;
pub use emulator::Emulator;
pub use handle::{StateError, StateHandle};
