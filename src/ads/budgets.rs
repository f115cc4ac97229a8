use super::{AdsBudget, AdsBudgetUpdate};
use crate::Error;
use crate::money::Money;

/// The service counts in millionths of a US dollar.
const DECIMALS: u32 = 6;
const CURRENCY: &str = "USD";

fn read(micros: Option<&String>) -> Option<Result<Money, Error>> {
    let micros = micros?;
    Some(match micros.parse() {
        Ok(digits) => Money::from_digits(CURRENCY, digits, -i64::from(DECIMALS)),
        Err(_) => Err(Error::unreadable(format!("{micros:?} is not a number of millionths of a dollar"))),
    })
}

fn write(money: &Money) -> Result<String, Error> {
    match money.currency() {
        CURRENCY => Ok(money.in_units(DECIMALS)?.to_string()),
        _ => Err(Error::invalid_request(format!("{money} cannot be a budget: budgets are in {CURRENCY}"))),
    }
}

impl AdsBudget {
    /// A budget of this amount, in US dollars.
    ///
    /// # Errors
    ///
    /// If it is in another currency, or no whole number of millionths.
    pub fn of(amount: Money) -> Result<Self, Error> {
        Ok(Self::new().amount_micros(write(&amount)?))
    }

    /// The amount, if there is one.
    ///
    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if it is not a number.
    pub fn amount(&self) -> Option<Result<Money, Error>> {
        read(self.amount_micros.as_ref())
    }

    /// The amount that holds from [`scheduled_effective_time`](Self::scheduled_effective_time) on, if there
    /// is one.
    ///
    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if it is not a number.
    pub fn scheduled_amount(&self) -> Option<Result<Money, Error>> {
        read(self.scheduled_amount_micros.as_ref())
    }
}

impl AdsBudgetUpdate {
    /// A change to this amount, in US dollars.
    ///
    /// # Errors
    ///
    /// If it is in another currency, or no whole number of millionths.
    pub fn to(amount: Money) -> Result<Self, Error> {
        Ok(Self::new().amount_micros(write(&amount)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_millionths_of_dollars() {
        let budget = AdsBudget::of(Money::usd_cents(1_250)).expect("a budget");
        assert_eq!(budget.amount_micros.as_deref(), Some("12500000"));
        assert_eq!(budget.amount().expect("one").expect("read"), Money::usd_cents(1_250));
        let update = AdsBudgetUpdate::to("0.000001 USD".parse().expect("money")).expect("a budget");
        assert_eq!(update.amount_micros.as_deref(), Some("1"));
    }

    #[test]
    fn what_is_no_budget_is_refused() {
        for amount in ["1 EUR", "0.0000001 USD", "9223372036855 USD"] {
            assert!(AdsBudget::of(amount.parse().expect("money")).is_err(), "{amount}");
        }
        let unreadable = AdsBudget::new().amount_micros("many");
        assert!(unreadable.amount().expect("one").is_err());
        assert!(AdsBudget::new().amount().is_none());
        let _ = unreadable.scheduled_amount();
    }
}
