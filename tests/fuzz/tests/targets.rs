//! Every target, with the inputs that have found something before, and with as many others as take a minute in all.

use std::process::ExitCode;

fn main() -> ExitCode {
    opencloud_fuzz::run_test(std::env::args().skip(1))
}
