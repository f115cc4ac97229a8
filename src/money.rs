//! Amounts of money, exactly.
//!
//! Services write them in several ways: as digits and an exponent, or as millionths in a text. A
//! [`Money`] is made from each and turned into each without a rounding error; what cannot be is refused.
//! Prices in Robux are whole numbers, and are plain `i64`.
//!
//! ```
//! use opencloud::money::Money;
//!
//! # fn main() -> Result<(), opencloud::Error> {
//! let price: Money = "4.99 USD".parse()?;
//! assert_eq!(price, Money::usd_cents(499));
//! assert_eq!(price.to_string(), "4.99 USD");
//! assert_eq!(price.checked_mul(3), Some(Money::usd_cents(1_497)));
//! assert_eq!(price.in_units(2)?, 499); // as a search for `min_price_cents` takes it
//! # Ok(())
//! # }
//! ```

use crate::Error;
use std::fmt;
use std::str::FromStr;

pub use rust_decimal::Decimal;

/// An exact amount in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: String,
}

impl Money {
    /// An amount in a currency: a code of ISO 4217 (`USD`), or one that begins with `X-`.
    ///
    /// # Errors
    ///
    /// If the currency is neither.
    pub fn new(amount: impl Into<Decimal>, currency: impl Into<String>) -> Result<Self, Error> {
        let currency = currency.into();
        let is_iso = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        let is_other = currency.len() > 2 && currency.starts_with("X-");
        match is_iso || is_other {
            true => Ok(Self { amount: amount.into(), currency }),
            false => Err(Error::invalid_request(format!(
                "{currency:?} is not a currency: it is three capital letters such as `USD`, or begins with `X-`"
            ))),
        }
    }

    /// US dollars.
    pub fn usd(amount: impl Into<Decimal>) -> Self {
        Self { amount: amount.into(), currency: "USD".to_owned() }
    }

    /// US cents.
    pub fn usd_cents(cents: i64) -> Self {
        Self::usd(Decimal::new(cents, 2))
    }

    /// The amount.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The code of the currency.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// The sum; `None` if the currencies differ or it is too large.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        self.with(self.in_same(other)?.checked_add(other.amount)?)
    }

    /// The difference; `None` if the currencies differ or it is too large.
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        self.with(self.in_same(other)?.checked_sub(other.amount)?)
    }

    /// The price multiplied by a number; `None` if it is too large.
    pub fn checked_mul(&self, times: i64) -> Option<Self> {
        self.with(self.amount.checked_mul(times.into())?)
    }

    fn in_same(&self, other: &Self) -> Option<Decimal> {
        (self.currency == other.currency).then_some(self.amount)
    }

    fn with(&self, amount: Decimal) -> Option<Self> {
        Some(Self { amount, currency: self.currency.clone() })
    }

    /// What digits and an exponent say.
    pub(crate) fn from_digits(currency: &str, digits: i64, exponent: i64) -> Result<Self, Error> {
        let unreadable =
            || Error::unreadable(format!("{digits}e{exponent} {currency} is not an amount that can be read"));
        let amount = scaled(digits, exponent).ok_or_else(unreadable)?;
        Self::new(amount, currency).map_err(|_| unreadable())
    }

    /// The amount in units of which `10^decimals` are one: in cents, if that is 2.
    ///
    /// # Errors
    ///
    /// If it is not a whole number of them, or more than an `i64` holds.
    pub fn in_units(&self, decimals: u32) -> Result<i64, Error> {
        let normal = self.amount.normalize();
        let zeros = decimals.checked_sub(normal.scale());
        let factor = zeros.and_then(|zeros| 10_i128.checked_pow(zeros));
        let units = factor.and_then(|factor| normal.mantissa().checked_mul(factor));
        units.and_then(|units| i64::try_from(units).ok()).ok_or_else(|| {
            Error::invalid_request(format!(
                "{self} cannot be sent: it has more than {decimals} digits behind the point, or is too large"
            ))
        })
    }
}

fn scaled(digits: i64, exponent: i64) -> Option<Decimal> {
    if digits == 0 {
        return Some(Decimal::ZERO);
    }
    let power = u32::try_from(exponent.unsigned_abs()).ok()?;
    if exponent < 0 {
        return Decimal::try_from_i128_with_scale(digits.into(), power).ok();
    }
    let factor = 10_i128.checked_pow(power)?;
    Decimal::try_from_i128_with_scale(factor.checked_mul(digits.into())?, 0).ok()
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl FromStr for Money {
    type Err = Error;

    /// Reads what `Display` writes: `4.99 USD`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || Error::invalid_request(format!("{text:?} is not an amount such as `4.99 USD`"));
        let (amount, currency) = text.split_once(' ').ok_or_else(refuse)?;
        Self::new(Decimal::from_str_exact(amount).map_err(|_| refuse())?, currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(text: &str) -> Money {
        text.parse().expect(text)
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(money("1.15 USD").in_units(9).expect("whole"), 1_150_000_000);
        assert_eq!(money("0.1 USD").checked_add(&money("0.2 USD")), Some(money("0.3 USD")));
        assert_eq!(money("1.10 USD"), money("1.1 USD"));
        assert_eq!(money("2 USD").checked_sub(&money("0.01 USD")), Some(money("1.99 USD")));
        assert_eq!(money("1 USD").checked_add(&money("1 EUR")), None);
        assert_eq!(Money::usd(Decimal::MAX).checked_mul(2), None);
    }

    #[test]
    fn digits_and_exponent_mean_an_amount() {
        // The first four are the examples of the document.
        for (digits, exponent, amount) in [
            (17, 0, "17 USD"),
            (-5, -3, "-0.005 USD"),
            (335, 5, "33500000 USD"),
            (1_375, -3, "1.375 USD"),
            (4_990_000_000, -9, "4.99 USD"),
            (0, -9, "0 USD"),
            (0, i64::MAX, "0 USD"),
            (0, i64::MIN, "0 USD"),
            (i64::MAX, 0, "9223372036854775807 USD"),
            (i64::MIN, -9, "-9223372036.854775808 USD"),
            (1, -28, "0.0000000000000000000000000001 USD"),
        ] {
            assert_eq!(Money::from_digits("USD", digits, exponent).expect(amount), money(amount));
        }
        for (digits, exponent) in [(1, -29), (1, 29), (i64::MAX, 20), (1, i64::MAX), (1, i64::MIN)] {
            assert!(Money::from_digits("USD", digits, exponent).is_err(), "{digits}e{exponent}");
        }
        assert!(Money::from_digits("", 1, 0).is_err());
    }

    #[test]
    fn an_amount_is_written_whole_or_not_at_all() {
        for (amount, decimals, units) in [
            ("4.99 USD", 9, Some(4_990_000_000)),
            ("4.990000000000 USD", 9, Some(4_990_000_000)),
            ("-5 USD", 0, Some(-5)),
            ("0 USD", 9, Some(0)),
            ("0.0000000001 USD", 9, None),
            ("9223372036.854775807 USD", 9, Some(i64::MAX)),
            ("9223372036.854775808 USD", 9, None),
            ("79228162514264337593543950335 USD", 9, None),
        ] {
            assert_eq!(money(amount).in_units(decimals).ok(), units, "{amount}");
        }
    }

    proptest! {
        #[test]
        fn no_digit_is_lost(digits: i64, exponent in -28_i64..=0) {
            let money = Money::from_digits("USD", digits, exponent).expect("in range");
            prop_assert_eq!(&money.to_string().parse::<Money>().expect("what was written"), &money);
            let decimals = u32::try_from(-exponent).expect("no more than 28");
            prop_assert_eq!(money.in_units(decimals).ok(), Some(digits));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "4.99", "USD", "4,99 USD", "4.99 usd", "4.99 US", "4.99  USD", "x USD", "1e5 USD"] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
        money("1 X-ROBUX");
    }
}
