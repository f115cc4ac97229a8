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

mod answer;
mod behaviour;
mod call;
mod cel;
mod clock;
mod control;
mod dashboard;
mod document;
mod failure;
mod faults;
mod html;
mod identity;
mod limits;
mod listing;
mod luau;
mod mask;
mod nesting;
mod page;
mod picture;
mod request;
mod route;
mod sample;
mod schema;
mod seed;
mod server;
mod shapes;
mod state;
mod store;
mod synth;
mod tolerance;
mod validate;

pub use document::{
    Body, Document, DocumentError, Location, LongRunning, Match, Media, Operation, Paging, PagingStyle,
    Parameter, RateLimit, RateLimits, Response,
};
pub use faults::{Fault, FaultError};
pub use identity::{ApiKey, InvalidAddress, KeyScope, OAuthApp};
pub use luau::{LuauError, LuauLog, LuauRun, LuauTask};
pub use request::{Part, RequestParts, multipart, query_pairs};
pub use sample::{Mode, Sample, SampleRequest, parameter_values, request as sample_request};
pub use schema::{Direction, to_json_schema};
pub use seed::{Seed, SeedError};
pub use server::{Builder, Emulator, Message, Recorded, StateError, StateHandle};
pub use shapes::Shapes;
pub use validate::{Violation, validate_request, validate_response, validate_value, validate_wire};
