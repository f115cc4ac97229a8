/// How a type that is a word or a number on the wire is read, sent as a parameter and described: by what makes it of
/// a text, which may be borrowed, and by what makes a text of it.
macro_rules! scalar {
    ($name:ident, $read:expr, $from:expr, $text:expr, $schema:tt) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $read(deserializer).map($from)
            }
        }

        impl<'de> crate::wire::decode::Tolerant<'de> for $name {
            fn tolerant<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $read(deserializer).map($from)
            }
        }

        impl crate::wire::Parameter for $name {
            fn each(self, add: &mut dyn FnMut(String)) {
                add($text(self));
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
pub(crate) use scalar;
