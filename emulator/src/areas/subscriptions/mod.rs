//! Subscriptions. The API only reads them, so that who subscribed is made up: everybody did, for 30 days at a time
//! from the emulator's first day on; users with an odd number let it end after the first 30 days.

pub(crate) mod handlers;
pub(crate) mod model;
