//! Luau execution: scripts that run against a place, with what they return and log.
//!
//! - Run a script and wait for its results: [`Luau::run`].
//! - Start a script and go on with it later or in another process: [`Run::start`], [`Luau::resume`].
//! - Read what a script has logged: [`Task::logs`].
//! - Run many scripts over the slots of one or several places: [`Luau::pool`].
//! - Give a script a large binary input: [`Luau::upload_binary_input`].
//!
//! ```no_run
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! let finished = client.luau().run("return 6 * 7, game.Name").at(42, 43).await?;
//! let (product, name): (i64, String) = finished.decode()?;
//! # Ok(())
//! # }
//! ```
//!
//! The [`Failure`] of a script is in the error. Logs can be read once the script has ended.
//!
//! A script must not be larger than 4 MiB, and runs for 5 minutes at most. What it returns must not be
//! larger than 4 MB as JSON, and of its logs the last 450 KB are kept. A place takes ten unfinished tasks.
//! A task is kept for 24 hours after it has ended, and there is no way to cancel one.
//!
//! A script that saves the place makes a new version of it, of which neither `game.PlaceVersion` nor the result
//! says the number: list the versions (PL-13).

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod failure;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod finished;
mod guard;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod input;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod logs;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod path;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod pool;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod run;
#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
mod task;

pub use crate::generated::luau::*;
pub use failure::Failure;
pub use finished::Finished;
pub use input::{BinaryInput, UploadBinaryInput, UploadedInput};
pub use logs::Logs;
pub use path::TaskPath;
pub use pool::{Pool, PoolCheckpoint, PoolOutcome, PoolRun, PoolScript};
pub use run::{Run, Script};
pub use task::Task;

use crate::Error;
use crate::body::File;
use crate::ids::UniverseId;

#[cfg_attr(docsrs, doc(auto_cfg = true, cfg(feature = "helpers")))]
impl Luau {
    /// A script to run: [`Script::at`] says where.
    ///
    /// Calls `luau.create_task`, `luau.create_task_for_version`, `luau.create_binary_input` and `luau.get_task`;
    /// scope `universe.place.luau-execution-session:write`.
    pub fn run(&self, script: impl Into<String>) -> Script {
        Script::new(self.clone(), script.into())
    }

    /// A task that was started before, in this process or another, by its path as the service writes it:
    /// in any of the forms of [`TaskPath`]. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if it is not a path of a task.
    pub fn resume(&self, path: impl AsRef<str>) -> Result<Task, Error> {
        Task::at(self, path.as_ref().parse()?)
    }

    /// Uploads a file that scripts of the universe can read, 100 MiB at most. Within 15 minutes they can be
    /// given to any number of [runs](Run::binary_input).
    ///
    /// Calls `luau.create_binary_input`; scope `universe.place.luau-execution-session:write`.
    ///
    /// A run does this itself if it is given bytes or a file; this is for several runs with the same.
    pub fn upload_binary_input(
        &self,
        universe: impl Into<UniverseId>,
        file: impl Into<File>,
    ) -> UploadBinaryInput {
        UploadBinaryInput::new(self.clone(), universe.into(), file.into())
    }
}
