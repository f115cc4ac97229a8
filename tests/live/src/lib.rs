//! Probes of the live service: each sends the smallest calls that tell whether a recorded fact of
//! `spec/live/facts.yaml` still holds, and whether the service behaves as Roblox's document says.
//!
//! Probes only read unless writes are allowed. They keep to a number of calls and a rate, remove what they
//! made, and report shapes instead of values, so that a report can be shown to anybody.

mod lab;
mod probe;
mod probes;
mod report;
mod shape;

pub use lab::{Bounds, Exchange, Lab, Stop, Targets};
pub use probe::{Check, Finding, Need, Outcome, Probe, Running, Verdict, run};
pub use probes::{NOT_PROBED, TOLD_BY, all, probe_of};
pub use report::{Report, Row};
pub use shape::shape;
