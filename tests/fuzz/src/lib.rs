//! Everything that reads text from outside, fed with what nobody would send.
//!
//! A target is a kind of input and what must hold of any of it: no panic, bounded memory and time, and a property
//! where there is one. Inputs are bytes, so that what was found once can be kept as a file
//! (`tests/fuzz/corpus/<target>/`), which is tried first from then on. They are made by strategies of `proptest`: the
//! formats have checksums, signatures and grammars that bytes changed at random hardly ever get past.
//!
//! Each target runs in a process of its own, which a stack overflow or an allocation beyond its bound may end: the
//! input is on disk before it is tried.

mod engine;
mod make;
mod process;
mod support;
mod targets;

pub use process::{Options, run, run_test};

use proptest::strategy::BoxedStrategy;

/// Counts what is allocated, and refuses what is beyond the bound of the target.
#[global_allocator]
static ALLOCATOR: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// Something that reads text from outside.
#[derive(Clone, Copy)]
struct Target {
    name: &'static str,
    /// How many inputs the test tries.
    cases: u32,
    /// How many bytes one input may have allocated at a time.
    memory: usize,
    inputs: fn() -> BoxedStrategy<Vec<u8>>,
    check: fn(&[u8]) -> Check,
}

/// What is wrong, beginning with the property that does not hold.
type Check = Result<(), String>;

const MIB: usize = 1024 * 1024;
