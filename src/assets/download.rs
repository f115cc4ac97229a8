use super::{AssetKind, Assets};
use crate::call::option_methods;
use crate::client::Options;
use crate::ids::{AssetId, Id};
use crate::types::AssetDeliveryLocation;
use crate::{Error, Response};
use tokio::io::AsyncWrite;

impl Assets {
    /// The content of an asset, to be written somewhere.
    ///
    /// Calls `assets.get_delivery_location` and `assets.get_version_delivery_location`; scope
    /// `legacy-asset:manage`.
    ///
    /// The service is asked for a location, which is then read without the credential: the address itself
    /// is the permission.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// let mut content = Vec::new(); // or a `tokio::fs::File`
    /// let size = client.assets().download(2205400862).max_bytes(1024 * 1024).write_to(&mut content).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn download(&self, asset: impl Into<AssetId>) -> Download {
        Download {
            assets: self.clone(),
            asset: asset.into(),
            version: None,
            // Nothing larger can be uploaded.
            max_bytes: AssetKind::MAX_BYTES,
            options: Options::default(),
        }
    }
}

/// A download. Made by [`Assets::download`].
#[derive(Clone, Debug)]
#[must_use = "nothing is read until `write_to`"]
pub struct Download {
    assets: Assets,
    asset: AssetId,
    version: Option<Id>,
    max_bytes: u64,
    options: Options,
}

impl Download {
    option_methods!(each);

    /// Reads it as a helper does whose step this is.
    #[cfg(feature = "places")]
    pub(crate) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Reads this version of the asset. Without it, the service gives the newest one that was saved or published, and
    /// for a while after an upload still the one before (AS-19): name the version where it matters.
    pub fn version(mut self, number: impl Into<Id>) -> Self {
        self.version = Some(number.into());
        self
    }

    /// The most that may be written, in bytes, once decompressed: 3,840 MiB unless this is set.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Reads the content and writes it as it comes; returns its size in bytes.
    ///
    /// # Errors
    ///
    /// As of every call, and as of [`Request::send_to`](crate::Request::send_to).
    pub async fn write_to<W: AsyncWrite + Unpin + Send>(self, writer: W) -> Result<u64, Error> {
        let Self { assets, asset, version, max_bytes, options } = self;
        let call = match version {
            Some(number) => {
                assets.get_version_delivery_location(asset, number).with_options(options.clone()).call
            }
            None => assets.get_delivery_location(asset).with_options(options.clone()).call,
        };
        let operation = call.operation;
        let (exchanged, found) = call.send_decoding().await?;
        let location =
            location(found).map_err(|error| exchanged.attach_to(error).with_operation(operation))?;
        let get = assets.client.request(http::Method::GET, location).with_options(options);
        get.without_credentials().send_to(writer, max_bytes).await.map(Response::into_inner)
    }
}

/// Where the content is. Why the service does not say, the call itself has told (`AS-11`).
fn location(found: AssetDeliveryLocation) -> Result<String, Error> {
    let location = found.location.filter(|location| !location.is_empty());
    location.ok_or_else(|| Error::unreadable("the service names no location of the asset's content"))
}
