//! The API as data: the types of the operation table, the table itself, and what headers say of rate limits.

mod info;
pub(crate) mod rate_limit;
mod scope;

pub use info::OperationInfo;
pub use rate_limit::{RateLimitStatus, RateLimitWindow};
pub use scope::Scope;

/// What Roblox's OpenAPI document says of each operation.
#[allow(dead_code, reason = "a build without areas has no operation that uses them all")]
pub mod operations {
    use super::OperationInfo;
    pub use super::info::{
        Condition, Dialect, ErrorsInSuccess, FinalError, Hint, IdFromRequest, IdempotencyInfo, Limit,
        LongRunningInfo, Overdue, PagingInfo, PagingStyle, Polling, ServiceLimit, Stability,
    };
    pub use crate::wire::decode::ExpectedFields;

    include!(concat!(env!("OUT_DIR"), "/operations.rs"));
}

pub(crate) use operations::{
    Condition, Dialect, ErrorsInSuccess, ExpectedFields, FinalError, Hint, IdempotencyInfo, Limit,
    LongRunningInfo, PagingInfo, PagingStyle, Polling, ServiceLimit,
};
