//! Files behind links.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// As much as the largest file that is taken, unless more is allowed: then that one is kept alone.
const MAX_CONTENT_BYTES: usize = 128 * 1024 * 1024;

/// Files that can be fetched without a key, such as uploaded assets. The oldest make room for new ones.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Contents {
    files: HashMap<String, File>,
    order: VecDeque<String>,
    size: usize,
    /// How often something was put here.
    #[serde(skip)]
    pub(super) changes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct File {
    pub(crate) content_type: String,
    #[serde(with = "base64")]
    pub(crate) content: Bytes,
}

impl Contents {
    pub(crate) fn put(&mut self, name: &str, content_type: &str, content: Bytes) {
        self.changes += 1;
        self.remove(name);
        while self.size + content.len() > MAX_CONTENT_BYTES {
            let Some(oldest) = self.order.front().cloned() else { break };
            self.remove(&oldest);
        }
        self.size += content.len();
        self.order.push_back(name.to_owned());
        let file = File { content_type: content_type.to_owned(), content };
        self.files.insert(name.to_owned(), file);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    fn remove(&mut self, name: &str) {
        if let Some(file) = self.files.remove(name) {
            self.size -= file.content.len();
            self.order.retain(|known| known != name);
        }
    }
}

/// Bytes as a text.
mod base64 {
    use std::borrow::Cow;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map(Bytes::from).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_kept_even_if_nothing_else_is() {
        let mut contents = Contents::default();
        contents.put("small", "x/y", Bytes::from_static(b"1"));
        contents.put("large", "x/y", Bytes::from(vec![0; MAX_CONTENT_BYTES + 1]));
        assert!(contents.get("small").is_none() && contents.get("large").is_some());
        contents.put("next", "x/y", Bytes::from_static(b"2"));
        assert!(contents.get("large").is_none() && contents.get("next").is_some());
    }

    #[test]
    fn content_is_bounded() {
        let mut contents = Contents::default();
        let big = Bytes::from(vec![0; MAX_CONTENT_BYTES / 2]);
        contents.put("a", "x/y", big.clone());
        contents.put("b", "x/y", big.clone());
        contents.put("c", "x/y", big);
        assert!(contents.get("a").is_none());
        assert!(contents.get("b").is_some() && contents.get("c").is_some());
        contents.put("b", "x/y", Bytes::new());
        assert_eq!(contents.size, MAX_CONTENT_BYTES / 2);
    }
}
