//! Templates of ordered data stores, which Open Cloud does not list: only a scope that is known can be looked into.

use super::pattern::{has_token, of_user, user_of};
use super::template::KeyForm;
use super::universe::Erasure;
use crate::Error;
use crate::client::Options;

/// How many entries are looked at for one that matches.
const MOST: u64 = 10_000;

/// Whether an entry of the user, or of anybody, matches; `None` if that cannot be known.
pub(super) async fn is_matched(
    erasure: &Erasure,
    form: &KeyForm,
    user: Option<u64>,
    options: &Options,
) -> Result<Option<bool>, Error> {
    let stores = erasure.client.ordered_data_stores();
    let (name, scope) = (form.store.as_str(), form.scope());
    if let Some(user) = user {
        let (scope, key) = (of_user(scope, user), of_user(&form.key, user));
        let found = stores.get_entry(&erasure.universe, name, scope, key).with_options(options.clone()).await;
        return match found {
            Ok(_) => Ok(Some(true)),
            Err(error) if error.is_not_found() => Ok(Some(false)),
            Err(error) => Err(error),
        };
    }
    if has_token(scope) {
        return Ok(None);
    }
    let entries = stores.list_entries(&erasure.universe, name, scope).with_options(options.clone());
    let mut entries = entries.items().limit(MOST);
    let mut count = 0;
    while let Some(entry) = entries.next().await {
        let entry = match entry {
            Err(error) if error.is_not_found() => return Ok(Some(false)),
            entry => entry?,
        };
        if entry.id.is_some_and(|key| user_of(&form.key, &key).flatten().is_some()) {
            return Ok(Some(true));
        }
        count += 1;
    }
    Ok((count < MOST).then_some(false))
}
