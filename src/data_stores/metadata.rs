//! The users and attributes of an entry.

use super::limits;
use super::wire::Stored;
use crate::Error;
use crate::ids::UserId;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// What the caller says of them. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata {
    pub(super) users: Option<Vec<UserId>>,
    pub(super) attributes: Option<Map<String, Value>>,
}

/// Users and attributes as they are sent.
pub(super) type Parts = (Option<Vec<String>>, Option<Box<RawValue>>);

impl Metadata {
    pub(super) fn is_whole(&self) -> bool {
        self.users.is_some() && self.attributes.is_some()
    }

    /// Refuses what is said and cannot be, before anything is read for the rest.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.over(None).map(drop)
    }

    /// What is said, and for the rest what is stored, untouched.
    pub(super) fn over(&self, stored: Option<&Stored>) -> Result<Parts, Error> {
        let users = match &self.users {
            Some(users) => {
                let path = |user| limits::user(user).map(|number| format!("users/{number}"));
                Some(users.iter().map(path).collect::<Result<_, _>>()?)
            }
            None => stored.and_then(|stored| stored.users.clone()),
        };
        let attributes = match &self.attributes {
            Some(attributes) => {
                limits::attributes(attributes)?;
                Some(to_raw_value(attributes).map_err(Error::encode)?)
            }
            None => stored.and_then(|stored| stored.attributes.clone()),
        };
        Ok((users, attributes))
    }
}

/// The setters of a builder with a field `metadata`.
macro_rules! metadata_setters {
    () => {
        /// Sets the users that the entry belongs to. An empty list clears them.
        pub fn users<U: Into<crate::ids::UserId>>(mut self, users: impl IntoIterator<Item = U>) -> Self {
            self.metadata.users = Some(users.into_iter().map(Into::into).collect());
            self
        }

        /// Sets the attributes of the entry, all of them. An empty map clears them.
        pub fn attributes<N: Into<String>, V: Into<serde_json::Value>>(
            mut self,
            attributes: impl IntoIterator<Item = (N, V)>,
        ) -> Self {
            let attributes = attributes.into_iter().map(|(name, value)| (name.into(), value.into()));
            self.metadata.attributes = Some(attributes.collect());
            self
        }
    };
}
pub(super) use metadata_setters;
