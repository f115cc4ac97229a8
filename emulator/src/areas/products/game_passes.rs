//! Game passes: sold once to each player.

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
    ("POST /game-passes/v1/universes/{u}/game-passes", create),
    ("GET /game-passes/v1/universes/{u}/game-passes/creator", list),
    ("PATCH /game-passes/v1/universes/{u}/game-passes/{p}", update),
    ("GET /game-passes/v1/universes/{u}/game-passes/{p}/creator", get),
];

const WORDS: Words = Words {
    noun: "game pass",
    missing: "PassNotFound",
    missing_live: "PassNotFound",
    names_field: true,
    no_name: "MissingArgument",
    price: "BadRequest",
    flag: "BadRequest",
    picture: "AssetCreationFailure",
    too_large: "FileTooLarge",
};

pub(crate) fn seeded(now: Timestamp) -> Catalog {
    Catalog::seeded(now, WORDS.noun, 9001)
}

fn json(id: u64, product: &Product, shapes: Shapes) -> Value {
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

fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let universe = call.number("universeId")?;
    let change = Change::read(call, &WORDS)?;
    if change.name.is_none() {
        return Err(Failure::invalid("The name is required.").with_detail(WORDS.no_name));
    }
    let icon = change.picture.as_ref().map(|picture| keep_picture(state, picture));
    let mut product = Product::new(call.now);
    change.apply(&mut product, icon, call.now, &WORDS)?;
    let id = state.new_id();
    let reply = json(id, &product, call.shapes);
    state.game_passes.insert(universe, id, product)?;
    Ok(Reply::json(reply))
}

fn update(state: &mut State, call: &Call<'_>) -> Outcome {
    let (universe, id) = (call.number("universeId")?, call.number("gamePassId")?);
    let change = Change::read(call, &WORDS)?;
    let mut product = state.game_passes.get(universe, id, &WORDS, call.shapes)?.clone();
    let icon = change.picture.as_ref().map(|picture| keep_picture(state, picture));
    change.apply(&mut product, icon, call.now, &WORDS)?;
    *state.game_passes.get(universe, id, &WORDS, call.shapes)? = product;
    Ok(Reply::empty(204))
}

fn get(state: &mut State, call: &Call<'_>) -> Outcome {
    let id = call.number("gamePassId")?;
    let product = state.game_passes.get(call.number("universeId")?, id, &WORDS, call.shapes)?;
    Ok(Reply::json(json(id, product, call.shapes)))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let of = |id: u64, product: &Product| json(id, product, call.shapes);
    let (page, next) = state.game_passes.page(call, call.number("universeId")?, of)?;
    Ok(Reply::json(json!({ "gamePasses": page, "nextPageToken": next })))
}
