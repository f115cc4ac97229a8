//! Requests of store products.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, Shapes, text, update_mask};
use crate::areas::routes::Routes;
use crate::areas::store_products::model::{CURRENCY, EXPONENT};
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /cloud/v2/creator-store-products", create),
    ("GET /cloud/v2/creator-store-products/{p}", get),
    ("PATCH /cloud/v2/creator-store-products/{p}", update),
];

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
        && update_mask::is_writable(call.document, call.operation, name)
}

fn check_price(product: &Map<String, Value>) -> Result<(), Failure> {
    let Some(price) = product.get("basePrice") else { return Ok(()) };
    if price["currencyCode"] != CURRENCY || price["quantity"]["exponent"].as_i64() != Some(EXPONENT) {
        let message = format!("The basePrice must be in {CURRENCY}, with the exponent {EXPONENT}.");
        return Err(Failure::invalid(message));
    }
    let is_negative = price["quantity"]["significand"].as_i64().unwrap_or(0) < 0;
    refuse_if!(is_negative, "The basePrice must not be negative.");
    Ok(())
}

/// The one asset of a product, as the id of the product. Roblox does not say what form ids have; this is the one that
/// a client in use asks for.
fn id_of(product: &Map<String, Value>) -> Result<String, Failure> {
    let id = |(name, kind): &(&str, &str)| Some(format!("{ID_BEGINS}{kind}-{}", text(product, name)?));
    let assets: Vec<_> = KINDS.iter().filter_map(id).collect();
    match assets.as_slice() {
        [id] => Ok(id.clone()),
        _ => Err(Failure::invalid(format!("A product is of one asset, not of {}.", assets.len()))),
    }
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let product = writable(call, call.json()?)?;
    let id = id_of(&product)?;
    let products = &mut state.store_products;
    refuse_if!(products.products.contains_key(&id), "There is a product of this asset already: update it.");
    let response = json(&id, &product, call.shapes);
    products.insert(&id, product)?;
    Ok(Response::json(response))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.param("creator_store_product_id");
    let product = state.store_products.products.get(id);
    let product = product.ok_or_else(|| Failure::missing(format_args!("product '{id}'")))?;
    Ok(Response::json(json(id, product, call.shapes)))
}

/// Where there is no product yet, `allowMissing` creates one, whatever the mask says.
fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let id = call.param("creator_store_product_id");
    let Some(product) = state.store_products.products.get(id) else {
        refuse_if!(!call.flag("allowMissing"), Failure::missing(format_args!("product '{id}'")));
        let product = writable(call, body)?;
        id_of(&product)?;
        let response = json(id, &product, call.shapes);
        state.store_products.insert(id, product)?;
        return Ok(Response::json(response));
    };
    let mut product = product.clone();
    update_mask::apply(&mut product, &body, call.given("updateMask"), |name| is_writable(call, name))?;
    check_price(&product)?;
    id_of(&product)?;
    let response = json(id, &product, call.shapes);
    state.store_products.products.insert(id.to_owned(), product);
    Ok(Response::json(response))
}
