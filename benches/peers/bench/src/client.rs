//! The clients as processes, and the server that they talk to.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::figure::{Figure, Measured, Target};
use crate::server::Server;

/// Pairs of runs of which the median ratio is taken.
const PAIRS: usize = 15;

/// Five more than the 59 that the call by hand makes if the response has only the headers that it needs.
const MOST_ALLOCATIONS: f64 = 64.0 / 59.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Get,
    GetAtOnce,
    Items,
    Entries,
}

impl Scenario {
    pub const ALL: [Self; 4] = [Self::Get, Self::GetAtOnce, Self::Items, Self::Entries];

    fn argument(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::GetAtOnce => "get_64",
            Self::Items => "items",
            Self::Entries => "entries",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Get => "users().get",
            Self::GetAtOnce => "64 users().get at once, each",
            Self::Items => "page of 100 items",
            Self::Entries => "page of 256 entries",
        }
    }

    /// Calls in one round.
    fn calls(self) -> f64 {
        if self == Self::GetAtOnce { 64.0 } else { 1.0 }
    }

    /// Rounds of a run that counts, and of one that times.
    fn rounds(self) -> (u32, u32) {
        match self {
            Self::Get => (200, 2000),
            Self::GetAtOnce => (10, 60),
            Self::Items | Self::Entries => (50, 400),
        }
    }

    /// The ratio of a get may be that of the rival in the same run.
    pub fn most_instructions(self, counted: &Measured<f64>) -> f64 {
        match self {
            Self::Get | Self::GetAtOnce => counted.rival.map_or(1.036, |rival| rival / counted.floor),
            Self::Items | Self::Entries => 1.02,
        }
    }

    pub fn most_allocations(self) -> Target {
        match self {
            Self::Get | Self::GetAtOnce => Target::Ratio(MOST_ALLOCATIONS),
            Self::Items | Self::Entries => Target::Ratio(1.02),
        }
    }

    pub fn most_bytes(self) -> f64 {
        match self {
            Self::Get | Self::GetAtOnce => 1.1,
            Self::Items | Self::Entries => 1.02,
        }
    }
}

/// What a run says of one round.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Run {
    pub allocations: f64,
    pub bytes: f64,
    pub cpu_ns: f64,
    pub wall_ns: f64,
}

pub struct Clients {
    folder: PathBuf,
    with_rival: bool,
    server: Server,
}

impl Clients {
    /// Builds the clients and starts the server.
    pub fn build(with_rival: bool) -> Result<Self, String> {
        let rival = if with_rival { &["rival"][..] } else { &[] };
        // One by one: together, each would get the features that another one asks for.
        for package in ["server", "floor", "ours"].iter().chain(rival) {
            let arguments = ["build", "--quiet", "--release", "--package", package, "--bin", package];
            let status = cargo().args(arguments).status();
            if !status.map_err(|error| format!("cargo could not be run: {error}"))?.success() {
                return Err(format!("{package} was not built"));
            }
        }
        let folder = target().join("release");
        let server = Server::start(&mut Command::new(folder.join("server")))?;
        Ok(Self { folder, with_rival, server })
    }

    /// A program of this workspace.
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.folder.join(name))
    }

    /// Of the server.
    pub fn address(&self) -> &str {
        &self.server.address
    }

    /// The instructions of one call.
    pub fn instructions(&self, scenario: Scenario) -> Result<Measured<f64>, String> {
        self.each(scenario, |client| self.counted(client, scenario))
    }

    /// What retry, budget and limiter add to an undisturbed call, in instructions.
    pub fn guards(&self) -> Result<f64, String> {
        // Fewer than the server's headers allow in a minute.
        const ROUNDS: u32 = 40;
        let ours =
            |scenario| self.per_round("ours", scenario, ROUNDS)?.ok_or("ours counts nothing".to_owned());
        Ok(ours("get_guarded")? - ours("get_bare")?)
    }

    fn counted(&self, client: &str, scenario: Scenario) -> Result<Option<f64>, String> {
        let (rounds, _) = scenario.rounds();
        let instructions = self.per_round(client, scenario.argument(), rounds)?;
        Ok(instructions.map(|instructions| instructions / scenario.calls()))
    }

    /// The instructions of one round: of a long run less those of a short one.
    fn per_round(&self, client: &str, scenario: &str, rounds: u32) -> Result<Option<f64>, String> {
        let short = self.callgrind(client, scenario, 1)?;
        let long = self.callgrind(client, scenario, rounds + 1)?;
        Ok(long.zip(short).map(|(long, short)| (long - short) / f64::from(rounds)))
    }

    pub fn allocations(&self, scenario: Scenario) -> Result<Measured<Run>, String> {
        let (rounds, _) = scenario.rounds();
        self.each(scenario, |client| {
            let calls = scenario.calls();
            Ok(self.run(client, scenario, rounds)?.map(|run| Run {
                allocations: run.allocations / calls,
                bytes: run.bytes / calls,
                ..run
            }))
        })
    }

    /// A time, as the median of ratios of runs that follow each other.
    pub fn paired(&self, scenario: Scenario, what: &str, of: impl Fn(&Run) -> f64) -> Result<Figure, String> {
        let (_, rounds) = scenario.rounds();
        let mut runs: Vec<Measured<f64>> = Vec::new();
        for _ in 0..PAIRS {
            let run = self.each(scenario, |client| self.run(client, scenario, rounds))?;
            runs.push(run.map(|run| of(run) / scenario.calls() / 1000.0));
        }
        let median = |of: &dyn Fn(&Measured<f64>) -> Option<f64>| {
            let mut values: Vec<f64> = runs.iter().filter_map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let floor = median(&|run| Some(run.floor)).unwrap_or_default();
        let measured = Measured {
            ours: floor * median(&|run| Some(run.ours / run.floor)).unwrap_or_default(),
            floor,
            rival: median(&|run| Some(run.rival? / run.floor)).map(|ratio| floor * ratio),
        };
        Ok(Figure::new(&format!("{}: {what}", scenario.title()), "microseconds", measured, Target::None))
    }

    fn each<T: Copy>(
        &self,
        scenario: Scenario,
        of: impl Fn(&str) -> Result<Option<T>, String>,
    ) -> Result<Measured<T>, String> {
        let required = |client: &str| of(client)?.ok_or(format!("{client} has no {}", scenario.title()));
        let rival = if self.with_rival { of("rival")? } else { None };
        Ok(Measured { floor: required("floor")?, ours: required("ours")?, rival })
    }

    /// A run of a client; none if it has no such call.
    fn run(&self, client: &str, scenario: Scenario, rounds: u32) -> Result<Option<Run>, String> {
        let mut command = self.program(client);
        let text = output(command.args(self.arguments(scenario.argument(), rounds)))?.0;
        match text.trim() {
            "" => Ok(None),
            line => serde_json::from_str(line).map(Some).map_err(|error| format!("{client}: {error}")),
        }
    }

    /// The instructions of a whole run; none if the client has no such call.
    fn callgrind(&self, client: &str, scenario: &str, rounds: u32) -> Result<Option<f64>, String> {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(self.folder.join(client))
            .args(self.arguments(scenario, rounds));
        let (text, log) = output(&mut command)?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let line = log.lines().find(|line| line.contains("Collected")).ok_or("callgrind counted nothing")?;
        let number = line.rsplit(' ').next().and_then(|number| number.parse().ok());
        number.map(Some).ok_or(format!("not a count: {line}"))
    }

    fn arguments(&self, scenario: &str, rounds: u32) -> [String; 3] {
        [scenario.to_owned(), self.server.address.clone(), rounds.to_string()]
    }
}

pub fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Cargo in this workspace, building where this program was built.
pub fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).env("CARGO_TARGET_DIR", target());
    cargo
}

/// Where this program was built.
pub fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(2).unwrap_or(Path::new("target")).to_owned()
}

/// What a command that succeeds prints, and its messages.
pub fn output(command: &mut Command) -> Result<(String, String), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name} could not be run: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok((String::from_utf8_lossy(&output.stdout).into_owned(), log)),
        false => Err(format!("{name} failed:\n{log}")),
    }
}
