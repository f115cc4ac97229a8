//! One thing for many: a list or stream of inputs, a function that makes a call for each, and a report that
//! names the input of each failure.
//!
//! A list of bans with 10,000 lines:
//!
//! ```no_run
//! # #[cfg(all(feature = "user_restrictions", feature = "helpers"))]
//! # async fn run(client: opencloud::Client, users: Vec<u64>) -> Result<(), opencloud::Error> {
//! use opencloud::bulk;
//! use opencloud::user_restrictions::BanLength;
//!
//! let restrictions = client.user_restrictions();
//! let report = bulk::for_each(users, |user| restrictions.ban(42, user, BanLength::Permanent))
//!     .concurrency(8)
//!     .on_progress(|done, total| eprintln!("{done} of {total:?}"))
//!     .stop_when(tokio::time::sleep(std::time::Duration::from_secs(3600)))
//!     .await;
//! println!("{report}"); // 9970 done, 1 failed, 29 not tried
//! for (user, error) in &report.failed {
//!     eprintln!("{user}: {error}");
//! }
//! // To be given to the next run.
//! let remaining: Vec<u64> = report.into_remaining();
//! # Ok(())
//! # }
//! ```
//!
//! Any call can be made: `|user| groups.set_role(7, user, 99)`, or one that starts an operation and waits for it,
//! `|file| async move { assets.upload(..).await }`. [`for_each_item`] takes a stream, such as the
//! [items](crate::paging::Items) of a list, and reads no more of it than is called for.
//!
//! [`Bulk::outcomes`] gives each outcome as it comes, instead of a report at the end.
//!
//! # Rate limits
//!
//! A call waits for rate limits itself, within its deadline. If that is not enough, all calls are held back for as long
//! as the service asks (60 seconds if it does not say), and the call is made again, at most 100 times. So a function
//! that makes several requests must be one that can begin again. A call that the client's own
//! [rate limit](crate::limit) gives no permit in time goes into its queue again. A call that has started a long-running
//! operation is not made again; it has failed, and its error [names](crate::Error::operation_name) the operation.
//!
//! A wait that is longer than [`Bulk::maximum_wait`], such as for a limit per day, ends the run.
//!
//! # When a run ends early
//!
//! A failed call does not keep the others from being made. The run ends early, and [`Report::stopped`] says why,
//! if the others would fail the same way: a credential that is missing, wrong or expired, or lacks a scope, a moderated
//! account, or [many failures in a row](Bulk::maximum_failures_in_a_row) of the service or the connection. Calls that are under way
//! are waited for. [`Report::into_remaining`] then gives the inputs for the next run.

mod calls;
mod failure;
mod outcomes;
mod progress;
mod report;
mod run;
mod settings;

pub use calls::Calls;
pub use outcomes::Outcomes;
pub use report::Report;
pub use run::{Bulk, for_each, for_each_item};

pub(crate) use failure::can_pass;
pub(crate) use settings::{Settings, settings_methods};
