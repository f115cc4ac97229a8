//! Ids: text that names one thing, made from a number or a string.
//!
//! Roblox writes the same id as a string in one service and as a number in the next. An id type
//! takes both, compares equal for both, and is sent as the service writes it.
//!
//! Of integers it takes `u64` alone: with a second integer type a literal such as `10000000001` would
//! be taken for an `i32` and not compile. Integers of other types, as databases return them, are converted with
//! [`TryFrom`], which refuses negative ones: `UserId::try_from(row.user_id)?` of an `i64`.

/// Makes one id type: of numbers, or `as text` of any text.
macro_rules! id_type {
    (@) => { crate::wire::decode::number_text };
    (@ text) => { crate::wire::decode::text };
    ($(#[$doc:meta])* $name:ident $(as $how:ident)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as a number, if it is one.
            pub fn as_u64(&self) -> Option<u64> {
                self.0.parse().ok()
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id.to_string())
            }
        }

        crate::wire::ids::from_integers!($name: i32, i64);

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&String> for $name {
            fn from(id: &String) -> Self {
                Self(id.clone())
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl crate::wire::decode::AsNumber for $name {
            fn serialize_number<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0.parse::<i64>() {
                    Ok(number) => serializer.serialize_i64(number),
                    Err(_) => serializer.serialize_str(&self.0),
                }
            }
        }

        crate::wire::scalar! {
            $name,
            crate::wire::ids::id_type!(@ $($how)?),
            |id: std::borrow::Cow<'_, str>| Self(id.into_owned()),
            |id: Self| id.0,
            { "type": ["string", "integer"] }
        }
    };
}
pub(crate) use id_type;

/// Ids of integers that are not `u64`; see above why they are not `From`.
macro_rules! from_integers {
    ($name:ident: $($integer:ty),*) => {
        $(
            /// Refuses a negative number.
            impl TryFrom<$integer> for $name {
                type Error = std::num::TryFromIntError;

                fn try_from(id: $integer) -> Result<Self, Self::Error> {
                    u64::try_from(id).map(Self::from)
                }
            }
        )*
    };
}
pub(crate) use from_integers;

id_type! {
    /// Any id, key, name or number that stands in a path and has no type of its own.
    Id as text
}

include!(concat!(env!("OUT_DIR"), "/ids.rs"));

/// The id of what a resource name names, which is in this collection: of `groups/7/roles/99`, 99 in `roles`.
///
/// Services have been seen to write the bare number instead of the name (UR-03, CS-01, LX-01): then that is
/// the id. So this is only for names of things in the collection; for what such a thing belongs to there is
/// [`named`].
pub(crate) fn referenced<I: for<'a> From<&'a str>>(name: Option<&String>, collection: &str) -> Option<I> {
    let number = name.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()));
    match number {
        Some(number) => Some(I::from(number.as_str())),
        None => named(name, collection),
    }
}

/// The id that a resource name has in a collection, wherever that stands in it: of `groups/7/roles/99`, 7 in
/// `groups`. A bare number has none: it is the id of the thing itself.
pub(crate) fn named<I: for<'a> From<&'a str>>(name: Option<&String>, collection: &str) -> Option<I> {
    let mut segments = name?.split('/');
    segments.find(|segment| *segment == collection)?;
    segments.next().filter(|id| !id.is_empty()).map(I::from)
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macro makes a public type")]
mod number_ids {
    id_type! {
        /// An id that is a number.
        Number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_names_hold_ids() {
        for (name, collection, id) in [
            ("groups/7/roles/99", "roles", Some("99")),
            ("groups/7/roles/99", "groups", Some("7")),
            ("users/1", "groups", None),
            ("users/", "users", None),
            ("users", "users", None),
            ("", "users", None),
            ("a182", "places", None),
        ] {
            let name = name.to_owned();
            assert_eq!(named::<Id>(Some(&name), collection), id.map(Id::from), "{name}");
            assert_eq!(referenced::<Id>(Some(&name), collection), id.map(Id::from), "{name}");
        }
        assert_eq!(named::<Id>(None, "users"), None);
        assert_eq!(referenced::<Id>(None, "users"), None);
    }

    /// UR-03: a service may write the number in the place of the name of a thing; it is the id of no other thing.
    #[test]
    fn a_bare_number_is_the_id_of_the_thing_itself() {
        let number = "182".to_owned();
        assert_eq!(referenced::<Id>(Some(&number), "places"), Some(Id::from(182)));
        assert_eq!(named::<Id>(Some(&number), "places"), None);
    }

    #[test]
    fn what_is_no_id_never_becomes_another_one() {
        use super::number_ids::Number;
        for (json, id) in [("12", "12"), ("\"12\"", "12"), ("12.0", "12"), ("\"U12\"", "U12"), ("\"\"", "")] {
            let number = serde_json::from_str::<Number>(json).expect(json);
            assert_eq!((number.as_str(), number.as_u64()), (id, id.parse().ok()), "{json}");
        }
        let long = "12345678901234567890123";
        for text in ["NaN", "inf", "-Infinity", "1e300", "1e19", "1.5", " 12", long] {
            serde_json::from_str::<Number>(&format!("{text:?}")).expect_err(text);
        }
        for number in ["1e300", "1e19", "1.5e1000", long, "9007199254740994.0"] {
            serde_json::from_str::<Number>(number).expect_err(number);
            serde_json::from_str::<Id>(number).expect_err(number);
        }
        // As text it may be a name.
        assert_eq!(serde_json::from_str::<Id>("\"1e19\"").expect("a name").as_str(), "1e19");
    }

    #[test]
    fn integers_of_a_database_become_ids_unless_they_are_negative() {
        assert_eq!(Id::try_from(10_000_000_001_i64), Ok(Id::from(10_000_000_001)));
        assert_eq!(Id::try_from(7_i32), Ok(Id::from(7)));
        Id::try_from(-1_i64).expect_err("negative");
    }

    #[test]
    fn an_id_is_a_number_or_a_string() {
        let number: Id = serde_json::from_str("12345678901234").expect("a number");
        let text: Id = serde_json::from_str("\"12345678901234\"").expect("a string");
        assert_eq!(number, text);
        assert_eq!(number, Id::from(12345678901234));
        assert_eq!(number.as_u64(), Some(12345678901234));
        assert_eq!(serde_json::to_string(&number).expect("json"), "\"12345678901234\"");
    }
}
