//! HTTP/2 sessions that end: a server that speaks just enough of it, without TLS.

use crate::support::h2::{self, Act, PREFACE};
use crate::support::{KEY, Kind, own_http_client};
use opencloud::retry::Retry;
use opencloud::{Client, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

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
    async fn start(act: impl Fn(usize, usize) -> Act + Copy + Send + Sync + 'static) -> Self {
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
                        end = h2::serve(stream, |request| {
                            state.lock().expect("state").sessions[session] += 1;
                            act(session, request)
                        }) => end,
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
            .retry(Retry::standard().initial_delay(Duration::from_millis(1)))
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

/// A head has a bound over HTTP/2 too; a server that goes on all the same is cut off, and who has changed something is
/// told that it may have been done.
#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = Server::start(|_, _| Act::LongHead(10)).await;
    Kind::Get.send(&server.client()).await.expect("ten kilobytes are few enough");
    for kilobytes in [100, 10_000, usize::MAX] {
        for kind in [Kind::Get, Kind::Post] {
            let server = Server::start(move |_, _| Act::LongHead(kilobytes)).await;
            let error = kind.send(&server.client()).await.expect_err("too long");
            assert_eq!(error.kind(), ErrorKind::Io, "{kilobytes} kB x {kind:?}: {error:?}");
            assert_eq!(
                error.may_have_been_applied(),
                kind == Kind::Post,
                "{kilobytes} kB x {kind:?}: {error:?}"
            );
        }
    }
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

/// A client of the emulator, over HTTP/2 but for uploads, that begins with a session which has served a request.
async fn emulated(faults: &[&str]) -> (opencloud_emulator::Emulator, Client) {
    let emulator = opencloud_emulator::Emulator::start().await.expect("an emulator");
    let own = || own_http_client().retry(reqwest::retry::never());
    let client = Client::builder()
        .api_key(KEY)
        .base_url(emulator.base_url())
        .http_client(own().http2_prior_knowledge().build().expect("a client"))
        .upload_http_client(own().http1_only().pool_max_idle_per_host(0).build().expect("a client"))
        .retry(Retry::standard().initial_delay(Duration::from_millis(1)))
        .build()
        .expect("a client");
    client.universes().get(2001).await.expect("a universe");
    for fault in faults {
        emulator.fault(fault).expect("a fault");
    }
    (emulator, client)
}

/// CN-02, against the emulator: a write whose stream is refused is sent again, as it was not begun.
#[tokio::test]
async fn a_write_that_was_refused_before_it_was_begun_is_sent_again() {
    let (emulator, client) = emulated(&["messaging.publish=refuse-stream,count=2"]).await;
    let sent = client.messaging().publish(2001, "news", "hello").send().await.expect("published");
    assert_eq!((sent.attempts(), emulator.messages().len()), (3, 1));
    // It may have been begun where the session dies instead.
    let (emulator, client) = emulated(&["messaging.publish=applied:reset,count=1"]).await;
    let error = client.messaging().publish(2001, "news", "hello").await.expect_err("a dead session");
    assert!(error.may_have_been_applied(), "{error:?}");
    assert_eq!((error.kind(), error.attempts(), emulator.messages().len()), (ErrorKind::Io, 1, 1));
}

/// CN-02, against the emulator: reads whose session dies are sent again, over another one.
#[tokio::test]
async fn reads_outlive_their_session() {
    let (emulator, client) = emulated(&["users.get=stall:600s,count=3", "groups.get=reset,count=1"]).await;
    let reads: Vec<_> = (156..159)
        .map(|user| {
            let client = client.clone();
            tokio::spawn(async move { client.users().get(user).send().await.map(|user| user.attempts()) })
        })
        .collect();
    let begun = || emulator.requests().iter().filter(|request| request.path.contains("/users/")).count();
    while begun() < 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(client.groups().get(4001).send().await.expect("a group").attempts(), 2);
    for read in reads {
        assert_eq!(read.await.expect("not stopped").expect("a user"), 2);
    }
}
