//! What kind of place file something is.

use crate::Error;
use crate::body::File;
use crate::markup::{HEAD, Markup};
use bytes::Bytes;
use std::fmt;

/// Roblox's document names 10,485,760 bytes for this operation, and its guides 100 MB for a place. Our
/// reading: the service decides, and what is certainly too large is not sent.
pub(super) const MAX_BYTES: u64 = 100 * 1024 * 1024;

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

    fn of(markup: Markup) -> Self {
        match markup {
            Markup::Binary => Self::Binary,
            Markup::Xml => Self::Xml,
        }
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

/// A place file to publish: a [`File`] whose format is found by its content, unless it is said, or the
/// file's [media type](File::media_type) is set.
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

    /// The file's name, if it has one.
    pub(super) fn name(&self) -> Option<&str> {
        self.file.file_name()
    }

    /// The file, ready to be sent; again and again, if that is asked for.
    pub(super) async fn prepared(self, replayable: bool) -> Result<File, Error> {
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
        if replayable {
            file = file.replayable(self.max_bytes).await?;
        }
        match (self.format, file.content_type()) {
            (Some(format), _) => Ok(file.media_type(format.media_type())),
            (None, Some(_)) => Ok(file),
            (None, None) => {
                let format = find_format(&mut file).await?;
                Ok(file.media_type(format.media_type()))
            }
        }
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
    Markup::of(&file.head(HEAD).await?).map(PlaceFormat::of).ok_or_else(|| {
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

    #[tokio::test]
    async fn a_place_may_have_100_mib() {
        for (length, is_allowed) in [(MAX_BYTES - 1, true), (MAX_BYTES, true), (MAX_BYTES + 1, false)] {
            // Whose format is said is not read before it is sent.
            let place = PlaceFile::new(File::reader(tokio::io::empty(), length)).format(PlaceFormat::Binary);
            assert_eq!(place.prepared(false).await.is_ok(), is_allowed, "{length}");
        }
    }
}
