//! What restrictions and their log say, as ids and times.

use super::{GameJoinRestriction, UserRestriction, UserRestrictionLog};
use crate::ids::{self, PlaceId, UserId};
use jiff::{SignedDuration, Timestamp};

impl GameJoinRestriction {
    /// When the ban ends; `None` if it is permanent, or if it is not known when it began.
    pub fn end_time(&self) -> Option<Timestamp> {
        let length = SignedDuration::try_from(self.duration?).ok()?;
        Some(self.start_time?.checked_add(length).unwrap_or(Timestamp::MAX))
    }
}

impl UserRestriction {
    /// The user that it is about.
    pub fn user_id(&self) -> Option<UserId> {
        ids::referenced(self.user.as_ref(), "users")
    }

    /// Whether the user is banned. An absent response to that counts as no, which is what users are at
    /// first.
    pub fn is_banned(&self) -> bool {
        self.game_join_restriction.as_ref().and_then(|ban| ban.active).unwrap_or(false)
    }
}

impl UserRestrictionLog {
    /// The user that the change is about.
    pub fn user_id(&self) -> Option<UserId> {
        ids::referenced(self.user.as_ref(), "users")
    }

    /// The place that the change is about; `None` if it is the whole universe.
    pub fn place_id(&self) -> Option<PlaceId> {
        ids::referenced(self.place.as_ref(), "places")
    }

    /// The user who made the change; `None` if a script on a server of the universe did.
    pub fn moderator_id(&self) -> Option<UserId> {
        ids::referenced(self.moderator.as_ref()?.roblox_user.as_ref(), "users")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ban(value: serde_json::Value) -> GameJoinRestriction {
        serde_json::from_value(value).expect("a ban")
    }

    #[test]
    fn a_ban_ends_when_its_time_is_over() {
        let week = ban(json!({ "startTime": "2026-01-01T00:00:00Z", "duration": "604800s" }));
        assert_eq!(week.end_time(), "2026-01-08T00:00:00Z".parse().ok());
        let longest = ban(json!({ "startTime": "2026-01-01T00:00:00Z", "duration": "315576000000s" }));
        assert_eq!(longest.end_time(), Some(Timestamp::MAX));
        assert_eq!(ban(json!({ "startTime": "2026-01-01T00:00:00Z" })).end_time(), None);
        assert_eq!(ban(json!({ "duration": "604800s" })).end_time(), None);
    }

    #[test]
    fn a_log_entry_names_who_where_and_by_whom() {
        let entry: UserRestrictionLog = serde_json::from_value(json!({
            "user": "users/156",
            "place": "places/456",
            "moderator": { "robloxUser": "users/1" },
        }))
        .expect("an entry");
        assert_eq!(entry.user_id(), Some(156.into()));
        assert_eq!(entry.place_id(), Some(456.into()));
        assert_eq!(entry.moderator_id(), Some(1.into()));

        let entry: UserRestrictionLog =
            serde_json::from_value(json!({ "place": "", "moderator": { "gameServerScript": {} } }))
                .expect("an entry");
        assert_eq!((entry.user_id(), entry.place_id(), entry.moderator_id()), (None, None, None));
    }
}
