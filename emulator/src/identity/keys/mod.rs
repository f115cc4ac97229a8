//! API keys: what each one may do, from where and for how long.

mod address;
mod api_key;
mod known;
mod scope;

pub use address::InvalidAddress;
pub use api_key::ApiKey;
pub(crate) use api_key::Refusal;
pub(crate) use known::{Found, Keys};
pub use scope::KeyScope;
