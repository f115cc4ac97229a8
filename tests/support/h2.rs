//! A server that speaks just enough of HTTP/2 to end a session in every way.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a client begins with.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// What is done with a request of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// 200 and an object that every call can read.
    Respond,
    /// REFUSED_STREAM.
    Refuse,
    /// INTERNAL_ERROR.
    Reset,
    /// Says that the session ends and that this request was left out, and closes the connection.
    GoAwayBefore,
    /// The same of a request that may have been begun.
    GoAwayAfter,
    /// A head of this many kilobytes, field after field, and a response behind it.
    LongHead(usize),
    /// Does nothing with this request.
    Hold,
    /// Does nothing at all any more, not even with pings.
    FallSilent,
}

async fn frame<S: AsyncWrite + Unpin>(
    stream: &mut S,
    kind: u8,
    flags: u8,
    id: u32,
    payload: &[u8],
) -> Option<()> {
    let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&id.to_be_bytes());
    frame.extend_from_slice(payload);
    stream.write_all(&frame).await.ok()?;
    stream.flush().await.ok()
}

/// A field of a head that is in no table and not compressed (RFC 7541, section 6.2.2): `x-long` and a value, 1,000 bytes
/// in all.
fn long_field() -> Vec<u8> {
    let value = 1_000 - 10_usize;
    // A length beyond 126 goes on in bytes of seven bits, the lowest first.
    let rest = value - 127;
    let length = [0x7f, (rest & 0x7f) as u8 | 0x80, (rest >> 7) as u8];
    [&[0x00, 6], &b"x-long"[..], &length, &vec![b'a'; value][..]].concat()
}

/// Serves a session whose preface was read. `act` is given the number of the request.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    mut act: impl FnMut(usize) -> Act,
) -> Option<()> {
    let mut requests = 0;
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
                let go_away = |last: u32| [last.to_be_bytes(), 0_u32.to_be_bytes()].concat();
                let act = act(requests);
                requests += 1;
                match act {
                    Act::Respond => {
                        // `:status: 200` of the static table.
                        frame(&mut stream, HEADERS, 4, id, &[0x88]).await?;
                        frame(&mut stream, DATA, 1, id, b"{\"readId\":\"1\"}").await?;
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
                    Act::LongHead(kilobytes) => {
                        frame(&mut stream, HEADERS, 0, id, &[0x88]).await?;
                        // A frame holds sixteen of them.
                        for begin in (0..kilobytes).step_by(16) {
                            let fields = long_field().repeat((kilobytes - begin).min(16));
                            let ends = if kilobytes - begin > 16 { 0 } else { 4 };
                            frame(&mut stream, CONTINUATION, ends, id, &fields).await?;
                        }
                        frame(&mut stream, DATA, 1, id, b"{\"readId\":\"1\"}").await?;
                    }
                    Act::Hold => {}
                    Act::FallSilent => std::future::pending().await,
                }
            }
            _ => {}
        }
    }
}
