use super::coverage::Coverage;
use super::templates::Templates;
use super::universe::Erasure;
use crate::data_stores::EraseUser;
use crate::ids::UserId;

impl Erasure {
    /// Finds the entries of a user that the templates do not reach, in the data stores that were not found to be reached
    /// whole ([`Coverage::reached_stores`]). What was added to these since the check is not looked at: check again
    /// from time to time.
    ///
    /// Calls `data_stores.list`, `data_stores.list_scoped_entries`, `data_stores.get_scoped_entry` and
    /// `data_stores.delete_scoped_entry`; scopes `universe-datastores.control:list`,
    /// `universe-datastores.objects:delete`, `universe-datastores.objects:list`,
    /// `universe-datastores.objects:read`.
    ///
    /// Found are entries that name the user; those that only their keys tell are found by
    /// [`also_where`](EraseUser::also_where). Standard data stores only.
    pub fn rest_of(&self, user: impl Into<UserId>, templates: &Templates, coverage: &Coverage) -> EraseUser {
        let user = user.into();
        let (templates, of) = (templates.clone(), user.clone());
        let erase = self.client.data_stores().erase_user(&self.universe, user);
        erase
            .skip_stores(coverage.reached_stores.iter().cloned())
            .unless(move |entry| templates.reach(entry, &of))
    }
}
