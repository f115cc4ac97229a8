//! The file `emulator.sqlite` of a data directory.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};

use crate::store::record::Record;

const NAME: &str = "emulator.sqlite";
/// What SQLite has written, but not yet put in its place.
const LOG: &str = "emulator.sqlite-wal";
/// `OCEm`: marks a file as ours.
const APPLICATION: i32 = 0x4f43_456d;
/// The version of the tables and of what is in them.
const FORMAT: i32 = 1;
/// The state is kept in pieces of this size, so that it is never in memory as a whole text.
const PIECE: usize = 1024 * 1024;
/// The first bytes of every file of SQLite.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const TABLES: &str = "
    CREATE TABLE snapshot (piece INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE journal (
        sequence INTEGER PRIMARY KEY,
        seconds INTEGER NOT NULL,
        nanoseconds INTEGER NOT NULL,
        method TEXT NOT NULL,
        target TEXT NOT NULL,
        headers TEXT NOT NULL,
        body BLOB NOT NULL
    );
";

#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
}

/// Why a data directory cannot be used, with its path.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub(crate) struct OpenError {
    path: PathBuf,
    reason: String,
}

impl Database {
    /// Opens the file of a directory, which nobody else may use meanwhile. A file that is not ours, newer, or broken is
    /// refused, and left as it is.
    pub(crate) fn open(directory: &Path) -> Result<Database, OpenError> {
        let path = directory.join(NAME);
        let at = |reason: String| OpenError { path: path.clone(), reason };
        make(directory).map_err(|error| OpenError {
            path: directory.to_owned(),
            reason: match error.kind() {
                io::ErrorKind::AlreadyExists => "it is a file: a directory is needed".to_owned(),
                _ => format!("the directory cannot be made: {error}"),
            },
        })?;
        let is_new = is_new(&path).map_err(at)?;
        let log = directory.join(LOG);
        let had_log = log.exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(|error| at(sentence(&error)))?;
        let database = Database { connection };
        let checked = if is_new { database.create() } else { database.check() };
        if let Err(reason) = checked.and_then(|()| database.prepare().map_err(|error| sentence(&error))) {
            drop(database);
            if !had_log {
                // Only an empty one can be there, which SQLite makes for reading.
                let _ = std::fs::remove_file(&log);
            }
            return Err(at(reason));
        }
        Ok(database)
    }

    fn create(&self) -> Result<(), String> {
        let create = || {
            self.connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            // All or nothing, so that a crash here leaves an empty file.
            self.connection.execute_batch(&format!(
                "BEGIN EXCLUSIVE; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; {TABLES} COMMIT;"
            ))
        };
        create().map_err(|error| sentence(&error))
    }

    /// Only reads: whatever is found, the file stays as it is.
    fn check(&self) -> Result<(), String> {
        let connection = &self.connection;
        let value = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let read = || {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            // Before anything is read: it is how a second process finds out about the first.
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            let version = value("user_version")?;
            let application = value("application_id")?;
            Ok((application, version))
        };
        let (application, version) = read().map_err(|error| sentence(&error))?;
        refuse_if!(application != APPLICATION, NOT_OURS.to_owned());
        if version > FORMAT {
            return Err(format!(
                "it was written by a newer version of this program (format {version}, this one reads {FORMAT}); \
                 nothing was changed"
            ));
        }
        let checked = connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
        match checked.map_err(|error| sentence(&error))?.as_str() {
            "ok" => Ok(()),
            found => Err(broken(found)),
        }
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        let connection = &self.connection;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What is acknowledged is on the disk, and not only with the operating system.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -8_192)
    }

    /// The state that was written last, if there is one, as JSON.
    pub(crate) fn snapshot(&self) -> rusqlite::Result<Option<impl Read + '_>> {
        let pieces: Option<i64> = self
            .connection
            .query_row("SELECT max(piece) FROM snapshot", [], |row| row.get(0))
            .optional()?
            .flatten();
        Ok(pieces.map(|last| Pieces { database: self, next: 0, last, piece: Vec::new(), read: 0 }))
    }

    /// How many bytes it takes.
    pub(crate) fn snapshot_size(&self) -> rusqlite::Result<usize> {
        let sql = "SELECT coalesce(sum(length(data)), 0) FROM snapshot";
        let bytes: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(usize::try_from(bytes).unwrap_or_default())
    }

    /// Gives every request since then, the oldest first.
    pub(crate) fn journal(&self, mut each: impl FnMut(Record) -> Result<(), String>) -> Result<(), String> {
        let text = |error: rusqlite::Error| sentence(&error);
        let sql = "SELECT seconds, nanoseconds, method, target, headers, body FROM journal ORDER BY sequence";
        let mut statement = self.connection.prepare(sql).map_err(text)?;
        let mut rows = statement.query([]).map_err(text)?;
        while let Some(row) = rows.next().map_err(text)? {
            let read = || -> rusqlite::Result<_> {
                let time = (row.get::<_, i64>(0)?, row.get::<_, i32>(1)?);
                let headers: String = row.get(4)?;
                Ok((time, row.get(2)?, row.get(3)?, headers, row.get::<_, Vec<u8>>(5)?))
            };
            let (time, method, target, headers, body) = read().map_err(text)?;
            let time = Timestamp::new(time.0, time.1).map_err(|error| broken(&error.to_string()))?;
            let headers = serde_json::from_str(&headers).map_err(|error| broken(&error.to_string()))?;
            each(Record { time, method, target, headers, body: Bytes::from(body) })?;
        }
        Ok(())
    }

    /// Writes requests down: how many bytes they take, about.
    pub(crate) fn append<'a>(
        &mut self,
        records: impl Iterator<Item = &'a Record>,
    ) -> rusqlite::Result<usize> {
        let transaction = self.connection.transaction()?;
        let mut bytes = 0;
        {
            let sql = "INSERT INTO journal (seconds, nanoseconds, method, target, headers, body) \
                       VALUES (?, ?, ?, ?, ?, ?)";
            let mut statement = transaction.prepare(sql)?;
            for record in records {
                let headers = serde_json::to_string(&record.headers).unwrap_or_default();
                bytes += record.target.len() + headers.len() + record.body.len() + 64;
                statement.execute(params![
                    record.time.as_second(),
                    record.time.subsec_nanosecond(),
                    record.method,
                    record.target,
                    headers,
                    &record.body[..],
                ])?;
            }
        }
        transaction.commit()?;
        Ok(bytes)
    }

    /// Puts a whole state in the place of everything: how many bytes it takes.
    pub(crate) fn replace(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<usize, String> {
        let text = |error: rusqlite::Error| sentence(&error);
        let transaction = self.connection.transaction().map_err(text)?;
        transaction.execute_batch("DELETE FROM snapshot; DELETE FROM journal;").map_err(text)?;
        let mut writer = PieceWriter { connection: &transaction, pending: Vec::new(), next: 0, total: 0 };
        write(&mut writer).and_then(|()| writer.finish()).map_err(|error| error.to_string())?;
        let total = writer.total;
        transaction.commit().map_err(text)?;
        Ok(total)
    }
}

/// Makes a directory that only its owner can look into: there are tokens in it.
fn make(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

const NOT_OURS: &str = "it is there, but not a file of this program; nothing was changed";

fn broken(reason: &str) -> String {
    let reason = reason.lines().collect::<Vec<_>>().join(" ");
    format!(
        "it is broken ({reason}); nothing was changed: put a backup in its place, or remove it to begin anew"
    )
}

fn sentence(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process is using it: stop that one, or choose another directory".to_owned()
        }
        Some(ErrorCode::NotADatabase) => NOT_OURS.to_owned(),
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure,
        ) => format!("{error}: is the disk full, or is it not to be written to?"),
        Some(ErrorCode::DatabaseCorrupt) => broken(&error.to_string()),
        _ => error.to_string(),
    }
}

/// Whether there is nothing yet. A file that is something else is refused without SQLite touching it.
fn is_new(path: &Path) -> Result<bool, String> {
    let mut header = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(format!("it cannot be read: {error}")),
        Ok(file) => {
            file.take(100).read_to_end(&mut header).map_err(|error| format!("it cannot be read: {error}"))?
        }
    };
    if header.is_empty() {
        return Ok(true);
    }
    refuse_if!(header.len() < 100 || !header.starts_with(MAGIC), NOT_OURS.to_owned());
    Ok(false)
}

struct Pieces<'a> {
    database: &'a Database,
    next: i64,
    last: i64,
    piece: Vec<u8>,
    read: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            if self.next > self.last {
                return Ok(0);
            }
            let sql = "SELECT data FROM snapshot WHERE piece = ?";
            let piece = self.database.connection.query_row(sql, [self.next], |row| row.get(0));
            self.piece = piece.map_err(io::Error::other)?;
            self.read = 0;
            self.next += 1;
        }
        let length = buffer.len().min(self.piece.len() - self.read);
        buffer[..length].copy_from_slice(&self.piece[self.read..self.read + length]);
        self.read += length;
        Ok(length)
    }
}

struct PieceWriter<'a> {
    connection: &'a Connection,
    pending: Vec<u8>,
    next: i64,
    total: usize,
}

impl PieceWriter<'_> {
    fn finish(&mut self) -> io::Result<()> {
        let sql = "INSERT INTO snapshot (piece, data) VALUES (?, ?)";
        let written = self.connection.execute(sql, params![self.next, self.pending]);
        written.map_err(|error| io::Error::other(sentence(&error)))?;
        self.next += 1;
        self.total += self.pending.len();
        self.pending.clear();
        Ok(())
    }
}

impl Write for PieceWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE {
            self.finish()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
