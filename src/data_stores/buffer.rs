//! Luau buffers, which a game can store and JSON cannot hold.
//!
//! The service shows one as an envelope, and an envelope that is written stays the table that it is: the game then
//! finds a table where it has put a buffer (DS-14).

use super::scan::{self, BUFFER, COMPRESSED, PLAIN, TYPE};
use crate::Error;
use crate::wire::debug_fields;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A Luau `buffer` in a value, as the service shows it: `{"m": null, "t": "buffer", "zbase64": ".."}`, or with
/// `base64`.
///
/// It can be a field of a type that is read, and its [bytes](Self::bytes) be had. It cannot be written from here:
/// only a Luau script can, in the game or as a [task](https://create.roblox.com/docs/cloud/reference/features/luau-execution).
/// What would write one is refused, unless it is told to go on by an `allow_buffers`; then the entry holds a table.
///
/// ```
/// use opencloud::data_stores::LuauBuffer;
/// use serde_json::json;
///
/// # fn main() -> Result<(), opencloud::Error> {
/// let value = json!({ "coins": 5, "map": { "m": null, "t": "buffer", "base64": "aGVsbG8=" } });
/// assert_eq!(LuauBuffer::paths(&value), ["/map"]);
/// let map = value.pointer("/map").and_then(LuauBuffer::of).expect("a buffer");
/// assert_eq!(map.bytes(1024)?, b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct LuauBuffer {
    /// As it came.
    envelope: Map<String, Value>,
}

impl LuauBuffer {
    /// The buffer that a value shows; `None` if it shows none.
    pub fn of(value: &Value) -> Option<Self> {
        let envelope = value.as_object().filter(|object| is_envelope(object))?;
        Some(Self { envelope: envelope.clone() })
    }

    /// Where a value shows buffers, as JSON pointers ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)), of which
    /// that of the value itself is empty. The first 64 of them.
    pub fn paths(value: &Value) -> Vec<String> {
        scan::paths(&value.to_string())
    }

    /// Whether the content is compressed, with zstd. To have its bytes takes the cargo feature `buffers` then.
    pub fn is_compressed(&self) -> bool {
        self.envelope.get(COMPRESSED).is_some_and(Value::is_string)
    }

    /// The content as it came, without Base64; a frame of zstd if it [is compressed](Self::is_compressed).
    ///
    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if it is not Base64.
    pub fn encoded(&self) -> Result<Vec<u8>, Error> {
        let name = if self.is_compressed() { COMPRESSED } else { PLAIN };
        let text = self.envelope.get(name).and_then(Value::as_str).unwrap_or_default();
        STANDARD
            .decode(text)
            .map_err(|error| Error::unreadable(format!("the buffer's `{name}` is not Base64: {error}")))
    }

    /// The bytes of the buffer, if there are no more than the maximum.
    ///
    /// An envelope that was written with `allow_buffers` is a table in the game and looks the same when it is read:
    /// the two cannot be told apart here.
    ///
    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if the content is not what it should be; of kind
    /// [`ResponseTooLarge`](crate::ErrorKind::ResponseTooLarge) if there are more bytes; and of kind
    /// [`Configuration`](crate::ErrorKind::Configuration) if it is compressed and the cargo feature `buffers` is not
    /// enabled.
    pub fn bytes(&self, max_bytes: usize) -> Result<Vec<u8>, Error> {
        let encoded = self.encoded()?;
        let bytes = if self.is_compressed() { decompressed(&encoded, max_bytes)? } else { encoded };
        if bytes.len() > max_bytes {
            return Err(Error::too_large(max_bytes));
        }
        Ok(bytes)
    }
}

fn is_envelope(object: &Map<String, Value>) -> bool {
    object.get(TYPE).and_then(Value::as_str) == Some(BUFFER)
        && [COMPRESSED, PLAIN].iter().any(|name| object.get(*name).is_some_and(Value::is_string))
}

/// The content of a frame: `max_bytes` of it, or one more if there is more.
#[cfg(feature = "buffers")]
fn decompressed(frame: &[u8], max_bytes: usize) -> Result<Vec<u8>, Error> {
    use ruzstd::decoding::StreamingDecoder;
    use std::io::Read;

    /// The window that every decoder should allow (RFC 8878, section 3.1.1.1.2), and the largest that is allowed
    /// here: a decoder keeps so much in memory.
    const WINDOWS: (u64, u64) = (8 * 1024 * 1024, 128 * 1024 * 1024);
    let unreadable = |error: &dyn std::fmt::Display| {
        Error::unreadable(format!("the buffer's `{COMPRESSED}` cannot be decompressed: {error}"))
    };
    let limit = (max_bytes as u64).saturating_add(1);
    let decoder = StreamingDecoder::new_with_max_window_size(frame, limit.clamp(WINDOWS.0, WINDOWS.1));
    let mut bytes = Vec::new();
    decoder
        .map_err(|error| unreadable(&error))?
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

#[cfg(not(feature = "buffers"))]
fn decompressed(_: &[u8], _: usize) -> Result<Vec<u8>, Error> {
    Err(Error::configuration(
        "the buffer is compressed with zstd: enable the cargo feature `buffers` to read it",
    ))
}

/// Refuses a value that shows a buffer, which would not become one.
pub(super) fn refuse(key: &str, json: &str) -> Result<(), Error> {
    let Some(path) = scan::paths(json).into_iter().next() else { return Ok(()) };
    let place = if path.is_empty() {
        "is a Luau buffer".to_owned()
    } else {
        format!("holds a Luau buffer at `{path}`")
    };
    Err(Error::invalid_request(format!(
        "the value for the entry `{key}` {place}; written as JSON it becomes a table, which the game does not expect: \
         write it by a Luau script, or allow it by `allow_buffers`"
    )))
}

// How many bytes there are in Base64 says nothing that `bytes` would not, and they may be many.
debug_fields!(LuauBuffer { is_compressed() });

/// As the service shows it.
impl Serialize for LuauBuffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.envelope.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LuauBuffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let envelope = Map::deserialize(deserializer)?;
        match is_envelope(&envelope) {
            true => Ok(Self { envelope }),
            false => {
                Err(serde::de::Error::custom("no Luau buffer: `t` is not `buffer`, or there is no content"))
            }
        }
    }
}

/// The permission to write what shows buffers, of a builder with a field `allow_buffers`.
macro_rules! buffer_setter {
    () => {
        /// Writes a value although it shows a [Luau buffer](super::LuauBuffer). **It does not become a buffer**: the
        /// entry then holds a table, and a game that expects the buffer fails at it.
        pub fn allow_buffers(mut self) -> Self {
            self.allow_buffers = true;
            self
        }
    };
}
pub(super) use buffer_setter;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Made by another implementation: `printf 'hello hello hello hello hello' | zstd -19 | base64`.
    const BY_ZSTD: &str = "KLUv/QRoZQAAMGhlbGxvIAEAqUsRh04gCg==";
    /// `head -c 5000000 /dev/zero | zstd -19 --no-check | base64`.
    const ZEROS: &str = "KLUv/QBoTAAACAABAPz/ORACAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAANaAgA=";

    fn compressed(text: &str) -> LuauBuffer {
        LuauBuffer::of(&json!({ "m": null, "t": "buffer", "zbase64": text })).expect("a buffer")
    }

    #[test]
    fn an_envelope_is_known_by_its_type_and_its_content() {
        for value in [
            json!({ "m": null, "t": "buffer", "zbase64": "" }),
            json!({ "t": "buffer", "base64": "aGVsbG8=" }),
            json!({ "t": "buffer", "base64": "aGVsbG8=", "added": "tomorrow" }),
        ] {
            assert!(LuauBuffer::of(&value).is_some(), "{value}");
            assert_eq!(LuauBuffer::paths(&value), [""], "{value}");
            let read: LuauBuffer = serde_json::from_value(value.clone()).expect("a buffer");
            assert_eq!(serde_json::to_value(&read).expect("JSON"), value);
        }
        for value in [
            json!({ "t": "buffer" }),
            json!({ "t": "Vector3", "base64": "aGVsbG8=" }),
            json!({ "t": "buffer", "base64": null }),
            json!(["buffer", "base64"]),
            json!("buffer"),
        ] {
            assert!(LuauBuffer::of(&value).is_none(), "{value}");
            assert_eq!(LuauBuffer::paths(&value), [] as [&str; 0], "{value}");
            assert!(serde_json::from_value::<LuauBuffer>(value).is_err());
        }
    }

    #[test]
    #[cfg(feature = "buffers")]
    fn what_another_implementation_has_compressed_is_read() {
        let expected = b"hello hello hello hello hello";
        for (most, is_enough) in
            [(expected.len() - 1, false), (expected.len(), true), (expected.len() + 1, true)]
        {
            match compressed(BY_ZSTD).bytes(most) {
                Ok(bytes) => assert_eq!((&bytes[..], is_enough), (&expected[..], true)),
                Err(error) => {
                    assert_eq!((error.kind(), is_enough), (crate::ErrorKind::ResponseTooLarge, false));
                }
            }
        }
    }

    #[test]
    #[cfg(feature = "buffers")]
    fn a_small_frame_cannot_become_large() {
        assert!(ZEROS.len() < 1_000, "{}", ZEROS.len());
        let error = compressed(ZEROS).bytes(1_000_000).expect_err("too large");
        assert_eq!(error.kind(), crate::ErrorKind::ResponseTooLarge, "{error}");
    }

    proptest::proptest! {
        #[test]
        #[cfg(feature = "buffers")]
        fn damage_anywhere_gives_bytes_within_the_bound_or_an_error(
            at in proptest::prelude::any::<proptest::sample::Index>(),
            byte in proptest::prelude::any::<u8>(),
            noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64),
        ) {
            for frame in [BY_ZSTD, ZEROS] {
                let mut frame = STANDARD.decode(frame).expect("Base64");
                let at = at.index(frame.len());
                frame[at] = byte;
                for damaged in [&frame[..], &frame[..at], &noise[..]] {
                    let bytes = compressed(&STANDARD.encode(damaged)).bytes(10_000);
                    proptest::prop_assert!(bytes.map_or(0, |bytes| bytes.len()) <= 10_000);
                }
            }
        }
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let cut = STANDARD.decode(BY_ZSTD).expect("Base64");
        let cut = STANDARD.encode(&cut[..cut.len() - 5]);
        for text in ["no Base64!", "aGVsbG8=", &cut] {
            let error = compressed(text).bytes(1_000).expect_err("damaged");
            let expected = if cfg!(feature = "buffers") || text.contains(' ') {
                crate::ErrorKind::Decode
            } else {
                crate::ErrorKind::Configuration
            };
            assert_eq!(error.kind(), expected, "{error}");
        }
    }

    #[test]
    fn what_shows_one_is_refused_by_key_and_path() {
        let refused =
            |value: Value| refuse("Player_1", &value.to_string()).expect_err("a buffer").to_string();
        let buffer = json!({ "m": null, "t": "buffer", "zbase64": "" });
        let nested = refused(json!({ "a/b": [1, { "c": buffer }] }));
        assert!(nested.contains("`Player_1`") && nested.contains("`/a~1b/1/c`"), "{nested}");
        assert!(refused(buffer).contains("`Player_1` is a Luau buffer"));
        assert!(refuse("Player_1", "{\"t\":\"buffer\"}").is_ok());
    }
}
