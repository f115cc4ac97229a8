//! HTTP/2 sessions that end: a server that speaks just enough of it, without TLS.

use crate::support::{KEY, Kind, own_http_client};
use opencloud::retry::Retry;
use opencloud::{Client, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// What is done with a request of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Respond,
    Refuse,
    Reset,
    /// Says that the session ends and that this request was left out, and closes the connection.
    GoAwayBefore,
    /// The same of a request that may have been begun.
    GoAwayAfter,
    Hold,
}

#[derive(Default)]
struct State {
    /// The requests of each session.
    sessions: Vec<usize>,
    /// The uploads, which come over HTTP/1.1.
    uploads: usize,
}

struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// A permit ends one session.
    kill: Arc<Semaphore>,
    /// A permit lets one upload end.
    finish: Arc<Semaphore>,
}

impl Server {
    /// `act` is given the session and the request on it.
    async fn start(act: impl Fn(usize, usize) -> Act + Copy + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state: Arc<Mutex<State>> = Arc::default();
        let kill = Arc::new(Semaphore::new(0));
        let finish = Arc::new(Semaphore::new(0));
        let (kept, ends, finishes) = (state.clone(), kill.clone(), finish.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (state, kill, finish) = (kept.clone(), ends.clone(), finishes.clone());
                tokio::spawn(async move {
                    let mut start = vec![0; PREFACE.len()];
                    stream.read_exact(&mut start).await.ok()?;
                    if start != PREFACE {
                        return upload(stream, start, &state, &finish).await;
                    }
                    let session = {
                        let mut state = state.lock().expect("state");
                        state.sessions.push(0);
                        state.sessions.len() - 1
                    };
                    tokio::select! {
                        end = serve(stream, session, act, &state) => end,
                        permit = kill.acquire() => permit.ok().map(tokio::sync::SemaphorePermit::forget),
                    }
                });
            }
        });
        Self { address, state, kill, finish }
    }

    fn client(&self) -> Client {
        // Only what the SDK does itself is looked at.
        let own = || own_http_client().retry(reqwest::retry::never());
        let uploads = own().http1_only().pool_max_idle_per_host(0).build().expect("a client");
        Client::builder()
            .api_key(KEY)
            .base_url(format!("http://{}", self.address))
            .http_client(own().http2_prior_knowledge().build().expect("a client"))
            .upload_http_client(uploads)
            .retry(Retry::standard().first_wait(Duration::from_millis(1)))
            .build()
            .expect("a client")
    }

    fn sessions(&self) -> Vec<usize> {
        self.state.lock().expect("state").sessions.clone()
    }

    /// Waits until the server has seen this.
    async fn until(&self, holds: impl Fn(&State) -> bool) {
        while !holds(&self.state.lock().expect("state")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

async fn frame(stream: &mut TcpStream, kind: u8, flags: u8, id: u32, payload: &[u8]) -> Option<()> {
    let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&id.to_be_bytes());
    frame.extend_from_slice(payload);
    stream.write_all(&frame).await.ok()
}

async fn serve(
    mut stream: TcpStream,
    session: usize,
    act: impl Fn(usize, usize) -> Act,
    state: &Mutex<State>,
) -> Option<()> {
    frame(&mut stream, SETTINGS, 0, 0, &[]).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.ok()?;
        match (kind, flags & 1) {
            (SETTINGS, 0) => frame(&mut stream, SETTINGS, 1, 0, &[]).await?,
            (PING, 0) => frame(&mut stream, PING, 1, 0, &payload).await?,
            (HEADERS, _) => {
                let request = {
                    let mut state = state.lock().expect("state");
                    state.sessions[session] += 1;
                    state.sessions[session] - 1
                };
                let go_away = |last: u32| [last.to_be_bytes(), 0_u32.to_be_bytes()].concat();
                match act(session, request) {
                    Act::Respond => {
                        // `:status: 200` of the static table.
                        frame(&mut stream, HEADERS, 4, id, &[0x88]).await?;
                        frame(&mut stream, DATA, 1, id, b"{}").await?;
                    }
                    Act::Refuse => {
                        frame(&mut stream, RST_STREAM, 0, id, &REFUSED_STREAM.to_be_bytes()).await?
                    }
                    Act::Reset => {
                        frame(&mut stream, RST_STREAM, 0, id, &INTERNAL_ERROR.to_be_bytes()).await?
                    }
                    Act::GoAwayBefore => {
                        frame(&mut stream, GOAWAY, 0, 0, &go_away(id.saturating_sub(2))).await?;
                        return stream.shutdown().await.ok();
                    }
                    Act::GoAwayAfter => {
                        frame(&mut stream, GOAWAY, 0, 0, &go_away(id)).await?;
                        return stream.shutdown().await.ok();
                    }
                    Act::Hold => {}
                }
            }
            _ => {}
        }
    }
}

/// Takes an upload over HTTP/1.1, and responds when it may.
async fn upload(
    mut stream: TcpStream,
    mut head: Vec<u8>,
    state: &Mutex<State>,
    finish: &Semaphore,
) -> Option<()> {
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    state.lock().expect("state").uploads += 1;
    finish.acquire().await.ok()?.forget();
    // The rest of the request is read by nobody; the client waits for no more than the response.
    let body = "{\"path\":\"operations/1\"}";
    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.ok()?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.ok()?;
    Some(())
}

/// CN-02: what the server says it has not begun is sent again, whatever it is; what it may have begun only
/// if that does no harm.
#[tokio::test]
async fn a_request_that_was_not_begun_is_sent_again() {
    for (act, is_unsent) in
        [(Act::Refuse, true), (Act::GoAwayBefore, true), (Act::Reset, false), (Act::GoAwayAfter, false)]
    {
        for kind in [Kind::Get, Kind::Patch, Kind::Post, Kind::GetWithEffects] {
            let server = Server::start(move |session, request| match (session, request) {
                (0, 0) => act,
                _ => Act::Respond,
            })
            .await;
            let outcome = kind.send(&server.client()).await;
            let requests: usize = server.sessions().iter().sum();
            if is_unsent || kind.is_idempotent() {
                outcome.unwrap_or_else(|error| panic!("{act:?} x {kind:?}: {error:?}"));
                assert_eq!(requests, 2, "{act:?} x {kind:?}");
            } else {
                let error = outcome.expect_err("a failure");
                assert_eq!((error.kind(), requests), (ErrorKind::Io, 1), "{act:?} x {kind:?}: {error:?}");
                assert!(error.may_have_been_applied());
            }
        }
    }
    let server = Server::start(|_, _| Act::Refuse).await;
    let error = Kind::Post.send(&server.client()).await.expect_err("a failure");
    assert!(error.is_connect() && !error.may_have_been_applied(), "{error:?}");
    assert_eq!((error.attempts(), server.sessions().iter().sum()), (4, 4_usize));
}

/// CN-02: a session dies with three reads in flight. They are sent again; three uploads, which are under
/// way at the time, notice nothing.
#[tokio::test]
async fn a_dead_session_takes_no_upload_along() {
    let server = Server::start(|session, _| if session == 0 { Act::Hold } else { Act::Respond }).await;
    let client = server.client();
    let calls = |kind: Kind| (0..3).map(|_| tokio::spawn(kind.send(&client))).collect::<Vec<_>>();
    let (reads, uploads) = (calls(Kind::Get), calls(Kind::Upload));
    server.until(|state| state.uploads == 3 && state.sessions.first() == Some(&3)).await;
    server.kill.add_permits(1);
    for read in reads {
        read.await.expect("a task").expect("a user");
    }
    server.finish.add_permits(3);
    for upload in uploads {
        upload.await.expect("a task").expect("an upload");
    }
    let state = server.state.lock().expect("state");
    assert_eq!((state.uploads, state.sessions.iter().sum()), (3, 6_usize), "{:?}", state.sessions);
}
