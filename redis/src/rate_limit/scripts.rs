//! The scripts that count, and what they take and return.

use super::known::{usable_left, usable_limit};
use super::outbox::{Moved, News, Returned};
use super::own::Recent;
use super::window::{Id, Window};
use crate::server::FORMAT;
use redis::{Script, ScriptInvocation, Value};
use std::sync::LazyLock;
use std::time::Duration;

/// How long after its time a place is kept for a request that does not come, in microseconds.
const STALE: u64 = 1_000_000;

/// How many requests may wait in a window.
const CROWD: u64 = 100_000;

/// How many windows a server is told of in one command.
pub(super) const TOLD_AT_ONCE: usize = 64;

/// How many requests of a window, and how many such windows, a server is told of at a time that has lost them.
pub(super) const RESTORED_REQUESTS: usize = 1000;
pub(super) const RESTORED_AT_ONCE: usize = 8;

const MOVE_TEXT: &str = include_str!("../scripts/limit_move.lua");

static ACQUIRE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/limit_acquire.lua")));
static RETURN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/limit_return.lua")));
static MOVE: LazyLock<Script> = LazyLock::new(|| Script::new(MOVE_TEXT));
static OBSERVE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/limit_observe.lua")));
static RESTORE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/limit_restore.lua")));

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A place.
    Enter,
    /// A place before its own.
    Look,
    /// To leave.
    Depart,
}

/// What is known of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) requests: u64,
    pub(super) period: Duration,
    /// How many more may leave now.
    pub(super) left: u64,
}

/// Where a request stands. Times are in microseconds of the server's clock.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) stand: Stand,
    pub(super) now: u64,
    pub(super) epoch: String,
    pub(super) rooms: Vec<Room>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It may leave, until this time.
    Granted(u64),
    /// It has the place of this time.
    Waits(u64),
}

impl Reply {
    pub(super) fn read(raw: Value, windows: usize) -> Option<Self> {
        let Value::Array(mut values) = raw else { return None };
        if values.len() != 4 + 3 * windows {
            return None;
        }
        let rest = values.split_off(4).into_iter().map(|value| redis::from_redis_value(value).ok());
        let rest: Vec<u64> = rest.collect::<Option<_>>()?;
        let mut values = values.into_iter();
        let is_granted: bool = redis::from_redis_value(values.next()?).ok()?;
        let time = redis::from_redis_value(values.next()?).ok()?;
        let room =
            |room: &[u64]| Room { requests: room[0], period: Duration::from_micros(room[1]), left: room[2] };
        Some(Self {
            stand: if is_granted { Stand::Granted(time) } else { Stand::Waits(time) },
            now: redis::from_redis_value(values.next()?).ok()?,
            epoch: redis::from_redis_value(values.next()?).ok()?,
            rooms: rest.chunks_exact(3).map(room).collect(),
        })
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// With the keys of windows: what was sent, what waits, and what is known besides.
fn with_keys<'a>(
    script: &'a Script,
    tag: &str,
    keys: impl IntoIterator<Item = &'a str>,
) -> ScriptInvocation<'a> {
    let mut script = script.key(format!("{tag}:meta"));
    for key in keys {
        for part in ["sent", "queue", "note"] {
            script.key(format!("{tag}:{part}:{key}"));
        }
    }
    script
}

fn keys(windows: &[Window]) -> impl Iterator<Item = &str> {
    windows.iter().map(|window| window.key.as_str())
}

/// A name for the data of a server that has none yet.
fn epoch() -> String {
    format!("{:x}", fastrand::u64(..))
}

pub(super) fn acquire<'a>(
    tag: &str,
    mode: Mode,
    windows: &'a [Window],
    id: Id,
    margin: Duration,
) -> ScriptInvocation<'a> {
    let mode = match mode {
        Mode::Enter => "enter",
        Mode::Look => "look",
        Mode::Depart => "depart",
    };
    let mut script = with_keys(&ACQUIRE, tag, keys(windows));
    script.arg(FORMAT).arg(epoch()).arg(mode).arg(id.to_string()).arg(micros(margin)).arg(STALE).arg(CROWD);
    for window in windows {
        script.arg(window.requests).arg(micros(window.period)).arg(window.cost);
    }
    script
}

pub(super) fn give_back<'a>(tag: &str, returns: &'a [Returned]) -> ScriptInvocation<'a> {
    let mut script = with_keys(&RETURN, tag, returns.iter().map(|returned| returned.window.key.as_str()));
    for Returned { window, id, cost } in returns {
        script.arg(id.to_string()).arg(*cost).arg(window.cost);
    }
    script
}

pub(super) fn load_move() -> redis::Cmd {
    let mut command = redis::cmd("SCRIPT");
    command.arg("LOAD").arg(MOVE_TEXT);
    command
}

pub(super) fn moved<'a>(tag: &str, moves: &'a [Moved]) -> ScriptInvocation<'a> {
    let mut script = with_keys(&MOVE, tag, moves.iter().map(|moved| moved.window.key.as_str()));
    for Moved { window, id, latest } in moves {
        script.arg(id.to_string()).arg(window.cost).arg(*latest);
    }
    script
}

pub(super) fn observe<'a>(tag: &str, news: &'a [News]) -> ScriptInvocation<'a> {
    let mut script = with_keys(&OBSERVE, tag, news.iter().map(|news| news.window.key.as_str()));
    script.arg(FORMAT);
    let text = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    for News { window, seen } in news {
        script.arg(window.requests).arg(micros(window.period));
        let (limit, left) = (usable_limit(seen), usable_left(seen));
        script.arg(text(limit.map(|(requests, _)| requests)));
        script.arg(text(limit.map(|(_, period)| micros(period))));
        script.arg(text(left.map(|(left, _)| left)));
        script.arg(text(left.map(|(_, wait)| micros(wait))));
        script.arg(u8::from(seen.refused));
    }
    script
}

pub(super) fn restore<'a>(tag: &str, recent: &'a [Recent], epoch: &str) -> ScriptInvocation<'a> {
    let mut script = with_keys(&RESTORE, tag, recent.iter().map(|recent| recent.key.as_str()));
    script.arg(FORMAT).arg(epoch);
    for Recent { period, requests, .. } in recent {
        script.arg(micros(*period)).arg(requests.len());
        for (id, age, cost) in requests {
            script.arg(id.to_string()).arg(micros(*age)).arg(*cost);
        }
    }
    script
}
