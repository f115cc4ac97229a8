//! Public names: ours where the overlay gives one, derived where it does not.
//!
//! A derived name is never an error. It is made valid, unique and the same on every run, and it never
//! takes a name that the overlay gives to something else.

mod area;
mod classes;
pub mod ident;
mod method;
mod operations;
mod type_name;
mod types;

pub use operations::{UNSORTED, name_operations};
pub use types::{UPSTREAM, name_types};

/// The first candidate that is free, else the base with the first free number.
fn first_free(
    base: &str,
    candidates: impl IntoIterator<Item = String>,
    number: impl Fn(&str, usize) -> String,
    is_free: impl Fn(&str) -> bool,
) -> String {
    if is_free(base) {
        return base.to_owned();
    }
    if let Some(name) = candidates.into_iter().find(|name| is_free(name)) {
        return name;
    }
    let mut numbered = (2..).map(|index| number(base, index));
    numbered.find(|name| is_free(name)).unwrap_or_default()
}
