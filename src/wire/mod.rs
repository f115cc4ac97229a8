//! Values as services write them: parameters, paths, ids, open enums, and JSON that is read with tolerance.
//!
//! This is the lowest floor, beside [`spec`](crate::spec): it imports nothing of the crate.

mod checked;
pub(crate) mod decode;
pub mod enums;
#[cfg(all(feature = "helpers", any(feature = "data_stores", feature = "luau", feature = "places")))]
mod hex;
pub mod ids;
mod macros;
mod parameter;
pub(crate) mod path;
mod scalar;

pub(crate) use checked::{Checked, Flaw, checked_type};
#[cfg(all(feature = "helpers", any(feature = "data_stores", feature = "luau", feature = "places")))]
pub(crate) use hex::hex;
pub(crate) use macros::{
    Hidden, accepted, debug_fields, given, hiding_debug, reader, request_type, response_type,
};
pub(crate) use parameter::Parameter;
pub(crate) use scalar::scalar;
