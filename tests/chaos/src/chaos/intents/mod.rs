//! The kinds of intents: each does one thing through the SDK, and finds out afterwards how often it is there.

mod ban;
mod create;
mod deploy;
mod digits;
mod export;
mod import;
mod increment;
mod increment_ordered;
mod list;
mod migrate;
mod pool;
mod publish;
mod queue;
mod renewal;
mod update;
mod update_map;
mod upload;

use super::ledger::{Intent, Reported};
use super::verdict::Counts;
use super::world::World;
use crate::Outcome;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

pub(crate) type Acting<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;
pub(crate) type Verifying<'a> = Pin<Box<dyn Future<Output = Outcome<Option<Counts>>> + Send + 'a>>;

/// Something that is done again and again in a run.
pub(crate) trait Kind: Send + Sync {
    fn name(&self) -> &'static str;

    /// The ids of its operations that a proxy may send twice without a second effect: they are guarded by a key, an
    /// etag or their content.
    fn guarded(&self) -> &'static [&'static str] {
        &[]
    }

    /// Does what the intent says.
    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a>;

    /// How often the effect of each intent is there, when all is quiet; nothing for what only reads.
    fn verify<'a>(&'a self, world: &'a World, intents: &'a [&'a Intent]) -> Verifying<'a>;
}

/// Why an intent was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The SDK says so.
    Error(opencloud::Error),
    /// What was read misses something.
    Gap(String),
    /// What was read has too much.
    Surplus(String),
    /// The run itself failed; nothing was done.
    Run(String),
}

impl From<opencloud::Error> for Failure {
    fn from(error: opencloud::Error) -> Self {
        Self::Error(error)
    }
}

impl Failure {
    pub(crate) fn reported(self) -> Reported {
        match self {
            Self::Error(error) if error.may_have_been_applied() => {
                Reported::Unknown { error: error.to_string() }
            }
            Self::Error(error) => Reported::Refused { error: error.to_string() },
            Self::Gap(problem) => Reported::Gap { problem },
            Self::Surplus(problem) => Reported::Surplus { problem },
            Self::Run(error) => Reported::Refused { error },
        }
    }
}

/// All kinds. Renewals are last: each worker makes them all the time.
pub(crate) fn all() -> Vec<Box<dyn Kind>> {
    vec![
        Box::new(create::Create),
        Box::new(increment::Increment),
        Box::new(increment_ordered::IncrementOrdered),
        Box::new(update::Update),
        Box::new(update_map::UpdateMap),
        Box::new(queue::AddToQueue),
        Box::new(publish::Publish),
        Box::new(upload::Upload),
        Box::new(ban::Ban),
        Box::new(list::List),
        Box::new(export::Export),
        Box::new(import::Import),
        Box::new(migrate::Migrate),
        Box::new(deploy::Deploy),
        Box::new(pool::Pool),
        Box::new(renewal::Renewal),
    ]
}

/// Verifies nothing: what was read is right or wrong at once.
fn only_reads<'a>() -> Verifying<'a> {
    Box::pin(async { Ok(None) })
}

/// How often each id is in a list of ids.
fn counted(ids: impl IntoIterator<Item = u64>) -> Counts {
    let mut counts = Counts::new();
    for id in ids {
        *counts.entry(id).or_default() += 1;
    }
    counts
}

/// Compares keys with numbers as they were read with those of the fixture.
fn compared(read: impl IntoIterator<Item = (String, u64)>) -> Result<(), Failure> {
    use super::fixture::{ENTRIES, key};
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for (name, number) in read {
        if number >= ENTRIES || key(number) != name || seen.insert(name.clone(), number).is_some() {
            return Err(Failure::Surplus(format!(
                "the list has {name} = {number} twice, or it was never written"
            )));
        }
    }
    match (0..ENTRIES).map(key).find(|key| !seen.contains_key(key)) {
        Some(missing) => {
            Err(Failure::Gap(format!("the list misses {missing}, and has {} entries", seen.len())))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ENTRIES, key};
    use super::*;

    #[test]
    fn a_list_is_whole_or_it_is_told_what_is_wrong() {
        let whole = || (0..ENTRIES).map(|number| (key(number), number));
        assert!(compared(whole()).is_ok());
        assert!(matches!(compared(whole().skip(1)), Err(Failure::Gap(problem)) if problem.contains(&key(0))));
        let twice = whole().chain([(key(3), 3)]);
        assert!(matches!(compared(twice), Err(Failure::Surplus(problem)) if problem.contains(&key(3))));
        let foreign = whole().chain([("other".to_owned(), 1)]);
        assert!(matches!(compared(foreign), Err(Failure::Surplus(_))));
    }

    #[test]
    fn ids_are_counted() {
        assert_eq!(counted([1, 2, 1]), Counts::from([(1, 2), (2, 1)]));
    }
}
