//! Everything that the emulator remembers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::behaviour::ads::Ads;
use crate::behaviour::analytics::Queries;
use crate::behaviour::assets::Assets;
use crate::behaviour::badges::Badges;
use crate::behaviour::configs::Configs;
use crate::behaviour::creator_store::products::StoreProducts;
use crate::behaviour::creator_store::saves::Saves;
use crate::behaviour::data_stores::DataStores;
use crate::behaviour::events::Events;
use crate::behaviour::experiments::Experiments;
use crate::behaviour::followings::Followings;
use crate::behaviour::groups::Groups;
use crate::behaviour::homepage_thumbnails::HomepageThumbnails;
use crate::behaviour::instances::Instances;
use crate::behaviour::localization_tables::LocalizationTables;
use crate::behaviour::luau::LuauTasks;
use crate::behaviour::memory_stores::MemoryStores;
use crate::behaviour::messaging::Messages;
use crate::behaviour::ordered_data_stores::OrderedDataStores;
use crate::behaviour::products::{Catalog, developer_products, game_passes};
use crate::behaviour::secrets::Secrets;
use crate::behaviour::servers::Restarts;
use crate::behaviour::subscriptions::Subscriptions;
use crate::behaviour::team_create::TeamCreate;
use crate::behaviour::thumbnails::Rendered;
use crate::behaviour::universes::Universes;
use crate::behaviour::user_restrictions::UserRestrictions;
use crate::behaviour::users::Users;
use crate::clock::Clock;
use crate::identity::Identity;

mod contents;
mod operations;
pub(crate) mod pairs;

use contents::Contents;
use operations::Operations;

/// Ids of new things are larger.
const FIRST_NEW_ID: u64 = 70_000_000;

/// A word that the emulator writes itself, mostly.
pub(crate) type Word = Cow<'static, str>;

/// Plain data: what is written here is dumped and loaded as JSON, and survives a restart with `--data`. A change depends
/// on nothing but the state, the request and the time, so that replaying the requests gives the same state again.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
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
    last_number: u64,
    #[serde(skip)]
    touched: u64,
}

impl Default for State {
    fn default() -> State {
        State::new(Clock::default())
    }
}

impl State {
    pub(crate) fn new(clock: Clock) -> State {
        let now = clock.now();
        // What sample requests ask for is there from the beginning.
        let mut operations = Operations::default();
        let thumbnail = json!({ "imageUri": "https://example.com/sample.png" });
        let thumbnail = crate::synth::typed("GenerateUserThumbnailResponse", thumbnail);
        operations.finished("users/1001/operations/sample", thumbnail);
        let asset = json!({ "path": "assets/5001", "displayName": "Sample model" });
        operations.finished("operations/sample", asset);
        let instance = json!({ "path": "universes/2001/places/3001/instances/sample" });
        let instance = crate::synth::typed("Instance", instance);
        operations.finished("universes/2001/places/3001/instances/sample/operations/sample", instance);
        State {
            clock,
            operations,
            content: Contents::default(),
            assets: Assets::seeded(now),
            data_stores: DataStores::seeded(now),
            groups: Groups::default(),
            identity: Identity::new(),
            luau: LuauTasks::seeded(now),
            memory_stores: MemoryStores::seeded(now),
            messages: Messages::default(),
            ordered_data_stores: OrderedDataStores::seeded(),
            secrets: Secrets::seeded(now),
            universes: Universes::default(),
            user_restrictions: UserRestrictions::default(),
            users: Users::default(),
            restarts: Restarts::default(),
            homepage_thumbnails: HomepageThumbnails::seeded(now),
            developer_products: developer_products::seeded(now),
            game_passes: game_passes::seeded(now),
            configs: Configs::seeded(now),
            experiments: Experiments::seeded(now),
            ads: Ads::seeded(now),
            events: Events::seeded(now),
            instances: Instances::default(),
            followings: Followings::default(),
            store_products: StoreProducts::seeded(),
            saves: Saves::seeded(now),
            badges: Badges::seeded(now),
            subscriptions: Subscriptions::seeded(now),
            analytics: Queries::seeded(now),
            localization_tables: LocalizationTables::seeded(now),
            team_create: TeamCreate::default(),
            rendered: Rendered::default(),
            last_number: 0,
            touched: 0,
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
            self.last_number,
            self.operations.changes,
            self.content.changes,
            self.groups.known() as u64,
            self.universes.known() as u64,
        ]
    }

    /// A number that was not handed out before.
    pub(crate) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// An id for a new thing, which nothing has that is there from the beginning.
    pub(crate) fn new_id(&mut self) -> u64 {
        FIRST_NEW_ID + self.number()
    }

    /// A UUID that was not handed out before.
    pub(crate) fn uuid(&mut self) -> String {
        uuid_of(self.number())
    }
}

/// A UUID (version 8) that belongs to a number: different for different numbers, and without visible order.
pub(crate) fn uuid_of(number: u64) -> String {
    let high = mix(number);
    let low = mix(high ^ 0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 50),
        low & 0xffff_ffff_ffff
    )
}

/// A number that is spread over all 64 bits (the finaliser of SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_well_formed_and_differ() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..1000 {
            let uuid = uuid_of(number);
            assert!(crate::schema::is_uuid(&uuid), "{uuid}");
            assert!(seen.insert(uuid));
        }
    }

    #[test]
    fn a_state_is_the_same_after_a_dump_and_a_load() {
        let state = State::new(Clock::running(1));
        let dumped = serde_json::to_value(&state).expect("dumped");
        let loaded: State = serde_json::from_value(dumped.clone()).expect("loaded");
        assert_eq!(serde_json::to_value(&loaded).expect("dumped"), dumped);
    }
}
