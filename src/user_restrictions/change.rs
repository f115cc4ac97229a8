use super::scope::{Scope, check_display_reason, check_private_reason};
use super::{GameJoinRestriction, UserRestriction, UserRestrictions};
use crate::Error;
use crate::call::{Options, helper_methods};
use crate::ids::{PlaceId, UniverseId, UserId};
use jiff::Timestamp;
use std::time::Duration;

/// Ends that lie less than this apart are the same: the service counts whole seconds.
const SAME: Duration = Duration::from_secs(1);

impl UserRestrictions {
    /// Changes the reasons of a ban, or whether it is for alt accounts, and nothing else: the user stays
    /// banned, until the same time as before.
    ///
    /// The service replaces a ban as a whole, so the ban is read, changed and written back. Roblox does
    /// not say whether a ban that is written again begins anew. If the answer shows that it does, the
    /// time that had passed is taken off its length by a second write. (A user's ban can be changed
    /// twice per minute and universe.) What another moderator changes in between is lost: the service
    /// has no way to notice that.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// client.user_restrictions().change_ban(42, 156).display_reason("Cheating").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is written, if
    /// nothing is to be changed, a reason is not as it must be, the user is not banned, or the ban of a
    /// place is in truth its universe's; and as of every call. After an error of the second write the
    /// reasons are changed, and the ban may last longer than before, never shorter.
    pub fn change_ban(&self, universe: impl Into<UniverseId>, user: impl Into<UserId>) -> ChangeBan {
        ChangeBan {
            scope: Scope::new(self, universe, user),
            display_reason: None,
            private_reason: None,
            exclude_alt_accounts: None,
            options: Options::default(),
        }
    }
}

/// The call of [`UserRestrictions::change_ban`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct ChangeBan {
    scope: Scope,
    display_reason: Option<String>,
    private_reason: Option<String>,
    exclude_alt_accounts: Option<bool>,
    options: Options,
}

helper_methods!(ChangeBan => UserRestriction);

impl ChangeBan {
    /// Changes the ban from this place, and not from the universe.
    pub fn at_place(mut self, place: impl Into<PlaceId>) -> Self {
        self.scope.place = Some(place.into());
        self
    }

    /// The reason that the user is shown: up to 400 characters, no links; an empty one clears it.
    pub fn display_reason(mut self, reason: impl Into<String>) -> Self {
        self.display_reason = Some(reason.into());
        self
    }

    /// The reason that only moderators see: up to 1,000 characters; an empty one clears it.
    pub fn private_reason(mut self, reason: impl Into<String>) -> Self {
        self.private_reason = Some(reason.into());
        self
    }

    /// Whether other accounts that Roblox takes for the same person's are left alone.
    pub fn exclude_alt_accounts(mut self, exclude: bool) -> Self {
        self.exclude_alt_accounts = Some(exclude);
        self
    }

    async fn run(self) -> Result<UserRestriction, Error> {
        self.check()?;
        let before = self.scope.read(&self.options).await?;
        let ban = self.changed(&before)?;
        let after = self.scope.write(ban.clone(), &self.options).await?;
        let end = before.game_join_restriction.as_ref().and_then(GameJoinRestriction::end_time);
        match end.and_then(|end| remaining(end, &after)) {
            Some(length) => self.scope.write(ban.duration(length), &self.options).await,
            None => Ok(after),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let Self { display_reason, private_reason, exclude_alt_accounts, .. } = self;
        if display_reason.is_none() && private_reason.is_none() && exclude_alt_accounts.is_none() {
            return Err(Error::invalid_request("nothing of the ban is to be changed"));
        }
        display_reason.as_deref().map_or(Ok(()), check_display_reason)?;
        private_reason.as_deref().map_or(Ok(()), check_private_reason)
    }

    /// The ban with what is to be changed, without what only the service sets.
    fn changed(&self, before: &UserRestriction) -> Result<GameJoinRestriction, Error> {
        let Some(ban) = before.game_join_restriction.as_ref().filter(|_| before.is_banned()) else {
            return Err(Error::invalid_request("the user is not banned there, so no ban can be changed"));
        };
        if ban.inherited == Some(true) {
            return Err(Error::invalid_request(
                "the ban is the universe's and not the place's: change it without `at_place`",
            ));
        }
        let mut ban = ban.clone();
        ban.start_time = None;
        ban.inherited = None;
        ban.display_reason = self.display_reason.clone().or(ban.display_reason);
        ban.private_reason = self.private_reason.clone().or(ban.private_reason);
        ban.exclude_alt_accounts = self.exclude_alt_accounts.or(ban.exclude_alt_accounts);
        Ok(ban)
    }
}

/// How long a ban that was begun anew must last to end when it did before; `None` if it does.
fn remaining(end: Timestamp, after: &UserRestriction) -> Option<Duration> {
    let ban = after.game_join_restriction.as_ref()?;
    let late = ban.end_time()?.duration_since(end);
    if Duration::try_from(late).ok()? < SAME {
        return None;
    }
    let left = Duration::try_from(end.duration_since(ban.start_time?)).unwrap_or_default();
    // Whole seconds, and rather one too many.
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    Some(Duration::from_secs(seconds.max(1)))
}
