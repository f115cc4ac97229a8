//! The helpers of each area: against the emulator where state matters, against a script where time or a refusal does.

#[cfg(feature = "assets")]
mod assets;
#[cfg(feature = "configs")]
mod configs;
#[cfg(all(feature = "data_stores", feature = "memory_stores"))]
mod contention;
#[cfg(feature = "data_stores")]
mod data_stores;
#[cfg(all(feature = "configs", feature = "data_stores", feature = "ordered_data_stores"))]
mod erasure;
#[cfg(feature = "groups")]
mod groups;
#[cfg(feature = "full")]
mod key_doctor;
#[cfg(all(
    feature = "data_stores",
    feature = "memory_stores",
    feature = "ordered_data_stores",
    feature = "places",
    feature = "secrets",
    feature = "universes",
    feature = "user_restrictions",
    feature = "luau",
    feature = "users"
))]
mod losses;
#[cfg(feature = "luau")]
mod luau;
#[cfg(feature = "memory_stores")]
mod memory_stores;
#[cfg(feature = "ordered_data_stores")]
mod ordered_data_stores;
#[cfg(feature = "places")]
mod places;
#[cfg(feature = "public_lookups")]
mod public_lookups;
#[cfg(all(feature = "assets", feature = "users", feature = "groups"))]
mod samples;
#[cfg(feature = "secrets")]
mod secrets;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "user_restrictions")]
mod user_restrictions;
#[cfg(feature = "users")]
mod users;
