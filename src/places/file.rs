//! What kind of place file something is.

use crate::Error;
use crate::call::File;
use bytes::Bytes;
use std::fmt;

/// Roblox's document names 10,485,760 bytes for this operation, and its guides 100 MB for a place. Our
/// reading: the service decides, and what is certainly too large is not sent.
const MAX_BYTES: u64 = 100 * 1024 * 1024;

/// What a file has to begin with.
const BINARY: &[u8] = b"<roblox!\x89\xff\r\n\x1a\n";
/// How much of a file is looked at.
const HEAD: usize = 4 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How a place is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlaceFormat {
    /// `.rbxl`
    Binary,
    /// `.rbxlx`
    Xml,
}

impl PlaceFormat {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Binary => "application/octet-stream",
            Self::Xml => "application/xml",
        }
    }

    /// The format that content of this beginning has.
    fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(BINARY) {
            return Some(Self::Binary);
        }
        let mut text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
        // A declaration, comments and the like may come first.
        while text.starts_with(b"<?") || text.starts_with(b"<!") {
            let end: &[u8] = match () {
                () if text.starts_with(b"<?") => b"?>",
                () if text.starts_with(b"<!--") => b"-->",
                () => b">",
            };
            let at = text.windows(end.len()).position(|window| window == end)?;
            text = text[at + end.len()..].trim_ascii_start();
        }
        let rest = text.strip_prefix(b"<roblox")?;
        rest.first()
            .is_some_and(|letter| *letter == b'>' || letter.is_ascii_whitespace())
            .then_some(Self::Xml)
    }
}

impl fmt::Display for PlaceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "rbxl",
            Self::Xml => "rbxlx",
        })
    }
}

/// A place file to publish: a [`File`] whose format is found by its content, unless it is said.
#[derive(Clone, Debug)]
pub struct PlaceFile {
    file: File,
    format: Option<PlaceFormat>,
    max_bytes: u64,
}

impl PlaceFile {
    /// A place file of this content.
    pub fn new(file: impl Into<File>) -> Self {
        Self { file: file.into(), format: None, max_bytes: MAX_BYTES }
    }

    /// Says the format, so that neither content nor name are looked at.
    #[must_use]
    pub fn format(mut self, format: PlaceFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// The size in bytes above which nothing is sent, 100 MiB by default. What the service takes is
    /// stated in two ways: 10 MiB for this operation, 100 MB for a place.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The file, ready to be sent.
    pub(super) async fn prepared(self) -> Result<File, Error> {
        let mut file = self.file.spooled(self.max_bytes).await?;
        let length = file.length().unwrap_or(0);
        if length > self.max_bytes {
            return Err(Error::invalid_request(format!(
                "the place file has {length} bytes, more than {}",
                self.max_bytes
            )));
        }
        if length == 0 {
            return Err(Error::invalid_request("the place file is empty"));
        }
        let format = match self.format {
            Some(format) => format,
            None => find_format(&mut file).await?,
        };
        Ok(file.media_type(format.media_type()))
    }
}

async fn find_format(file: &mut File) -> Result<PlaceFormat, Error> {
    let name = file.file_name().unwrap_or_default().to_ascii_lowercase();
    // Models begin like places.
    if [".rbxm", ".rbxmx"].iter().any(|extension| name.ends_with(extension)) {
        return Err(Error::invalid_request(
            "the file's name says that it is a model, not a place; `PlaceFile::format` sends it all the same",
        ));
    }
    PlaceFormat::of(&file.head(HEAD).await?).ok_or_else(|| {
        Error::invalid_request(
            "the content is that of no place file (rbxl or rbxlx); `PlaceFile::format` sends it all the same",
        )
    })
}

impl From<File> for PlaceFile {
    fn from(file: File) -> Self {
        Self::new(file)
    }
}

impl From<Vec<u8>> for PlaceFile {
    fn from(content: Vec<u8>) -> Self {
        Self::new(content)
    }
}

impl From<Bytes> for PlaceFile {
    fn from(content: Bytes) -> Self {
        Self::new(content)
    }
}

impl From<&'static [u8]> for PlaceFile {
    fn from(content: &'static [u8]) -> Self {
        Self::new(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_found_by_content() {
        use PlaceFormat::{Binary, Xml};
        for (head, format) in [
            (&b"<roblox!\x89\xff\r\n\x1a\n\0\0rest"[..], Some(Binary)),
            (b"<roblox version=\"4\">", Some(Xml)),
            (b"<roblox>", Some(Xml)),
            (b"\xef\xbb\xbf\n <?xml version=\"1.0\"?>\n<!-- a > b --><roblox version=\"4\">", Some(Xml)),
            (b"<!DOCTYPE roblox><roblox\n>", Some(Xml)),
            (b"<roblox!\x89\xff\r\n", None),
            (b"<robloxes>", None),
            (b"<roblox", None),
            (b"<!-- <roblox>", None),
            (b"\x89PNG\r\n\x1a\n", None),
            (b"", None),
        ] {
            assert_eq!(PlaceFormat::of(head), format, "{:?}", String::from_utf8_lossy(head));
        }
    }
}
