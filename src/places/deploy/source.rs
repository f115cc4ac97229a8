//! What is published, and how its content is told from another one.

use crate::Error;
use crate::body::File;
use crate::client::Options;
use crate::ids::PlaceId;
use crate::places::{PlaceFile, Places};
use crate::wire::hex;
use futures_util::StreamExt as _;
use sha2::{Digest, Sha256};
use std::fmt;

#[derive(Clone, Debug)]
pub(super) enum Source {
    File(PlaceFile),
    /// A version of this place or another.
    #[cfg_attr(not(feature = "assets"), allow(dead_code))]
    Version {
        place: PlaceId,
        version: u64,
    },
}

/// A file that is a place, and can be read again.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) file: File,
    pub(super) print: Print,
}

/// What tells one content from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Print {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Source {
    /// The content, if it is a place.
    pub(super) async fn content(self, places: &Places, options: &Options) -> Result<Content, Error> {
        let file = match self {
            Self::File(file) => file,
            Self::Version { place, version } => download(places, place, version, options).await?.into(),
        };
        let file = file.prepared(true).await?;
        let print = Print::of(&file).await?;
        Ok(Content { file, print })
    }

    /// What it is called in plans and reports.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(file) => file.name().unwrap_or("bytes").to_owned(),
            Self::Version { place, version } => format!("version {version} of place {place}"),
        }
    }
}

impl Print {
    pub(super) async fn of(file: &File) -> Result<Self, Error> {
        let mut content = file.read()?;
        let (mut digest, mut bytes) = (Sha256::new(), 0);
        while let Some(chunk) = content.next().await {
            let chunk = chunk.map_err(|error| Error::local_io("the place file cannot be read", error))?;
            digest.update(&chunk);
            bytes += chunk.len() as u64;
        }
        Ok(Self { bytes, sha256: hex(&digest.finalize()) })
    }
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, sha256 {}", self.bytes, self.sha256.get(..12).unwrap_or_default())
    }
}

/// The content of a version, in a temporary file.
#[cfg(feature = "assets")]
async fn download(places: &Places, place: PlaceId, version: u64, options: &Options) -> Result<File, Error> {
    use crate::places::file::MAX_BYTES;

    let download = places.client.assets().download(place.as_str()).version(version);
    let download = download.max_bytes(MAX_BYTES).with_options(options.clone());
    File::written(async |file| download.write_to(file).await).await
}

#[cfg(not(feature = "assets"))]
async fn download(_: &Places, _: PlaceId, _: u64, _: &Options) -> Result<File, Error> {
    Err(Error::invalid_request("versions are downloaded with the feature `assets`"))
}
