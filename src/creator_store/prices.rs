use super::{CreatorStoreProduct, StoreAssetProduct};
use crate::Error;
use crate::money::Money;
use crate::types::{self, StoreMoney};

/// How many digits behind the point the service demands of a price, always.
const DECIMALS: u32 = 9;

impl TryFrom<Money> for types::Money {
    type Error = Error;

    /// The amount as the service takes prices: in billionths.
    ///
    /// # Errors
    ///
    /// If it is less than nothing, no whole number of them, or more than 9,223,372,036.854775807.
    fn try_from(money: Money) -> Result<Self, Error> {
        if money.amount().is_sign_negative() && !money.is_zero() {
            return Err(Error::invalid_request(format!("{money} is not a price: it is less than nothing")));
        }
        let billionths = money.in_units(DECIMALS)?;
        let quantity = types::Decimal::new().significand(billionths).exponent(-i64::from(DECIMALS));
        Ok(Self::new().currency_code(money.currency()).quantity(quantity))
    }
}

impl TryFrom<&types::Money> for Money {
    type Error = Error;

    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if there is no currency, or an amount that has more
    /// than 28 digits.
    fn try_from(money: &types::Money) -> Result<Self, Error> {
        let quantity = money.quantity.as_ref().map(|quantity| (quantity.significand, quantity.exponent));
        read(money.currency_code.as_deref(), quantity)
    }
}

impl TryFrom<&StoreMoney> for Money {
    type Error = Error;

    /// # Errors
    ///
    /// Of kind [`Decode`](crate::ErrorKind::Decode) if there is no currency, or an amount that has more
    /// than 28 digits.
    fn try_from(money: &StoreMoney) -> Result<Self, Error> {
        let quantity = money.quantity.as_ref().map(|quantity| (quantity.significand, quantity.exponent));
        read(money.currency_code.as_deref(), quantity)
    }
}

/// What is absent is zero, as it is in the services' own format.
fn read(currency: Option<&str>, quantity: Option<(Option<i64>, Option<i64>)>) -> Result<Money, Error> {
    let (digits, exponent) = quantity.unwrap_or_default();
    Money::from_digits(currency.unwrap_or_default(), digits.unwrap_or(0), exponent.unwrap_or(0))
}

impl CreatorStoreProduct {
    /// The base price, if there is one.
    ///
    /// # Errors
    ///
    /// As of reading a [`Money`].
    pub fn price(&self) -> Option<Result<Money, Error>> {
        self.base_price.as_ref().map(Money::try_from)
    }

    /// What the owner of the credential would pay, if the service says so.
    ///
    /// # Errors
    ///
    /// As of reading a [`Money`].
    pub fn price_to_pay(&self) -> Option<Result<Money, Error>> {
        self.purchase_price.as_ref().map(Money::try_from)
    }
}

impl StoreAssetProduct {
    /// The price, if there is one.
    ///
    /// # Errors
    ///
    /// As of reading a [`Money`].
    pub fn price(&self) -> Option<Result<Money, Error>> {
        self.purchase_price.as_ref().map(Money::try_from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_price_is_written_in_billionths() {
        let price = types::Money::try_from(Money::usd_cents(499)).expect("whole");
        assert_eq!(
            serde_json::to_value(price).expect("JSON"),
            json!({ "currencyCode": "USD", "quantity": { "significand": 4_990_000_000_i64, "exponent": -9 } })
        );
    }

    #[test]
    fn less_than_nothing_is_no_price() {
        let error = types::Money::try_from(Money::usd_cents(-1)).expect_err("a refusal");
        assert!(error.is_usage() && error.to_string().contains("-0.01 USD"), "{error}");
        types::Money::try_from(Money::usd_cents(0)).expect("free");
    }

    #[test]
    fn prices_are_read_from_both_services() {
        let product: CreatorStoreProduct = serde_json::from_value(json!({
            "basePrice": { "currencyCode": "USD", "quantity": { "significand": "4990000000", "exponent": -9 } },
            "purchasePrice": { "currencyCode": "EUR", "quantity": { "significand": 5 } },
        }))
        .expect("a product");
        assert_eq!(product.price().expect("one").expect("read"), Money::usd_cents(499));
        assert_eq!(product.price_to_pay().expect("one").expect("read").to_string(), "5 EUR");

        let listing: StoreAssetProduct = serde_json::from_value(json!({
            "purchasePrice": { "currencyCode": "USD", "quantity": { "significand": 499, "exponent": -2 } },
        }))
        .expect("a listing");
        assert_eq!(listing.price().expect("one").expect("read"), Money::usd_cents(499));
    }

    #[test]
    fn a_free_product_has_a_price_of_nothing() {
        let free: CreatorStoreProduct = serde_json::from_value(json!({
            "basePrice": { "currencyCode": "USD", "quantity": {} },
        }))
        .expect("a product");
        assert!(free.price().expect("one").expect("read").is_zero());
        assert!(CreatorStoreProduct::default().price().is_none());
    }

    /// CS-01.
    #[test]
    fn cs_01_a_product_without_prices_and_a_price_without_an_exponent_are_read() {
        let product: CreatorStoreProduct =
            serde_json::from_value(json!({ "userSeller": "156", "restrictions": [] })).expect("a product");
        assert!(product.price().is_none() && product.price_to_pay().is_none());
        let product: CreatorStoreProduct = serde_json::from_value(json!({
            "basePrice": { "currencyCode": "USD", "quantity": { "significand": 5, "exponent": 0 } },
        }))
        .expect("a product");
        assert_eq!(product.price().expect("one").expect("read"), Money::usd_cents(500));
    }

    #[test]
    fn what_is_no_price_is_no_price() {
        for money in [json!({}), json!({ "quantity": { "significand": 5 } }), json!({ "currencyCode": "" })] {
            let money: types::Money = serde_json::from_value(money).expect("money");
            assert_eq!(Money::try_from(&money).expect_err("no currency").kind(), crate::ErrorKind::Decode);
        }
    }
}
