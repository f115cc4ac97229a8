use super::inspect::inspect;
use super::{Asset, AssetCreationContext, AssetCreator, AssetKind, AssetPrivacy, Assets};
use crate::Error;
use crate::body::File;
use crate::call::{check_longest, helper_methods};
use crate::client::Options;
use crate::ids::{GroupId, UserId};
use crate::operation::{Operation, PollPolicy};

/// The longest name, in characters: the service refuses longer ones after the upload (AS-05, AS-20).
const LONGEST_NAME: usize = 50;
/// The longest description, in characters.
pub(super) const LONGEST_DESCRIPTION: usize = 1_000;

/// A new asset and its file, for [`Assets::upload`].
///
/// What the file is, is found by its content and its name's extension: a picture becomes an image, and a
/// file of Roblox's model formats a model, unless [`kind`](Self::kind) says otherwise. Names have 50 characters at
/// most.
#[derive(Clone, Debug)]
pub struct AssetUpload {
    file: File,
    name: String,
    creator: AssetCreator,
    kind: Option<AssetKind>,
    max_bytes: Option<u64>,
    description: Option<String>,
    expected_price: Option<i64>,
    privacy: Option<AssetPrivacy>,
}

impl AssetUpload {
    /// An asset that belongs to a user, with the name that people see.
    pub fn by_user(user: impl Into<UserId>, name: impl Into<String>, file: impl Into<File>) -> Self {
        Self::new(AssetCreator::new().user_id(user), name.into(), file.into())
    }

    /// An asset that belongs to a group, with the name that people see.
    pub fn by_group(group: impl Into<GroupId>, name: impl Into<String>, file: impl Into<File>) -> Self {
        Self::new(AssetCreator::new().group_id(group), name.into(), file.into())
    }

    fn new(creator: AssetCreator, name: String, file: File) -> Self {
        Self {
            file,
            name,
            creator,
            kind: None,
            max_bytes: None,
            description: None,
            expected_price: None,
            privacy: None,
        }
    }

    /// Sets what the asset is to be. Together with [`File::media_type`], it is taken without a look at the
    /// file.
    ///
    /// Of a picture, [`AssetKind::Image`] gives the id that an `ImageLabel` or a `Texture` takes, and is the default.
    /// [`AssetKind::Decal`] gives the id of a decal, which shows an image of another id that Open Cloud does not tell
    /// (AS-21): take it for what the toolbox is to insert.
    #[must_use]
    pub fn kind(mut self, kind: AssetKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The largest file that is sent, in bytes, instead of [`AssetKind::max_bytes`]. Roblox writes 20 MB, but the
    /// service was seen to take forms of up to 30,000,000 bytes, with all that is in them (AS-16).
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Sets the description, of 1,000 characters at most.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The most that the upload may cost, in Robux. The service refuses it if it costs more.
    #[must_use]
    pub fn expected_price(mut self, robux: i64) -> Self {
        self.expected_price = Some(robux);
        self
    }

    /// Who may use the asset.
    #[must_use]
    pub fn privacy(mut self, privacy: AssetPrivacy) -> Self {
        self.privacy = Some(privacy);
        self
    }

    /// The two parts of the form.
    async fn into_parts(self) -> Result<(Asset, File), Error> {
        if self.name.trim().is_empty() {
            return Err(Error::invalid_request("the asset needs a name"));
        }
        check_name(&self.name)?;
        if self.expected_price.is_some_and(|robux| robux < 0) {
            return Err(Error::invalid_request("the expected price of the upload is less than nothing"));
        }
        self.description.as_deref().map_or(Ok(()), check_description)?;
        let (file, kind) = inspect(self.file, self.kind, self.max_bytes).await?;
        let mut context = AssetCreationContext::new(self.creator);
        context.expected_price = self.expected_price;
        context.asset_privacy = self.privacy;
        let mut asset =
            Asset::new().asset_type(kind.as_str()).display_name(self.name).creation_context(context);
        asset.description = self.description;
        Ok((asset, file))
    }
}

pub(super) fn check_name(name: &str) -> Result<(), Error> {
    check_longest("name", name, LONGEST_NAME)
}

pub(super) fn check_description(description: &str) -> Result<(), Error> {
    check_longest("description", description, LONGEST_DESCRIPTION)
}

impl Assets {
    /// Uploads a new asset, and waits until it is there.
    ///
    /// Calls `assets.create` and `assets.get_operation`; scopes `asset:read`, `asset:write`.
    ///
    /// The file is sent as it is read. It may have 20 MiB, as a video 3,840 MiB, unless
    /// [`max_bytes`](AssetUpload::max_bytes) says otherwise; content whose length is
    /// not known is first copied to a temporary file. An attempt that was throttled is repeated if the
    /// file can be read again, which that of a reader of known length cannot.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::assets::{AssetKind, AssetUpload};
    /// use opencloud::body::File;
    ///
    /// let file = File::open("walk.rbxm").await?.on_progress(|sent, total| println!("{sent} of {total:?}"));
    /// let upload = AssetUpload::by_group(7, "Walk", file).kind(AssetKind::Animation);
    /// let asset = client.assets().upload(upload).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// An API key may upload 120 assets a minute. Of many, send a few at a time: Roblox's own plugin keeps to 25 a
    /// minute (AS-14).
    ///
    /// Source: <https://create.roblox.com/docs/cloud/guides/usage-assets>
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, if the file is
    /// empty, too large, not what its name says, of a format that Roblox does not take or of one that the
    /// kind is not made of, or if name, description or price are not as they must be; as of
    /// [`Operation::wait`], and as of every call.
    pub fn upload(&self, upload: AssetUpload) -> Upload {
        Upload { assets: self.clone(), upload, policy: PollPolicy::default(), options: Options::default() }
    }
}

/// The call of [`Assets::upload`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Upload {
    assets: Assets,
    upload: AssetUpload,
    policy: PollPolicy,
    options: Options,
}

helper_methods!(Upload => Asset);

impl Upload {
    /// How the service is asked whether the asset is there.
    pub fn with_poll_policy(mut self, policy: PollPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Uploads the file, and leaves the waiting to the caller.
    ///
    /// # Errors
    ///
    /// See [`Assets::upload`].
    pub async fn start(self) -> Result<Operation<Asset>, Error> {
        let (asset, file) = self.upload.into_parts().await?;
        self.assets.create(asset, file).with_options(self.options).with_poll_policy(self.policy).start().await
    }

    async fn run(self) -> Result<Asset, Error> {
        self.start().await?.wait().await
    }
}
