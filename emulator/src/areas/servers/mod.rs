//! Game servers, and their restarts: launched for places of a universe, and followed place by place.

mod fleet;
pub(crate) mod game_servers;
pub(crate) mod handlers;
pub(crate) mod model;
