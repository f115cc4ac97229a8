//! What an answer's headers say of limits and waiting.

use http::{HeaderMap, HeaderName, StatusCode, header};
use std::time::{Duration, SystemTime};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A wait beyond this is taken for nonsense: no limit of Roblox's lasts longer than a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What an answer says of the operation's rate limit, as far as it says it.
///
/// Source: <https://create.roblox.com/docs/cloud/reference/rate-limits>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitStatus {
    /// The number of requests in each window (`x-ratelimit-limit`).
    pub limit: Option<u64>,
    /// The window that `limit` counts in (`w` of `x-ratelimit-limit`).
    pub window: Option<Duration>,
    /// The number of requests left in this window (`x-ratelimit-remaining`).
    pub remaining: Option<u64>,
    /// The time until all requests are available again (`x-ratelimit-reset`).
    pub reset: Option<Duration>,
    /// The time to wait before sending again (`retry-after`, in seconds or as a date).
    pub retry_after: Option<Duration>,
}

impl RateLimitStatus {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        // `1000, 1000;w=60, 1000;w=60`: a list whose first item is the limit.
        let items = |text: &str| -> Vec<String> {
            text.split([',', ';']).map(|item| item.trim().to_owned()).collect()
        };
        let limit = text(&LIMIT).map(items).unwrap_or_default();
        let first_number = |text: &str| items(text).first().and_then(|item| item.parse().ok());
        Self {
            limit: limit.first().and_then(|item| item.parse().ok()).filter(|limit| *limit > 0),
            window: limit.iter().find_map(|item| item.strip_prefix("w=")).and_then(seconds),
            remaining: text(&REMAINING).and_then(first_number),
            reset: text(&RESET).and_then(seconds),
            retry_after: text(&header::RETRY_AFTER)
                .and_then(|text| seconds(text).or_else(|| date(text, headers))),
        }
    }

    /// Whether the answer says nothing of limits.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How long an answer of this status asks to wait, if it does. A reset says how long the window
    /// lasts, so it is a request to wait only when the window is used up.
    pub(crate) fn wait(&self, status: StatusCode) -> Option<Duration> {
        let used_up = status == StatusCode::TOO_MANY_REQUESTS || self.remaining == Some(0);
        self.retry_after.or(self.reset.filter(|_| used_up && !status.is_success()))
    }
}

/// A number of seconds, unless it is negative, zero, absurd or no number.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|wait| !wait.is_zero() && *wait <= LONGEST)
}

/// The time until a date, on the server's clock if the answer says what that is.
fn date(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let read = |text: &str| httpdate::parse_http_date(text.trim()).ok();
    let now = headers.get(header::DATE).and_then(|value| read(value.to_str().ok()?));
    let wait = read(text)?.duration_since(now.unwrap_or_else(SystemTime::now)).ok()?;
    (!wait.is_zero() && wait <= LONGEST).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        rows.iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value")))
            .collect()
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
        let reset =
            |remaining| RateLimitStatus { reset: Some(LONGEST), remaining, ..RateLimitStatus::default() };
        for (remaining, status, waits) in [
            (None, 429, true),
            (Some(5), 429, true),
            (Some(0), 503, true),
            (Some(5), 503, false),
            (None, 503, false),
            (Some(0), 200, false),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(reset(remaining).wait(status).is_some(), waits, "{remaining:?} {status}");
        }
    }
}
