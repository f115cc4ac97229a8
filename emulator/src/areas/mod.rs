//! What operations do beyond answering in the right shape: one file for each area that has a state.

use std::collections::HashMap;

use crate::call::{Call, Outcome};
use crate::document::{Document, Operation};
use crate::state::State;

pub(crate) mod ads;
pub(crate) mod analytics;
pub(crate) mod asset_permissions;
pub(crate) mod assets;
pub(crate) mod badges;
pub(crate) mod configs;
pub(crate) mod creator_store;
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
pub(crate) mod secrets;
pub(crate) mod servers;
pub(crate) mod subscriptions;
pub(crate) mod team_create;
pub(crate) mod thumbnails;
pub(crate) mod translation;
pub(crate) mod universes;
pub(crate) mod user_restrictions;
pub(crate) mod users;

pub(crate) type Handler = fn(&mut State, &Call<'_>) -> Outcome;

/// A method and a path template; what the parameters are called does not matter.
pub(crate) type Routes = &'static [(&'static str, Handler)];

const AREAS: &[Routes] = &[
    ads::ROUTES,
    analytics::ROUTES,
    asset_permissions::ROUTES,
    assets::ROUTES,
    badges::ROUTES,
    configs::ROUTES,
    creator_store::products::ROUTES,
    creator_store::saves::ROUTES,
    data_stores::v1::ROUTES,
    data_stores::v2::ROUTES,
    events::ROUTES,
    experiments::ROUTES,
    followings::ROUTES,
    groups::ROUTES,
    homepage_thumbnails::ROUTES,
    instances::ROUTES,
    localization_tables::ROUTES,
    luau::ROUTES,
    memory_stores::ROUTES,
    messaging::ROUTES,
    ordered_data_stores::ROUTES,
    products::developer_products::ROUTES,
    products::game_passes::ROUTES,
    secrets::ROUTES,
    servers::ROUTES,
    subscriptions::ROUTES,
    team_create::ROUTES,
    thumbnails::ROUTES,
    translation::ROUTES,
    universes::ROUTES,
    user_restrictions::ROUTES,
    users::ROUTES,
];

/// The behaviours of a document's operations, by operation id.
pub(crate) fn handlers(document: &Document) -> HashMap<String, Handler> {
    let known: HashMap<String, Handler> = AREAS
        .iter()
        .flat_map(|routes| routes.iter())
        .map(|(key, handler)| (without_names(key), *handler))
        .collect();
    let of = |operation: &Operation| {
        let handler = known.get(&without_names(&operation.key()))?;
        Some((operation.id.clone(), *handler))
    };
    document.operations().iter().filter_map(of).collect()
}

/// `GET /users/{user_id}` as `GET /users/{}`.
pub(crate) fn without_names(key: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for letter in key.chars() {
        match letter {
            '{' => inside = true,
            '}' => inside = false,
            _ if inside => continue,
            _ => {}
        }
        plain.push(letter);
    }
    plain
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
