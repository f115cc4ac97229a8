//! A web server for one visit: it takes what a browser brings back to this machine.

use super::authorize::{Callback, PendingLogin};
use crate::Error;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The longest request that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// How many connections are held at once: browsers open some ahead and leave them open.
const MOST: usize = 32;

/// How long one of them may take.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The code is not given for tokens yet, so it promises nothing.
const DONE: &str = "Roblox has responded. You can close this page and go back.";
const REFUSED: &str = "The login was not completed. You can close this page and go back.";
const STRANGE: &str = "This is not the response to the login that is waiting here.";

/// A port of this machine.
pub(super) struct Loopback {
    listener: TcpListener,
    path: Arc<str>,
}

impl Loopback {
    /// Listens where the redirect URI points to.
    pub(super) async fn bind(redirect_uri: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::configuration(format!("the redirect URI {why}")));
        let Ok(uri) = redirect_uri.parse::<http::Uri>() else {
            return refuse("is not a valid address for a browser to return to");
        };
        let host = uri.host().unwrap_or_default();
        if uri.scheme_str() != Some("http") || !["localhost", "127.0.0.1"].contains(&host) {
            return refuse(
                "must begin with http://localhost or http://127.0.0.1, for a login on this machine",
            );
        }
        let Some(port) = uri.port_u16().filter(|port| *port != 0) else {
            return refuse("has no port; register one such as http://localhost:8917/callback");
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Error::configuration(format!(
                "{address} cannot be listened at, where the redirect URI is: {error}"
            ))
        })?;
        Ok(Self { listener, path: uri.path().into() })
    }

    /// Waits for the response to this login. Whatever else comes gets a response and is forgotten.
    pub(super) async fn wait_for_callback(self, pending: &PendingLogin) -> Result<Callback, Error> {
        let mut visits: JoinSet<Option<Callback>> = JoinSet::new();
        loop {
            tokio::select! {
                visitor = self.listener.accept(), if visits.len() < MOST => {
                    match visitor {
                        Ok((socket, _)) => {
                            visits.spawn(visit(socket, self.path.clone(), pending.clone()));
                        }
                        // A connection that broke before it was there is nobody's fault.
                        Err(error) if is_passing(error.kind()) => {}
                        Err(error) => {
                            return Err(Error::configuration(format!("the browser cannot be listened to: {error}")));
                        }
                    }
                }
                Some(visit) = visits.join_next() => {
                    if let Ok(Some(callback)) = visit {
                        return Ok(callback);
                    }
                }
            }
        }
    }
}

fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}

async fn visit(mut socket: TcpStream, path: Arc<str>, pending: PendingLogin) -> Option<Callback> {
    tokio::time::timeout(READ_TIMEOUT, async {
        let target = target(&mut socket).await?;
        let callback = target
            .filter(|target| target.split('?').next() == Some(&path))
            .map(|target| Callback::from_query(&target))
            .filter(|callback| pending.accepts(callback));
        let (status, text) = match &callback {
            Some(callback) if callback.is_refusal() => ("200 OK", REFUSED),
            Some(_) => ("200 OK", DONE),
            None => ("404 Not Found", STRANGE),
        };
        // Whether the browser reads it changes nothing.
        let _ = socket.write_all(page(status, text).as_bytes()).await;
        let _ = socket.shutdown().await;
        callback
    })
    .await
    .ok()
    .flatten()
}

/// The target of a GET; the inner `None` if it is another request.
async fn target(socket: &mut TcpStream) -> Option<Option<String>> {
    let mut read = Vec::new();
    let mut buffer = [0; 2048];
    while read.len() < LONGEST {
        let length = socket.read(&mut buffer).await.ok()?;
        read.extend_from_slice(&buffer[..length]);
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&read) {
            Ok(httparse::Status::Complete(_)) => {
                let target = request.path.filter(|_| request.method == Some("GET"));
                return Some(target.map(str::to_owned));
            }
            Ok(httparse::Status::Partial) if length > 0 => {}
            _ => return None,
        }
    }
    None
}

/// A page without anything of the request in it.
fn page(status: &str, text: &str) -> String {
    let page =
        format!("<!doctype html><meta charset=\"utf-8\"><title>Log in with Roblox</title><p>{text}</p>");
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
        page.len()
    )
}
