use super::super::EntryKey;
use super::super::listed::Listed;
use super::{Batch, Source};
use crate::Error;
use std::future::{Future, ready};

/// Entries whose scope and key are known.
#[derive(Debug)]
pub(in super::super) struct Keys(std::vec::IntoIter<EntryKey>);

impl Keys {
    pub(in super::super) fn new(keys: Vec<EntryKey>) -> Self {
        Self(keys.into_iter())
    }
}

impl Source for Keys {
    type Task = Listed;

    fn next(&mut self, most: usize) -> impl Future<Output = Result<Option<Batch<Listed>>, Error>> {
        let tasks: Vec<Listed> = self.0.by_ref().take(most).map(Listed::at).collect();
        ready(Ok((!tasks.is_empty()).then_some(Batch { tasks, turn: None })))
    }
}
