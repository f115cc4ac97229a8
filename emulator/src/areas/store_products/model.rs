//! State and rules of store products.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, object};

const MAX_PRODUCTS: usize = 100_000;
/// Prices are in billionths of a dollar.
pub(super) const CURRENCY: &str = "USD";
pub(super) const EXPONENT: i64 = -9;

/// By id, as they were sent.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct StoreProducts {
    pub(super) products: BTreeMap<String, Map<String, Value>>,
}

impl StoreProducts {
    /// What sample requests ask for.
    pub(crate) fn seeded() -> StoreProducts {
        let product = object(json!({
            "modelAssetId": "5001",
            "published": true,
            "basePrice": { "currencyCode": CURRENCY, "quantity": { "significand": 4_990_000_000_i64, "exponent": EXPONENT } },
        }));
        StoreProducts { products: BTreeMap::from([("8001".to_owned(), product)]) }
    }

    pub(super) fn insert(&mut self, id: &str, product: Map<String, Value>) -> Result<(), Failure> {
        Failure::if_full(self.products.len(), MAX_PRODUCTS, "products")?;
        self.products.insert(id.to_owned(), product);
        Ok(())
    }
}
