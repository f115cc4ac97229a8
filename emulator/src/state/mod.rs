//! Everything that the emulator remembers.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::synth::typed;
use crate::api::{Ids, Operations};
use crate::areas::ads::model::Ads;
use crate::areas::analytics::model::Queries;
use crate::areas::assets::model::Assets;
use crate::areas::badges::model::Badges;
use crate::areas::configs::model::Configs;
use crate::areas::data_stores::model::DataStores;
use crate::areas::events::model::Events;
use crate::areas::experiments::model::Experiments;
use crate::areas::followings::model::Followings;
use crate::areas::groups::model::Groups;
use crate::areas::homepage_thumbnails::model::HomepageThumbnails;
use crate::areas::instances::model::Instances;
use crate::areas::localization_tables::model::LocalizationTables;
use crate::areas::luau::model::LuauTasks;
use crate::areas::memory_stores::model::MemoryStores;
use crate::areas::messaging::model::Messages;
use crate::areas::ordered_data_stores::model::OrderedDataStores;
use crate::areas::products::model::{Catalog, DEVELOPER_PRODUCTS, GAME_PASSES};
use crate::areas::saves::model::Saves;
use crate::areas::secrets::model::Secrets;
use crate::areas::servers::model::Restarts;
use crate::areas::store_products::model::StoreProducts;
use crate::areas::subscriptions::model::Subscriptions;
use crate::areas::team_create::model::TeamCreate;
use crate::areas::thumbnails::model::Rendered;
use crate::areas::universes::model::Universes;
use crate::areas::user_restrictions::model::UserRestrictions;
use crate::areas::users::model::Users;
use crate::clock::Clock;
use crate::document::Part;
use crate::identity::Identity;
use crate::state::contents::Contents;

mod contents;
pub(crate) mod seeded;

/// Plain data: what is written here is dumped and loaded as JSON, and survives a restart with `--data`. A change depends
/// on nothing but the state, the request and the time, so that replaying the requests gives the same state again.
#[derive(Default, Serialize, Deserialize)]
#[serde(default = "State::begun", deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct State {
    #[serde(skip)]
    pub(crate) clock: Clock,
    pub(crate) operations: Operations,
    pub(crate) content: Contents,
    pub(crate) assets: Assets,
    pub(crate) data_stores: DataStores,
    pub(crate) groups: Groups,
    pub(crate) identity: Identity,
    pub(crate) luau: LuauTasks,
    pub(crate) memory_stores: MemoryStores,
    pub(crate) messages: Messages,
    pub(crate) ordered_data_stores: OrderedDataStores,
    pub(crate) secrets: Secrets,
    pub(crate) universes: Universes,
    pub(crate) user_restrictions: UserRestrictions,
    pub(crate) users: Users,
    pub(crate) restarts: Restarts,
    pub(crate) homepage_thumbnails: HomepageThumbnails,
    pub(crate) developer_products: Catalog,
    pub(crate) game_passes: Catalog,
    pub(crate) configs: Configs,
    pub(crate) experiments: Experiments,
    pub(crate) ads: Ads,
    pub(crate) events: Events,
    pub(crate) instances: Instances,
    pub(crate) followings: Followings,
    pub(crate) store_products: StoreProducts,
    pub(crate) saves: Saves,
    pub(crate) badges: Badges,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) analytics: Queries,
    pub(crate) localization_tables: LocalizationTables,
    pub(crate) team_create: TeamCreate,
    pub(crate) rendered: Rendered,
    #[serde(rename = "lastNumber")]
    pub(crate) ids: Ids,
    #[serde(skip)]
    touched: u64,
}

impl State {
    fn begun() -> State {
        State::new(Clock::default())
    }

    pub(crate) fn new(clock: Clock) -> State {
        let now = clock.now();
        // What sample requests ask for is there from the beginning.
        let mut operations = Operations::default();
        let thumbnail = json!({ "imageUri": "https://example.com/sample.png" });
        let thumbnail = typed("GenerateUserThumbnailResponse", thumbnail);
        operations.finished("users/1001/operations/sample", thumbnail);
        let asset = json!({ "path": "assets/5001", "displayName": "Sample model" });
        operations.finished("operations/sample", asset);
        let instance = json!({ "path": "universes/2001/places/3001/instances/sample" });
        let instance = typed("Instance", instance);
        operations.finished("universes/2001/places/3001/instances/sample/operations/sample", instance);
        State {
            clock,
            operations,
            assets: Assets::seeded(now),
            data_stores: DataStores::seeded(now),
            luau: LuauTasks::seeded(now),
            memory_stores: MemoryStores::seeded(now),
            ordered_data_stores: OrderedDataStores::seeded(),
            secrets: Secrets::seeded(now),
            homepage_thumbnails: HomepageThumbnails::seeded(now),
            developer_products: Catalog::seeded(now, &DEVELOPER_PRODUCTS),
            game_passes: Catalog::seeded(now, &GAME_PASSES),
            configs: Configs::seeded(now),
            experiments: Experiments::seeded(now),
            ads: Ads::seeded(now),
            events: Events::seeded(now),
            store_products: StoreProducts::seeded(),
            saves: Saves::seeded(now),
            badges: Badges::seeded(now),
            subscriptions: Subscriptions::seeded(now),
            analytics: Queries::seeded(now),
            localization_tables: LocalizationTables::seeded(now),
            ..State::default()
        }
    }

    /// Says that a call which only reads has changed something all the same.
    pub(crate) fn touch(&mut self) {
        self.touched += 1;
    }

    /// Differs after a call that reads if the call has changed something that a later one can see.
    pub(crate) fn fingerprint(&self) -> [u64; 6] {
        [
            self.touched,
            self.ids.last,
            self.operations.changes,
            self.content.changes,
            self.groups.known() as u64,
            self.universes.known() as u64,
        ]
    }

    /// Keeps a picture under an asset's number.
    pub(crate) fn keep_picture(&mut self, picture: &Part) -> u64 {
        let id = self.ids.new_id();
        let content_type = picture.content_type.as_deref().unwrap_or("application/octet-stream");
        self.content.put(&format!("assets/{id}/versions/1"), content_type, picture.content.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_the_same_after_a_dump_and_a_load() {
        let state = State::new(Clock::running(1));
        let dumped = serde_json::to_value(&state).expect("dumped");
        let loaded: State = serde_json::from_value(dumped.clone()).expect("loaded");
        assert_eq!(serde_json::to_value(&loaded).expect("dumped"), dumped);
    }
}
