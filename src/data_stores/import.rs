use super::buffer::buffer_setter;
use super::checkpoint::{ImportCheckpoint, Mark};
use super::export::MAX_CONCURRENCY;
use super::line::Line;
use super::wire::Content;
use super::{EntryKey, Store, buffer, limits};
use crate::Error;
use crate::call::option_methods;
use crate::client::Options;
use futures_util::future::join_all;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use tokio::io::AsyncBufRead;

const CONCURRENCY: usize = 8;
/// The longest line: a value of the greatest length, all of four bytes, and what is beside it.
const MAX_LINE: usize = 4 * limits::VALUE + 64 * 1024;
const LINES_PER_CHECKPOINT: u64 = 256;

/// Writes the entries of an [`Export`](super::Export) into a data store. Made by [`Store::import`].
///
/// Each line is the whole entry: value, users and attributes take the place of what is there. Times and
/// revisions are the service's, and begin anew. If a key has several lines, the last one stays.
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
    concurrency: usize,
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

impl Import {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            concurrency: CONCURRENCY,
            skip_existing: false,
            skip_buffers: false,
            allow_buffers: false,
            checkpoint: None,
            options: Options::default(),
        }
    }

    /// Sets how many entries are written at a time: 8 by default, 1 at least and 64 at most.
    pub fn concurrency(mut self, entries: usize) -> Self {
        self.concurrency = entries.clamp(1, MAX_CONCURRENCY);
        self
    }

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
        self,
        mut reader: R,
        mut on_checkpoint: impl FnMut(&ImportCheckpoint) -> io::Result<()>,
    ) -> Result<ImportReport, Error> {
        let start = ImportCheckpoint::start(&self.store);
        let checkpoint = self.checkpoint.clone().unwrap_or_else(|| start.clone());
        checkpoint.check(&start)?;
        skip(&mut reader, &checkpoint, start).await?;
        let mut report = ImportReport { written: 0, skipped: 0, with_buffers: 0, checkpoint };
        let outcome = self.write_lines(&mut reader, &mut report, &mut on_checkpoint).await;
        let saved = on_checkpoint(&report.checkpoint).map_err(cannot_save);
        outcome.and(saved).map(|()| report)
    }

    async fn write_lines<R: AsyncBufRead + Unpin>(
        &self,
        reader: &mut R,
        report: &mut ImportReport,
        on_checkpoint: &mut impl FnMut(&ImportCheckpoint) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut number = report.checkpoint.lines();
        let mut next_batch = None;
        loop {
            // All are read before one is written: while a reader takes its time nobody would poll the
            // writes, which would run out of theirs.
            let mut batch: Vec<Task> = next_batch.take().into_iter().collect();
            let end = loop {
                if batch.len() == self.concurrency {
                    break Ok(false);
                }
                match self.task(reader, number + 1).await {
                    Ok(Some(task)) => {
                        number += 1;
                        if batch.iter().any(|other| other.is_of_the_key_of(&task)) {
                            // The last line of a key is the one that stays.
                            next_batch = Some(task);
                            break Ok(false);
                        }
                        batch.push(task);
                    }
                    Ok(None) => break Ok(true),
                    Err(error) => break Err(error),
                }
            };
            for outcome in join_all(batch.into_iter().map(|task| self.write(task))).await {
                // Behind a line that is not written no line counts.
                let (mark, end) = outcome?;
                report.count(&mark, end);
                if report.checkpoint.lines().is_multiple_of(LINES_PER_CHECKPOINT) {
                    on_checkpoint(&report.checkpoint).map_err(cannot_save)?;
                }
            }
            if end? {
                return Ok(());
            }
        }
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

    /// Writes the entry of a line: the line's mark, and what became of it.
    async fn write(&self, task: Task) -> Result<(Mark, End), Error> {
        let Task { number, mark, what } = task;
        let (of, content) = match what {
            What::Nothing => return Ok((mark, End::Nothing)),
            What::Buffers => return Ok((mark, End::Buffers)),
            What::Entry(of, content) => (of, content),
        };
        let is_written = self.write_entry(&self.store.at_scope_of(&of), &of.key, &content).await;
        let named = |error: Error| error.with_context(&format!("line {number} of the import"));
        Ok((mark, if is_written.map_err(named)? { End::Written } else { End::Skipped }))
    }

    /// `false` if the entry was there, and was left alone.
    async fn write_entry(&self, store: &Store, key: &str, content: &Content) -> Result<bool, Error> {
        if !self.skip_existing {
            // The same entry written twice is the same entry.
            let mut options = self.options.clone();
            options.idempotent = Some(options.idempotent.unwrap_or(true));
            return store.replace_stored(key, content, true, &options).await.map(|_| true);
        }
        match store.create_stored(key, content, &self.options).await {
            Ok(_) => Ok(true),
            Err(error) => Ok(store.revive(key, content, error, &self.options).await?.is_some()),
        }
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
