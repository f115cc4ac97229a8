use serde::{Deserialize, Serialize};

/// How many are named at most.
const MOST: usize = 1000;

/// How many entries, and which: the first 1,000 of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SomeEntries<K> {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<K>,
}

impl<K: Clone> SomeEntries<K> {
    pub(crate) fn add(&mut self, entry: &K) {
        self.count += 1;
        if self.first.len() < MOST {
            self.first.push(entry.clone());
        }
    }
}

impl<K> Default for SomeEntries<K> {
    fn default() -> Self {
        Self { count: 0, first: Vec::new() }
    }
}
