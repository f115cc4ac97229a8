use super::buffer::buffer_setter;
use super::checkpoint::{ImportCheckpoint, Mark};
use super::engine::{self, Batch, Pace, Sink, Source, Worker, pace_methods};
use super::line::Line;
use super::wire::Content;
use super::{EntryKey, Store, buffer, limits};
use crate::Error;
use crate::call::option_methods;
use crate::client::Options;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use tokio::io::AsyncBufRead;

/// The longest line: a value of the greatest length, all of four bytes, and what is beside it.
const MAX_LINE: usize = 4 * limits::VALUE + 64 * 1024;
const LINES_PER_CHECKPOINT: u64 = 256;

/// Writes the entries of an [`Export`](super::Export) into a data store. Made by [`Store::import`].
///
/// Each line is the whole entry: value, users and attributes take the place of what is there. Times and
/// revisions are the service's, and begin anew. If a key has several lines, the last one stays.
///
/// Half of what the data stores of a universe take is left to the running game, unless the [share](Self::share) is another.
///
/// # Resuming
///
/// A checkpoint says up to which line everything is written, also after an error. Lines behind it may have
/// been written too, up to [as many as are written at a time](Self::concurrency) after an error and up to
/// 256 more after a crash; they are written again on resuming, with the same content. If a game may have
/// changed those entries in the meantime, [skip what exists](Self::skip_existing).
#[must_use = "an import is made by `read_from`"]
#[derive(Clone, Debug)]
pub struct Import {
    store: Store,
    pace: Pace,
    skip_existing: bool,
    skip_buffers: bool,
    allow_buffers: bool,
    checkpoint: Option<ImportCheckpoint>,
    options: Options,
}

/// What an import has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// How many entries were written.
    pub written: u64,
    /// How many were there already, and were left alone.
    pub skipped: u64,
    /// How many hold Luau buffers, and were left out ([`Import::skip_buffers`]).
    pub with_buffers: u64,
    /// How far it came.
    pub checkpoint: ImportCheckpoint,
}

impl Store {
    /// Writes the entries of an [export](Self::export) into the store, each in the scope that it came
    /// from. If a scope was chosen with [`scope`](Self::scope), a line of another one is refused.
    ///
    /// Calls `data_stores.update_scoped_entry`, `data_stores.create_scoped_entry` and
    /// `data_stores.get_scoped_entry`; scopes `universe-datastores.objects:create`,
    /// `universe-datastores.objects:read`, `universe-datastores.objects:update`.
    pub fn import(&self) -> Import {
        Import::new(self.clone())
    }
}

impl Import {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            pace: Pace::default(),
            skip_existing: false,
            skip_buffers: false,
            allow_buffers: false,
            checkpoint: None,
            options: Options::default(),
        }
    }

    pace_methods!("written");

    /// Leaves entries alone that are there, instead of replacing them. Of several lines of a key, the first
    /// one stays then.
    pub fn skip_existing(mut self) -> Self {
        self.skip_existing = true;
        self
    }

    /// Leaves out entries with [Luau buffers](super::LuauBuffer), which end the import otherwise, and counts them
    /// ([`ImportReport::with_buffers`]). Their lines in the export have a property `buffers`.
    /// If the last of several lines of a key is left out, an earlier line of that key is written.
    pub fn skip_buffers(mut self) -> Self {
        self.skip_buffers = true;
        self
    }

    buffer_setter!();

    /// Goes on from a checkpoint, in the same file read from its beginning. A file whose lines up to there are
    /// others is refused; those behind it may have been changed.
    pub fn resume(mut self, checkpoint: ImportCheckpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    option_methods!(each);

    /// Reads lines and writes their entries, and calls `on_checkpoint` after every 256 of them and at
    /// the end, also if that is an error. An error of it ends the import.
    ///
    /// # Errors
    ///
    /// As of every call, with the line that it is about; if the checkpoint is of another import or file; if a line
    /// is not an entry, too long, of another scope than the one that was chosen, or shows a Luau buffer; and of kind
    /// [`LocalIo`](crate::ErrorKind::LocalIo) if the reader or `on_checkpoint` fails. What is under way is
    /// ended first.
    pub async fn read_from<R: AsyncBufRead + Unpin>(
        mut self,
        mut reader: R,
        on_checkpoint: impl FnMut(&ImportCheckpoint) -> io::Result<()>,
    ) -> Result<ImportReport, Error> {
        self.options = self.pace.of_job(self.options)?;
        let start = ImportCheckpoint::start(&self.store);
        let checkpoint = self.checkpoint.clone().unwrap_or_else(|| start.clone());
        checkpoint.check(&start)?;
        skip(&mut reader, &checkpoint, start).await?;
        let report = ImportReport { written: 0, skipped: 0, with_buffers: 0, checkpoint };
        let number = report.checkpoint.lines();
        let mut lines = Lines { import: &self, reader, number, held_back: None, failure: None };
        let mut counted = Counted { report, on_checkpoint };
        let outcome = engine::run(self.pace.from(number), &mut lines, &self, &mut counted).await;
        let Counted { report, mut on_checkpoint } = counted;
        let saved = on_checkpoint(&report.checkpoint).map_err(cannot_save);
        outcome.and(saved).map(|()| report)
    }

    /// What the next line is about; `None` at the end of the file.
    async fn task<R: AsyncBufRead + Unpin>(
        &self,
        reader: &mut R,
        number: u64,
    ) -> Result<Option<Task>, Error> {
        let Some(text) = line(reader, number).await? else { return Ok(None) };
        let mark = Mark::of(&text);
        if text.trim_ascii().is_empty() {
            return Ok(Some(Task { number, mark, what: What::Nothing }));
        }
        let line = Line::read(&text, number)?;
        if let Some(chosen) = self.store.scope.as_ref().filter(|chosen| **chosen != line.scope) {
            return Err(Error::invalid_request(format!(
                "line {number} of the import is of the scope `{}`, and the import is into the scope `{chosen}` only; \
                 without a chosen scope every line goes into its own",
                line.scope
            )));
        }
        let of = EntryKey { scope: line.scope.clone(), key: line.key.clone() };
        let content = line.content(self.allow_buffers);
        let value = content.value.as_deref().map_or("", |value| value.get());
        if self.skip_buffers && !self.allow_buffers && buffer::refuse(&of.key, value).is_err() {
            return Ok(Some(Task { number, mark, what: What::Buffers }));
        }
        self.store.at_scope_of(&of).check(&of.key).and_then(|()| content.check(&of.key)).map_err(
            |error| Error::invalid_request(format!("line {number} of the import cannot be written: {error}")),
        )?;
        Ok(Some(Task { number, mark, what: What::Entry(of, content) }))
    }

    /// `false` if the entry was there, and was left alone.
    async fn write_entry(&self, store: &Store, key: &str, content: &Content) -> Result<bool, Error> {
        if !self.skip_existing {
            // The same entry written twice is the same entry.
            let options = self.options.clone().or_idempotent();
            return store.replace_stored(key, content, true, &options).await.map(|_| true);
        }
        match store.create_stored(key, content, &self.options).await {
            Ok(_) => Ok(true),
            Err(error) => Ok(store.revive(key, content, error, &self.options).await?.is_some()),
        }
    }
}

impl Worker<Task> for Import {
    type Found = End;

    /// Writes the entry of a line.
    async fn work(&self, task: &Task) -> Result<End, Error> {
        let (of, content) = match &task.what {
            What::Nothing => return Ok(End::Nothing),
            What::Buffers => return Ok(End::Buffers),
            What::Entry(of, content) => (of, content),
        };
        let is_written = self.write_entry(&self.store.at_scope_of(of), &of.key, content).await;
        let named = |error: Error| error.with_context(&format!("line {} of the import", task.number));
        Ok(if is_written.map_err(named)? { End::Written } else { End::Skipped })
    }
}

/// The lines of a file.
struct Lines<'a, R> {
    import: &'a Import,
    reader: R,
    /// Of the line that was read last.
    number: u64,
    /// What was read and must wait until the batch before it is written.
    held_back: Option<Task>,
    /// What was met behind lines that are written first.
    failure: Option<Error>,
}

impl<R: AsyncBufRead + Unpin> Source for Lines<'_, R> {
    type Task = Task;

    async fn next(&mut self, most: usize) -> Result<Option<Batch<Task>>, Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut tasks: Vec<Task> = self.held_back.take().into_iter().collect();
        while tasks.len() < most {
            match self.import.task(&mut self.reader, self.number + 1).await {
                Ok(Some(task)) => {
                    self.number += 1;
                    if tasks.iter().any(|other| other.is_of_the_key_of(&task)) {
                        // The last line of a key is the one that stays.
                        self.held_back = Some(task);
                        break;
                    }
                    tasks.push(task);
                }
                Ok(None) => break,
                Err(failure) if tasks.is_empty() => return Err(failure),
                Err(failure) => {
                    self.failure = Some(failure);
                    break;
                }
            }
        }
        Ok((!tasks.is_empty()).then_some(Batch { tasks, turn: None }))
    }
}

/// Counts the lines that are done.
struct Counted<C> {
    report: ImportReport,
    on_checkpoint: C,
}

impl<C: FnMut(&ImportCheckpoint) -> io::Result<()>> Sink<Task, End> for Counted<C> {
    async fn take(&mut self, found: Vec<(Task, End)>) -> Result<(), Error> {
        for (task, end) in found {
            self.report.count(&task.mark, end);
            if self.report.checkpoint.lines().is_multiple_of(LINES_PER_CHECKPOINT) {
                (self.on_checkpoint)(&self.report.checkpoint).map_err(cannot_save)?;
            }
        }
        Ok(())
    }
}

/// A line that was read.
struct Task {
    number: u64,
    mark: Mark,
    what: What,
}

/// What a line holds.
enum What {
    /// It is empty.
    Nothing,
    /// An entry that is left out for its buffers.
    Buffers,
    Entry(EntryKey, Content),
}

/// What became of a line.
enum End {
    Nothing,
    Buffers,
    Skipped,
    Written,
}

impl Task {
    fn is_of_the_key_of(&self, other: &Self) -> bool {
        matches!((&self.what, &other.what), (What::Entry(one, _), What::Entry(other, _)) if one == other)
    }
}

impl ImportReport {
    fn count(&mut self, mark: &Mark, end: End) {
        match end {
            End::Written => self.written += 1,
            End::Skipped => self.skipped += 1,
            End::Buffers => self.with_buffers += 1,
            End::Nothing => {}
        }
        self.checkpoint.count(mark);
    }
}

fn cannot_read(error: io::Error) -> Error {
    Error::local_io("the import cannot be read", error)
}

fn cannot_save(error: io::Error) -> Error {
    Error::local_io("the checkpoint of the import cannot be saved", error)
}

/// Gives what is buffered to `take`, which says how much of it is done with. Nothing is left at the end
/// of the file.
async fn consume<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    mut take: impl FnMut(&[u8]) -> usize,
) -> Result<usize, Error> {
    let taken = poll_fn(|context| {
        let mut reader = Pin::new(&mut *reader);
        let taken = take(std::task::ready!(reader.as_mut().poll_fill_buf(context))?);
        reader.consume(taken);
        Poll::Ready(Ok(taken))
    });
    taken.await.map_err(cannot_read)
}

/// The next line with its end; `None` at the end of the file.
async fn line<R: AsyncBufRead + Unpin>(reader: &mut R, number: u64) -> Result<Option<Vec<u8>>, Error> {
    let mut text = Vec::new();
    loop {
        let taken = consume(reader, |buffer| {
            let end = buffer.iter().position(|byte| *byte == b'\n').map_or(buffer.len(), |end| end + 1);
            text.extend_from_slice(&buffer[..end]);
            end
        });
        if taken.await? == 0 || text.ends_with(b"\n") {
            return Ok(Some(text).filter(|text| !text.is_empty()));
        }
        if text.len() > MAX_LINE {
            let problem = format!("line {number} of the import is longer than {MAX_LINE} bytes");
            return Err(Error::invalid_request(problem));
        }
    }
}

/// Reads the lines that are done, from the start of the file. They must be those that the checkpoint has counted.
async fn skip<R: AsyncBufRead + Unpin>(
    reader: &mut R,
    checkpoint: &ImportCheckpoint,
    mut read: ImportCheckpoint,
) -> Result<(), Error> {
    while read.lines() < checkpoint.lines() && read.bytes() < checkpoint.bytes() {
        let Some(line) = line(reader, read.lines() + 1).await? else { break };
        read.count(&Mark::of(&line));
    }
    match read == *checkpoint {
        true => Ok(()),
        false => Err(Error::invalid_request(
            "the checkpoint is of another import: the lines that it has counted are not those of this file",
        )),
    }
}
