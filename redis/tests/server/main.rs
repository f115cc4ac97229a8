//! Everything that is shared, at a real server: `redis-server` or `valkey-server`, started by each test on a port of its
//! own.

mod bad_input;
mod clocks;
mod cluster;
mod failures;
mod jobs;
mod rate_limit;
mod replay;
mod support;
mod tokens;
mod traces;
mod whole_jobs;
