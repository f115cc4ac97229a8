//! The calls as somebody writes them by hand with reqwest and serde: the same fields and types as ours,
//! one attempt, no limits, nothing tolerated.

#![allow(dead_code, reason = "fields are read for the sake of reading")]

use futures_util::future::join_all;
use jiff::Timestamp;
use load::{AT_ONCE, Client, Counting, KEY, STORE, UNIVERSE, USER};
use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    path: Option<String>,
    create_time: Option<Timestamp>,
    id: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
    about: Option<String>,
    locale: Option<String>,
    premium: Option<bool>,
    id_verified: Option<bool>,
    social_network_profiles: Option<Profiles>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profiles {
    facebook: Option<String>,
    twitter: Option<String>,
    youtube: Option<String>,
    twitch: Option<String>,
    guilded: Option<String>,
    visibility: Option<Visibility>,
}

/// An enum of the words that are known, which keeps any other as ours does.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal,)* }) => {
        #[derive(Debug)]
        enum $name {
            $($variant,)*
            Unknown(String),
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;
                impl Visitor<'_> for Word {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a word")
                    }

                    fn visit_str<E: de::Error>(self, word: &str) -> Result<$name, E> {
                        Ok(match word {
                            $($word => $name::$variant,)*
                            other => $name::Unknown(other.to_owned()),
                        })
                    }
                }
                deserializer.deserialize_str(Word)
            }
        }
    };
}

words!(Visibility {
    SocialNetworkVisibilityUnspecified = "SOCIAL_NETWORK_VISIBILITY_UNSPECIFIED",
    NoOne = "NO_ONE",
    Friends = "FRIENDS",
    FriendsAndFollowing = "FRIENDS_AND_FOLLOWING",
    FriendsFollowingAndFollowers = "FRIENDS_FOLLOWING_AND_FOLLOWERS",
    Everyone = "EVERYONE",
});

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Items {
    inventory_items: Option<Vec<Item>>,
    next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    path: Option<String>,
    asset_details: Option<Asset>,
    badge_details: Option<Badge>,
    game_pass_details: Option<GamePass>,
    private_server_details: Option<PrivateServer>,
    add_time: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asset {
    asset_id: Option<String>,
    inventory_item_asset_type: Option<AssetType>,
    instance_id: Option<String>,
    collectible_details: Option<Collectible>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Badge {
    badge_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GamePass {
    game_pass_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrivateServer {
    private_server_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collectible {
    item_id: Option<String>,
    instance_id: Option<String>,
    instance_state: Option<InstanceState>,
    serial_number: Option<i64>,
}

words!(AssetType {
    InventoryItemAssetTypeUnspecified = "INVENTORY_ITEM_ASSET_TYPE_UNSPECIFIED",
    ClassicTshirt = "CLASSIC_TSHIRT",
    Audio = "AUDIO",
    Hat = "HAT",
    Model = "MODEL",
    ClassicShirt = "CLASSIC_SHIRT",
    ClassicPants = "CLASSIC_PANTS",
    Decal = "DECAL",
    ClassicHead = "CLASSIC_HEAD",
    Face = "FACE",
    Gear = "GEAR",
    Animation = "ANIMATION",
    Torso = "TORSO",
    RightArm = "RIGHT_ARM",
    LeftArm = "LEFT_ARM",
    LeftLeg = "LEFT_LEG",
    RightLeg = "RIGHT_LEG",
    Package = "PACKAGE",
    Plugin = "PLUGIN",
    MeshPart = "MESH_PART",
    HairAccessory = "HAIR_ACCESSORY",
    FaceAccessory = "FACE_ACCESSORY",
    NeckAccessory = "NECK_ACCESSORY",
    ShoulderAccessory = "SHOULDER_ACCESSORY",
    FrontAccessory = "FRONT_ACCESSORY",
    BackAccessory = "BACK_ACCESSORY",
    WaistAccessory = "WAIST_ACCESSORY",
    ClimbAnimation = "CLIMB_ANIMATION",
    DeathAnimation = "DEATH_ANIMATION",
    FallAnimation = "FALL_ANIMATION",
    IdleAnimation = "IDLE_ANIMATION",
    JumpAnimation = "JUMP_ANIMATION",
    RunAnimation = "RUN_ANIMATION",
    SwimAnimation = "SWIM_ANIMATION",
    WalkAnimation = "WALK_ANIMATION",
    PoseAnimation = "POSE_ANIMATION",
    EmoteAnimation = "EMOTE_ANIMATION",
    Video = "VIDEO",
    TshirtAccessory = "TSHIRT_ACCESSORY",
    ShirtAccessory = "SHIRT_ACCESSORY",
    PantsAccessory = "PANTS_ACCESSORY",
    JacketAccessory = "JACKET_ACCESSORY",
    SweaterAccessory = "SWEATER_ACCESSORY",
    ShortsAccessory = "SHORTS_ACCESSORY",
    LeftShoeAccessory = "LEFT_SHOE_ACCESSORY",
    RightShoeAccessory = "RIGHT_SHOE_ACCESSORY",
    DressSkirtAccessory = "DRESS_SKIRT_ACCESSORY",
    EyebrowAccessory = "EYEBROW_ACCESSORY",
    EyelashAccessory = "EYELASH_ACCESSORY",
    MoodAnimation = "MOOD_ANIMATION",
    DynamicHead = "DYNAMIC_HEAD",
    CreatedPlace = "CREATED_PLACE",
    PurchasedPlace = "PURCHASED_PLACE",
});

words!(InstanceState {
    CollectibleItemInstanceStateUnspecified = "COLLECTIBLE_ITEM_INSTANCE_STATE_UNSPECIFIED",
    Available = "AVAILABLE",
    Hold = "HOLD",
});

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entries {
    data_store_entries: Option<Vec<Entry>>,
    next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    path: Option<String>,
    id: Option<String>,
    create_time: Option<Timestamp>,
    revision_id: Option<String>,
    revision_create_time: Option<Timestamp>,
    state: Option<State>,
    etag: Option<String>,
    value: Option<serde_json::Value>,
    users: Option<Vec<String>>,
    attributes: Option<serde_json::Value>,
}

words!(State {
    StateUnspecified = "STATE_UNSPECIFIED",
    Active = "ACTIVE",
    Deleted = "DELETED",
});

struct Floor {
    http: reqwest::Client,
    address: String,
}

impl Floor {
    async fn fetch<T: DeserializeOwned>(&self, path: &str) -> T {
        let request = self.http.get(format!("{}{path}", self.address)).header("x-api-key", KEY);
        let response = request.send().await.expect("a response").error_for_status().expect("a success");
        serde_json::from_slice(&response.bytes().await.expect("a body")).expect("the type")
    }
}

impl Client for Floor {
    fn new(address: &str) -> Self {
        Self { http: reqwest::Client::new(), address: address.to_owned() }
    }

    async fn get(&self) {
        let user: User = self.fetch(&format!("/cloud/v2/users/{USER}")).await;
        assert_eq!(user.display_name.as_deref(), Some("builderman"));
        std::hint::black_box(user);
    }

    async fn get_64(&self) {
        join_all((0..AT_ONCE).map(|_| self.get())).await;
    }

    async fn items(&self) {
        let page: Items =
            self.fetch(&format!("/cloud/v2/users/{USER}/inventory-items?maxPageSize=100")).await;
        assert_eq!(page.inventory_items.as_ref().map(Vec::len), Some(100));
        std::hint::black_box(page);
    }

    async fn entries(&self) -> bool {
        let path = format!("/cloud/v2/universes/{UNIVERSE}/data-stores/{STORE}/entries?maxPageSize=256");
        let page: Entries = self.fetch(&path).await;
        assert_eq!(page.data_store_entries.as_ref().map(Vec::len), Some(256));
        std::hint::black_box(page);
        true
    }
}

fn main() {
    load::run::<Floor>();
}
