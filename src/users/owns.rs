use super::Users;
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::filter::{InventoryFilter, InventoryIds};
use crate::ids::{AssetId, BadgeId, GamePassId, Id, UserId};

/// Something that a user can own. The ids that have a type of their own are one, too:
/// `AssetId::from(1)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ownable {
    /// An asset: a hat, a shirt, a model, ...
    Asset(AssetId),
    /// A badge.
    Badge(BadgeId),
    /// A game pass.
    GamePass(GamePassId),
    /// A private server; to see it the scope to read the inventory is needed.
    PrivateServer(Id),
}

impl Ownable {
    /// An asset: a hat, a shirt, a model, ...
    pub fn asset(id: impl Into<AssetId>) -> Self {
        Self::Asset(id.into())
    }

    /// A badge.
    pub fn badge(id: impl Into<BadgeId>) -> Self {
        Self::Badge(id.into())
    }

    /// A game pass.
    pub fn game_pass(id: impl Into<GamePassId>) -> Self {
        Self::GamePass(id.into())
    }

    /// A private server; to see it the scope to read the inventory is needed.
    pub fn private_server(id: impl Into<Id>) -> Self {
        Self::PrivateServer(id.into())
    }

    fn filter(self) -> InventoryIds {
        let ids = InventoryFilter::ids();
        match self {
            Self::Asset(id) => ids.assets([id]),
            Self::Badge(id) => ids.badges([id]),
            Self::GamePass(id) => ids.game_passes([id]),
            Self::PrivateServer(id) => ids.private_servers([id]),
        }
    }
}

impl From<AssetId> for Ownable {
    fn from(id: AssetId) -> Self {
        Self::Asset(id)
    }
}

impl From<BadgeId> for Ownable {
    fn from(id: BadgeId) -> Self {
        Self::Badge(id)
    }
}

impl From<GamePassId> for Ownable {
    fn from(id: GamePassId) -> Self {
        Self::GamePass(id)
    }
}

impl Users {
    /// Whether a user owns an asset, a badge, a game pass or a private server.
    ///
    /// Calls `users.list_inventory_items`.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::users::Ownable;
    ///
    /// let has_pass = client.users().owns(156, Ownable::game_pass(9)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`PermissionDenied`](crate::ErrorKind::PermissionDenied) if the inventory is private and
    /// the credential is not that user's, of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest)
    /// if the id is not a number, and as of every call.
    pub fn owns(&self, user: impl Into<UserId>, item: impl Into<Ownable>) -> Owns {
        Owns { users: self.clone(), user: user.into(), item: item.into(), options: Options::default() }
    }
}

/// The call of [`Users::owns`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Owns {
    users: Users,
    user: UserId,
    item: Ownable,
    options: Options,
}

helper_methods!(Owns => bool);

impl Owns {
    async fn run(self) -> Result<bool, Error> {
        let list = self.users.list_inventory_items(self.user).filter(self.item.filter());
        // Of a collectible there may be many copies; one will do.
        let first = list.with_options(self.options).items().limit(1).next().await;
        first.transpose().map(|item| item.is_some())
    }
}
