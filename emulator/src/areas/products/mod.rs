//! What universes sell: game passes and developer products, which differ in little but their names.

mod change;
pub(crate) mod handlers;
pub(crate) mod model;
