//! A local Roblox Open Cloud: for tests without a key, and for looking at what a client really sends.
//!
//! Its truth is `spec/open-cloud.json` and what Roblox's guides say, not the `opencloud` crate: a mistake in the SDK
//! cannot hide in it.
//!
//! ```no_run
//! # async fn run() -> std::io::Result<()> {
//! let emulator = opencloud_emulator::Emulator::start().await?;
//! // Point any client at it, for every host of Open Cloud, with any API key.
//! let base_url = emulator.base_url();
//! // Afterwards, look at what came in, and at what was wrong with it.
//! for request in emulator.requests() {
//!     println!("{} {} {:?}", request.method, request.path, request.violations);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The document is open to tests of other crates as well: [`Document`] finds the operation of a request,
//! [`validate_request`] says what is wrong with it, and [`Sample`] makes values of schemas.

#[macro_use]
mod refuse;

mod api;
mod areas;
mod clock;
mod control;
mod dashboard;
mod document;
mod faults;
mod html;
mod identity;
mod incoming;
mod inner;
mod limits;
mod mix;
mod pairs;
mod seed;
mod server;
mod state;
mod store;
mod wire;

pub use api::{LuauError, LuauLog, LuauRun, LuauTask, Shapes};
pub use areas::messaging::model::Message;
pub use document::{
    Body, Direction, Document, DocumentError, Location, LongRunning, Match, Media, Mode, Operation, Paging,
    PagingStyle, Parameter, Part, RateLimit, RateLimits, RequestParts, Response, Sample, SampleRequest,
    Violation, multipart, parameter_values, query_pairs, sample_request, to_json_schema, validate_request,
    validate_response, validate_value, validate_wire,
};
pub use faults::{Fault, FaultError};
pub use identity::{ApiKey, InvalidAddress, KeyScope, OAuthApp};
pub use inner::traffic::Recorded;
pub use seed::{Seed, SeedError};
pub use server::{Builder, Emulator, StateError, StateHandle};
