//! Values of callers, as JSON.
//!
//! `serde_json` writes `null` for a number that JSON has no word for: NaN and the infinities. In a data store
//! that destroys what was there. So a value is gone through before it is written.

use crate::Error;
use serde::ser::{self, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt::{self, Display};

/// The value as JSON.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    check(value)?;
    serde_json::to_value(value).map_err(Error::encode)
}

/// The value as the text of JSON.
pub(crate) fn to_raw_value<T: Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, Error> {
    check(value)?;
    serde_json::value::to_raw_value(value).map_err(Error::encode)
}

/// The value as the bytes of JSON.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    check(value)?;
    serde_json::to_vec(value).map_err(Error::encode)
}

fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    value.serialize(Finite).map_err(|problem| match problem {
        Problem::Number { number, path } => {
            let place =
                if path.is_empty() { "the value".to_owned() } else { format!("`{path}` in the value") };
            Error::invalid_request(format!("{place} is {number}, which JSON cannot express"))
        }
        // What the value itself refuses, it refuses again when it is written.
        Problem::Other(message) => Error::encode(ser::Error::custom(message)),
    })
}

/// Why a value cannot be written.
#[derive(Debug)]
enum Problem {
    Number { number: f64, path: String },
    Other(String),
}

impl Problem {
    /// The same, seen from the outside.
    fn inside(self, step: impl Display) -> Self {
        match self {
            Self::Number { number, path } => {
                let separator = if path.is_empty() || path.starts_with('[') { "" } else { "." };
                Self::Number { number, path: format!("{step}{separator}{path}") }
            }
            other => other,
        }
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { number, path } => write!(f, "{number} at {path}"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Problem {}

impl ser::Error for Problem {
    fn custom<T: Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// Goes through a value, writes nothing, and stops at a number that is not finite.
struct Finite;

/// The members of a list, each with its place.
#[derive(Default)]
struct Members {
    at: usize,
    /// The variant that the list is of, if it is of one.
    variant: &'static str,
}

/// The members of an object, each with its key.
#[derive(Default)]
struct Entries {
    key: String,
    /// The variant that the object is of, if it is of one.
    variant: &'static str,
}

impl Members {
    fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        let at = self.at;
        self.at += 1;
        value.serialize(Finite).map_err(|problem| problem.inside(format_args!("{}[{at}]", self.variant)))
    }
}

macro_rules! harmless {
    ($($name:ident: $kind:ty,)*) => {
        $(fn $name(self, _: $kind) -> Result<(), Problem> {
            Ok(())
        })*
    };
}

impl ser::Serializer for Finite {
    type Ok = ();
    type Error = Problem;
    type SerializeSeq = Members;
    type SerializeTuple = Members;
    type SerializeTupleStruct = Members;
    type SerializeTupleVariant = Members;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    harmless! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_f32(self, number: f32) -> Result<(), Problem> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Problem> {
        match number.is_finite() {
            true => Ok(()),
            false => Err(Problem::Number { number, path: String::new() }),
        }
    }

    fn serialize_none(self) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Problem> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Problem> {
        value.serialize(self).map_err(|problem| problem.inside(variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members, Problem> {
        Ok(Members::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<Members, Problem> {
        Ok(Members::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Members, Problem> {
        Ok(Members::default())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members, Problem> {
        Ok(Members { variant, ..Members::default() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Problem> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, Problem> {
        Ok(Entries::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries, Problem> {
        Ok(Entries { variant, ..Entries::default() })
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), Problem> {
        Ok(())
    }
}

macro_rules! members {
    ($($kind:ident.$method:ident,)*) => {
        $(impl ser::$kind for Members {
            type Ok = ();
            type Error = Problem;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
                self.next(value)
            }

            fn end(self) -> Result<(), Problem> {
                Ok(())
            }
        })*
    };
}

members! {
    SerializeSeq.serialize_element,
    SerializeTuple.serialize_element,
    SerializeTupleStruct.serialize_field,
    SerializeTupleVariant.serialize_field,
}

macro_rules! fields {
    ($($kind:ident,)*) => {
        $(impl ser::$kind for Entries {
            type Ok = ();
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Problem> {
                let of_variant = |problem: Problem| match self.variant {
                    "" => problem.inside(name),
                    variant => problem.inside(name).inside(variant),
                };
                value.serialize(Finite).map_err(of_variant)
            }

            fn end(self) -> Result<(), Problem> {
                Ok(())
            }
        })*
    };
}

fields! { SerializeStruct, SerializeStructVariant, }

impl ser::SerializeMap for Entries {
    type Ok = ();
    type Error = Problem;

    /// The key is read again only where its value has a problem, so that it must be kept as text.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Problem> {
        self.key = match serde_json::to_value(key) {
            Ok(Value::String(text)) => text,
            Ok(other) => other.to_string(),
            Err(_) => "?".to_owned(),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Problem> {
        value.serialize(Finite).map_err(|problem| problem.inside(&self.key))
    }

    /// Without a copy of the key where nothing is wrong with the value.
    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Problem> {
        value.serialize(Finite).or_else(|problem| {
            self.serialize_key(key)?;
            Err(problem.inside(&self.key))
        })
    }

    fn end(self) -> Result<(), Problem> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(serde::Serialize)]
    struct Player {
        level: u32,
        position: (f32, f32),
        best: BTreeMap<String, Option<f64>>,
        state: State,
    }

    #[derive(serde::Serialize)]
    enum State {
        Idle,
        Moving { speed: f64 },
        Waiting(f64),
    }

    fn player() -> Player {
        Player { level: 1, position: (0.5, 1.0), best: BTreeMap::new(), state: State::Idle }
    }

    fn refused<T: Serialize>(value: &T) -> String {
        let message = to_value(value).expect_err("refused").to_string();
        assert!(to_vec(value).is_err() && to_raw_value(value).is_err());
        message
    }

    #[test]
    fn what_json_can_express_is_written_as_ever() {
        let mut player = player();
        player.best.insert("lap".to_owned(), Some(f64::MAX));
        player.state = State::Moving { speed: -0.0 };
        let json = json!({
            "level": 1, "position": [0.5, 1.0], "best": { "lap": f64::MAX }, "state": { "Moving": { "speed": -0.0 } },
        });
        assert_eq!(to_value(&player).expect("JSON"), json);
        assert_eq!(to_vec(&None::<f64>).expect("JSON"), b"null");
        let raw = to_raw_value(&json).expect("JSON");
        assert_eq!(to_raw_value(&raw).expect("as it is").get(), raw.get());
        assert_eq!(to_value(&BTreeMap::from([(1, 2.5)])).expect("JSON"), json!({ "1": 2.5 }));
    }

    #[test]
    fn a_number_that_json_cannot_express_is_refused_with_its_path() {
        assert!(refused(&f64::NAN).contains("the value is NaN"));
        assert!(refused(&[1.0, f64::INFINITY]).contains("`[1]` in the value is inf"));
        assert!(refused(&Player { position: (0.0, f32::NAN), ..player() }).contains("`position[1]`"));
        let best = BTreeMap::from([("lap".to_owned(), None), ("run".to_owned(), Some(f64::NEG_INFINITY))]);
        assert!(refused(&Player { best, ..player() }).contains("`best.run` in the value is -inf"));
        assert!(refused(&Player { state: State::Waiting(f64::NAN), ..player() }).contains("`state.Waiting`"));
        let moving = State::Moving { speed: f64::NAN };
        assert!(refused(&[Player { state: moving, ..player() }]).contains("`[0].state.Moving.speed`"));
        assert!(refused(&BTreeMap::from([(7, f32::INFINITY)])).contains("`7`"));
    }

    #[test]
    fn what_a_value_itself_refuses_is_told() {
        struct Refuses;
        impl Serialize for Refuses {
            fn serialize<S: ser::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(ser::Error::custom("not today"))
            }
        }
        assert!(refused(&Refuses).contains("not today"));
    }
}
