use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// What a look-up has found, and what not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found<K, U> {
    /// Each name or id with its user, in the order of the request. What was asked for twice is there twice.
    pub found: Vec<(K, U)>,
    /// The names or ids that no user was found for, in the order of the request.
    pub unknown: Vec<K>,
}

impl<K, U: Clone> Found<K, U> {
    /// Each input with the user of its key, in the order of the inputs.
    pub(super) fn of<Q: Eq + Hash>(inputs: Vec<(Q, K)>, users: &HashMap<Q, U>) -> Self {
        let mut all = Self { found: Vec::new(), unknown: Vec::new() };
        for (key, input) in inputs {
            match users.get(&key) {
                Some(user) => all.found.push((input, user.clone())),
                None => all.unknown.push(input),
            }
        }
        all
    }
}

/// The inputs with the keys that they are known by, each key once.
pub(super) fn distinct<Q: Eq + Hash, K>(inputs: &[(Q, K)]) -> Vec<&(Q, K)> {
    let mut seen = HashSet::new();
    inputs.iter().filter(|(key, _)| seen.insert(key)).collect()
}
