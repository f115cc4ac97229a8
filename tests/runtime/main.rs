//! The runtime: what a call sends, what it makes of the response, and what becomes of it when something fails.
//! The service is a script, and waits take no time.

#[cfg(feature = "full")]
mod bulk;
#[cfg(feature = "full")]
mod errors;
#[cfg(feature = "full")]
mod failures;
#[cfg(feature = "files")]
mod files;
mod filters;
#[cfg(feature = "full")]
mod first_hour;
#[cfg(feature = "full")]
mod limits;
#[cfg(feature = "full")]
mod operations;
#[cfg(feature = "full")]
mod paging;
#[cfg(feature = "full")]
mod request;
#[cfg(feature = "full")]
mod retry;
#[cfg(feature = "full")]
mod script;
#[cfg(feature = "full")]
mod storage;
#[path = "../support/mod.rs"]
mod support;
