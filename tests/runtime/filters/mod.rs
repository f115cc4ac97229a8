//! What filters and orders send, what they refuse, and that no value is lost in quotation marks.

#[cfg(all(
    feature = "analytics",
    feature = "data_stores",
    feature = "groups",
    feature = "memory_stores",
    feature = "ordered_data_stores",
    feature = "servers",
    feature = "user_restrictions",
    feature = "users"
))]
mod calls;
mod grammar;
mod refused;
mod round_trip;
