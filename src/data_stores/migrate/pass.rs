//! The order of a migration: what an earlier run was about to write, all entries, then those that others have changed
//! meanwhile.

use super::checkpoint::{Intent, State};
use super::decide::{Decide, Decision};
use super::task::Of;
use super::write::{Ended, Write, Writer, etag};
use super::{Difference, MigrationCheckpoint, MigrationReport};
use crate::Error;
use crate::data_stores::EntryKey;
use crate::data_stores::engine::{self, Keys, Listing, Pace, Reader, Sink, Turn};
use crate::data_stores::fingerprint::Fingerprint;
use crate::data_stores::listed::{Listed, Outcome};
use crate::data_stores::wire::Stored;
use crate::operation::contention::{ATTEMPTS, Contention};
use std::collections::BTreeMap;
use std::io;

/// How many contended entries are remembered before they are gone through again.
const MOST_CONTENDED: usize = 1000;

/// A run of a migration.
pub(super) struct Pass<'a, C> {
    of: &'a Of,
    checkpoint: MigrationCheckpoint,
    decide: Decide,
    /// How many differences are kept.
    sample: usize,
    /// What an earlier run was about to write.
    earlier: BTreeMap<EntryKey, Intent>,
    on_checkpoint: C,
}

impl<'a, C: FnMut(&MigrationCheckpoint) -> io::Result<()>> Pass<'a, C> {
    pub(super) fn new(of: &'a Of, state: State, decide: Decide, sample: usize, on_checkpoint: C) -> Self {
        let earlier = state.pending.iter().map(|intent| (intent.entry.clone(), intent.clone())).collect();
        Self { of, checkpoint: MigrationCheckpoint(state), decide, sample, earlier, on_checkpoint }
    }

    pub(super) fn save(&mut self) -> Result<(), Error> {
        (self.on_checkpoint)(&self.checkpoint)
            .map_err(|error| Error::local_io("the checkpoint of the migration cannot be saved", error))
    }

    pub(super) fn into_report(self) -> MigrationReport {
        self.checkpoint.0.report
    }

    pub(super) async fn run(&mut self) -> Result<(), Error> {
        self.go_through(self.earlier.keys().cloned().collect()).await?;
        if !self.state().again.is_empty() {
            self.settle_contended().await?;
        }
        if !self.state().is_listed {
            let Of { store, prefix, options, .. } = self.of;
            let (size, token) = (self.state().page_size, self.state().token.clone());
            let listing = Listing::new(store, prefix, Some(size), token.as_deref(), options)?;
            let mut listing = listing.without(self.state().done());
            engine::run(self.pace(), &mut listing, &self.reader(), self).await?;
        }
        self.settle_contended().await
    }

    /// Goes through the entries again that others have changed in the way of their write, until none is left or the
    /// passes are over.
    async fn settle_contended(&mut self) -> Result<(), Error> {
        let mut contention = Contention::new(ATTEMPTS);
        loop {
            contention.begin();
            let state = self.state();
            if state.again.is_empty() {
                state.again = std::mem::take(&mut state.later);
                state.passes += 1;
            }
            if state.again.is_empty() {
                state.passes = 0;
                return Ok(());
            }
            if state.passes >= ATTEMPTS {
                for entry in std::mem::take(&mut state.again) {
                    state.report.contended.add(&entry);
                }
                continue;
            }
            contention.wait().await;
            let again = self.state().again.iter().cloned().collect();
            self.go_through(again).await?;
        }
    }

    async fn go_through(&mut self, entries: Vec<EntryKey>) -> Result<(), Error> {
        let reader = self.reader();
        engine::run(self.pace(), &mut Keys::new(entries), &reader, &mut Known(self)).await
    }

    fn state(&mut self) -> &mut State {
        &mut self.checkpoint.0
    }

    fn report(&mut self) -> &mut MigrationReport {
        &mut self.checkpoint.0.report
    }

    fn pace(&self) -> Pace {
        self.of.pace.from(self.checkpoint.0.report.read)
    }

    fn reader(&self) -> Reader<'a> {
        Reader { store: &self.of.store, prefix: &self.of.prefix, options: &self.of.options }
    }

    /// Decides on what was found, then writes. Of what is listed, that is left out which an earlier run has done.
    async fn take_found(&mut self, found: Vec<(Listed, Vec<Outcome>)>, is_listed: bool) -> Result<(), Error> {
        let may_share = found.iter().any(|(listed, _)| listed.only_place().is_none());
        let names = may_share.then(|| self.state().shared_names.clone());
        match self.decide_on(found, is_listed) {
            Ok(writes) => self.carry_out(writes).await,
            Err(error) => {
                // Nothing of them is written, so that they must be found again.
                if let Some(names) = names {
                    self.state().shared_names = names;
                }
                Err(error)
            }
        }
    }

    fn decide_on(
        &mut self,
        found: Vec<(Listed, Vec<Outcome>)>,
        is_listed: bool,
    ) -> Result<Vec<Write>, Error> {
        let mut writes = Vec::new();
        for (listed, outcomes) in found {
            if is_listed && listed.only_place().is_some_and(|entry| self.state().is_done(entry)) {
                continue;
            }
            for outcome in self.state().shared_names.new_of(&listed, outcomes) {
                match outcome {
                    Outcome::Vanished => self.vanished(&listed),
                    Outcome::Failed(entry, error) => self.leave_out(&entry, error)?,
                    Outcome::There(entry, _) if is_listed && self.state().is_done(&entry) => {}
                    Outcome::There(entry, stored) => writes.extend(self.look_at(entry, stored)?),
                }
            }
        }
        Ok(writes)
    }

    fn vanished(&mut self, listed: &Listed) {
        let Some(entry) = listed.only_place() else { return };
        match self.earlier.remove(entry) {
            Some(Intent { into: None, .. }) => {
                self.report().read += 1;
                self.report().deleted += 1;
            }
            _ => self.report().vanished += 1,
        }
        self.state().settle(entry);
    }

    /// Ends the migration, unless the caller wants to go on without the entry.
    fn leave_out(&mut self, entry: &EntryKey, error: Error) -> Result<(), Error> {
        if !self.of.unreadable.is_skipped(entry, &error) {
            return Err(error);
        }
        self.report().unreadable.add(entry);
        self.state().settle(entry);
        Ok(())
    }

    /// Gives an entry to the function: what is to be written.
    fn look_at(&mut self, entry: EntryKey, stored: Box<Stored>) -> Result<Option<Write>, Error> {
        let intent = self.earlier.remove(&entry);
        if let Some(into) = intent.as_ref().and_then(|intent| intent.into.as_ref()) {
            if *into == Fingerprint::of_stored(&stored) {
                self.end(&entry, Ended::Written(None), None);
                return Ok(None);
            }
            if intent.as_ref().is_some_and(|intent| intent.from != stored.etag) {
                self.end(&entry, Ended::InDoubt, None);
                return Ok(None);
            }
        }
        let is_in_place = self.of.target.is_none();
        let decided = (self.decide)(&entry, &stored).and_then(|decision| match decision {
            Decision::Write(_) if is_in_place => etag(&stored).map(|_| decision),
            _ => Ok(decision),
        });
        let content = match decided.map_err(|error| entry.blame(error)) {
            Err(error) => return self.leave_out(&entry, error).map(|()| None),
            Ok(Decision::Keep) => {
                self.end(&entry, Ended::Kept, None);
                return Ok(None);
            }
            Ok(Decision::Delete) => None,
            Ok(Decision::Write(content)) => Some(content),
        };
        let may_be_applied = intent.is_some().into();
        Ok(Some(Write { entry, stored, content, may_be_applied }))
    }

    /// Writes, after a checkpoint has said so.
    async fn carry_out(&mut self, writes: Vec<Write>) -> Result<(), Error> {
        if writes.is_empty() {
            return Ok(());
        }
        // A copy is the same however often it is made.
        if !self.of.is_dry && self.of.target.is_none() {
            let intents = writes.iter().map(|write| Intent {
                entry: write.entry.clone(),
                from: write.stored.etag.clone(),
                into: write.fingerprint(),
            });
            let intents: Vec<Intent> = intents.collect();
            let pending = &mut self.state().pending;
            pending.retain(|known| intents.iter().all(|intent| intent.entry != known.entry));
            pending.extend(intents);
            self.save()?;
        }
        let (ended, failure) = engine::at_once(&self.of.pace, &writes, &Writer(self.of)).await;
        for (write, ended) in writes.iter().zip(ended) {
            self.end(&write.entry, ended, Some(write));
        }
        failure.map_or(Ok(()), Err)
    }

    /// Counts what became of an entry.
    fn end(&mut self, entry: &EntryKey, ended: Ended, write: Option<&Write>) {
        if let Some(write) = write {
            self.show(write, &ended);
        }
        let report = self.report();
        match ended {
            Ended::Overtaken => return self.state().postpone(entry),
            Ended::InDoubt => report.in_doubt.add(entry),
            Ended::Written(_) => report.changed += 1,
            Ended::Deleted => report.deleted += 1,
            Ended::Kept => report.kept += 1,
        }
        report.read += 1;
        self.state().settle(entry);
    }

    /// Keeps the difference that a write makes, in a dry run.
    fn show(&mut self, write: &Write, ended: &Ended) {
        if !self.of.is_dry || self.report().sample.len() >= self.sample {
            return;
        }
        let difference = match ended {
            Ended::Written(before) => {
                Difference::new(&write.entry, before.as_deref(), write.content.as_deref())
            }
            Ended::Deleted => Difference::new(&write.entry, Some(&write.stored), None),
            _ => return,
        };
        self.report().sample.push(difference);
    }
}

impl<C: FnMut(&MigrationCheckpoint) -> io::Result<()>> Sink<Listed, Vec<Outcome>> for Pass<'_, C> {
    async fn take(&mut self, found: Vec<(Listed, Vec<Outcome>)>) -> Result<(), Error> {
        self.take_found(found, true).await
    }

    async fn turn(&mut self, turn: Turn) -> Result<(), Error> {
        self.state().turn(turn.next);
        self.save()?;
        match self.state().later.len() < MOST_CONTENDED {
            true => Ok(()),
            false => self.settle_contended().await,
        }
    }
}

/// Entries that are gone through because they are known.
struct Known<'p, 'a, C>(&'p mut Pass<'a, C>);

impl<C: FnMut(&MigrationCheckpoint) -> io::Result<()>> Sink<Listed, Vec<Outcome>> for Known<'_, '_, C> {
    async fn take(&mut self, found: Vec<(Listed, Vec<Outcome>)>) -> Result<(), Error> {
        self.0.take_found(found, false).await
    }
}
