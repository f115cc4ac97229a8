//! Inventory items: by type or by id, never both.

use super::literal::{self, Written};
use super::{Condition, Expression, Grammar};
use crate::ids::{AssetId, BadgeId, GamePassId};

/// What a user's inventory is filtered by: the types of items, or ids.
///
/// The service takes one or the other, so they are two builders. A part that is not asked for
/// matches nothing, and so does an empty list: then no request is made, and the response is empty.
///
/// ```
/// use opencloud::filter::{Expression, InventoryFilter};
///
/// let hats: Expression<InventoryFilter> = InventoryFilter::types().assets(["HAT"]).badges(true).into();
/// assert_eq!(hats.text(), Some("inventoryItemAssetTypes=HAT;badges=true"));
///
/// let owned: Expression<InventoryFilter> = InventoryFilter::ids().assets([1, 2]).badges([3]).into();
/// assert_eq!(owned.text(), Some("assetIds=1,2;badgeIds=3"));
///
/// let none: Expression<InventoryFilter> = InventoryFilter::ids().badges([0; 0]).into();
/// assert!(none.matches_nothing());
/// ```
///
/// Source: <https://create.roblox.com/docs/cloud/reference/patterns#list-inventory-items>
#[derive(Debug)]
pub enum InventoryFilter {}

impl Grammar for InventoryFilter {}

impl InventoryFilter {
    /// The whole inventory, as without a filter.
    pub fn all() -> Expression<Self> {
        Expression::new(Condition::Everything)
    }

    /// Items of certain types; of none until a type is added.
    pub fn types() -> InventoryTypes {
        InventoryTypes::default()
    }

    /// Items with certain ids; with none until an id is added.
    pub fn ids() -> InventoryIds {
        InventoryIds::default()
    }
}

/// Types of inventory items; see [`InventoryFilter::types`].
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct InventoryTypes {
    assets: Option<Assets>,
    only_collectibles: bool,
    badges: bool,
    game_passes: bool,
    private_servers: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Assets {
    OfAnyType,
    OfTypes(Result<Vec<String>, String>),
}

impl InventoryTypes {
    /// Assets of these types, in the words of the service (`HAT`) or as its enum. Those of type
    /// `PURCHASED_PLACE` need the scope to read the inventory.
    pub fn assets(mut self, types: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let words = types.into_iter().map(|kind| literal::word("an asset type", kind.as_ref(), &['_']));
        self.assets = Some(Assets::OfTypes(words.collect()));
        self
    }

    /// Assets of any type (`*`).
    pub fn all_assets(mut self) -> Self {
        self.assets = Some(Assets::OfAnyType);
        self
    }

    /// Whether only those assets count that are collectible. Items that users have made are not
    /// found by it. Means all asset types unless some are given.
    pub fn only_collectibles(mut self, only: bool) -> Self {
        self.only_collectibles = only;
        self
    }

    /// Whether badges count.
    pub fn badges(mut self, badges: bool) -> Self {
        self.badges = badges;
        self
    }

    /// Whether game passes count.
    pub fn game_passes(mut self, game_passes: bool) -> Self {
        self.game_passes = game_passes;
        self
    }

    /// Whether private servers count; needs the scope to read the inventory.
    pub fn private_servers(mut self, private_servers: bool) -> Self {
        self.private_servers = private_servers;
        self
    }

    fn condition(self) -> Condition {
        let assets = match self.assets {
            Some(Assets::OfTypes(Err(reason))) => return Condition::Invalid(reason),
            Some(Assets::OfTypes(Ok(types))) if types.is_empty() => None,
            Some(Assets::OfTypes(Ok(types))) => Some(types.join(",")),
            Some(Assets::OfAnyType) => Some("*".to_owned()),
            None => self.only_collectibles.then(|| "*".to_owned()),
        };
        let mut parts = Vec::new();
        if let Some(types) = assets {
            if self.only_collectibles {
                parts.push("onlyCollectibles=true".to_owned());
            }
            parts.push(format!("inventoryItemAssetTypes={types}"));
        }
        for (field, counts) in [
            ("badges", self.badges),
            ("gamePasses", self.game_passes),
            ("privateServers", self.private_servers),
        ] {
            if counts {
                parts.push(format!("{field}=true"));
            }
        }
        join(parts)
    }
}

/// Ids of inventory items; see [`InventoryFilter::ids`].
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a filter does nothing until a call takes it"]
pub struct InventoryIds {
    assets: Vec<Written>,
    badges: Vec<Written>,
    game_passes: Vec<Written>,
    private_servers: Vec<Written>,
}

impl InventoryIds {
    /// Assets with these ids.
    pub fn assets(mut self, ids: impl IntoIterator<Item = impl Into<AssetId>>) -> Self {
        self.assets = ids.into_iter().map(|id| literal::digits("an asset id", id.into().as_str())).collect();
        self
    }

    /// Badges with these ids.
    pub fn badges(mut self, ids: impl IntoIterator<Item = impl Into<BadgeId>>) -> Self {
        self.badges = ids.into_iter().map(|id| literal::digits("a badge id", id.into().as_str())).collect();
        self
    }

    /// Game passes with these ids.
    pub fn game_passes(mut self, ids: impl IntoIterator<Item = impl Into<GamePassId>>) -> Self {
        self.game_passes =
            ids.into_iter().map(|id| literal::digits("a game pass id", id.into().as_str())).collect();
        self
    }

    /// Private servers with these ids; needs the scope to read the inventory.
    pub fn private_servers(mut self, ids: impl IntoIterator<Item = impl Into<crate::ids::Id>>) -> Self {
        self.private_servers =
            ids.into_iter().map(|id| literal::digits("a private server id", id.into().as_str())).collect();
        self
    }

    fn condition(self) -> Condition {
        let mut parts = Vec::new();
        for (field, ids) in [
            ("assetIds", self.assets),
            ("badgeIds", self.badges),
            ("gamePassIds", self.game_passes),
            ("privateServerIds", self.private_servers),
        ] {
            match ids.into_iter().collect::<Result<Vec<String>, String>>() {
                Ok(ids) if ids.is_empty() => {}
                Ok(ids) => parts.push(format!("{field}={}", ids.join(","))),
                Err(reason) => return Condition::Invalid(reason),
            }
        }
        join(parts)
    }
}

/// The fields joined. None must not become an empty filter, which would match everything.
fn join(parts: Vec<String>) -> Condition {
    match parts.is_empty() {
        true => Condition::Nothing,
        false => Condition::Text(parts.join(";")),
    }
}

impl From<InventoryTypes> for Expression<InventoryFilter> {
    fn from(filter: InventoryTypes) -> Self {
        Self::new(filter.condition())
    }
}

impl From<InventoryIds> for Expression<InventoryFilter> {
    fn from(filter: InventoryIds) -> Self {
        Self::new(filter.condition())
    }
}
