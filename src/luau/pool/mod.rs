//! Many scripts over the slots of one or several places.

mod builder;
mod checkpoint;
mod job;
mod outcome;
mod places;
mod run;
mod script;
mod slots;

pub use builder::Pool;
pub use checkpoint::PoolCheckpoint;
pub use outcome::PoolOutcome;
pub use run::PoolRun;
pub use script::PoolScript;
