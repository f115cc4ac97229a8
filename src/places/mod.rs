//! Places of universes: publishing them, their settings and their history.
//!
//! - Publish a place file, from a path, bytes or a reader: [`Places::publish`].
//! - Publish several places with a plan and a report, promote a version to another place, go back to an older one:
//!   [`Places::deploy`].
//! - Read and change a place's settings: [`Places::get`], [`Places::update`].
//! - Read its history and annotate a version: [`Places::list_versions`], [`Places::update_version_notes`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use opencloud::body::File;
//!
//! let version = client.places().publish(42, 1818, File::open("game.rbxl").await?).await?;
//! println!("published version {version}");
//! # Ok(())
//! # }
//! ```
//!
//! The history is read by the generated calls:
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! use opencloud::places::UpdatePlaceVersionNotesRequest;
//!
//! let mut published = client.places().list_versions(1818).is_published(true).items();
//! while let Some(version) = published.next().await.transpose()? {
//!     println!("{} {}", version.version(), version.title());
//! }
//! let notes = UpdatePlaceVersionNotesRequest::new().title("Winter").description("Snow everywhere.");
//! client.places().update_version_notes(1818, 7_u64, notes).await?;
//! let contributors = client.places().list_contributors(1818).items().collect().await?;
//! # Ok(())
//! # }
//! ```

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod deploy;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod file;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod publish;

pub use crate::generated::places::*;
pub use deploy::{Deploy, DeployPlan, DeployReport, PlaceOutcome, PlaceReport, PlannedPlace, RestartOutcome};
pub use file::{PlaceFile, PlaceFormat};
pub use publish::Publish;
