//! A local Roblox Open Cloud: for tests without a key, and for looking at what a client really sends.
//!
//! Its truth is `spec/open-cloud.json` and what Roblox's guides say, not the `opencloud` crate: a mistake in the SDK
//! cannot hide in it.

mod behaviour;
mod call;
mod cel;
mod clock;
mod control;
mod document;
mod failure;
mod mask;
mod page;
mod request;
mod route;
mod sample;
mod schema;
mod server;
mod state;
mod synth;
mod validate;

pub use document::{
    Body, Document, DocumentError, Location, LongRunning, Match, Media, Operation, Paging, PagingStyle,
    Parameter, Response,
};
pub use request::{Part, RequestParts, multipart, query_pairs};
pub use sample::{Mode, Sample, SampleRequest, parameter_values, request as sample_request};
pub use schema::{Direction, to_json_schema};
pub use server::{Builder, Emulator, Message, Recorded};
pub use validate::{Violation, validate_request, validate_response, validate_value, validate_wire};
