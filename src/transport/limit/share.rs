//! A part of a limit.

use crate::Error;
use crate::spec::Limit;
use std::fmt;

/// A part is counted in millionths, so that no rounding of fractions lets a request more through.
const WHOLE: u32 = 1_000_000;

/// The smallest part. Of a limit of one request a minute, that is a request in 17 hours.
const SMALLEST: f64 = 0.001;

/// A part of a limit, from a thousandth to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Share(u32);

impl Share {
    pub(crate) const WHOLE: Self = Self(WHOLE);
    pub(crate) const HALF: Self = Self(WHOLE / 2);

    /// # Errors
    ///
    /// If it is no number from 0.001 to 1.
    pub(crate) fn new(part: f64) -> Result<Self, Error> {
        if !(SMALLEST..=1.0).contains(&part) {
            return Err(Error::configuration(format!(
                "{part} is not a share of a rate limit; give a number from {SMALLEST} to 1"
            )));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1,000 to 1,000,000")]
        Ok(Self((part * f64::from(WHOLE)).round() as u32))
    }

    /// This part of a limit. Where it is less than one request, it is one request in a longer period: the share is
    /// never exceeded, and never nothing.
    pub(super) fn of(self, limit: Limit) -> Limit {
        if self == Self::WHOLE {
            return limit;
        }
        let (part, whole) = (u128::from(self.0), u128::from(WHOLE));
        let parts = u128::from(limit.requests) * part;
        let number = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
        match number(parts / whole) {
            0 if parts > 0 => Limit::new(1, number((u128::from(limit.seconds) * whole).div_ceil(parts))),
            requests => Limit { requests, ..limit },
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / f64::from(WHOLE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_part_is_refused() {
        for part in [0.0, -0.0, -0.2, 0.000_9, 1.000_1, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = Share::new(part).expect_err("no part").to_string();
            assert!(error.contains(&format!("{part} is not a share")), "{error}");
        }
        for part in [0.001, 0.2, 0.999_999, 1.0] {
            assert_eq!(Share::new(part).expect("a part").to_string(), part.to_string());
        }
    }

    #[test]
    fn a_part_is_rounded_down_and_never_to_nothing() {
        for (part, (requests, seconds), expected) in [
            (0.2, (300, 60), (60, 60)),
            (0.29, (100, 60), (29, 60)),
            (0.5, (5, 60), (2, 60)),
            (1.0, (7, 60), (7, 60)),
            (0.1, (10, 1), (1, 1)),
            (0.05, (10, 1), (1, 2)),
            (0.2, (1, 60), (1, 300)),
            (0.3, (1, 60), (1, 200)),
            (0.001, (1, 60), (1, 60_000)),
            (0.3, (u64::MAX, u64::MAX), (5_534_023_222_112_865_484, u64::MAX)),
        ] {
            let share = Share::new(part).expect("a part");
            let limit = share.of(Limit::new(requests, seconds));
            assert_eq!((limit.requests, limit.seconds), expected, "{part} of {requests} in {seconds} s");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_part_is_nothing_or_more_than_it_says(
            millionths in 1_000_u32..=1_000_000,
            requests in 1_u64..2_000_000,
            seconds in 1_u64..100_000,
        ) {
            let share = Share(millionths);
            let part = share.of(Limit::new(requests, seconds));
            proptest::prop_assert!(part.requests > 0 && part.seconds >= seconds);
            let (rate, whole) = (part.requests * seconds, requests * part.seconds);
            proptest::prop_assert!(u128::from(rate) * 1_000_000 <= u128::from(whole) * u128::from(millionths));
        }
    }
}
