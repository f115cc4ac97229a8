//! What the headers of a response say of limits and waiting.

use http::{HeaderMap, HeaderName, StatusCode, header};
use std::borrow::Cow;
use std::time::{Duration, SystemTime};

const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";
const ENVOY: HeaderName = HeaderName::from_static("x-envoy-ratelimited");

/// A wait beyond this is taken for nonsense: no limit of Roblox's lasts longer than a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How many items of a list are read. The service was seen to send three.
const MOST_ITEMS: usize = 32;

/// What a response says of rate limits, as far as it says it.
///
/// The service counts a request in several windows at once: `1000, 1000;w=60, 1000000;w=60` names two, of a
/// minute each (`MS-20`). [`windows`](Self::windows) has them all; the other fields are those of the window
/// that is closest to its limit.
///
/// Source: <https://create.roblox.com/docs/cloud/reference/rate-limits>, and what the service was seen to
/// send (`RL-01` to `RL-12`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitStatus {
    /// The number of requests in each window: the first figure of `x-ratelimit-limit`.
    pub limit: Option<u64>,
    /// The length of the window that `limit` counts in (`w`).
    pub window: Option<Duration>,
    /// The smallest number of requests left in any window (`x-ratelimit-remaining`).
    pub remaining: Option<u64>,
    /// The time until all requests of that window are available again (`x-ratelimit-reset`); of several such
    /// windows, and where it is not known which one a time belongs to, the longest.
    pub reset: Option<Duration>,
    /// The time to wait before sending again (`retry-after`, in seconds or as a date). It can be shorter
    /// than what the window needs (`RL-02`); [`wait`](Self::wait) takes both into account.
    pub retry_after: Option<Duration>,
    /// All windows, in the order of the headers. A figure that belongs to none of the windows of
    /// `x-ratelimit-limit` stands in one of its own.
    pub windows: Vec<RateLimitWindow>,
}

/// What a response says of one window of a rate limit, as far as it says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitWindow {
    /// The number of requests in the window.
    pub limit: Option<u64>,
    /// The length of the window.
    pub period: Option<Duration>,
    /// The number of requests left in it.
    pub remaining: Option<u64>,
    /// The time until all its requests are available again.
    pub reset: Option<Duration>,
}

impl RateLimitWindow {
    /// Whether no request is left in it.
    pub fn is_used_up(&self) -> bool {
        self.remaining == Some(0)
    }

    /// Whether no request has been counted in it.
    fn is_untouched(&self) -> bool {
        self.remaining.is_some() && self.remaining == self.limit
    }
}

impl RateLimitStatus {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        Said::read(headers).into_status()
    }

    fn of(said: &Lines<'_>, headers: &HeaderMap) -> Self {
        let (limit, mut windows) = limits(&said.limit);
        assign(&mut windows, &said.remaining, &said.reset);
        let mut windows: Vec<RateLimitWindow> = windows.into_iter().map(|window| window.figures).collect();
        windows.retain(|window| *window != RateLimitWindow::default());
        let least = windows.iter().filter_map(|window| window.remaining).min();
        let closest = |window: &&RateLimitWindow| window.remaining == least && least.is_some();
        let longest = |windows: &mut dyn Iterator<Item = &RateLimitWindow>| {
            windows.filter_map(|window| window.reset).max()
        };
        Self {
            limit,
            window: windows
                .iter()
                .find(|window| window.limit == limit && window.period.is_some())
                .or_else(|| windows.iter().find(|window| window.period.is_some()))
                .and_then(|window| window.period),
            remaining: least,
            reset: longest(&mut windows.iter().filter(closest)).or_else(|| longest(&mut windows.iter())),
            retry_after: said.retry_after.and_then(|text| seconds(text).or_else(|| date(text, headers))),
            windows,
        }
    }

    /// Whether the response says nothing of limits.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How long a response of this status asks to wait, if it does: until the used-up windows are whole
    /// again, and not less than `retry-after`, which understates (`RL-02`). A reset says how long a window
    /// lasts, so it is a request to wait only when the window is used up. Never more than a day.
    pub fn wait(&self, status: StatusCode) -> Option<Duration> {
        let reset = self.until_whole(status == StatusCode::TOO_MANY_REQUESTS);
        self.retry_after.max(reset.filter(|_| !status.is_success()))
    }

    /// The longest reset of the windows that are used up. A refused request met such a window even where no
    /// number says so (a day's limit: `RL-05`): then any but an untouched one, or just any.
    fn until_whole(&self, refused: bool) -> Option<Duration> {
        let longest = |of: &dyn Fn(&RateLimitWindow) -> bool| {
            self.windows.iter().filter(|window| of(window)).filter_map(|window| window.reset).max()
        };
        let used_up = longest(&RateLimitWindow::is_used_up);
        match refused || (used_up.is_none() && self.remaining == Some(0)) {
            false => used_up,
            true => {
                used_up.or_else(|| longest(&|window| !window.is_untouched())).or_else(|| longest(&|_| true))
            }
        }
    }
}

/// Whether a response bears the marks of a rate limit: a window is used up, or the gateway says so
/// (`LX-16`).
pub(crate) fn is_marked_as_rate_limit(headers: &HeaderMap) -> bool {
    let says = headers.get(&ENVOY).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    says || RateLimitStatus::read(headers).remaining == Some(0)
}

/// What the headers of a response say of limits, which is read of every response that the rate limiter counts.
pub(crate) enum Said {
    Nothing,
    /// One window and nothing else, as most responses.
    Window(RateLimitWindow),
    More(RateLimitStatus),
}

impl Said {
    pub(crate) fn into_status(self) -> RateLimitStatus {
        match self {
            Self::Nothing => RateLimitStatus::default(),
            Self::Window(window) => RateLimitStatus {
                limit: window.limit,
                window: window.period,
                remaining: window.remaining,
                reset: window.reset,
                retry_after: None,
                windows: vec![window],
            },
            Self::More(status) => status,
        }
    }

    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let lines = Lines::of(headers);
        match lines.one_window() {
            Some(window) => Self::Window(window),
            None if lines.is_empty() => Self::Nothing,
            None => Self::More(RateLimitStatus::of(&lines, headers)),
        }
    }
}

/// The text of the headers that speak of limits. All lines of a header are one list.
#[derive(Default)]
struct Lines<'h> {
    limit: Cow<'h, str>,
    remaining: Cow<'h, str>,
    reset: Cow<'h, str>,
    retry_after: Option<&'h str>,
}

impl<'h> Lines<'h> {
    /// In one pass, because hashing the names to look them up takes longer.
    fn of(headers: &'h HeaderMap) -> Self {
        let mut lines = Self::default();
        for (name, value) in headers {
            let list = match name.as_str() {
                LIMIT => &mut lines.limit,
                REMAINING => &mut lines.remaining,
                RESET => &mut lines.reset,
                "retry-after" => {
                    lines.retry_after = lines.retry_after.or(value.to_str().ok());
                    continue;
                }
                _ => continue,
            };
            match value.to_str() {
                Ok(text) if list.is_empty() => *list = text.into(),
                Ok(text) => *list = format!("{list},{text}").into(),
                Err(_) => {}
            }
        }
        lines
    }

    fn is_empty(&self) -> bool {
        self.retry_after.is_none()
            && [&self.limit, &self.remaining, &self.reset].iter().all(|list| list.is_empty())
    }

    /// The window, if there is only one, in the usual form: `100, 100;w=60`, or without the first figure (`RL-06`), with a
    /// figure each of what is left and when it is whole again.
    fn one_window(&self) -> Option<RateLimitWindow> {
        if self.retry_after.is_some() {
            return None;
        }
        let (mut limit, mut remaining, mut reset) =
            (self.limit.as_bytes(), self.remaining.as_bytes(), self.reset.as_bytes());
        let first = figure(&mut limit)?;
        if let Some(window) = limit.strip_prefix(b", ") {
            limit = window;
            Some(first).filter(|first| figure(&mut limit) == Some(*first))?;
        }
        limit = limit.strip_prefix(b";w=")?;
        let period = Duration::from_secs(figure(&mut limit)?);
        let (left, wait) = (figure(&mut remaining)?, Duration::from_secs(figure(&mut reset)?));
        let is_whole = [limit, remaining, reset].iter().all(|rest| rest.is_empty());
        let is_sane = first > 0 && [period, wait].iter().all(is_wait);
        (is_whole && is_sane).then_some(RateLimitWindow {
            limit: Some(first),
            period: Some(period),
            remaining: Some(left),
            reset: Some(wait),
        })
    }
}

/// Takes a whole number of a few digits off a text.
fn figure(text: &mut &[u8]) -> Option<u64> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    *text = rest;
    // No number of so few digits is too large.
    let is_short = (1..19).contains(&length);
    is_short.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// The items of a list, each with its parameters. A comma within quotes separates nothing.
fn items(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut is_quoted = false;
    text.split(move |ch| {
        is_quoted ^= ch == '"';
        ch == ',' && !is_quoted
    })
    .map(|item| item.split_once(';').unwrap_or((item, "")))
    .map(|(value, parameters)| (value.trim(), parameters))
    .filter(|(value, _)| !value.is_empty())
    .take(MOST_ITEMS)
}

/// A window while the headers are read.
struct ParsedWindow {
    figures: RateLimitWindow,
    /// Whose part of `x-ratelimit-limit` it stands in: several services can add to the header.
    part: usize,
    /// Whether it is the one that its part's first figure names.
    is_named: bool,
}

/// The first figure of `x-ratelimit-limit`, and the windows. The list has one or more parts: a bare figure, which
/// names the closest limit, and the windows behind it. A bare figure without windows is a window of
/// unknown length (`40, 45;w=60, 40;w=60, 70000`: `RL-11`); windows can do without it (`200;w=60`: `RL-06`).
fn limits(text: &str) -> (Option<u64>, Vec<ParsedWindow>) {
    let mut windows: Vec<ParsedWindow> = Vec::new();
    let mut first = None;
    let mut part = 0;
    // A bare figure whose windows may follow.
    let mut named: Option<u64> = None;
    let bare = |limit: u64, part: usize| ParsedWindow {
        figures: RateLimitWindow { limit: Some(limit), ..RateLimitWindow::default() },
        part,
        is_named: true,
    };
    for (index, (value, parameters)) in items(text).enumerate() {
        let limit = value.parse().ok().filter(|limit| *limit > 0);
        if index == 0 {
            first = limit;
        }
        let period =
            parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("w=")).and_then(seconds);
        if period.is_none() && parameters.is_empty() {
            let has_windows = windows.last().is_some_and(|window| window.part == part);
            if let Some(limit) = named.filter(|_| !has_windows) {
                windows.push(bare(limit, part));
            }
            part += usize::from(index > 0);
            named = limit;
            continue;
        }
        let is_first = !windows.iter().any(|window| window.part == part && window.is_named);
        let is_named = is_first && limit.is_some() && named.is_none_or(|named| limit == Some(named));
        let figures = RateLimitWindow { limit, period, ..RateLimitWindow::default() };
        windows.push(ParsedWindow { figures, part, is_named });
    }
    let has_windows = windows.last().is_some_and(|window| window.part == part);
    if let Some(limit) = named.filter(|_| !has_windows) {
        windows.push(bare(limit, part));
    }
    (first, windows)
}

/// Gives the items of what is left and of the resets to the windows that they belong to.
fn assign(windows: &mut Vec<ParsedWindow>, remaining: &str, reset: &str) {
    let lengths = [remaining, reset].map(|text| items(text).count());
    let owners = lengths.map(|length| Owners::of(windows, length));
    // What cannot be told apart by the windows can by the lists themselves, if they are of one length.
    let own = windows.len();
    let behind = if lengths[0] == lengths[1] { 0 } else { lengths[0] };
    for (index, (left, _)) in items(remaining).enumerate() {
        let at = owners[0].window(windows, index).unwrap_or(own + index);
        window(windows, at).remaining = left.parse().ok();
    }
    for (index, (time, _)) in items(reset).enumerate() {
        let at = owners[1].window(windows, index).unwrap_or(own + behind + index);
        window(windows, at).reset = seconds(time);
    }
}

/// The figures of the window at this place, made if it is not there.
fn window(windows: &mut Vec<ParsedWindow>, at: usize) -> &mut RateLimitWindow {
    while windows.len() <= at {
        windows.push(ParsedWindow { figures: RateLimitWindow::default(), part: usize::MAX, is_named: false });
    }
    &mut windows[at].figures
}

/// The windows that the items of a list belong to.
#[derive(Clone, Copy)]
enum Owners {
    /// Each window in turn.
    All,
    /// Of each part, the window that its figure names.
    Named,
    /// This one.
    One(usize),
    /// It cannot be told.
    Unknown,
}

impl Owners {
    fn of(windows: &[ParsedWindow], items: usize) -> Self {
        let named = || windows.iter().filter(|window| window.is_named).count();
        match items {
            // The header's first figure is the closest limit, and a figure alone is of that.
            1 if !windows.is_empty() => {
                Self::One(windows.iter().position(|window| window.is_named).unwrap_or(0))
            }
            items if items == windows.len() => Self::All,
            items if items == named() => Self::Named,
            _ => Self::Unknown,
        }
    }

    /// The window of an item.
    fn window(self, windows: &[ParsedWindow], index: usize) -> Option<usize> {
        let mut named = windows.iter().enumerate().filter(|(_, window)| window.is_named);
        match self {
            Self::All => Some(index),
            Self::Named => named.nth(index).map(|(at, _)| at),
            Self::One(at) => Some(at),
            Self::Unknown => None,
        }
    }
}

/// A number of seconds, unless it is negative, zero, absurd or no number.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let time = match text.parse() {
        // Nearly always a whole number, which needs no reading of a fraction.
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::try_from_secs_f64(text.parse().ok()?).ok()?,
    };
    Some(time).filter(is_wait)
}

fn is_wait(time: &Duration) -> bool {
    !time.is_zero() && *time <= LONGEST
}

/// The time until a date, on the server's clock if the response says what that is.
fn date(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let read = |text: &str| httpdate::parse_http_date(text.trim()).ok();
    let now = headers.get(header::DATE).and_then(|value| read(value.to_str().ok()?));
    let wait = read(text)?.duration_since(now.unwrap_or_else(SystemTime::now)).ok()?;
    (!wait.is_zero() && wait <= LONGEST).then_some(wait)
}
#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        rows.iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")))
            .collect()
    }

    proptest! {
        /// What most responses say is read in a quicker way, with the same result.
        #[test]
        fn one_window_is_read_as_any_other(
            limit in "(0|[1-9][0-9]{0,3}|[0-9]{18,20}|x)(, ?(0|[1-9][0-9]?|x))?(;w=[0-9x]{0,3}|;q=1)?",
            remaining in "[0-9]{0,3}|, 3|x",
            reset in "[0-9]{0,6}|1\\.5|-1",
        ) {
            let map = headers(&[
                ("x-ratelimit-limit", &limit),
                ("x-ratelimit-remaining", &remaining),
                ("x-ratelimit-reset", &reset),
            ]);
            prop_assert_eq!(RateLimitStatus::read(&map), RateLimitStatus::of(&Lines::of(&map), &map));
        }
    }

    #[test]
    fn what_most_responses_say_is_read_in_the_quicker_way() {
        for (limit, is_quick) in [
            ("100, 100;w=60", true),
            ("100;w=60", true),
            ("100, 100;w=60, 1000;w=60", false),
            ("100, 90;w=60", false),
            ("100", false),
            ("0;w=60", false),
        ] {
            let map = headers(&[
                ("x-ratelimit-limit", limit),
                ("x-ratelimit-remaining", "99"),
                ("x-ratelimit-reset", "37"),
            ]);
            assert_eq!(matches!(Said::read(&map), Said::Window(_)), is_quick, "{limit}");
        }
        assert!(matches!(Said::read(&HeaderMap::new()), Said::Nothing));
    }

    #[test]
    fn waits_are_read_and_nonsense_is_not() {
        const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (value, expected) in [
            ("7", Some(7.0)),
            (" 7 ", Some(7.0)),
            ("1.5", Some(1.5)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10.0)),
            ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:36 GMT", None),
            ("Sun, 06 Nov 2094 08:49:37 GMT", None),
            ("0", None),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("1e300", None),
            ("99999999999999999999", None),
            ("86400", Some(86400.0)),
            ("86401", None),
            ("soon", None),
            ("", None),
        ] {
            let status = RateLimitStatus::read(&headers(&[DATE, ("retry-after", value)]));
            assert_eq!(status.retry_after, expected.map(Duration::from_secs_f64), "{value:?}");
        }
    }

    #[test]
    fn limits_are_read() {
        let status = RateLimitStatus::read(&headers(&[
            ("x-ratelimit-limit", "1000, 1000;w=60, 1000;w=60"),
            ("x-ratelimit-remaining", "999"),
            ("x-ratelimit-reset", "37"),
        ]));
        assert_eq!((status.limit, status.remaining), (Some(1000), Some(999)));
        assert_eq!(
            (status.window, status.reset),
            (Some(Duration::from_secs(60)), Some(Duration::from_secs(37)))
        );
        assert!(!status.is_empty());
        for odd in ["", "x", "-5", ";w=60", "0"] {
            let status = RateLimitStatus::read(&headers(&[("x-ratelimit-limit", odd)]));
            assert_eq!(status.limit, None, "{odd:?}");
        }
        assert!(RateLimitStatus::read(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn a_reset_is_a_wait_only_when_nothing_is_left() {
        for (remaining, status, waits) in [
            (None, 429, true),
            (Some("5"), 429, true),
            (Some("0"), 503, true),
            (Some("5"), 503, false),
            (None, 503, false),
            (Some("0"), 200, false),
        ] {
            let mut rows = vec![("x-ratelimit-reset", "86400")];
            rows.extend(remaining.map(|remaining| ("x-ratelimit-remaining", remaining)));
            let said = RateLimitStatus::read(&headers(&rows));
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(said.wait(status).is_some(), waits, "{remaining:?} {status}");
        }
    }

    fn read(limit: &str, remaining: &str, reset: &str) -> RateLimitStatus {
        let rows = [
            ("x-ratelimit-limit", limit),
            ("x-ratelimit-remaining", remaining),
            ("x-ratelimit-reset", reset),
        ];
        let rows: Vec<_> = rows.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        RateLimitStatus::read(&headers(&rows))
    }

    /// The windows as `limit/period: remaining, reset`, with `-` for what is not said.
    fn windows(status: &RateLimitStatus) -> String {
        let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
        let time = |time: Option<Duration>| number(time.map(|time| time.as_secs()));
        let window = |window: &RateLimitWindow| {
            let RateLimitWindow { limit, period, remaining, reset } = *window;
            format!("{}/{}: {}, {}", number(limit), time(period), number(remaining), time(reset))
        };
        status.windows.iter().map(window).collect::<Vec<_>>().join("; ")
    }

    /// The forms that were seen (RL-01, RL-05, RL-06, RL-11, UR-04, MS-20, LX-12), and what they mean.
    #[test]
    fn every_window_has_its_figures() {
        for (limit, remaining, reset, expected) in [
            ("1000, 1000;w=60, 1000000;w=60", "999", "37", "1000/60: 999, 37; 1000000/60: -, -"),
            ("1000, 1000;w=60, 1000000;w=60", "0, 999000", "22, 0", "1000/60: 0, 22; 1000000/60: 999000, -"),
            ("200;w=60", "199", "60", "200/60: 199, 60"),
            ("5, 5;w=60, 5;w=60", "4", "12", "5/60: 4, 12; 5/60: -, -"),
            ("300, 300;w=60, 300;w=60, 300;w=60", "1", "2", "300/60: 1, 2; 300/60: -, -; 300/60: -, -"),
            // Three windows, or two parts, the second of unknown length.
            ("40, 45;w=60, 40;w=60, 70000", "39", "", "45/60: -, -; 40/60: 39, -; 70000/-: -, -"),
            (
                "40, 45;w=60, 40;w=60, 70000",
                "39, 69999",
                "22, 0",
                "45/60: -, -; 40/60: 39, 22; 70000/-: 69999, -",
            ),
            (
                "40, 45;w=60, 40;w=60, 70000",
                "44, 39, 69999",
                "22, 22, 0",
                "45/60: 44, 22; 40/60: 39, 22; 70000/-: 69999, -",
            ),
            ("100, 100;w=86400, 100;w=86400", "86", "56442", "100/86400: 86, 56442; 100/86400: -, -"),
            ("2, 2;w=60, 10;w=1, 150;w=1", "1", "59", "2/60: 1, 59; 10/1: -, -; 150/1: -, -"),
            ("2, 2;w=60, 10;w=1, 150;w=1", "1, 9, 149", "59, 1, 1", "2/60: 1, 59; 10/1: 9, 1; 150/1: 149, 1"),
            ("10, 2;w=60, 10;w=1, 150;w=1", "0", "1", "2/60: -, -; 10/1: 0, 1; 150/1: -, -"),
            // A name may hold a comma.
            ("10, 10;w=1;name=\"a, b\", 50;w=60", "9, 49", "", "10/1: 9, -; 50/60: 49, -"),
            // No windows, or not as many as figures.
            ("", "0, 7", "22, 0", "-/-: 0, 22; -/-: 7, -"),
            ("", "0", "22, 9", "-/-: 0, -; -/-: -, 22; -/-: -, 9"),
            ("200;w=60", "3, 7, 9", "22, 0, 8", "200/60: -, -; -/-: 3, 22; -/-: 7, -; -/-: 9, 8"),
            ("200;w=60", "3", "22, 8, 9", "200/60: 3, -; -/-: -, 22; -/-: -, 8; -/-: -, 9"),
        ] {
            let status = read(limit, remaining, reset);
            assert_eq!(windows(&status), expected, "{limit} | {remaining} | {reset}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let status = RateLimitStatus::read(&headers(&[
            ("x-ratelimit-limit", "40, 40;w=60"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "22"),
        ]));
        let mut lines = HeaderMap::new();
        for (name, value) in [
            (LIMIT, "40, 40;w=60"),
            (LIMIT, "70000"),
            (REMAINING, "0"),
            (REMAINING, "69999"),
            (RESET, "22"),
            (RESET, "0"),
        ] {
            lines.append(name, value.parse().expect("a value"));
        }
        let two = RateLimitStatus::read(&lines);
        assert_eq!(windows(&two), "40/60: 0, 22; 70000/-: 69999, -");
        assert_eq!((two.limit, two.remaining, two.reset), (status.limit, status.remaining, status.reset));
    }

    /// The wait after a 429, in seconds (RL-01, RL-02, RL-05).
    #[test]
    fn the_wait_is_that_of_the_windows_that_are_used_up() {
        let day = "40, 40;w=60, 1000;w=86400";
        for (limit, remaining, reset, retry_after, expected) in [
            // The service says 5 while the window needs 22.
            ("", "0", "22, 0", "5", Some(22)),
            ("1000, 1000;w=60, 1000000;w=60", "0, 900000", "22, 0", "5", Some(22)),
            // A day's window that is not used up changes nothing.
            (day, "0, 900", "22, 56442", "5", Some(22)),
            (day, "0, 1000", "22, 86000", "", Some(22)),
            (day, "0", "22, 56442", "5", Some(22)),
            (day, "39, 0", "22, 56442", "5", Some(56442)),
            (day, "0, 0", "22, 56442", "5", Some(56442)),
            // No window is said to be used up: not the untouched one.
            (day, "3, 1000", "22, 86000", "5", Some(22)),
            ("100, 100;w=86400, 100;w=86400", "86", "56442", "", Some(56442)),
            // The lists do not match.
            ("", "0", "22, 44, 3", "5", Some(44)),
            // Never less than `retry-after`.
            ("", "0", "3", "7", Some(7)),
            ("", "", "", "7", Some(7)),
            ("", "0", "", "", None),
            ("", "0", "soon", "0", None),
            // Nonsense is not waited for.
            ("", "0", "86401, 9", "5", Some(9)),
        ] {
            let mut rows = vec![];
            for (name, value) in [
                ("x-ratelimit-limit", limit),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset),
                ("retry-after", retry_after),
            ] {
                rows.extend((!value.is_empty()).then_some((name, value)));
            }
            let wait = RateLimitStatus::read(&headers(&rows)).wait(StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(wait.map(|wait| wait.as_secs()), expected, "{rows:?}");
        }
    }

    #[test]
    fn the_accessors_are_of_the_window_that_is_closest_to_its_limit() {
        let status = read("40, 40;w=60, 1000;w=86400", "7, 3", "22, 56442");
        assert_eq!((status.remaining, status.reset), (Some(3), Some(Duration::from_secs(56442))));
        let status = read("40, 45;w=60, 40;w=60, 70000", "39, 69999", "22, 0");
        assert_eq!((status.limit, status.window), (Some(40), Some(Duration::from_secs(60))));
        assert_eq!((status.remaining, status.reset), (Some(39), Some(Duration::from_secs(22))));
    }

    #[test]
    fn a_gateway_says_that_it_limits() {
        for (rows, expected) in [
            (&[("x-envoy-ratelimited", "true")][..], true),
            (&[("x-ratelimit-remaining", "0")], true),
            (&[("x-ratelimit-remaining", "4, 0")], true),
            (&[("x-ratelimit-remaining", "4")], false),
            (&[("x-envoy-ratelimited", "false")], false),
            (&[], false),
        ] {
            assert_eq!(is_marked_as_rate_limit(&headers(rows)), expected, "{rows:?}");
        }
    }

    /// A list much like the service's, or anything.
    fn list() -> impl Strategy<Value = String> {
        let number =
            prop_oneof!["[0-9]{1,6}", "[0-9]{1,25}", "-[0-9]{1,3}", "[0-9]{1,3}\\.[0-9]", "[a-z \"]{0,4}"];
        let item = (number, prop_oneof!["", ";w=[0-9]{1,6}", "; ?w=[0-9a-z]{0,3}", ";[ -~]{0,5}"])
            .prop_map(|(number, parameters)| number + &parameters);
        let items = proptest::collection::vec(item, 0..50).prop_map(|items| items.join(", "));
        prop_oneof![4 => items, 1 => "[ -~]{0,40}"]
    }

    proptest! {
        /// Whatever the headers hold, nothing breaks, and no wait is unbounded.
        #[test]
        fn any_headers_can_be_read(
            limit in list(), remaining in list(), reset in list(), retry_after in list(), code in 200_u16..600,
        ) {
            let rows = [
                ("x-ratelimit-limit", limit.as_str()),
                ("x-ratelimit-remaining", &remaining),
                ("x-ratelimit-reset", &reset),
                ("retry-after", &retry_after),
            ];
            let status = RateLimitStatus::read(&headers(&rows));
            let code = StatusCode::from_u16(code).expect("a status");
            let wait = status.wait(code);
            prop_assert!(status.windows.len() <= 3 * MOST_ITEMS);
            prop_assert!(wait.is_none_or(|wait| !wait.is_zero() && wait <= LONGEST));
            prop_assert!(wait >= status.retry_after);
            prop_assert_eq!(status.remaining, status.windows.iter().filter_map(|window| window.remaining).min());
            let resets: Vec<Duration> = status.windows.iter().filter_map(|window| window.reset).collect();
            prop_assert!(status.reset.is_none_or(|reset| resets.contains(&reset)));
            prop_assert_eq!(status.reset.is_some(), !resets.is_empty());
        }

        /// One figure for each window, in the same order.
        #[test]
        fn lists_of_one_length_belong_together(
            rows in proptest::collection::vec((1_u64..100_000, 1_u64..86_400, 0_u64..1_000, 1_u64..86_400), 1..9),
        ) {
            let limits: Vec<String> = rows.iter().map(|row| format!("{};w={}", row.0, row.1)).collect();
            let remaining: Vec<String> = rows.iter().map(|row| row.2.to_string()).collect();
            let resets: Vec<String> = rows.iter().map(|row| row.3.to_string()).collect();
            let limits = format!("{}, {}", rows[0].0, limits.join(", "));
            let status = read(&limits, &remaining.join(", "), &resets.join(", "));
            let expected: Vec<RateLimitWindow> = rows
                .iter()
                .map(|(limit, period, remaining, reset)| RateLimitWindow {
                    limit: Some(*limit),
                    period: Some(Duration::from_secs(*period)),
                    remaining: Some(*remaining),
                    reset: Some(Duration::from_secs(*reset)),
                })
                .collect();
            prop_assert_eq!(&status.windows, &expected);
            let used_up = rows.iter().filter(|row| row.2 == 0).map(|row| Duration::from_secs(row.3)).max();
            if used_up.is_some() {
                prop_assert_eq!(status.wait(StatusCode::TOO_MANY_REQUESTS), used_up);
            }
        }
    }
}
