//! Sends every operation to a server, with the sample values of the contract tests.

use clap::Parser;
use opencloud::Client;
use opencloud::retry::Retry;
use opencloud_contract::{Recorder, Samples, call, operations};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask contract", about = "Sends every operation once to a server")]
struct Arguments {
    /// Where the server is: every host of Open Cloud is reached there.
    #[arg(long)]
    base_url: String,
    /// Only the operation of this id, such as `users.get`.
    #[arg(long)]
    only: Option<String>,
    /// Write the results to this file.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// One operation's result.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    method: String,
    path: String,
    query: String,
    status: Option<u16>,
    sent: bool,
    decoded: bool,
    error: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool, String> {
    let recorder = Recorder::default();
    let wrap = recorder.clone();
    let client = Client::builder()
        .api_key("contract-key")
        .base_url(&arguments.base_url)
        // Once each: the server is asked, not tested.
        .retry(Retry::never())
        .wrap_transport(move |inner| wrap.around(inner))
        .build()
        .map_err(|error| error.to_string())?;
    let wanted: Vec<_> = operations()
        .iter()
        .filter(|operation| arguments.only.as_ref().is_none_or(|only| *only == operation.id))
        .collect();
    if let (true, Some(only)) = (wanted.is_empty(), &arguments.only) {
        return Err(format!("there is no operation `{only}`; `cargo xtask coverage` lists the areas"));
    }
    let mut rows = Vec::new();
    for operation in wanted {
        let samples = Samples::new(operation);
        let Some(sending) = call(&client, &operation.id, &samples) else {
            return Err(format!("no call was generated for `{}`", operation.id));
        };
        let outcome = sending.await;
        let request = recorder.take();
        let row = Row {
            id: operation.id.clone(),
            method: operation.method.clone(),
            path: request.as_ref().map_or_else(|| operation.path.clone(), |(path, _)| path.clone()),
            query: request.map_or_else(String::new, |(_, query)| query),
            status: outcome.status,
            sent: outcome.status.is_some(),
            decoded: outcome.decoded.is_ok(),
            error: outcome.decoded.err().map(|error| error.to_string()),
        };
        println!("{}", line(&row));
        rows.push(row);
    }
    let count = |test: fn(&Row) -> bool| rows.iter().filter(|row| test(row)).count();
    let sent = count(|row| row.sent);
    println!("{} operations, {sent} sent, {} decoded", rows.len(), count(|row| row.decoded));
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?;
        std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(sent == rows.len())
}

fn line(row: &Row) -> String {
    let status = row.status.map_or("-".to_owned(), |status| status.to_string());
    let result = match &row.error {
        None => "decoded",
        Some(error) => error,
    };
    format!("{} {} {} {status} {result}", row.id, row.method, row.path)
}
