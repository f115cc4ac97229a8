use super::stream::BodyStream;
use bytes::Bytes;

/// The body of a request. All but a stream can be sent again unchanged.
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
    },
    /// A `multipart/form-data` form.
    Form(Form),
    /// Bytes that are read while they are sent, once.
    Stream(BodyStream),
}

const JSON: &str = "application/json";

/// A form of parts.
#[derive(Clone, Debug, Default)]
pub struct Form {
    parts: Vec<Part>,
}

/// One part of a form.
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    content: Bytes,
}

/// A file to send: bytes, and what is known of them.
///
/// ```
/// use opencloud::call::File;
///
/// let file = File::new(vec![0x89, b'P', b'N', b'G']).name("hat.png").media_type("image/png");
/// ```
#[derive(Clone, Debug)]
pub struct File {
    name: Option<String>,
    content_type: Option<String>,
    content: Bytes,
}

#[allow(dead_code, reason = "which of these are used depends on the enabled areas")]
impl File {
    /// A file of these bytes.
    pub fn new(content: impl Into<Bytes>) -> Self {
        Self { name: None, content_type: None, content: content.into() }
    }

    /// Sets the file's name; of a path, only the last part is sent.
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        let base = name.as_ref().rsplit(['/', '\\']).next().unwrap_or_default();
        self.name = Some(base.to_owned());
        self
    }

    /// Sets the media type, such as `image/png`.
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Some(media_type.into());
        self
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    pub(crate) fn into_content(self) -> Bytes {
        self.content
    }
}

impl From<Vec<u8>> for File {
    fn from(content: Vec<u8>) -> Self {
        Self::new(content)
    }
}

impl From<Bytes> for File {
    fn from(content: Bytes) -> Self {
        Self::new(content)
    }
}

impl From<&'static [u8]> for File {
    fn from(content: &'static [u8]) -> Self {
        Self::new(content)
    }
}

impl Part {
    pub(crate) fn text(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), file_name: None, content_type: None, content: text.into() }
    }

    pub(crate) fn file(name: &str, file: File) -> Self {
        Self {
            name: name.to_owned(),
            // Without a file name, servers take the part for text.
            file_name: Some(file.name.unwrap_or_else(|| "file".to_owned())),
            content_type: Some(file.content_type.unwrap_or_else(|| "application/octet-stream".to_owned())),
            content: file.content,
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

    /// The bytes.
    pub fn content(&self) -> &Bytes {
        &self.content
    }
}

impl Form {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part of text.
    pub fn text(mut self, name: impl AsRef<str>, text: impl Into<String>) -> Self {
        self.parts.push(Part::text(name.as_ref(), text.into()));
        self
    }

    /// Adds a file.
    pub fn file(mut self, name: impl AsRef<str>, file: impl Into<File>) -> Self {
        self.parts.push(Part::file(name.as_ref(), file.into()));
        self
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

#[allow(dead_code, reason = "which of these are used depends on the enabled areas")]
impl Body {
    /// Whether it can be sent again unchanged.
    pub fn is_replayable(&self) -> bool {
        !matches!(self, Self::Stream(_))
    }

    /// Whether it is a file or a form, which may take long to send.
    pub(crate) fn is_upload(&self) -> bool {
        match self {
            Self::Empty => false,
            Self::Bytes { content_type, .. } => content_type != JSON,
            Self::Form(_) | Self::Stream(_) => true,
        }
    }

    pub(crate) fn json(content: impl Into<Bytes>) -> Self {
        Self::Bytes { content_type: JSON.to_owned(), content: content.into() }
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
                .map(|part| &mut part.content)
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
