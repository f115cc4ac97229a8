use super::scope::{Scope, check_display_reason, check_private_reason};
use super::{BanLength, GameJoinRestriction, UserRestriction, UserRestrictions};
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId, UserId};
use crate::{Error, Response};

impl UserRestrictions {
    /// Bans a user from a universe, or from one [place](Ban::at_place), for a time or for ever. A user
    /// who is playing there is kicked. A ban that the user has already is replaced as a whole.
    ///
    /// Calls `user_restrictions.update` and `user_restrictions.update_for_place`; scope
    /// `universe.user-restriction:write`.
    ///
    /// It is safe to send again: it has an idempotency key, which its attempts share. A user's ban can
    /// be written once per minute and universe; a second write waits for that, within its deadline.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// use opencloud::user_restrictions::BanLength;
    ///
    /// let restrictions = client.user_restrictions();
    /// restrictions.ban(42, 156, BanLength::Permanent).display_reason("Cheating").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, if the
    /// length is not a whole number of seconds from 1 to 315,576,000,000 or a reason is not as it must be;
    /// and as of every call.
    pub fn ban(
        &self,
        universe: impl Into<UniverseId>,
        user: impl Into<UserId>,
        length: impl Into<BanLength>,
    ) -> Ban {
        Ban {
            scope: Scope::new(self, universe, user),
            length: length.into(),
            ban: GameJoinRestriction::new().active(true),
            options: Options::default(),
        }
    }
}

/// The call of [`UserRestrictions::ban`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct Ban {
    scope: Scope,
    length: BanLength,
    ban: GameJoinRestriction,
    options: Options,
}

helper_methods!(Ban => UserRestriction);

impl Ban {
    /// Bans from this place only, and not from the whole universe.
    pub fn at_place(mut self, place: impl Into<PlaceId>) -> Self {
        self.scope.place = Some(place.into());
        self
    }

    /// The reason that the user is shown: up to 400 characters, no links; Roblox filters the text.
    pub fn display_reason(mut self, reason: impl Into<String>) -> Self {
        self.ban.display_reason = Some(reason.into());
        self
    }

    /// The reason that only moderators see: up to 1,000 characters.
    pub fn private_reason(mut self, reason: impl Into<String>) -> Self {
        self.ban.private_reason = Some(reason.into());
        self
    }

    /// Whether other accounts that Roblox takes for the same person's are left alone. By default they
    /// are banned, too.
    pub fn exclude_alt_accounts(mut self, exclude: bool) -> Self {
        self.ban.exclude_alt_accounts = Some(exclude);
        self
    }

    async fn run(self) -> Result<UserRestriction, Error> {
        let Self { scope, length, mut ban, options } = self;
        ban.duration = length.checked()?;
        ban.display_reason.as_deref().map_or(Ok(()), check_display_reason)?;
        ban.private_reason.as_deref().map_or(Ok(()), check_private_reason)?;
        scope.write(ban, &options).await.map(Response::into_inner)
    }
}
