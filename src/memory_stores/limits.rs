//! What the service takes at most, checked before anything is sent.
//!
//! Source: <https://create.roblox.com/docs/cloud-services/memory-stores>

use crate::Error;
pub(super) use crate::call::check_length as text;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// 45 days.
const TTL: Duration = Duration::from_secs(3_888_000);
/// Bytes of a value as JSON.
const VALUE: usize = 32 * 1024;
/// Characters of the name of a queue or map, of the id of an item (Roblox's guide says 128), and of a
/// sort key.
pub(super) const ID: usize = 127;
pub(super) const SORT_KEY: usize = 128;

pub(super) fn ttl(ttl: Option<Duration>) -> Result<(), Error> {
    match ttl {
        Some(ttl) if ttl > TTL => Err(Error::invalid_request(format!(
            "a time to live of {} seconds is too long; at most {} (45 days) are allowed",
            ttl.as_secs_f64(),
            TTL.as_secs()
        ))),
        Some(ttl) if ttl.is_zero() => {
            Err(Error::invalid_request("a time to live must be longer than nothing"))
        }
        _ => Ok(()),
    }
}

/// A value as JSON. The service refuses null as a whole in a queue (MS-04); that a sorted map does is our
/// reading, so that a value that is missing in a response is never taken for a null.
pub(super) fn value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    let value = crate::body::json::to_value(value)?;
    if value.is_null() {
        return Err(Error::invalid_request(
            "the value is null, which the service does not take as a whole (only inside of lists and objects)",
        ));
    }
    match value.to_string().len() {
        length if length > VALUE => Err(Error::invalid_request(format!(
            "the value has {length} bytes as JSON; at most {VALUE} are allowed"
        ))),
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_holds_at_its_bound() {
        assert!(text("id", &"a".repeat(127), ID).is_ok());
        assert!(text("id", &"a".repeat(128), ID).is_err());
        assert!(text("id", "", ID).is_err());
        assert!(ttl(Some(TTL)).is_ok());
        assert!(ttl(Some(TTL + Duration::from_nanos(1))).is_err());
        assert!(ttl(Some(Duration::ZERO)).is_err());
        assert!(value(&"a".repeat(VALUE - 2)).is_ok());
        assert!(value(&"a".repeat(VALUE - 1)).is_err());
        // MS-04
        assert!(value(&None::<u8>).is_err());
        assert!(value(&[None::<u8>]).is_ok());
        assert!(value(&[f32::NAN]).expect_err("no JSON").to_string().contains("`[0]`"));
    }
}
