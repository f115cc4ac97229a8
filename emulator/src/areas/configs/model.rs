//! State and rules of configs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::later;
use crate::areas::configs::repository::Repository;

/// How many revisions the universe 2001 has from the beginning.
const SEEDED: usize = 25;

/// The repository that games read.
const IN_EXPERIENCE: &str = "InExperienceConfig";

/// By universe and name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Configs {
    pub(super) universes: BTreeMap<u64, BTreeMap<String, Repository>>,
}

impl Configs {
    /// A repository with a history, and a draft for sample requests.
    pub(crate) fn seeded(now: Timestamp) -> Configs {
        let mut repository = Repository::new("sample-hash".to_owned());
        for number in 1..=SEEDED {
            let entries = Map::from_iter([("sample-key".to_owned(), json!(number))]);
            let id = if number == 1 { "sample".to_owned() } else { format!("sample-{number}") };
            let time = later(now, -((SEEDED - number) as i64) * 3_600);
            // A value that is another one each time can always be staged and published.
            let _ = repository.merge(&entries, None).and_then(|()| repository.publish(id, None, time));
        }
        let _ = repository.merge(&Map::from_iter([("drafted".to_owned(), json!(true))]), None);
        let repositories = BTreeMap::from([(IN_EXPERIENCE.to_owned(), repository)]);
        Configs { universes: BTreeMap::from([(2001, repositories)]) }
    }

    /// Publishes one value to all players, as an experiment does that ends with a variant to keep. What is drafted
    /// stays drafted.
    pub(crate) fn roll_out(
        &mut self,
        universe: u64,
        key: String,
        value: Value,
        revision: String,
        now: Timestamp,
    ) {
        let repositories = self.universes.entry(universe).or_default();
        let repository = repositories
            .entry(IN_EXPERIENCE.to_owned())
            .or_insert_with(|| Repository::new(format!("hash-{revision}")));
        repository.publish_value(key, value, revision, now);
    }
}
