//! What every area works with: the call, the response or the failure, pages, masks, filters and long-running operations.
//!
//! It stands on `document`, and knows no area.

mod bounded;
mod call;
mod failure;
pub(crate) mod filter;
mod ids;
mod json;
pub(crate) mod list_end;
pub(crate) mod operations;
mod page;
pub(crate) mod picture;
mod response;
mod scripts;
mod shapes;
pub(crate) mod synth;
mod time;
pub(crate) mod update_mask;

pub(crate) use bounded::push_bounded;
pub(crate) use call::{Call, refuse_unfit};
pub(crate) use failure::{Failure, Outcome};
pub(crate) use filter::{Comparison, Grammar, Literal, Operator};
pub(crate) use ids::Ids;
pub(crate) use json::{list, object, text};
pub(crate) use operations::Operations;
pub(crate) use page::{Pagination, v2_page, with_next};
pub(crate) use response::Response;
pub(crate) use scripts::Scripts;
pub use scripts::{LuauError, LuauLog, LuauRun, LuauTask};
pub use shapes::Shapes;
pub(crate) use time::{day, hour, later, rfc3339, rfc3339_nanos, rfc3339_offset, time};
