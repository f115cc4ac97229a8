//! Luau tasks: they wait, run and end. Nothing is executed: what comes of a script, a test decides, or else its text.

mod arranged;
pub(crate) mod handlers;
mod literal;
pub(crate) mod model;
mod representation;
mod script;
