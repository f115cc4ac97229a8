//! What a request sends: bodies, forms, and files that are read while they are sent.

mod content;
#[cfg(feature = "files")]
mod disk;
mod file;
pub(crate) mod json;
pub(crate) mod source;
mod stream;

pub use file::File;
pub use stream::BodyStream;

use crate::Error;
use crate::wire::debug_fields;
use bytes::Bytes;
use source::{OnProgress, Source};

/// The body of a request. All but what is read from a stream can be sent again unchanged.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// Bytes of a media type.
    #[non_exhaustive]
    Bytes {
        /// The media type.
        content_type: String,
        /// The bytes.
        content: Bytes,
        /// Whether they are a [`File`], whatever its media type: its bytes stay as they are, and it may take
        /// long to send.
        is_file: bool,
    },
    /// A `multipart/form-data` form.
    Form(Form),
    /// Bytes that are read while they are sent.
    Stream(BodyStream),
}

const JSON: &str = "application/json";

/// Media types of what is not a file.
const SMALL: [&str; 2] = [JSON, "application/x-www-form-urlencoded"];

/// A form of parts.
#[derive(Clone, Debug, Default)]
pub struct Form {
    parts: Vec<Part>,
}

/// One part of a form.
#[derive(Clone)]
pub struct Part {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    source: Source,
    progress: Option<OnProgress>,
}

impl Part {
    pub(crate) fn text(name: &str, text: String) -> Self {
        Self {
            name: name.to_owned(),
            file_name: None,
            content_type: None,
            source: Source::Bytes(text.into()),
            progress: None,
        }
    }

    pub(crate) fn file(name: &str, file: File) -> Self {
        Self {
            name: name.to_owned(),
            // Without a file name, servers take the part for text.
            file_name: Some(file.name.unwrap_or_else(|| "file".to_owned())),
            content_type: Some(file.content_type.unwrap_or_else(|| "application/octet-stream".to_owned())),
            source: file.source,
            progress: file.progress,
        }
    }

    /// The part's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's name, if the part is a file.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The media type, if it is stated.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The bytes; `None` if they are read while they are sent.
    pub fn content(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Bytes(content) => Some(content),
            _ => None,
        }
    }

    /// The length in bytes, if it is known.
    pub fn length(&self) -> Option<u64> {
        self.source.length()
    }

    /// What is sent, and who is told of it.
    pub(crate) fn into_source(self) -> (Source, Option<OnProgress>) {
        (self.source, self.progress)
    }
}

debug_fields!(Part { name, file_name, content_type, length() });

impl Form {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part of text.
    #[must_use]
    pub fn text(mut self, name: impl AsRef<str>, text: impl Into<String>) -> Self {
        self.parts.push(Part::text(name.as_ref(), text.into()));
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, name: impl AsRef<str>, file: impl Into<File>) -> Self {
        self.parts.push(Part::file(name.as_ref(), file.into()));
        self
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn into_parts(self) -> Vec<Part> {
        self.parts
    }
}

impl Body {
    /// Whether it can be sent again unchanged.
    pub fn is_replayable(&self) -> bool {
        match self {
            Self::Empty | Self::Bytes { .. } => true,
            Self::Form(form) => form.parts.iter().all(|part| part.source.is_replayable()),
            Self::Stream(stream) => stream.is_replayable(),
        }
    }

    /// The length in bytes, if it is known; of a form, that of its parts.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes { content, .. } => Some(content.len() as u64),
            Self::Form(form) => form.parts.iter().map(Part::length).sum(),
            Self::Stream(stream) => stream.length(),
        }
    }

    /// The same with all content in memory: for a [`Transport`](crate::Transport) that looks
    /// at what it is sent.
    ///
    /// # Errors
    ///
    /// If content cannot be read, or was read before.
    pub async fn collected(self) -> Result<Self, Error> {
        Ok(match self {
            Self::Form(mut form) => {
                for part in &mut form.parts {
                    part.source = Source::Bytes(part.source.clone().collect().await?);
                }
                Self::Form(form)
            }
            Self::Stream(stream) => {
                let content_type = stream.content_type().to_owned();
                Self::Bytes { content_type, content: stream.into_source().collect().await?, is_file: true }
            }
            other => other,
        })
    }

    /// Whether it is a file or a form of parts, which may take long to send and has a connection of its own.
    pub(crate) fn is_upload(&self) -> bool {
        match self {
            Self::Empty => false,
            Self::Bytes { content_type, is_file, .. } => {
                *is_file || !SMALL.iter().any(|small| content_type.starts_with(small))
            }
            Self::Form(_) | Self::Stream(_) => true,
        }
    }

    /// A file as a body of this media type.
    pub(crate) fn file(file: File, content_type: String) -> Self {
        match (file.source, file.progress) {
            (Source::Bytes(content), None) => Self::Bytes { content_type, content, is_file: true },
            (source, progress) => Self::Stream(BodyStream::of(content_type, source, progress)),
        }
    }

    pub(crate) fn json(content: impl Into<Bytes>) -> Self {
        Self::Bytes { content_type: JSON.to_owned(), content: content.into(), is_file: false }
    }

    /// The JSON that the body is, or, in a form, the part that is JSON.
    pub(crate) fn json_content_mut(&mut self) -> Option<&mut Bytes> {
        match self {
            Self::Empty | Self::Stream(_) => None,
            Self::Bytes { content, .. } => Some(content),
            Self::Form(form) => form
                .parts
                .iter_mut()
                .filter(|part| part.file_name.is_none())
                .filter_map(|part| match &mut part.source {
                    Source::Bytes(content) => Some(content),
                    _ => None,
                })
                .find(|content| content.starts_with(b"{")),
        }
    }

    pub(crate) fn add_part(&mut self, part: Part) {
        if let Self::Form(form) = self {
            form.parts.push(part);
        }
    }

    pub(crate) fn remove_parts(&mut self, name: &str) {
        if let Self::Form(form) = self {
            form.parts.retain(|part| part.name != name);
        }
    }

    pub(crate) fn set_part(&mut self, part: Part) {
        self.remove_parts(&part.name.clone());
        self.add_part(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_an_upload_whatever_its_media_type() {
        let file = |media_type: &str| {
            Body::file(File::new(b"{}".to_vec()).media_type(media_type), media_type.to_owned())
        };
        for media_type in
            ["application/json", "application/x-www-form-urlencoded", "application/octet-stream"]
        {
            assert!(file(media_type).is_upload(), "{media_type}");
            let spooled = Body::Stream(BodyStream::of(
                media_type.to_owned(),
                Source::Bytes(Bytes::from_static(b"{}")),
                None,
            ));
            assert!(spooled.collected().await.expect("its bytes").is_upload(), "{media_type}");
        }
        assert!(!Body::json("{}").is_upload());
        assert!(!Body::Empty.is_upload());
    }
}
