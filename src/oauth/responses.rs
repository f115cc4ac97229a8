//! What Roblox's OAuth 2.0 endpoints respond with.

use crate::Scope;
use crate::ids::{GroupId, Id, UniverseId, UserId};
use crate::wire::decode::{Tolerant, object};
use jiff::Timestamp;
use oauth2::TokenIntrospectionResponse as _;
use oauth2::basic::BasicTokenIntrospectionResponse;
use serde::{Deserializer, Serialize, Serializer};

/// Who the user is. With the scope `openid` alone, only [`id`](Self::id) is there; `profile` brings
/// the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UserInfo {
    /// The user's id (`sub`).
    #[serde(rename = "sub")]
    pub id: Option<UserId>,
    /// The display name (`nickname`).
    #[serde(rename = "nickname", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The user name (`preferred_username`).
    #[serde(rename = "preferred_username", skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The display name once more, under the name that OpenID Connect gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the account was made, in seconds since 1970; [`created`](Self::created) is the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
    /// The URL of the profile page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The URL of a picture of the avatar, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

object!(UserInfo {
    "sub" => id,
    "nickname" => display_name,
    "preferred_username" => username,
    "name" => name,
    "created_at" => created_at,
    "profile" => profile,
    "picture" => picture,
});

impl UserInfo {
    /// When the account was made.
    pub fn created(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.created_at?).ok()
    }
}

/// What the service knows of a token.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TokenInfo {
    /// Whether its time is not over. Roblox says that it stays true after the user has withdrawn the
    /// authorization.
    pub active: bool,
    /// The token's own id.
    pub id: Option<String>,
    /// Who gave it.
    pub issuer: Option<String>,
    /// Its kind, such as `Bearer`.
    pub token_type: Option<String>,
    /// For which app.
    pub client_id: Option<String>,
    /// The app that it was made for.
    pub audience: Vec<String>,
    /// For which user.
    pub user_id: Option<UserId>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was given.
    pub issued_at: Option<Timestamp>,
}

impl TokenInfo {
    pub(super) fn of(response: &BasicTokenIntrospectionResponse) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            active: response.active(),
            id: text(response.jti()),
            issuer: text(response.iss()),
            token_type: response.token_type().map(|kind| kind.as_ref().to_owned()),
            client_id: response.client_id().map(|id| id.to_string()),
            audience: response.aud().cloned().unwrap_or_default(),
            user_id: response.sub().map(UserId::from),
            scopes: response.scopes().into_iter().flatten().map(|scope| Scope::from(&***scope)).collect(),
            expires_at: response.exp().and_then(|time| Timestamp::from_second(time.timestamp()).ok()),
            issued_at: response.iat().and_then(|time| Timestamp::from_second(time.timestamp()).ok()),
        }
    }
}

/// What the user let the app reach: for each owner, which universes and creators.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GrantedResources {
    /// One for each owner.
    #[serde(rename = "resource_infos")]
    pub owners: Option<Vec<ResourceOwner>>,
}

object!(GrantedResources { "resource_infos" => owners, });

/// An owner, and what of theirs may be reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ResourceOwner {
    /// Who owns it.
    pub owner: Option<Owner>,
    /// What may be reached.
    pub resources: Option<Resources>,
}

object!(ResourceOwner { "owner" => owner, "resources" => resources, });

/// A user or group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Owner {
    /// Its id.
    pub id: Option<Id>,
    /// `User` or `Group`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

object!(Owner { "id" => id, "type" => kind, });

/// Resources of one owner.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Resources {
    /// Universes that may be reached.
    pub universe: Option<GrantedIds<UniverseId>>,
    /// Creators in whose name assets may be made.
    pub creator: Option<GrantedIds<Creator>>,
}

object!(Resources { "universe" => universe, "creator" => creator, });

/// Which resources of a kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GrantedIds<T> {
    /// Each of them.
    pub ids: Vec<Grant<T>>,
}

impl GrantedIds<UniverseId> {
    /// Whether this universe may be reached: named, or owned by who authorized the app, as you know and
    /// this response does not.
    pub fn allows(&self, universe: impl Into<UniverseId>, is_owned: bool) -> bool {
        let universe = universe.into();
        self.ids.iter().any(|grant| match grant {
            Grant::Owned => is_owned,
            Grant::Id(granted) => *granted == universe,
        })
    }
}

impl GrantedIds<Creator> {
    /// Whether assets may be made in this creator's name: a [`UserId`], a [`GroupId`], or a bare id, which is
    /// taken for either. It is named, or it is the user who authorized the app, as you know and this response
    /// does not.
    pub fn allows(&self, creator: impl Into<Creator>, is_authorizing_user: bool) -> bool {
        let creator = creator.into();
        self.ids.iter().any(|grant| match grant {
            Grant::Owned => is_authorizing_user && !matches!(creator, Creator::Group(_)),
            Grant::Id(granted) => granted.may_be(&creator),
        })
    }
}

/// In whose name assets may be made: on the wire `U` and `G` before the id of a user and of a group
/// (`AU-10`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Creator {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// Whoever has this id: the service did not say what it is.
    Unstated(Id),
}

impl Creator {
    fn id(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
            Self::Unstated(id) => id.as_str(),
        }
    }

    /// Whether both can be the same.
    fn may_be(&self, other: &Self) -> bool {
        let differ =
            matches!((self, other), (Self::User(_), Self::Group(_)) | (Self::Group(_), Self::User(_)));
        !differ && self.id() == other.id()
    }
}

impl From<String> for Creator {
    fn from(text: String) -> Self {
        let id = |prefix: char| {
            text.strip_prefix(prefix)
                .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match (id('U'), id('G')) {
            (Some(id), _) => Self::User(id.into()),
            (_, Some(id)) => Self::Group(id.into()),
            _ => Self::Unstated(text.into()),
        }
    }
}

impl From<&str> for Creator {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<UserId> for Creator {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl From<GroupId> for Creator {
    fn from(id: GroupId) -> Self {
        Self::Group(id)
    }
}

macro_rules! from_number {
    ($($number:ty),*) => {$(
        impl From<$number> for Creator {
            fn from(id: $number) -> Self {
                Self::Unstated(id.to_string().into())
            }
        }
    )*};
}
from_number!(i32, i64, u32, u64);

impl Serialize for Creator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let prefix = match self {
            Self::User(_) => "U",
            Self::Group(_) => "G",
            Self::Unstated(_) => "",
        };
        serializer.collect_str(&format_args!("{prefix}{}", self.id()))
    }
}

impl<'de, T: From<String>> Tolerant<'de> for GrantedIds<T> {
    fn tolerant<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default)]
        struct Wire {
            ids: Option<Vec<String>>,
        }
        object!(Wire { "ids" => ids, });
        let ids = Wire::tolerant(deserializer)?.ids.unwrap_or_default();
        Ok(Self { ids: ids.into_iter().map(Grant::from).collect() })
    }
}

/// A resource that may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant<T> {
    /// All that who authorized the app owns, or of creators that user: `U` on the wire.
    Owned,
    /// The one of this id.
    Id(T),
}

const OWNED: &str = "U";

impl<T: From<String>> From<String> for Grant<T> {
    fn from(id: String) -> Self {
        match id == OWNED {
            true => Self::Owned,
            false => Self::Id(T::from(id)),
        }
    }
}

impl<T: Serialize> Serialize for Grant<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Owned => serializer.serialize_str(OWNED),
            Self::Id(id) => id.serialize(serializer),
        }
    }
}
