use super::checkpoint::ExportCheckpoint;
use super::engine::{self, Listing, Pace, Reader, Sink, Turn, pace_methods};
use super::line::Line;
use super::listed::{Listed, Outcome};
use super::unreadable::Unreadable;
use super::{EntryKey, Store};
use crate::Error;
use crate::call::option_methods;
use crate::client::Options;
use std::io;
use std::pin::Pin;
use tokio::io::AsyncWrite;

/// Writes every entry of a data store as a line of JSON: scope, key, value, users, attributes, revision
/// and times. Made by [`Store::export`].
///
/// Values are the text that is stored, so that no number loses a digit. Only the entries that are read at a
/// time are in memory, and the client's limits hold for them. Half of what the data stores of a universe take is left to the
/// running game, unless the [share](Self::share) is another.
///
/// The line of an entry with [Luau buffers](super::LuauBuffer) says where they are (`buffers`, JSON pointers), and
/// [`ExportCheckpoint::with_buffers`] counts such lines: an import cannot bring the buffers back.
///
/// Over all scopes the service may name an entry by scope and key in one text (`a/b/c`), where a slash can be
/// part of either. Then each way to read it is tried, one request each, and every entry that is found is
/// written. If none is found the entry cannot be read ([`skip_unreadable`](Self::skip_unreadable)); it is not
/// counted as deleted.
///
/// # Resuming
///
/// After each page of keys the writer is flushed, and a checkpoint says how much is written. To go
/// on after a crash, cut the file to [`ExportCheckpoint::bytes`] and
/// [resume](Self::resume) at the checkpoint: then none is missing, and none is there twice (but for
/// names that several entries share, beyond the first thousand of them). A crash of
/// the machine loses what is flushed but not yet on the disk: call `sync_data` on the file before the
/// checkpoint is saved, as `examples/export_data_store.rs` does.
///
/// An export is not a snapshot: an entry that is created, changed or deleted while it runs may be in it or not.
/// Roblox does not say how long the token in a checkpoint is good for; if it is not, the service refuses
/// it, and the export must begin anew.
#[must_use = "an export is made by `write_to`"]
#[derive(Clone, Debug)]
pub struct Export {
    store: Store,
    prefix: String,
    pace: Pace,
    page_size: u64,
    checkpoint: Option<ExportCheckpoint>,
    unreadable: Unreadable<EntryKey>,
    options: Options,
}

/// What was found under a key that was listed.
enum Found {
    /// Its line, and whether it holds Luau buffers.
    Line(Vec<u8>, bool),
    /// Nothing: it was deleted meanwhile.
    Nothing,
    /// What cannot be read, and is left out.
    Unreadable,
}

impl Store {
    /// Writes every entry of the store to a writer, as lines of JSON: of all scopes, or of the one
    /// that was chosen with [`scope`](Self::scope).
    ///
    /// Calls `data_stores.list_scoped_entries` and `data_stores.get_scoped_entry`; scopes
    /// `universe-datastores.objects:list`, `universe-datastores.objects:read`.
    pub fn export(&self) -> Export {
        Export::new(self.clone())
    }
}

impl Export {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            prefix: String::new(),
            pace: Pace::default(),
            page_size: 256,
            checkpoint: None,
            unreadable: Unreadable::default(),
            options: Options::default(),
        }
    }

    /// Keys that begin with this text only, in whichever scope.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    pace_methods!("read");

    /// Sets how many entries are between two checkpoints at most: 256 by default, which is also the
    /// maximum. An export that is resumed keeps what it began with.
    pub fn checkpoint_every(mut self, entries: u64) -> Self {
        self.page_size = entries.clamp(1, 256);
        self
    }

    /// Goes on from a checkpoint. What was written behind it must be cut off first.
    pub fn resume(mut self, checkpoint: ExportCheckpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Goes on past an entry that cannot be read, if `skip` says so, and leaves it out; otherwise it ends
    /// the export. [`ExportCheckpoint::skipped`] counts them. Games can write such entries: values that
    /// hold infinity or `nan` are out of Open Cloud's reach
    /// ([versioning](https://create.roblox.com/docs/cloud-services/data-stores/versioning-listing-and-caching)).
    ///
    /// It is asked only of errors that may be due to the entry: one that is refused (4xx, but not for want
    /// of permission or for a rate limit), status 500, or a response that cannot be read.
    ///
    /// ```no_run
    /// # async fn run(players: opencloud::data_stores::Store) -> Result<(), opencloud::Error> {
    /// let export = players.export().skip_unreadable(|entry, error| {
    ///     eprintln!("{}/{} is left out: {error}", entry.scope, entry.key);
    ///     true
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn skip_unreadable(
        mut self,
        skip: impl Fn(&EntryKey, &Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.unreadable = Unreadable::decided_by(skip);
        self
    }

    option_methods!(each);

    /// Writes the entries, and calls `on_checkpoint` when those of a page are written and flushed. An
    /// error of it ends the export.
    ///
    /// # Errors
    ///
    /// As of every call, with the key that it is about; if the checkpoint is of another export; and of kind
    /// [`LocalIo`](crate::ErrorKind::LocalIo) if the writer or `on_checkpoint` fails.
    pub async fn write_to<W: AsyncWrite + Unpin>(
        mut self,
        writer: W,
        on_checkpoint: impl FnMut(&ExportCheckpoint) -> io::Result<()>,
    ) -> Result<ExportCheckpoint, Error> {
        self.options = self.pace.of_job(self.options)?;
        let start = ExportCheckpoint::start(&self.store, &self.prefix, self.page_size);
        let checkpoint = self.checkpoint.clone().unwrap_or_else(|| start.clone());
        checkpoint.check(&start)?;
        if checkpoint.is_done() {
            return Ok(checkpoint);
        }
        let (size, token) = (checkpoint.page_size(), checkpoint.token());
        let mut listing = Listing::new(&self.store, &self.prefix, Some(size), token, &self.options)?;
        let reader = Reader { store: &self.store, prefix: &self.prefix, options: &self.options };
        let pace = self.pace.from(checkpoint.entries());
        let mut file = Lines { export: &self, writer, on_checkpoint, checkpoint };
        engine::run(pace, &mut listing, &reader, &mut file).await?;
        Ok(file.checkpoint)
    }

    fn found(&self, outcome: Outcome) -> Result<Found, Error> {
        let (key, error) = match outcome {
            Outcome::Vanished => return Ok(Found::Nothing),
            Outcome::Failed(key, error) => (key, error),
            Outcome::There(key, stored) => match Line::write(&key, *stored) {
                Ok((line, has_buffers)) => return Ok(Found::Line(line, has_buffers)),
                Err(error) => {
                    let error = key.blame(error);
                    (key, error)
                }
            },
        };
        if self.unreadable.is_skipped(&key, &error) { Ok(Found::Unreadable) } else { Err(error) }
    }
}

/// Where the lines go.
struct Lines<'a, W, C> {
    export: &'a Export,
    writer: W,
    on_checkpoint: C,
    checkpoint: ExportCheckpoint,
}

impl<W, C> Sink<Listed, Vec<Outcome>> for Lines<'_, W, C>
where
    W: AsyncWrite + Unpin,
    C: FnMut(&ExportCheckpoint) -> io::Result<()>,
{
    async fn take(&mut self, found: Vec<(Listed, Vec<Outcome>)>) -> Result<(), Error> {
        for (listed, outcomes) in found {
            for outcome in self.checkpoint.shared_names().new_of(&listed, outcomes) {
                match self.export.found(outcome)? {
                    Found::Line(line, has_buffers) => {
                        write_all(&mut self.writer, &line).await.map_err(cannot_write)?;
                        self.checkpoint.wrote(line.len(), has_buffers);
                    }
                    Found::Nothing => self.checkpoint.missed(),
                    Found::Unreadable => self.checkpoint.skip(),
                }
            }
        }
        Ok(())
    }

    async fn turn(&mut self, turn: Turn) -> Result<(), Error> {
        flush(&mut self.writer).await.map_err(cannot_write)?;
        self.checkpoint.turn(turn.next.as_deref());
        (self.on_checkpoint)(&self.checkpoint).map_err(cannot_write)
    }
}

fn cannot_write(error: io::Error) -> Error {
    Error::local_io("the export cannot be written", error)
}

async fn write_all(writer: &mut (impl AsyncWrite + Unpin), mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::future::poll_fn(|context| Pin::new(&mut *writer).poll_write(context, bytes)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => bytes = &bytes[written..],
        }
    }
    Ok(())
}

async fn flush(writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    std::future::poll_fn(|context| Pin::new(&mut *writer).poll_flush(context)).await
}
