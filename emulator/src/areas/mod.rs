//! What operations do beyond responding in the right shape: one folder for each area.
//!
//! `model` is what an area remembers, and its rules; `handlers` reads calls, asks the model and writes responses.

use std::collections::HashMap;

use self::routes::{Handler, Routes};
use crate::api::{Call, Outcome, synth};
use crate::document::{Document, Operation, without_names};
use crate::state::State;

pub(crate) mod ads;
pub(crate) mod analytics;
pub(crate) mod asset_permissions;
pub(crate) mod assets;
pub(crate) mod badges;
pub(crate) mod configs;
pub(crate) mod data_stores;
pub(crate) mod events;
pub(crate) mod experiments;
pub(crate) mod followings;
pub(crate) mod groups;
pub(crate) mod homepage_thumbnails;
pub(crate) mod instances;
pub(crate) mod localization;
pub(crate) mod localization_tables;
pub(crate) mod luau;
pub(crate) mod memory_stores;
pub(crate) mod messaging;
pub(crate) mod ordered_data_stores;
pub(crate) mod products;
pub(crate) mod public_lookups;
pub(crate) mod routes;
pub(crate) mod saves;
pub(crate) mod secrets;
pub(crate) mod servers;
pub(crate) mod store_products;
pub(crate) mod subscriptions;
pub(crate) mod team_create;
pub(crate) mod thumbnails;
pub(crate) mod translation;
pub(crate) mod universes;
pub(crate) mod user_restrictions;
pub(crate) mod users;

const AREAS: &[Routes] = &[
    ads::handlers::ROUTES,
    analytics::handlers::ROUTES,
    asset_permissions::handlers::ROUTES,
    assets::handlers::ROUTES,
    badges::handlers::ROUTES,
    configs::handlers::ROUTES,
    data_stores::v1::ROUTES,
    data_stores::v2::ROUTES,
    events::handlers::ROUTES,
    experiments::handlers::ROUTES,
    experiments::numbers::ROUTES,
    followings::handlers::ROUTES,
    groups::handlers::ROUTES,
    homepage_thumbnails::handlers::ROUTES,
    instances::handlers::ROUTES,
    localization_tables::handlers::ROUTES,
    luau::handlers::ROUTES,
    memory_stores::handlers::ROUTES,
    messaging::handlers::ROUTES,
    ordered_data_stores::handlers::ROUTES,
    products::handlers::DEVELOPER_PRODUCT_ROUTES,
    products::handlers::GAME_PASS_ROUTES,
    public_lookups::handlers::ROUTES,
    saves::handlers::ROUTES,
    secrets::handlers::ROUTES,
    servers::handlers::ROUTES,
    servers::game_servers::ROUTES,
    store_products::handlers::ROUTES,
    subscriptions::handlers::ROUTES,
    team_create::handlers::ROUTES,
    thumbnails::handlers::ROUTES,
    translation::handlers::ROUTES,
    universes::handlers::ROUTES,
    universes::history::ROUTES,
    user_restrictions::handlers::ROUTES,
    users::handlers::ROUTES,
];

/// Serves an operation that no area has a handler for: with a response made from its schema.
pub(crate) fn synthesize(state: &mut State, call: &Call<'_>) -> Outcome {
    localization::handlers::check(call)?;
    synth::respond(&mut state.operations, &mut state.ids, call)
}

/// The handlers of a document's operations, by operation id.
pub(crate) fn handlers(document: &Document) -> HashMap<String, Handler> {
    let routes = AREAS.iter().flat_map(|routes| routes.iter());
    let known: HashMap<String, Handler> =
        routes.map(|(key, handler)| (without_names(key), *handler)).collect();
    let of = |operation: &Operation| {
        let handler = known.get(&without_names(&operation.key()))?;
        Some((operation.id.clone(), *handler))
    };
    document.operations().iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behaviour_belongs_to_an_operation() {
        let document = Document::embedded();
        let routes: usize = AREAS.iter().map(|routes| routes.len()).sum();
        let known: Vec<_> =
            document.operations().iter().map(|operation| without_names(&operation.key())).collect();
        for (key, _) in AREAS.iter().flat_map(|routes| routes.iter()) {
            assert!(known.contains(&without_names(key)), "{key} is no operation");
        }
        assert_eq!(handlers(document).len(), routes);
    }
}
