//! What must not compile does not, with an error that says why.
//!
//! These are cases whose messages stay the same whatever areas are enabled; docs/filters.md has one
//! more, a filter that an inventory does not take.
//!
//! The messages are those of the compiler that the project is developed with; after a change of it,
//! `TRYBUILD=overwrite cargo test --test compile_fail` writes the new ones.

#[test]
#[cfg(all(feature = "groups", feature = "memory_stores"))]
fn illegal_filters() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
