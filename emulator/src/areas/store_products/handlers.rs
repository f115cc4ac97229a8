//! Products of the Creator Store: one for each asset that was ever distributed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply, text};
use crate::failure::Failure;
use crate::mask;
use crate::shapes::Shapes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /cloud/v2/creator-store-products", create),
    ("GET /cloud/v2/creator-store-products/{p}", get),
    ("PATCH /cloud/v2/creator-store-products/{p}", update),
];

const MAX_PRODUCTS: usize = 100_000;
/// Prices are in billionths of a dollar.
const CURRENCY: &str = "USD";
const EXPONENT: i64 = -9;
const ID_BEGINS: &str = "CreatorMarketplaceAsset-PRODUCT_TYPE_";
/// The kinds of assets, and how the id of a product goes on with each.
const KINDS: [(&str, &str); 7] = [
    ("modelAssetId", "MODEL"),
    ("pluginAssetId", "PLUGIN"),
    ("audioAssetId", "AUDIO"),
    ("decalAssetId", "DECAL"),
    ("meshPartAssetId", "MESH_PART"),
    ("videoAssetId", "VIDEO"),
    ("fontFamilyAssetId", "FONT_FAMILY"),
];

/// By id, as they were sent.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct StoreProducts {
    products: BTreeMap<String, Map<String, Value>>,
}

impl StoreProducts {
    /// What sample requests ask for.
    pub(crate) fn seeded() -> StoreProducts {
        let product = json!({
            "modelAssetId": "5001",
            "published": true,
            "basePrice": { "currencyCode": CURRENCY, "quantity": { "significand": 4_990_000_000_i64, "exponent": EXPONENT } },
        });
        let product = product.as_object().cloned().unwrap_or_default();
        StoreProducts { products: BTreeMap::from([("8001".to_owned(), product)]) }
    }

    fn insert(&mut self, id: &str, product: Map<String, Value>) -> Result<(), Failure> {
        if self.products.len() >= MAX_PRODUCTS {
            return Err(Failure::exhausted("The emulator holds no more products."));
        }
        self.products.insert(id.to_owned(), product);
        Ok(())
    }
}

fn json(id: &str, product: &Map<String, Value>, shapes: Shapes) -> Value {
    let mut json = product.clone();
    json.insert("path".to_owned(), json!(format!("creator-store-products/{id}")));
    // CS-01: the seller is a bare number, and what costs nothing has no exponent.
    let seller = if shapes.is_live() { "1001" } else { "users/1001" };
    json.insert("userSeller".to_owned(), json!(seller));
    json.insert("restrictions".to_owned(), json!([]));
    // Nothing is restricted here, so that what is published can be bought.
    let published = product.get("published") == Some(&json!(true));
    json.insert("published".to_owned(), json!(published));
    json.insert("purchasable".to_owned(), json!(published));
    if let Some(price) = product.get("basePrice") {
        json.insert("purchasePrice".to_owned(), price.clone());
    }
    for name in ["basePrice", "purchasePrice"] {
        let quantity = json.get_mut(name).and_then(|price| price.get_mut("quantity"));
        if let Some(quantity) = quantity.filter(|quantity| shapes.is_live() && quantity["significand"] == 0) {
            quantity["exponent"] = json!(0);
        }
    }
    Value::Object(json)
}

/// What of a body can be set, if it is possible.
fn writable(call: &Call<'_>, body: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let mut product = body;
    product.retain(|name, value| is_writable(call, name) && !value.is_null());
    check_price(&product)?;
    Ok(product)
}

fn is_writable(call: &Call<'_>, name: &str) -> bool {
    !matches!(name, "path" | "purchasePrice" | "restrictions")
        && mask::is_writable(call.document, call.operation, name)
}

fn check_price(product: &Map<String, Value>) -> Result<(), Failure> {
    let Some(price) = product.get("basePrice") else {
        return Ok(());
    };
    if price["currencyCode"] != CURRENCY || price["quantity"]["exponent"].as_i64() != Some(EXPONENT) {
        return Err(Failure::invalid(format!(
            "The basePrice must be in {CURRENCY}, with the exponent {EXPONENT}."
        )));
    }
    if price["quantity"]["significand"].as_i64().unwrap_or(0) < 0 {
        return Err(Failure::invalid("The basePrice must not be negative."));
    }
    Ok(())
}

/// The one asset of a product, as the id of the product. Roblox does not say what form ids have; this is the one that
/// a client in use asks for.
fn id_of(product: &Map<String, Value>) -> Result<String, Failure> {
    let assets: Vec<_> = KINDS
        .iter()
        .filter_map(|(name, kind)| Some(format!("{ID_BEGINS}{kind}-{}", text(product, name)?)))
        .collect();
    match assets.as_slice() {
        [id] => Ok(id.clone()),
        _ => Err(Failure::invalid(format!("A product is of one asset, not of {}.", assets.len()))),
    }
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let product = writable(call, call.json()?)?;
    let id = id_of(&product)?;
    let products = &mut state.store_products;
    if products.products.contains_key(&id) {
        return Err(Failure::invalid("There is a product of this asset already: update it."));
    }
    let reply = json(&id, &product, call.shapes);
    products.insert(&id, product)?;
    Ok(Reply::json(reply))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("creator_store_product_id");
    let product = state.store_products.products.get(id);
    let product = product.ok_or_else(|| Failure::not_found(format!("The product '{id}' does not exist.")))?;
    Ok(Reply::json(json(id, product, call.shapes)))
}

/// Where there is no product yet, `allowMissing` creates one, whatever the mask says.
fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let id = call.param("creator_store_product_id");
    let Some(product) = state.store_products.products.get(id) else {
        if !call.flag("allowMissing") {
            return Err(Failure::not_found(format!("The product '{id}' does not exist.")));
        }
        let product = writable(call, body)?;
        id_of(&product)?;
        let reply = json(id, &product, call.shapes);
        state.store_products.insert(id, product)?;
        return Ok(Reply::json(reply));
    };
    let mut product = product.clone();
    mask::apply(&mut product, &body, call.given("updateMask"), |name| is_writable(call, name))?;
    check_price(&product)?;
    id_of(&product)?;
    let reply = json(id, &product, call.shapes);
    state.store_products.products.insert(id.to_owned(), product);
    Ok(Reply::json(reply))
}
