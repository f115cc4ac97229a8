use super::scope::{Scope, check_display_reason, check_private_reason};
use super::{GameJoinRestriction, UserRestriction, UserRestrictions};
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::{PlaceId, UniverseId, UserId};
use crate::{Error, Response};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Ends that lie less than this apart are the same: the service counts whole seconds.
const SAME: SignedDuration = SignedDuration::from_secs(1);

/// A ban can end so much later than before: the service may have kept a write waiting for a minute (UR-04). Of a
/// short ban it is less, a twentieth of its length, before a second write is made.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// What a ban must have left if it were to end too early, so that a second write comes in time.
const RESERVE: SignedDuration = SignedDuration::from_mins(10);

impl UserRestrictions {
    /// Changes the reasons of a ban, or whether it is for alt accounts, and nothing else: the user stays
    /// banned, until the same time as before.
    ///
    /// Calls `user_restrictions.get`, `user_restrictions.get_for_place`, `user_restrictions.update` and
    /// `user_restrictions.update_for_place`; scopes `universe.user-restriction:read`,
    /// `universe.user-restriction:write`.
    ///
    /// The service replaces a ban as a whole, so the ban is read, changed and written back. Roblox does
    /// not say whether a ban that is written again begins anew. We take it that it does, and write what was left of
    /// its length; where that could let the user in too early, the whole length. If the response shows that the end has
    /// moved, by more than two minutes or a twentieth of the length, a second write sets it right. It waits about a
    /// minute, because a user's ban can be written only once in that time (within the deadline of the write, see
    /// [`with_timeout`](ChangeBan::with_timeout)).
    ///
    /// What another moderator changes in between is lost: the service has no way to notice that.
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
    /// place is in truth its universe's; and as of every call. If the second write fails, the reasons are changed, and
    /// the error says when the ban ends now, and when it ended before.
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
        let Some(length) = ban.duration else {
            return self.scope.write(ban, &self.options).await.map(Response::into_inner);
        };
        let end = end(&before).ok_or_else(|| {
            before.blame(Error::unreadable(
                "the ban was not changed: the service does not say when it began, so its end cannot be kept; \
                 write it anew with `ban`",
            ))
        })?;
        let first = left(&before, end, now(&before)).unwrap_or(length);
        let after = self.scope.write(ban.clone().duration(first), &self.options).await?;
        let after = match self::end(&after) {
            Some(_) => after,
            None => self.scope.read(&self.options).await.map_err(|error| unclear(error, end))?,
        };
        let tolerance = LATE.min(SignedDuration::try_from(length / 20).unwrap_or(LATE));
        match second(&after, end, tolerance)? {
            None => Ok(after.into_inner()),
            Some(second_length) => {
                let write = self.scope.write(ban.duration(second_length), &self.options).await;
                let last = write.map_err(|error| moved(error, &after, end))?;
                match second(&last, end, LATE)? {
                    None => Ok(last.into_inner()),
                    Some(_) => {
                        let error = Error::unreadable("the write that sets its end has moved it");
                        Err(moved(last.blame(error), &last, end))
                    }
                }
            }
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
    fn changed(&self, before: &Response<UserRestriction>) -> Result<GameJoinRestriction, Error> {
        let refuse = |why: &str| Err(before.blame(Error::invalid_request(why)));
        let Some(ban) = before.game_join_restriction.as_ref().filter(|_| before.is_banned()) else {
            return refuse("the user is not banned there, so no ban can be changed");
        };
        if ban.inherited == Some(true) {
            return refuse("the ban is the universe's and not the place's: change it without `at_place`");
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

fn end(restriction: &UserRestriction) -> Option<Timestamp> {
    restriction.game_join_restriction.as_ref()?.end_time()
}

/// The time by the service's clock.
fn now(response: &Response<UserRestriction>) -> Timestamp {
    let date = response.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    date.and_then(|date| Timestamp::try_from(date).ok()).unwrap_or_else(Timestamp::now)
}

/// The remaining length of a ban that would begin anew; `None` if its whole length has to be written, because the service
/// was seen to keep its beginning, or because a ban that kept it would soon end.
fn left(before: &UserRestriction, end: Timestamp, now: Timestamp) -> Option<Duration> {
    let start = before.game_join_restriction.as_ref()?.start_time?;
    let (passed, left) = (now.duration_since(start), end.duration_since(now));
    let was_written_again = before.update_time.is_some_and(|time| time.duration_since(start) > SAME);
    (passed > SAME && left - passed > RESERVE && !was_written_again).then(|| seconds(left))
}

/// The length that a second write must give the ban, if there must be one.
fn second(
    after: &Response<UserRestriction>,
    end: Timestamp,
    tolerance: SignedDuration,
) -> Result<Option<Duration>, Error> {
    let ban = after.game_join_restriction.as_ref();
    let (Some(start), Some(new_end)) = (ban.and_then(|ban| ban.start_time), self::end(after)) else {
        let error = Error::unreadable("the service does not say when the ban ends");
        return Err(unclear(after.blame(error), end));
    };
    let late = new_end.duration_since(end);
    let is_right = late > -SAME && late < tolerance.max(SAME);
    Ok((!is_right).then(|| seconds(end.duration_since(start))))
}

/// Whole seconds, and rather one too many.
fn seconds(time: SignedDuration) -> Duration {
    let time = Duration::try_from(time).unwrap_or_default();
    Duration::from_secs((time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1))
}

/// Says which state is left when it is known.
fn moved(error: Error, after: &UserRestriction, end: Timestamp) -> Error {
    let (now, longer) = match self::end(after) {
        Some(new_end) if new_end < end => (new_end.to_string(), "earlier"),
        Some(new_end) => (new_end.to_string(), "later"),
        None => ("an unknown time".to_owned(), "other"),
    };
    error.with_context(&format!(
        "the ban was changed, but it ends {longer} than before, at {now} instead of {end}; write it again with `ban`, \
         a minute after the last write"
    ))
}

/// Says which state is left when it is not known.
fn unclear(error: Error, end: Timestamp) -> Error {
    error.with_context(&format!(
        "the ban was changed, but it is not known whether it still ends at {end}; read it to see"
    ))
}
