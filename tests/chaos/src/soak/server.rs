//! A server in a process of its own, which responds well most of the time, and writes down what comes when.

use super::windows::Arrival;
use crate::Outcome;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The header with the time at which a request was sent, in microseconds. Requests with it are written down.
pub(super) const SENT: &str = "x-sent";

/// Where the arrivals of a class are told: `/arrivals/CLASS`.
const ARRIVALS: &str = "/arrivals/";

/// What any call of the soak must have in its response.
const BODY: &str = r#"{"path":"operations/1","id":"1","value":7,"etag":"e","done":true}"#;

/// Microseconds since the epoch, by the clock that all processes of a machine share.
pub(super) fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

#[derive(Default)]
struct Seen {
    requests: AtomicU64,
    /// By class: what is not a number in the path, and the universe.
    arrivals: Mutex<BTreeMap<String, Vec<Arrival>>>,
}

/// Serves until its input ends: then whoever started it is gone.
pub(crate) async fn serve() -> Outcome<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let router = Router::new().fallback(respond).with_state(Arc::<Seen>::default());
    println!("http://{address}");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    axum::serve(listener, router).await.map_err(|error| error.to_string())
}

/// The name under which the requests of an operation are counted: `PATCH user-restrictions`.
pub(super) fn class(method: &str, path: &str) -> String {
    let names = path.split('/').filter(|part| part.starts_with(|first: char| first.is_ascii_alphabetic()));
    let names: Vec<_> = names.filter(|part| !matches!(*part, "cloud" | "v2" | "universes")).collect();
    format!("{method} {}", names.join(" "))
}

async fn respond(State(seen): State<Arc<Seen>>, request: Request) -> Response {
    let arrived = now();
    let path = request.uri().path();
    if let Some(class) = path.strip_prefix(ARRIVALS) {
        let arrivals = seen.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let class = class.replace("%20", " ");
        let told = serde_json::to_string(arrivals.get(&class).map_or(&[][..], Vec::as_slice));
        return with(200, told.unwrap_or_default());
    }
    let sent = request.headers().get(SENT).and_then(|value| value.to_str().ok()?.parse().ok());
    if let Some(sent) = sent {
        let class = class(request.method().as_str(), path);
        let mut arrivals = seen.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.entry(class).or_default().push(Arrival { sent, arrived });
        return with(200, BODY);
    }
    let number = seen.requests.fetch_add(1, Ordering::Relaxed);
    // The body is read to its end, so that connections can be used again.
    let is_read = axum::body::to_bytes(request.into_body(), usize::MAX).await.is_ok();
    match number {
        _ if !is_read => with(400, ""),
        _ if number % 50 == 1 => with(503, r#"{"code":"UNAVAILABLE","message":"later"}"#),
        _ if number % 101 == 2 => with(404, r#"{"code":"NOT_FOUND","message":"not there"}"#),
        _ if number % 211 == 3 => with(200, "{\"path\":"),
        _ if number % 307 == 4 => with(502, "<html><body>Bad Gateway</body></html>"),
        // The connection breaks in the middle of the response.
        _ if number % 401 == 5 => {
            let broken = futures_util::stream::iter([Ok("{"), Err(std::io::Error::other("broken"))]);
            with(200, Body::from_stream(broken))
        }
        _ if number % 503 == 6 => {
            tokio::time::sleep(Duration::from_millis(200)).await;
            with(200, BODY)
        }
        _ => with(200, BODY),
    }
}

fn with(status: u16, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

/// The server as another process.
pub(super) struct Process {
    child: Child,
    base_url: String,
}

impl Process {
    pub(super) fn start() -> Outcome<Self> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("server").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|error| format!("the server did not start: {error}"))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
        }
        match line.trim().starts_with("http") {
            true => Ok(Self { child, base_url: line.trim().to_owned() }),
            false => Err(format!("the server did not start: it printed {line:?}")),
        }
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The requests of a class, as the server saw them.
pub(super) async fn arrivals(client: &opencloud::Client, class: &str) -> Outcome<Vec<Arrival>> {
    let path = format!("{ARRIVALS}{}", class.replace(' ', "%20"));
    let call = client.request(http::Method::GET, path).send_as::<Vec<Arrival>>();
    call.await.map(opencloud::Response::into_inner).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_the_operation_without_ids() {
        let path = "/cloud/v2/universes/1/user-restrictions/77";
        assert_eq!(class("PATCH", path), "PATCH user-restrictions");
        let path = "/cloud/v2/universes/1/memory-store/sorted-maps/map/items/12";
        assert_eq!(class("GET", path), "GET memory-store sorted-maps map items");
    }
}
