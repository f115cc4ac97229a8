use super::templates::Templates;
use crate::Error;
use crate::data_stores::{FoundEntry, SomeEntries};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// What templates reach of what data stores hold. Keep it, as JSON, for [`Erasure::rest_of`](super::Erasure::rest_of).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Coverage {
    /// How many entries of standard data stores were looked at.
    pub searched: u64,
    /// Entries that name a user, and that no template reaches for this user.
    pub unreached: SomeEntries<FoundEntry>,
    /// Entries that name no user, and that no template matches. Their value may be a user's all the same.
    pub without_user: SomeEntries<FoundEntry>,
    /// Templates that match no entry of any user, or not of the user that was looked at.
    pub unmatched: Vec<NumberedTemplate>,
    /// Templates that could not be checked: Open Cloud does not list the scopes of ordered data stores.
    pub unchecked: Vec<NumberedTemplate>,
    /// The data stores whose every entry is reached for every user that it names, so that they need not be searched.
    pub reached_stores: BTreeSet<String>,
}

/// A template, by its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NumberedTemplate {
    /// Its place in the list, from 1.
    pub number: usize,
    /// Data store, scope and key.
    pub template: String,
}

impl NumberedTemplate {
    pub(super) fn of(templates: &Templates, at: usize) -> Self {
        let template = templates.as_slice().get(at).map(ToString::to_string).unwrap_or_default();
        Self { number: at + 1, template }
    }
}

impl Coverage {
    /// Whether the templates reach every entry that names a user, and each of them was seen to match.
    pub fn is_whole(&self) -> bool {
        self.unreached.count == 0 && self.unmatched.is_empty() && self.unchecked.is_empty()
    }

    /// Refuses templates of which one matches nothing: Roblox takes such a one without a word.
    ///
    /// # Errors
    ///
    /// Of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest), with the number of the first one.
    pub fn refuse_unmatched(&self) -> Result<(), Error> {
        match self.unmatched.first() {
            None => Ok(()),
            Some(NumberedTemplate { number, template }) => Err(Error::invalid_request(format!(
                "the templates cannot be used: template {number} ({template}) matches nothing that the data stores hold; \
                 compare it with your keys, or remove it"
            ))),
        }
    }
}

/// `120 entries: 3 unreached, 7 without a user; template 2 matches nothing`
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unreached, others) = (self.unreached.count, self.without_user.count);
        write!(f, "{} entries: {unreached} unreached, {others} without a user", self.searched)?;
        for (templates, what) in [(&self.unmatched, "matches nothing"), (&self.unchecked, "was not checked")]
        {
            for NumberedTemplate { number, template } in templates {
                write!(f, "; template {number} ({template}) {what}")?;
            }
        }
        Ok(())
    }
}
