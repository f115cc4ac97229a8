//! `cargo xtask fuzz`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    opencloud_fuzz::run(&opencloud_fuzz::Options::parse())
}
