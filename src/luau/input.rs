//! Bytes that scripts can read.

use super::{Luau, LuauBinaryInput};
use crate::Error;
use crate::body::File;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::UniverseId;
use bytes::Bytes;
use http::Method;

/// The largest binary input that the service takes, in bytes.
const LARGEST_INPUT: u64 = 100 * 1024 * 1024;

/// What a script gets as its binary input: bytes or a [`File`], which are uploaded first, or what was
/// [uploaded](Luau::upload_binary_input) before.
#[derive(Clone, Debug)]
pub struct BinaryInput(Source);

#[derive(Clone, Debug)]
enum Source {
    File(File),
    Uploaded(UploadedInput),
}

/// A file that was [uploaded](Luau::upload_binary_input). Tasks of the same universe can read it for 15
/// minutes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadedInput {
    path: String,
}

impl UploadedInput {
    /// The input of a path that was kept: `universes/1/luau-execution-session-task-binary-inputs/2`.
    pub fn at_path(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }

    /// The path, as tasks name it.
    pub fn path(&self) -> &str {
        &self.path
    }
}

macro_rules! input_from {
    ($($source:ty => |$value:ident| $input:expr,)*) => {
        $(impl From<$source> for BinaryInput {
            fn from($value: $source) -> Self {
                Self($input)
            }
        })*
    };
}

input_from! {
    File => |file| Source::File(file),
    Bytes => |content| Source::File(content.into()),
    Vec<u8> => |content| Source::File(content.into()),
    &'static [u8] => |content| Source::File(content.into()),
    UploadedInput => |input| Source::Uploaded(input),
    &UploadedInput => |input| Source::Uploaded(input.clone()),
}

impl BinaryInput {
    /// Refuses what the service would.
    pub(super) fn check(&self) -> Result<(), Error> {
        match &self.0 {
            Source::File(file) => check_size(file),
            Source::Uploaded(input) if input.path.is_empty() => {
                Err(Error::invalid_request("the path of the binary input is empty"))
            }
            Source::Uploaded(_) => Ok(()),
        }
    }

    /// The path under which tasks find it; what was not uploaded yet is.
    pub(super) async fn into_path(
        self,
        luau: &Luau,
        universe: &UniverseId,
        options: &Options,
    ) -> Result<String, Error> {
        match self.0 {
            Source::Uploaded(input) => Ok(input.path),
            Source::File(file) => {
                let mut upload = luau.upload_binary_input(universe, file);
                upload.options = options.clone();
                upload.await.map(|input| input.path)
            }
        }
    }
}

/// Refuses a size that the service does not take, if the size is known.
fn check_size(file: &File) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::invalid_request(format!("the binary input {why}")));
    match file.length() {
        Some(0) => refuse("is empty; a run that needs none is given none"),
        Some(size) if size > LARGEST_INPUT => {
            refuse(&format!("has {size} bytes, and the service takes {LARGEST_INPUT} (100 MiB) at most"))
        }
        _ => Ok(()),
    }
}

/// The call of [`Luau::upload_binary_input`].
///
/// Content whose length is not known is first copied to a temporary file. Then it asks for an address and
/// puts the bytes there, without the credential: the address itself is the permission. Roblox does not say
/// how it is to be uploaded; a `PUT` of `application/octet-stream` is what works (LX-13, LX-20). [`File::media_type`]
/// sets another type.
#[must_use = "a call is sent when it is awaited"]
#[derive(Debug)]
pub struct UploadBinaryInput {
    luau: Luau,
    universe: UniverseId,
    file: File,
    options: Options,
}

helper_methods!(UploadBinaryInput => UploadedInput);

impl UploadBinaryInput {
    pub(super) fn new(luau: Luau, universe: UniverseId, file: File) -> Self {
        Self { luau, universe, file, options: Options::default() }
    }

    async fn run(self) -> Result<UploadedInput, Error> {
        check_size(&self.file)?;
        let file = self.file.spooled(LARGEST_INPUT).await?;
        check_size(&file)?;
        let size = file.length().and_then(|length| i64::try_from(length).ok()).unwrap_or_default();
        let reserved = self
            .luau
            .create_binary_input(&self.universe, LuauBinaryInput::new().size(size))
            .with_options(self.options.clone())
            .send()
            .await?;
        let (Some(path), Some(uri)) = (reserved.path.clone(), reserved.upload_uri.clone()) else {
            let problem = "the service names no address to upload the binary input to";
            return Err(reserved.blame(Error::unreadable(problem)));
        };
        let put = self.luau.client.request(Method::PUT, uri).file(file);
        put.with_options(self.options).without_credentials().send_bytes().await?;
        Ok(UploadedInput { path })
    }
}
