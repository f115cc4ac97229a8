use super::super::list::{Entries, listed};
use super::super::listed::{Listed, Outcome};
use super::super::{EntryKey, Store};
use super::{Batch, Source, Turn, Worker};
use crate::Error;
use crate::bulk::can_pass;
use crate::client::Options;
use crate::paging::Pages;
use crate::types::ListDataStoreEntriesResponse;
use std::collections::BTreeSet;

/// The entries of a data store, page after page: of the scope that was chosen, or of all scopes.
#[derive(Debug)]
pub(in super::super) struct Listing {
    prefix: String,
    /// What an earlier run has done, which is not worth a request.
    done: BTreeSet<EntryKey>,
    entries: Entries,
    page_size: Option<u64>,
    pages: Pages<ListDataStoreEntriesResponse>,
    page: Option<Page>,
}

/// What is not taken yet of a page.
#[derive(Debug)]
struct Page {
    rest: std::vec::IntoIter<Listed>,
    next: Option<String>,
}

impl Listing {
    /// From a page token on, or from the beginning.
    pub(in super::super) fn new(
        store: &Store,
        prefix: &str,
        page_size: Option<u64>,
        token: Option<&str>,
        options: &Options,
    ) -> Result<Self, Error> {
        let entries = store.chosen_entries(prefix, options)?;
        let pages = pages(&entries, page_size, token);
        let (prefix, done) = (prefix.to_owned(), BTreeSet::new());
        Ok(Self { prefix, done, entries, page_size, pages, page: None })
    }

    /// The same without these entries.
    pub(in super::super) fn without(self, done: BTreeSet<EntryKey>) -> Self {
        Self { done, ..self }
    }

    async fn next_page(&mut self) -> Result<Option<Page>, Error> {
        let Some(page) = self.pages.next().await else { return Ok(None) };
        // A list ends with a failure: the page can only be asked for anew.
        let again = |error: &Error| pages(&self.entries, self.page_size, error.resume_token());
        let page = page.inspect_err(|error| self.pages = again(error))?;
        let next = page.next_token().map(str::to_owned);
        let mut entries = listed(page.into_inner());
        let is_done = |entry: &Listed| entry.only_place().is_some_and(|place| self.done.contains(place));
        entries.retain(|entry| entry.may_begin_with(&self.prefix) && !is_done(entry));
        Ok(Some(Page { rest: entries.into_iter(), next }))
    }
}

/// The pages from a token on, or from the beginning.
fn pages(
    entries: &Entries,
    page_size: Option<u64>,
    token: Option<&str>,
) -> Pages<ListDataStoreEntriesResponse> {
    let pages = page_size.into_iter().fold(entries.clone().pages(), Pages::page_size);
    token.into_iter().fold(pages, Pages::resume)
}

impl Source for Listing {
    type Task = Listed;

    async fn next(&mut self, most: usize) -> Result<Option<Batch<Listed>>, Error> {
        let mut page = match self.page.take() {
            Some(page) => page,
            None => match self.next_page().await? {
                Some(page) => page,
                None => return Ok(None),
            },
        };
        let tasks = page.rest.by_ref().take(most).collect();
        if page.rest.len() == 0 {
            return Ok(Some(Batch { tasks, turn: Some(Turn { next: page.next }) }));
        }
        self.page = Some(page);
        Ok(Some(Batch { tasks, turn: None }))
    }
}

/// Reads entries wherever a listing says that they may be.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Reader<'a> {
    pub(in super::super) store: &'a Store,
    pub(in super::super) prefix: &'a str,
    pub(in super::super) options: &'a Options,
}

impl Worker<Listed> for Reader<'_> {
    type Found = Vec<Outcome>;

    async fn work(&self, task: &Listed) -> Result<Vec<Outcome>, Error> {
        task.read(self.store, self.prefix, self.options).await
    }

    /// A status 500 can be due to the entry.
    fn is_doubtful(&self, found: &Vec<Outcome>) -> bool {
        found.iter().any(|outcome| matches!(outcome, Outcome::Failed(_, error) if can_pass(error)))
    }
}
