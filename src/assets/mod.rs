//! Assets: uploading, changing, versions, permissions and downloads.
//!
//! - Upload an asset or change one, from a file, bytes or a reader: [`Assets::upload`], [`Assets::edit`]. They find out what a
//!   file is, refuse what the service would, and wait until the asset is there.
//! - Fetch the content: [`Assets::download`].
//! - Wait until moderation has decided: [`Assets::wait_for_moderation`].
//! - Share an asset, and make sure that it was shared: [`Assets::grant`].
//! - Read versions and go back to one: [`Assets::list_versions`], [`Assets::rollback`].
//! - Archive an asset and restore it: [`Assets::archive`], [`Assets::restore`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use opencloud::assets::AssetUpload;
//! use opencloud::body::File;
//!
//! let file = File::open("hat.png").await?;
//! let hat = client.assets().upload(AssetUpload::by_user(156, "Hat", file)).await?;
//! println!("{:?} is {:?}", hat.asset_id, hat.moderation());
//! # Ok(())
//! # }
//! ```

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod download;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod edit;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod format;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod grant;
mod inspect;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod kind;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod moderation;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod upload;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod waiting;

pub use crate::generated::assets::*;
pub use download::Download;
pub use edit::{Edit, SocialSite};
pub use format::Format;
pub use grant::Grant;
pub use kind::AssetKind;
pub use moderation::Moderation;
pub use upload::{AssetUpload, Upload};
pub use waiting::WaitForModeration;
