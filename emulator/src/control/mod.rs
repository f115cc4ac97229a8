//! `/__emulator/`: what a test or a person asks of the emulator itself. It needs no key.
//!
//! A new endpoint is a line in the `ROUTES` of a file here, or of any module that `server::endpoints` lists.

pub(crate) mod clock;
pub(crate) mod faults;
pub(crate) mod files;
pub(crate) mod messages;
pub(crate) mod requests;
pub(crate) mod route;
pub(crate) mod state;
pub(crate) mod visitor;
