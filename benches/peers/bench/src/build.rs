//! What a program with one call costs to build.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::client::{cargo, output, target};
use crate::figure::{Figure, Measured, Target};

pub fn figures() -> Result<Vec<Figure>, String> {
    let of = |measure: &dyn Fn(&str) -> Result<f64, String>| -> Result<Measured<f64>, String> {
        Ok(Measured { floor: measure("floor")?, ours: measure("ours")?, rival: Some(measure("rival")?) })
    };
    Ok(vec![
        Figure::new("clean debug build: CPU time", "seconds", of(&clean_build)?, Target::Rival),
        Figure::new("crates in that build", "", of(&crates)?, Target::AtMost(130.0)),
        Figure::new("release binary", "bytes", of(&binary)?, Target::Ratio(1.15)),
    ])
}

/// CPU seconds, user and system, of a build from nothing.
fn clean_build(package: &str) -> Result<f64, String> {
    let folder = target().join("clean").join(package);
    let _ = fs::remove_dir_all(&folder);
    let script = "TIMEFORMAT='%U %S'; time cargo build --quiet --package \"$1\" --bin one_call_\"$1\"";
    let mut command = Command::new("bash");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    command.args(["-c", script, "bash", package]).current_dir(workspace).env("CARGO_TARGET_DIR", &folder);
    let seconds = cpu_seconds(&mut command);
    let _ = fs::remove_dir_all(&folder);
    seconds
}

/// What bash's `time` prints of a command: seconds of user and of system, on the last line.
pub fn cpu_seconds(command: &mut Command) -> Result<f64, String> {
    let (_, log) = output(command)?;
    let times = log.lines().last().unwrap_or_default();
    times.split(' ').map(|time| time.parse::<f64>().map_err(|error| format!("{times:?}: {error}"))).sum()
}

fn crates(package: &str) -> Result<f64, String> {
    let mut command = cargo();
    command.args(["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"]);
    let (tree, _) = output(&mut command)?;
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    // Without the program itself and the crate that counts.
    Ok(crates.len().saturating_sub(2) as f64)
}

fn binary(package: &str) -> Result<f64, String> {
    let name = format!("one_call_{package}");
    let mut command = cargo();
    command.args(["build", "--quiet", "--profile", "shipped", "--package", package, "--bin", &name]);
    output(&mut command)?;
    let path = target().join("shipped").join(name);
    fs::metadata(&path).map(|file| file.len() as f64).map_err(|error| format!("{}: {error}", path.display()))
}
