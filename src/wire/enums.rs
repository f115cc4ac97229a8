//! Open enums: the words that this version knows, and whatever else the service may send.
//!
//! A word that is not known decodes to `Unknown`, which keeps it and sends it back unchanged.

/// A word or number that this version of the crate does not know, as the service sent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnknownValue(String);

impl UnknownValue {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The word or number, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes an enum of words.
macro_rules! open_enum {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about])* #[doc = concat!("Sent as `", $word, "`.")] $variant,)*
            /// A word that this version does not know.
            Unknown(crate::wire::enums::UnknownValue),
        }

        impl $name {
            /// The variants that this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

            fn known(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The word that the service uses.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unknown(word) => word.as_str(),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::known(&word).unwrap_or_else(|| Self::Unknown(crate::wire::enums::UnknownValue::new(word)))
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                Self::known(word).unwrap_or_else(|| word.to_owned().into())
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                number.to_string().into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        crate::wire::scalar! { $name, crate::wire::decode::text, |word: std::borrow::Cow<'_, str>| Self::from(&*word), |word: Self| word.to_string(), { "type": "string", "examples": [$($word),*] } }
    };
}
pub(crate) use open_enum;

/// Makes an enum of numbers. Services that write numbers as words are understood as well.
macro_rules! open_number_enum {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$about:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about])* #[doc = concat!("Sent as `", $number, "`.")] $variant,)*
            /// A number or word that this version does not know.
            Unknown(crate::wire::enums::UnknownValue),
        }

        impl $name {
            /// The variants that this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

            /// The number that the service uses, if there is one.
            pub fn as_i64(&self) -> Option<i64> {
                match self {
                    $(Self::$variant => Some($number),)*
                    Self::Unknown(number) => number.as_str().parse().ok(),
                }
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    _ => Self::Unknown(crate::wire::enums::UnknownValue::new(number.to_string())),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.parse::<i64>() {
                    Ok(number) => number.into(),
                    Err(_) => match text.as_str() {
                        $(stringify!($variant) => Self::$variant,)*
                        _ => Self::Unknown(crate::wire::enums::UnknownValue::new(text)),
                    },
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                text.to_owned().into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant => write!(f, "{}", $number),)*
                    Self::Unknown(number) => f.write_str(number.as_str()),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.as_i64() {
                    Some(number) => serializer.serialize_i64(number),
                    None => serializer.collect_str(self),
                }
            }
        }

        crate::wire::scalar! { $name, crate::wire::decode::text, |text: std::borrow::Cow<'_, str>| Self::from(text.into_owned()), |number: Self| number.to_string(), { "type": ["integer", "string"], "examples": [$($number),*] } }
    };
}
pub(crate) use open_number_enum;

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros make public types")]
mod tests {
    open_enum! {
        /// Words.
        pub enum Word { One = "ONE", Two = "TWO", }
    }
    open_number_enum! {
        /// Numbers.
        pub enum Number { Ten = 10, Minus = -1, }
    }

    #[test]
    fn unknown_words_are_kept_and_sent_back() {
        for (json, word) in [("\"ONE\"", Word::One), ("\"THREE\"", "THREE".into()), ("7", "7".into())] {
            let decoded: Word = serde_json::from_str(json).expect("a word");
            assert_eq!(decoded, word);
        }
        let unknown = Word::from("THREE");
        assert!(matches!(unknown, Word::Unknown(_)));
        assert_eq!(serde_json::to_string(&unknown).expect("json"), "\"THREE\"");
        assert_eq!((Word::KNOWN.len(), Number::KNOWN.len()), (2, 2));
    }

    #[test]
    fn every_enum_is_made_of_its_numbers_and_of_its_words() {
        open_enum! {
            /// Words that are numbers.
            pub enum Size { Px48 = "48", }
        }
        assert_eq!(
            (Size::from(48), Size::from("48"), Size::KNOWN),
            (Size::Px48, Size::Px48, &[Size::Px48][..])
        );
        assert_eq!(
            (Number::from(10), Number::from("10"), Number::from("Ten")),
            (Number::Ten, Number::Ten, Number::Ten)
        );
    }

    #[test]
    fn numbers_may_come_as_words() {
        for json in ["10", "\"10\"", "\"Ten\""] {
            assert_eq!(serde_json::from_str::<Number>(json).expect(json), Number::Ten);
        }
        for (json, sent) in [("11", "11"), ("\"Eleven\"", "\"Eleven\""), ("-1", "-1")] {
            let decoded: Number = serde_json::from_str(json).expect(json);
            assert_eq!(serde_json::to_string(&decoded).expect("json"), sent);
        }
    }
}
