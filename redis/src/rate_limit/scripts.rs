//! The scripts that count, and what they take and return.

use super::known::{usable_left, usable_limit};
use super::outbox::News;
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

static ACQUIRE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/limit_acquire.lua")));
static RETURN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/limit_return.lua")));
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

/// Where a request stands.
#[derive(Debug)]
pub(super) struct Reply {
    /// How long until its place; `None` if it may leave.
    pub(super) wait: Option<Duration>,
    /// How long it may take to leave.
    pub(super) leeway: Duration,
    pub(super) epoch: String,
    pub(super) rooms: Vec<Room>,
}

impl Reply {
    pub(super) fn read(raw: Value, windows: usize) -> Option<Self> {
        let (is_granted, time, epoch, rest): (bool, u64, String, Vec<u64>) = match raw {
            Value::Array(mut values) if values.len() == 3 + 3 * windows => {
                let rest = values.split_off(3).into_iter();
                let rest = rest.map(|value| redis::from_redis_value(value).ok()).collect::<Option<_>>()?;
                let mut values = values.into_iter();
                (
                    redis::from_redis_value(values.next()?).ok()?,
                    redis::from_redis_value(values.next()?).ok()?,
                    redis::from_redis_value(values.next()?).ok()?,
                    rest,
                )
            }
            _ => return None,
        };
        let time = Duration::from_micros(time);
        let room =
            |room: &[u64]| Room { requests: room[0], period: Duration::from_micros(room[1]), left: room[2] };
        Some(Self {
            wait: (!is_granted).then_some(time),
            leeway: if is_granted { time } else { Duration::ZERO },
            epoch,
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
        script.arg(window.requests).arg(micros(window.period));
    }
    script
}

pub(super) fn give_back<'a>(tag: &str, windows: &'a [Window], id: Id) -> ScriptInvocation<'a> {
    let mut script = with_keys(&RETURN, tag, keys(windows));
    script.arg(id.to_string());
    script
}

pub(super) fn observe<'a>(tag: &str, news: &'a [News]) -> ScriptInvocation<'a> {
    let mut script = with_keys(&OBSERVE, tag, news.iter().map(|news| news.window.key.as_str()));
    script.arg(FORMAT);
    let text = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    for News { seen, refused, .. } in news {
        let (limit, left) = (usable_limit(seen), usable_left(seen));
        script.arg(text(limit.map(|(requests, _)| requests)));
        script.arg(text(limit.map(|(_, period)| micros(period))));
        script.arg(text(left.map(|(left, _)| left)));
        script.arg(text(left.map(|(_, wait)| micros(wait))));
        script.arg(u8::from(seen.refused));
        script.arg(refused.map(|id| id.to_string()).unwrap_or_default());
    }
    script
}

pub(super) fn restore<'a>(tag: &str, recent: &'a [Recent], epoch: &str) -> ScriptInvocation<'a> {
    let mut script = with_keys(&RESTORE, tag, recent.iter().map(|recent| recent.key.as_str()));
    script.arg(FORMAT).arg(epoch);
    for Recent { period, requests, .. } in recent {
        script.arg(micros(*period)).arg(requests.len());
        for (id, age) in requests {
            script.arg(id.to_string()).arg(micros(*age));
        }
    }
    script
}
