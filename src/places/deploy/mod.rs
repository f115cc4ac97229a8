//! Several places of a universe at once: planned first, then published.

mod builder;
mod plan;
mod release;
mod report;
#[cfg(feature = "servers")]
mod restart;
mod source;

pub use builder::Deploy;
pub use plan::{DeployPlan, PlannedPlace};
pub use report::{DeployReport, PlaceOutcome, PlaceReport, RestartOutcome};
