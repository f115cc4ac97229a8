use crate::Error;
use std::time::Duration;

/// The longest time that a ban can have: 10,000 years of 365.25 days.
const MAX_SECONDS: u64 = 315_576_000_000;

/// How long a ban lasts. A [`Duration`] is one, of whole seconds, from 1 to 315,576,000,000.
///
/// ```
/// use opencloud::user_restrictions::BanLength;
/// use std::time::Duration;
///
/// assert_eq!(BanLength::from(Duration::from_secs(60)), BanLength::For(Duration::from_secs(60)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BanLength {
    /// Until it is lifted.
    Permanent,
    /// From now on for this time.
    For(Duration),
}

impl From<Duration> for BanLength {
    fn from(time: Duration) -> Self {
        Self::For(time)
    }
}

impl BanLength {
    /// What is sent: nothing means for ever.
    pub(super) fn checked(self) -> Result<Option<Duration>, Error> {
        let Self::For(time) = self else { return Ok(None) };
        let refuse = |why: &str| Err(Error::invalid_request(format!("a ban cannot last {time:?}: {why}")));
        match time.as_secs() {
            _ if time.subsec_nanos() != 0 => refuse("the service takes whole seconds"),
            0 => refuse("the shortest is 1 second; to lift a ban there is `unban`"),
            1..=MAX_SECONDS => Ok(Some(time)),
            _ => refuse("the longest is 315,576,000,000 seconds; for ever is `BanLength::Permanent`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bans_last_whole_seconds_within_bounds() {
        for (time, is_allowed) in [
            (Duration::ZERO, false),
            (Duration::from_millis(999), false),
            (Duration::from_secs(1), true),
            (Duration::from_millis(1_500), false),
            (Duration::from_secs(MAX_SECONDS - 1), true),
            (Duration::from_secs(MAX_SECONDS), true),
            (Duration::new(MAX_SECONDS, 1), false),
            (Duration::from_secs(MAX_SECONDS + 1), false),
            (Duration::MAX, false),
        ] {
            let sent = BanLength::from(time).checked();
            assert_eq!(sent.is_ok(), is_allowed, "{time:?}");
            assert!(sent.is_err() || sent.ok() == Some(Some(time)), "never taken for a permanent one");
        }
        assert_eq!(BanLength::Permanent.checked().expect("always allowed"), None);
    }
}
