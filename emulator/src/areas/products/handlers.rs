//! Developer products: sold to players as often as they like.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Catalog, Change, Product, Words, keep_picture};
use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply};
use crate::clock::rfc3339;
use crate::failure::Failure;
use crate::shapes::Shapes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /developer-products/v2/universes/{u}/developer-products", create),
    ("GET /developer-products/v2/universes/{u}/developer-products/creator", list),
    ("PATCH /developer-products/v2/universes/{u}/developer-products/{p}", update),
    ("GET /developer-products/v2/universes/{u}/developer-products/{p}/creator", get),
];

const WORDS: Words = Words {
    noun: "developer product",
    missing: "InvalidDeveloperProductId",
    // GP-05
    missing_live: "NotFound",
    names_field: false,
    no_name: "InvalidName",
    price: "InvalidPrice",
    flag: "InvalidIsForSale",
    picture: "InvalidImageFile",
    too_large: "InvalidImageFile",
};

pub(crate) fn seeded(now: Timestamp) -> Catalog {
    Catalog::seeded(now, WORDS.noun, 8001)
}

fn json(universe: u64, id: u64, product: &Product, shapes: Shapes) -> Value {
    json!({
        "productId": id,
        "universeId": universe,
        "name": product.name,
        "description": product.description,
        "isForSale": product.for_sale,
        "isManagedPricingEnabled": product.managed_pricing,
        "isImmutable": false,
        "storePageEnabled": product.store_page,
        "iconImageAssetId": product.icon,
        "priceInformation": product.price_information(shapes),
        "createdTimestamp": rfc3339(product.created),
        "updatedTimestamp": rfc3339(product.updated),
    })
}

/// Two products of a universe never have the same name.
fn check_name(state: &State, universe: u64, change: &Change, except: Option<u64>) -> Result<(), Failure> {
    match &change.name {
        Some(name) if state.developer_products.has_name(universe, name, except) => {
            Err(Failure::invalid(format!("There is a developer product called '{name}' already."))
                .with_detail("DuplicateProductName"))
        }
        _ => Ok(()),
    }
}

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let mut change = Change::read(call, &WORDS)?;
    if call.shapes.is_live() {
        // GP-07: only an update puts a product on the store page.
        change.store_page = None;
    }
    if change.name.is_none() {
        return Err(Failure::invalid("The name is required.").with_detail(WORDS.no_name));
    }
    check_name(state, universe, &change, None)?;
    let icon = change.picture.as_ref().map(|picture| keep_picture(state, picture));
    let mut product = Product::new(call.now);
    change.apply(&mut product, icon, call.now, &WORDS)?;
    let id = state.new_id();
    let reply = json(universe, id, &product, call.shapes);
    state.developer_products.insert(universe, id, product)?;
    Ok(Reply::json(reply))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, id) = (call.number("universeId")?, call.number("productId")?);
    let change = Change::read(call, &WORDS)?;
    let mut product = state.developer_products.get(universe, id, &WORDS, call.shapes)?.clone();
    change.check_sale(&product, &WORDS, call.shapes)?;
    check_name(state, universe, &change, Some(id))?;
    let icon = change.picture.as_ref().map(|picture| keep_picture(state, picture));
    change.apply(&mut product, icon, call.now, &WORDS)?;
    *state.developer_products.get(universe, id, &WORDS, call.shapes)? = product;
    Ok(Reply::empty(204))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, id) = (call.number("universeId")?, call.number("productId")?);
    let product = state.developer_products.get(universe, id, &WORDS, call.shapes)?;
    Ok(Reply::json(json(universe, id, product, call.shapes)))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let (page, next) = state
        .developer_products
        .page(call, universe, |id, product| json(universe, id, product, call.shapes))?;
    Ok(Reply::json(json!({ "developerProducts": page, "nextPageToken": next.unwrap_or_default() })))
}
