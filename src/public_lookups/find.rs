use super::found::distinct;
use super::{BatchGetUsersByNamesRequest, BatchGetUsersRequest, Found, PublicLookups, UserById, UserByName};
use crate::Error;
use crate::call::helper_methods;
use crate::client::Options;
use crate::ids::UserId;
use std::collections::HashMap;

/// How many names a request takes is not stated; this number is known to be safe (UK-21).
const NAMES_PER_REQUEST: usize = 100;
/// What the document states.
const IDS_PER_REQUEST: usize = 200;
/// How many names or ids a look-up takes.
const MOST: usize = 10_000;

impl PublicLookups {
    /// Finds the users that have these names, or had them before. Case does not matter.
    ///
    /// Calls `public_lookups.batch_get_users_by_names`, once for every 100 different names, one call after another.
    ///
    /// ```no_run
    /// # async fn run(client: opencloud::Client) -> Result<(), opencloud::Error> {
    /// let found = client.public_lookups().find_by_names(["builderman"]).exclude_banned_users(true).await?;
    /// let ids: Vec<_> = found.found.iter().filter_map(|(_, user)| user.user_id()).collect();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, for a name that is empty
    /// or holds control characters, and for more than 10,000 names; and as of every call. If one of the calls fails,
    /// the look-up has failed.
    pub fn find_by_names(&self, names: impl IntoIterator<Item = impl Into<String>>) -> FindByNames {
        FindByNames {
            lookups: self.clone(),
            names: names.into_iter().take(MOST + 1).map(Into::into).collect(),
            exclude_banned_users: None,
            options: Options::default(),
        }
    }

    /// Finds the names of the users with these ids.
    ///
    /// Calls `public_lookups.batch_get_users`, once for every 200 different ids, one call after another.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), before anything is sent, for an id that is not a
    /// number from 1 on, and for more than 10,000 ids; and as of every call. If one of the calls fails, the look-up has
    /// failed.
    pub fn find_by_ids(&self, ids: impl IntoIterator<Item = impl Into<UserId>>) -> FindByIds {
        FindByIds {
            lookups: self.clone(),
            ids: ids.into_iter().take(MOST + 1).map(Into::into).collect(),
            exclude_banned_users: None,
            options: Options::default(),
        }
    }
}

/// The call of [`PublicLookups::find_by_names`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct FindByNames {
    lookups: PublicLookups,
    names: Vec<String>,
    exclude_banned_users: Option<bool>,
    options: Options,
}

helper_methods!(FindByNames => Found<String, UserByName>);

impl FindByNames {
    /// Whether banned users count as unknown.
    pub fn exclude_banned_users(mut self, exclude: bool) -> Self {
        self.exclude_banned_users = Some(exclude);
        self
    }

    async fn run(self) -> Result<Found<String, UserByName>, Error> {
        check_count(self.names.len(), "names")?;
        let keyed = |name: String| Ok((key_of_name(&name)?, name));
        let names = self.names.into_iter().map(keyed).collect::<Result<Vec<_>, Error>>()?;
        let mut users = HashMap::new();
        for batch in distinct(&names).chunks(NAMES_PER_REQUEST) {
            let mut request = BatchGetUsersByNamesRequest::new(batch.iter().map(|(_, name)| name.clone()));
            request.exclude_banned_users = self.exclude_banned_users;
            let call = self.lookups.batch_get_users_by_names(request).with_options(self.options.clone());
            for user in call.await?.data.into_iter().flatten() {
                if let Some(name) = user.requested_username.as_ref().or(user.name.as_ref()) {
                    users.insert(name.to_lowercase(), user);
                }
            }
        }
        Ok(Found::of(names, &users))
    }
}

/// The call of [`PublicLookups::find_by_ids`].
#[derive(Clone, Debug)]
#[must_use = "a call is sent when it is awaited"]
pub struct FindByIds {
    lookups: PublicLookups,
    ids: Vec<UserId>,
    exclude_banned_users: Option<bool>,
    options: Options,
}

helper_methods!(FindByIds => Found<UserId, UserById>);

impl FindByIds {
    /// Whether banned users count as unknown.
    pub fn exclude_banned_users(mut self, exclude: bool) -> Self {
        self.exclude_banned_users = Some(exclude);
        self
    }

    async fn run(self) -> Result<Found<UserId, UserById>, Error> {
        check_count(self.ids.len(), "ids")?;
        let keyed = |id: UserId| Ok((number_of(&id)?, id));
        let ids = self.ids.into_iter().map(keyed).collect::<Result<Vec<_>, Error>>()?;
        let mut users = HashMap::new();
        for batch in distinct(&ids).chunks(IDS_PER_REQUEST) {
            let mut request = BatchGetUsersRequest::new(batch.iter().map(|(_, id)| id.clone()));
            request.exclude_banned_users = self.exclude_banned_users;
            let call = self.lookups.batch_get_users(request).with_options(self.options.clone());
            for user in call.await?.data.into_iter().flatten() {
                if let Some(id) = user.id {
                    users.insert(id, user);
                }
            }
        }
        Ok(Found::of(ids, &users))
    }
}

fn check_count(count: usize, what: &str) -> Result<(), Error> {
    match count > MOST {
        true => Err(Error::invalid_request(format!("a look-up takes at most {MOST} {what}; split the list"))),
        false => Ok(()),
    }
}

/// What names are told apart by.
fn key_of_name(name: &str) -> Result<String, Error> {
    let refuse = |why: &str| Err(Error::invalid_request(format!("the user name {name:?} {why}")));
    if name.trim().is_empty() {
        return refuse("is empty");
    }
    if name.contains(char::is_control) {
        return refuse("holds control characters");
    }
    Ok(name.to_lowercase())
}

fn number_of(id: &UserId) -> Result<i64, Error> {
    let number = id.as_u64().filter(|number| *number > 0).and_then(|number| i64::try_from(number).ok());
    number.ok_or_else(|| {
        Error::invalid_request(format!("the user id {:?} is not a number from 1 on", id.as_str()))
    })
}
