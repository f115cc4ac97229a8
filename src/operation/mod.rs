//! Long-running operations: started by one call, done later.
//!
//! ```no_run
//! # #[cfg(feature = "users")]
//! # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
//! // Start, follow and take the result:
//! let thumbnail = client.users().generate_thumbnail(156).wait().await?;
//!
//! // Or step by step:
//! let mut operation = client.users().generate_thumbnail(156).start().await?;
//! let name = operation.name().map(str::to_owned); // keep it, to go on in another process
//! let thumbnail = operation.wait().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Dropping an [`Operation`] cancels nothing: it goes on at the service, and Open Cloud has no way to
//! cancel one. Whoever has its [`name`](Operation::name) can follow it again:
//!
//! ```no_run
//! # #[cfg(feature = "users")]
//! # async fn run(client: opencloud::Client, name: String) -> Result<(), opencloud::Error> {
//! use opencloud::users::UserThumbnail;
//!
//! let thumbnail = client.operations().resume::<UserThumbnail>(&name)?.wait().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Homepage thumbnails that are uploaded together are followed together. If some files were not
//! accepted, the operation fails once the others are finished: [`Error::message`] says which, and
//! [`Error::details`] is the response, with the operation id of each file. Otherwise
//! [`Operation::metadata`] says which result is of which file.
//!
//! Roblox does not say how long it keeps an operation after it is done (a Luau task: 24 hours).

#[cfg(any(feature = "data_stores", feature = "memory_stores"))]
pub(crate) mod contention;
mod dialect;
mod following;
mod name;
mod policy;
mod progress;
mod resume;
mod route;
mod states;
mod target;
mod waits;

pub use following::{Operation, State};
pub use policy::PollPolicy;
pub use progress::Progress;
pub use resume::Operations;
pub use states::States;
pub(crate) use waits::Waits;

use crate::Error;
use crate::call::Call;
use crate::paging::Fetched;
use serde::de::DeserializeOwned;

/// Waits before something is tried again: for an area that waits for something else than an operation.
pub(crate) async fn pause(wait: std::time::Duration) {
    tokio::time::sleep(wait).await;
}

/// Starts the operation that reads a page of a list, and waits for the page.
pub(crate) async fn page<P: DeserializeOwned + Send + 'static>(call: Call<P>) -> Result<Fetched<P>, Error> {
    let page = Operation::start(call).await?.wait_for_response().await?;
    Ok(page.into())
}

/// The methods of a call that starts an operation.
macro_rules! start_methods {
    ($name:ident => $result:ty) => {
        impl $name {
            /// How the operation is polled, and how long it is waited for.
            pub fn with_poll_policy(mut self, policy: crate::operation::PollPolicy) -> Self {
                self.poll_policy = policy;
                self
            }

            /// Starts the operation.
            ///
            /// # Errors
            ///
            /// As of every call. An operation that was started and failed at once is not an error here.
            pub async fn start(self) -> Result<crate::operation::Operation<$result>, crate::Error> {
                let operation = crate::operation::Operation::start(self.call.expecting()).await?;
                Ok(operation.with_poll_policy(self.poll_policy))
            }

            /// Starts the operation, waits until it is done and returns its result.
            ///
            /// # Errors
            ///
            /// As [`start`](Self::start) and [`Operation::wait`](crate::operation::Operation::wait).
            pub async fn wait(self) -> Result<$result, crate::Error> {
                self.start().await?.wait().await
            }
        }
    };
}
pub(crate) use start_methods;
