//! `opencloud-emulator`: a local Open Cloud for clients in any language.

use std::process::ExitCode;

use clap::Parser;
use opencloud_emulator::Emulator;

/// A local Roblox Open Cloud. It answers on 127.0.0.1 for every host of the API.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,

    /// Accept this API key; may be given several times. Without it, any key is accepted.
    #[arg(long = "api-key", value_name = "KEY")]
    api_keys: Vec<String>,

    /// Answer requests that break the specification instead of refusing them.
    #[arg(long)]
    lenient: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = Emulator::builder().port(arguments.port).strict(!arguments.lenient).threads(threads);
    for key in arguments.api_keys {
        builder = builder.api_key(key);
    }
    let emulator = match builder.start().await {
        Ok(emulator) => emulator,
        Err(error) => {
            eprintln!("cannot listen on 127.0.0.1:{}: {error}", arguments.port);
            return ExitCode::FAILURE;
        }
    };
    println!("Open Cloud is at {}", emulator.base_url());
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("cannot wait for Ctrl-C: {error}");
        return ExitCode::FAILURE;
    }
    emulator.stop();
    ExitCode::SUCCESS
}
