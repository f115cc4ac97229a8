//! Assets: uploading, changing, versions, permissions and downloads.
//!
//! The generated calls of [`Assets`] send what they are given. [`Assets::upload`] and [`Assets::edit`] find
//! out what a file is, refuse what the service would, and wait until the asset is there;
//! [`Assets::download`] fetches the content, [`Assets::wait_for_moderation`] waits until it is decided about, and
//! [`Assets::grant`] makes sure that a permission was granted.
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

mod download;
mod edit;
mod format;
mod grant;
mod inspect;
mod kind;
mod moderation;
mod upload;
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
