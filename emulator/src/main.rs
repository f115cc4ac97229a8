//! `opencloud-emulator`: a local Open Cloud for clients in any language.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, ValueEnum};
use opencloud_emulator::{Builder, Emulator, Seed, Shapes};

/// The exit code for a command line that cannot be followed.
const BAD_INPUT: u8 = 2;

/// A local Roblox Open Cloud. It serves every host of the API on 127.0.0.1, or where --host says.
///
/// Point any client at the address that is printed. What the emulator is told besides, and what it remembers, is under
/// /__emulator/ there: health, state, requests, clock, faults, messages, reset.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// The address to listen on. Any that other machines reach, such as 0.0.0.0, takes --allow-remote as well.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", overrides_with = "host")]
    host: IpAddr,

    /// Let other machines reach it: whoever does can read and change everything in it, without a password.
    #[arg(long)]
    allow_remote: bool,

    /// What addresses in responses begin with, where clients do not reach it at the address it listens on: the name of
    /// its container for instance, http://emulator:8080.
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,

    /// Keep the state in this directory, so that it outlives the process. It is made if it is not there; one process
    /// at a time can use it. Without it, nothing leaves memory.
    #[cfg(feature = "sqlite")]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Accept this API key; may be given several times. Without it, any key is accepted.
    #[arg(long = "api-key", value_name = "KEY", value_parser = api_key)]
    api_keys: Vec<String>,

    /// Refuse every request that breaks the specification. Without it, query parameters that an operation does not have
    /// and names in another letter case are taken, as the services take them.
    #[arg(long)]
    strict: bool,

    /// Respond to requests that break the specification instead of refusing them.
    #[arg(long, conflicts_with = "strict")]
    lenient: bool,

    /// Keep the rate limits of the specification: 429, retry-after and x-ratelimit-* as in production.
    #[arg(long, value_name = "on|off", default_value = "off", hide_possible_values = true)]
    rate_limits: Switch,

    /// Give an operation a limit for the day as well: ROUTE=REQUESTS, such as luau.create_task=100; may be given several
    /// times. Implies --rate-limits on.
    #[arg(long = "daily-limit", value_name = "ROUTE=REQUESTS")]
    daily_limits: Vec<String>,

    /// Refuse the introspection of API keys that were described longer than this ago.
    #[arg(long, value_name = "SECONDS")]
    introspection_lifetime: Option<u64>,

    /// The shapes of responses where the live service and Roblox's document differ.
    #[arg(long, value_name = "live|document", default_value = "live")]
    shapes: Shapes,

    /// Play a fault: ROUTE=EFFECT[,OPTION]...; may be given several times.
    ///
    /// ROUTE is *, an operation such as users.get, or "GET /cloud/v2/users/{id}". EFFECT is latency:250ms, a status from
    /// 400 to 599, html[:STATUS], reset, stall[:TIME], truncate[:BYTES], cut[:BYTES], duplicate, applied:STATUS or
    /// applied:reset. OPTION is probability=0.2, count=3, skip=2, retry-after=30, reset=22, body=gateway|service,
    /// server=haproxy|public-gateway or reused.
    #[arg(long = "fault", value_name = "SPEC")]
    faults: Vec<String>,

    /// Which requests faults with a probability are played for: the same number, the same requests.
    #[arg(long, value_name = "N", default_value_t = 0)]
    fault_seed: u64,

    /// Begin with what this JSON file says: users, groups, universes, data stores and more. See the README.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Respond with 404 for users, groups and universes that the seed does not describe, instead of making them up.
    #[arg(long)]
    only_seeded: bool,

    /// Let time run N times as fast.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    speed: u32,
}

const EXAMPLES: &str = "Examples:
  opencloud-emulator --data ./state --api-key secret
  opencloud-emulator --rate-limits on --speed 60
  opencloud-emulator --fault 'data_stores.update_entry=applied:500,count=1' --fault '*=latency:250ms,probability=0.1'";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

fn api_key(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a key must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn base_url(text: &str) -> Result<String, String> {
    let host = ["http://", "https://"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    match host.is_some_and(|host| !host.is_empty() && !host.starts_with('/')) {
        true => Ok(text.to_owned()),
        false => Err("it must be a URL with its scheme, such as http://emulator:8080".to_owned()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return bad_input(&in_one_line(&error)),
        Err(help) => {
            print!("{}", help.render());
            return ExitCode::SUCCESS;
        }
    };
    let builder = match builder(arguments) {
        Ok(builder) => builder,
        Err(message) => return bad_input(&message),
    };
    // Before anybody is told that it runs: from then on it may be told to stop.
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("error: cannot listen to Ctrl-C: {error}");
            return ExitCode::FAILURE;
        }
    };
    let emulator = match builder.start().await {
        Ok(emulator) => emulator,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Open Cloud is at {}", emulator.base_url());
    signals.wait().await;
    emulator.stop();
    ExitCode::SUCCESS
}

/// What is wrong, and what was meant, if that can be told.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(meant)) => format!("{first}: {meant} is similar"),
        _ => first.to_owned(),
    }
}

fn bad_input(message: &str) -> ExitCode {
    eprintln!("error: {message} (--help explains)");
    ExitCode::from(BAD_INPUT)
}

fn builder(arguments: Arguments) -> Result<Builder, String> {
    if !arguments.host.is_loopback() && !arguments.allow_remote {
        return Err(format!(
            "other machines could reach {}, and read and change everything; add --allow-remote if they may",
            arguments.host
        ));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = Emulator::builder()
        .host(arguments.host)
        .port(arguments.port)
        .rate_limits(arguments.rate_limits == Switch::On)
        .shapes(arguments.shapes)
        .fault_seed(arguments.fault_seed)
        .speed(arguments.speed)
        .only_seeded(arguments.only_seeded)
        .threads(threads);
    if arguments.strict || arguments.lenient {
        builder = builder.strict(arguments.strict);
    }
    if let Some(url) = arguments.base_url {
        builder = builder.base_url(url);
    }
    if let Some(seconds) = arguments.introspection_lifetime {
        builder = builder.introspection_lifetime(std::time::Duration::from_secs(seconds));
    }
    for limit in &arguments.daily_limits {
        let (operation, requests) = limit.rsplit_once('=').unwrap_or((limit, ""));
        let requests = requests.parse().map_err(|_| {
            format!("the daily limit `{limit}` must be of the form ROUTE=REQUESTS, such as users.get=100")
        })?;
        builder = builder.daily_limit(operation, requests).map_err(|error| error.to_string())?;
    }
    for key in arguments.api_keys {
        builder = builder.api_key(key);
    }
    for fault in &arguments.faults {
        builder = builder.fault(fault).map_err(|error| error.to_string())?;
    }
    #[cfg(feature = "sqlite")]
    if let Some(directory) = arguments.data {
        builder = builder.data(directory);
    }
    if let Some(file) = arguments.seed {
        let at = |error: &dyn std::fmt::Display| format!("the seed {}: {error}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|error| at(&error))?;
        let seed: Seed = text.parse().map_err(|error| at(&error))?;
        builder = builder.seed(seed);
    }
    Ok(builder)
}

/// Ctrl-C, and what service managers send.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            #[cfg(unix)]
            interrupt: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
            #[cfg(windows)]
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    async fn wait(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}
