//! What the service takes at most, checked before anything is sent.
//!
//! Source: <https://create.roblox.com/docs/cloud-services/data-stores/error-codes-and-limits>

use crate::Error;
use crate::call::{check_length, check_longest};
use crate::ids::UserId;
use serde_json::{Map, Value};

/// Stands for all scopes where a list is asked for.
pub(super) const ALL_SCOPES: &str = "-";
/// Characters of a data store's name, a scope or a key.
pub(super) const NAME: usize = 50;
/// Characters of a value as JSON.
pub(super) const VALUE: usize = 4_194_304;
const ATTRIBUTE_NAME: usize = 50;
const ATTRIBUTE_VALUE: usize = 250;
const ATTRIBUTES: usize = 300;

pub(super) fn name(what: &str, text: &str) -> Result<(), Error> {
    check_length(what, text, NAME)
}

/// The number that the service knows a user by.
pub(super) fn user(user: &UserId) -> Result<u64, Error> {
    user.as_u64().filter(|number| *number > 0).ok_or_else(|| {
        Error::invalid_request(format!("`{user}` is not an id of a user, which is a number such as 156"))
    })
}

pub(super) fn value(json: &str) -> Result<(), Error> {
    // The number of characters is at most that of bytes, which is known without looking.
    if json.len() <= VALUE {
        return Ok(());
    }
    check_longest("value as JSON", json, VALUE)
}

pub(super) fn attributes(attributes: &Map<String, Value>) -> Result<(), Error> {
    let mut total = 0;
    for (name, value) in attributes {
        let value =
            value.as_str().map_or_else(|| value.to_string().chars().count(), |text| text.chars().count());
        let length = name.chars().count();
        for (what, length, limit) in [("name", length, ATTRIBUTE_NAME), ("value", value, ATTRIBUTE_VALUE)] {
            if length > limit {
                return Err(Error::invalid_request(format!(
                    "the {what} of an attribute has {length} characters; at most {limit} are allowed"
                )));
            }
        }
        total += length + value;
    }
    if total > ATTRIBUTES {
        return Err(Error::invalid_request(format!(
            "the attributes have {total} characters, names and values together; at most {ATTRIBUTES} are allowed"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_up_to_fifty_characters_and_not_bytes() {
        assert!(name("key", &"ä".repeat(50)).is_ok());
        for bad in [String::new(), "a".repeat(51)] {
            assert!(name("key", &bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_is_measured_as_json_in_characters() {
        assert!(value(&"a".repeat(VALUE)).is_ok());
        assert!(value(&"ä".repeat(VALUE)).is_ok());
        assert!(value(&"a".repeat(VALUE + 1)).is_err());
    }

    #[test]
    fn attributes_have_three_limits() {
        let given = |pairs: &[(usize, usize)]| {
            let map = pairs.iter().enumerate().map(|(at, (name, value))| {
                let name =
                    char::from(b'a' + u8::try_from(at).expect("it is there")).to_string().repeat(*name);
                (name, Value::from("v".repeat(*value)))
            });
            attributes(&map.collect())
        };
        assert!(given(&[(50, 250)]).is_ok());
        assert!(given(&[(51, 1)]).is_err());
        assert!(given(&[(1, 251)]).is_err());
        assert!(given(&[(50, 100), (50, 100)]).is_ok());
        assert!(given(&[(50, 100), (50, 101)]).is_err());
    }
}
