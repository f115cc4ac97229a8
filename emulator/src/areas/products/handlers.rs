//! Requests of products.

use serde_json::{Value, json};

use crate::api::{Call, Failure, Outcome, Pagination, Response, Shapes, rfc3339};
use crate::areas::products::change::Change;
use crate::areas::products::model::{Catalog, DEVELOPER_PRODUCTS, GAME_PASSES, Kind, Product};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const DEVELOPER_PRODUCT_ROUTES: Routes = &[
    ("POST /developer-products/v2/universes/{u}/developer-products", |s, call| create(s, call, &PRODUCTS)),
    ("GET /developer-products/v2/universes/{u}/developer-products/creator", |s, call| {
        list(s, call, &PRODUCTS)
    }),
    ("PATCH /developer-products/v2/universes/{u}/developer-products/{p}", |s, call| {
        update(s, call, &PRODUCTS)
    }),
    ("GET /developer-products/v2/universes/{u}/developer-products/{p}/creator", |s, call| {
        get(s, call, &PRODUCTS)
    }),
];

pub(crate) const GAME_PASS_ROUTES: Routes = &[
    ("POST /game-passes/v1/universes/{u}/game-passes", |s, call| create(s, call, &PASSES)),
    ("GET /game-passes/v1/universes/{u}/game-passes/creator", |s, call| list(s, call, &PASSES)),
    ("PATCH /game-passes/v1/universes/{u}/game-passes/{p}", |s, call| update(s, call, &PASSES)),
    ("GET /game-passes/v1/universes/{u}/game-passes/{p}/creator", |s, call| get(s, call, &PASSES)),
];

/// How one of the two services serves its products.
struct Service {
    kind: Kind,
    catalog: fn(&mut State) -> &mut Catalog,
    id: &'static str,
    list: &'static str,
    json: fn(u64, u64, &Product, Shapes) -> Value,
    /// Two products of a universe never have the same name.
    has_unique_names: bool,
    /// The token of a page that has no next one.
    end: fn() -> Value,
}

const PRODUCTS: Service = Service {
    kind: DEVELOPER_PRODUCTS,
    catalog: |state| &mut state.developer_products,
    id: "productId",
    list: "developerProducts",
    json: developer_product,
    has_unique_names: true,
    end: || json!(""),
};

const PASSES: Service = Service {
    kind: GAME_PASSES,
    catalog: |state| &mut state.game_passes,
    id: "gamePassId",
    list: "gamePasses",
    json: game_pass,
    has_unique_names: false,
    end: || Value::Null,
};

fn developer_product(universe: u64, id: u64, product: &Product, shapes: Shapes) -> Value {
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

fn game_pass(_: u64, id: u64, product: &Product, shapes: Shapes) -> Value {
    json!({
        "gamePassId": id,
        "name": product.name,
        "description": product.description,
        "isForSale": product.for_sale,
        "isManagedPricingEnabled": product.managed_pricing,
        "iconAssetId": product.icon.unwrap_or(0),
        "priceInformation": product.price_information(shapes),
        "createdTimestamp": rfc3339(product.created),
        "updatedTimestamp": rfc3339(product.updated),
    })
}

fn create(state: &mut State, call: &Call<'_>, service: &Service) -> Outcome {
    let universe = call.number("universeId")?;
    let mut change = Change::read(call, &service.kind)?;
    if call.shapes.is_live() && service.has_unique_names {
        // GP-07: only an update puts a developer product on the store page.
        change.store_page = None;
    }
    if change.name.is_none() {
        return Err(Failure::invalid("The name is required.").with_detail(service.kind.no_name));
    }
    if service.has_unique_names {
        (service.catalog)(state).check_name(universe, change.name.as_ref(), None)?;
    }
    let icon = change.picture.as_ref().map(|picture| state.keep_picture(picture));
    let mut product = Product::new(call.now);
    change.apply(&mut product, icon, call.now, &service.kind)?;
    let id = state.ids.new_id();
    let json = (service.json)(universe, id, &product, call.shapes);
    (service.catalog)(state).insert(universe, id, product)?;
    Ok(Response::json(json))
}

fn update(state: &mut State, call: &Call<'_>, service: &Service) -> Outcome {
    let (universe, id) = (call.number("universeId")?, call.number(service.id)?);
    let change = Change::read(call, &service.kind)?;
    let catalog = (service.catalog)(state);
    let mut product = catalog.get(&service.kind, universe, id, call.shapes)?.clone();
    if service.has_unique_names {
        change.check_sale(&product, &service.kind, call.shapes)?;
        catalog.check_name(universe, change.name.as_ref(), Some(id))?;
    }
    let icon = change.picture.as_ref().map(|picture| state.keep_picture(picture));
    change.apply(&mut product, icon, call.now, &service.kind)?;
    *(service.catalog)(state).get(&service.kind, universe, id, call.shapes)? = product;
    Ok(Response::empty(204))
}

fn get(state: &mut State, call: &Call<'_>, service: &Service) -> Outcome {
    let (universe, id) = (call.number("universeId")?, call.number(service.id)?);
    let product = (service.catalog)(state).get(&service.kind, universe, id, call.shapes)?;
    Ok(Response::json((service.json)(universe, id, product, call.shapes)))
}

fn list(state: &mut State, call: &Call<'_>, service: &Service) -> Outcome {
    let universe = call.number("universeId")?;
    let listed = (service.catalog)(state).listed(universe, call.now);
    let products: Vec<_> =
        listed.map(|(id, product)| (service.json)(universe, id, product, call.shapes)).collect();
    let pages = Pagination { size: "pageSize", token: "pageToken", default: 50, max: 100 };
    let (page, next) = pages.page(call, &products)?;
    let next = next.map_or_else(service.end, Value::from);
    Ok(Response::json(json!({ service.list: page, "nextPageToken": next })))
}
