//! State and rules of ordered data stores.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::Failure;

/// Characters of an id; the guide says 50.
const MAX_ID: usize = 63;
const MAX_NAME: usize = 50;
const MAX_ENTRIES: usize = 1_000_000;
/// How many stores without entries are remembered, as after somebody looked for one.
pub(super) const MAX_EMPTY: usize = 1_000;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct OrderedDataStores {
    #[serde(with = "crate::pairs")]
    pub(super) entries: BTreeMap<(u64, String, String), BTreeMap<String, i64>>,
    pub(super) count: usize,
}

impl OrderedDataStores {
    /// One entry, which sample requests ask for.
    pub(crate) fn seeded() -> OrderedDataStores {
        let store = BTreeMap::from([("sample-entry".to_owned(), 7)]);
        let mut stores = OrderedDataStores::default();
        for name in ["sample-store", "sample"] {
            let place = (2001, name.to_owned(), "global".to_owned());
            stores.entries.insert(place, store.clone());
        }
        stores
    }
}

impl OrderedDataStores {
    pub(super) fn store(
        &mut self,
        universe: u64,
        store: &str,
        scope: &str,
    ) -> Result<&mut BTreeMap<String, i64>, Failure> {
        for name in [store, scope] {
            refuse_if!(
                name.chars().count() > MAX_NAME,
                "A data store's name and scope have at most {MAX_NAME} characters."
            );
        }
        if self.entries.len() > self.count + MAX_EMPTY {
            self.entries.retain(|_, entries| !entries.is_empty());
        }
        Ok(self.entries.entry((universe, store.to_owned(), scope.to_owned())).or_default())
    }

    pub(crate) fn put(
        &mut self,
        universe: u64,
        store: &str,
        scope: &str,
        id: &str,
        value: i64,
    ) -> Result<(), Failure> {
        check_id(id)?;
        let count = self.count;
        let entries = self.store(universe, store, scope)?;
        if !entries.contains_key(id) {
            Failure::if_full(count, MAX_ENTRIES, "entries")?;
        }
        let is_new = entries.insert(id.to_owned(), value).is_none();
        self.count += usize::from(is_new);
        Ok(())
    }
}

fn check_id(id: &str) -> Result<(), Failure> {
    let length = id.chars().count();
    refuse_if!(length == 0 || length > MAX_ID, "The id must have 1 to {MAX_ID} characters.");
    Ok(())
}

/// `entry >= 10 && entry <= 50`, with exactly one space between the words.
pub(super) fn bounds(filter: &str) -> Result<(i64, i64), Failure> {
    let refused = || {
        Failure::invalid(
            "The filter is invalid: it is of the form 'entry >= 10 && entry <= 50', with one space between words.",
        )
    };
    let (mut least, mut greatest) = (i64::MIN, i64::MAX);
    let comparisons: Vec<_> = filter.split(" && ").collect();
    refuse_if!(comparisons.len() > 2, refused());
    for comparison in comparisons {
        let words: Vec<_> = comparison.split(' ').collect();
        let ["entry", operator, number] = words[..] else { return Err(refused()) };
        let number: i64 = number.parse().map_err(|_| refused())?;
        match operator {
            ">=" => least = least.max(number),
            "<=" => greatest = greatest.min(number),
            _ => return Err(refused()),
        }
    }
    Ok((least, greatest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_into_nothing_leaves_nothing_behind_for_ever() {
        let mut stores = OrderedDataStores::default();
        stores.put(1, "kept", "global", "id", 5).expect("kept");
        for universe in 0..10 * MAX_EMPTY as u64 {
            assert!(stores.store(universe, "empty", "global").expect("a store").is_empty());
            assert!(stores.entries.len() <= MAX_EMPTY + 2);
        }
        assert_eq!(stores.store(1, "kept", "global").expect("a store").len(), 1);
    }

    #[test]
    fn filters_are_bounds_with_single_spaces() {
        assert_eq!(bounds("entry >= 10").expect("good"), (10, i64::MAX));
        assert_eq!(bounds("entry >= -10 && entry <= 50").expect("good"), (-10, 50));
        for bad in [
            "entry>=10",
            "entry  >= 10",
            "value >= 10",
            "entry > 10",
            "entry >= x",
            "entry >= 1 || entry <= 2",
            "entry >= 1 && entry <= 2 && entry <= 3",
        ] {
            assert!(bounds(bad).is_err(), "{bad}");
        }
    }
}
