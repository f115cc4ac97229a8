//! Erases a user's data when Roblox asks for it, by a webhook or a message in Discord: verifies the request, writes it
//! down, acknowledges it, then erases what no template reaches. Requests that were not carried out when the program was
//! stopped, in whatever way, are carried out by the next run.
//!
//! ```text
//! ROBLOX_WEBHOOK_SECRET=... cargo run --example erase_on_request -- 42 1818 requests
//! ```

#[path = "support/inbox.rs"]
mod inbox;
mod support;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use inbox::Inbox;
use opencloud::erasure::Erasure;
use opencloud::webhook::{Embed, Event, Notification, Verifier};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};
use support::{Arguments, Problem};
use tokio::sync::Notify;
use tower::ServiceExt as _;

const USAGE: &str = "\
usage: erase_on_request [--local] [--json] [--once] UNIVERSE START_PLACE FOLDER

Listens at http://127.0.0.1:8919: /webhook takes what Roblox posts, /discord the JSON of a message as Discord's API gives
it to a bot. Both must be signed with ROBLOX_WEBHOOK_SECRET. FOLDER keeps a file for each request; with a file coverage in
it, of erasure_templates, data stores that the templates reach whole are not searched.
--once carries out the requests of the folder and ends; --json prints a line of JSON for each; --local sends itself two
requests and carries them out at a throw-away emulator, which has 2001 and 3001.
The API key is that of the environment variable ROBLOX_API_KEY.
Exit code: 0 if everything is erased, 1 if something failed, 2 if it was called in a wrong way.";

#[tokio::main]
async fn main() -> ExitCode {
    support::run(USAGE, &[("--once", 0)], 3..=3, act).await
}

async fn act(arguments: Arguments) -> Result<(), Problem> {
    let [universe, place, folder] = &arguments.names[..] else { unreachable!("there are three") };
    let (client, _emulator) = support::connect(arguments.local).await?;
    let erasure = client.erasure(universe);
    let inbox = Inbox { folder: folder.into(), place: place.to_owned(), new: Notify::new() };
    fs::create_dir_all(&inbox.folder)?;
    if arguments.has("--once") {
        return carry_out(&erasure, &inbox, arguments.json).await;
    }
    let secret = match arguments.local {
        true => "local".to_owned(),
        false => env::var("ROBLOX_WEBHOOK_SECRET").map_err(|_| "set ROBLOX_WEBHOOK_SECRET")?,
    };
    let (inbox, verifier) = (Arc::new(inbox), Verifier::new(secret)?);
    let service = service(verifier.clone(), Arc::clone(&inbox));
    if arguments.local {
        ask_oneself(&verifier, service).await?;
        return carry_out(&erasure, &inbox, arguments.json).await;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8919").await?;
    eprintln!("listening at http://{}", listener.local_addr()?);
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    while !server.is_finished() {
        if let Err(problem) = carry_out(&erasure, &inbox, arguments.json).await {
            eprintln!("{problem}");
        }
        tokio::select! {
            _ = inbox.new.notified() => {}
            _ = tokio::time::sleep(Duration::from_secs(3600)) => {} // again, if something failed
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
    Ok(server.await??)
}

/// Erases what the requests ask for; erasing twice does no harm.
async fn carry_out(erasure: &Erasure, inbox: &Inbox, as_json: bool) -> Result<(), Problem> {
    let mut failed = None;
    for file in inbox.open()? {
        let request: Value = support::load(&file)?.unwrap_or_default();
        match erase(erasure, request["user"].as_str().unwrap_or_default(), &inbox.folder).await {
            Ok(entries) => {
                fs::rename(&file, file.with_extension("done"))?;
                match as_json {
                    true => println!("{}", json!({ "user": request["user"], "erased": entries })),
                    false => println!("{} entries of the user {} are erased", entries, request["user"]),
                }
            }
            Err(problem) => failed = Some(format!("{}: {problem}", file.display())),
        }
    }
    failed.map_or(Ok(()), |problem| Err(problem.into()))
}

async fn erase(erasure: &Erasure, user: &str, folder: &Path) -> Result<usize, Problem> {
    let coverage = support::load(&folder.join("coverage"))?.unwrap_or_default();
    let plan = erasure
        .rest_of(user, &erasure.templates().await?, &coverage)
        .on_progress(support::Bar::of("entries"));
    let plan = plan.find().await?;
    Ok(plan.erase().await.complete()?.len())
}

type Receiver = State<Arc<(Verifier, Arc<Inbox>)>>;

fn service(verifier: Verifier, inbox: Arc<Inbox>) -> Router {
    let routes = Router::new().route("/webhook", post(from_webhook)).route("/discord", post(from_discord));
    routes.layer(DefaultBodyLimit::max(256 * 1024)).with_state(Arc::new((verifier, inbox)))
}

async fn from_webhook(State(to): Receiver, headers: HeaderMap, body: Bytes) -> StatusCode {
    if to.0.verify_headers(&headers, &body).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(notification) = Notification::parse(&body) else { return StatusCode::BAD_REQUEST };
    match notification.event() {
        Event::RightToErasureRequest(request) => acknowledge(to.1.add(notification.id(), request)),
        _ => StatusCode::NO_CONTENT,
    }
}

async fn from_discord(State(to): Receiver, message: Bytes) -> StatusCode {
    let Ok(embed) = Embed::parse(&message) else { return StatusCode::BAD_REQUEST };
    let (Ok(_), Ok(id)) = (to.0.verify_message(&embed), embed.id()) else { return StatusCode::UNAUTHORIZED };
    // Any other text must be read by a person.
    embed.erasure_request().map_or(StatusCode::BAD_REQUEST, |request| acknowledge(to.1.add(id, &request)))
}

/// Only what is on the disk is acknowledged; otherwise Roblox asks again.
fn acknowledge(written: io::Result<()>) -> StatusCode {
    written.map_or(StatusCode::SERVICE_UNAVAILABLE, |()| StatusCode::NO_CONTENT)
}

/// Sends what Roblox would send, for two users of the emulator.
async fn ask_oneself(verifier: &Verifier, service: Router) -> Result<(), Problem> {
    for request in inbox::samples(verifier)? {
        let status = service.clone().oneshot(request.map(axum::body::Body::from)).await?.status();
        if status != StatusCode::NO_CONTENT {
            return Err(format!("it was not acknowledged, but {status}").into());
        }
    }
    Ok(())
}
