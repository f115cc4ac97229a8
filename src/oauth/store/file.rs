use super::{Lease, Stored, TokenStore};
use crate::oauth::TokenSet;
use std::error::Error as StdError;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 256 * 1024;

/// How often a lock that another process holds is tried again, in milliseconds: at random, so that those who
/// wait do not meet at each try.
const TRY_AGAIN: std::ops::Range<u64> = 10..50;

type Outcome<T> = Result<T, Box<dyn StdError + Send + Sync>>;

/// Keeps tokens in a file, in clear: on Unix only its owner may read it (mode 0600); on Windows it has
/// the rights of its folder, so keep it in the user's own.
///
/// A new file is written beside the old one, brought to the disk, and put in its place in one step:
/// whenever the machine stops, one of the two is there whole.
///
/// Processes that share the file take turns to renew, by an advisory lock of a second, empty file beside
/// it (`tokens.json.lock`), which stays there. The system ends the lock with the process. On a file system
/// that has no locks there is no [`lease`](TokenStore::lease), as if the store had none.
///
/// A save goes on in a thread if its caller does not wait for it any more. Until it has ended, the lock stays
/// held, and the next save of this store or of a clone waits.
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
    /// The lock file, while its lock is held.
    locked: Arc<Mutex<Weak<File>>>,
    /// Held by the save that is going on.
    saving: Arc<tokio::sync::Mutex<()>>,
}

impl FileTokenStore {
    /// Keeps tokens in this file. Its folder must exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), locked: Arc::default(), saving: Arc::default() }
    }

    fn locked(&self) -> MutexGuard<'_, Weak<File>> {
        self.locked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> Stored<'_, Option<TokenSet>> {
        let path = self.path.clone();
        Box::pin(async { blocking(move || load(&path)).await })
    }

    fn save<'a>(&'a self, tokens: &'a TokenSet) -> Stored<'a, ()> {
        let (path, tokens) = (self.path.clone(), tokens.clone());
        Box::pin(async move {
            let turn = self.saving.clone().lock_owned().await;
            let lock = self.locked().upgrade();
            // What runs in a thread cannot be dropped with its caller, so it holds both until it has ended:
            // otherwise it could overwrite what another has saved since.
            blocking(move || {
                let _held = (turn, lock);
                save(&path, &tokens)
            })
            .await
        })
    }

    fn lease(&self) -> Stored<'_, Lease> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        Box::pin(async move {
            loop {
                let path = path.clone();
                match blocking(move || lock(&path)).await? {
                    Lock::Held(file) => {
                        let file = Arc::new(file);
                        *self.locked() = Arc::downgrade(&file);
                        return Ok(Lease::new(file));
                    }
                    Lock::Unsupported => return Ok(Lease::none()),
                    Lock::Taken => {}
                }
                // Not by a lock that waits: what waits in a thread cannot be dropped with its caller.
                tokio::time::sleep(Duration::from_millis(fastrand::u64(TRY_AGAIN))).await;
            }
        })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    tokio::task::spawn_blocking(work).await?
}

/// What came of a try to lock a file.
enum Lock {
    /// Until this is closed.
    Held(File),
    /// Another one holds it.
    Taken,
    /// The file system has no locks.
    Unsupported,
}

fn lock(path: &Path) -> Outcome<Lock> {
    let named = |what: &str, error: io::Error| format!("the lock file {} {what}: {error}", path.display());
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| named("cannot be opened", error))?;
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => Ok(Lock::Held(file)),
        Err(fs4::TryLockError::WouldBlock) => Ok(Lock::Taken),
        Err(fs4::TryLockError::Error(error)) if is_unsupported(&error) => Ok(Lock::Unsupported),
        Err(fs4::TryLockError::Error(error)) => Err(named("cannot be locked", error).into()),
    }
}

/// ENOLCK, which the standard library has no kind for: what NFS says without a lock service.
const NO_LOCKS: Option<i32> = if cfg!(any(target_os = "linux", target_os = "android")) {
    Some(37)
} else if cfg!(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd"
)) {
    Some(77)
} else {
    None
};

/// Whether a file cannot be locked because its file system has no locks.
fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || NO_LOCKS.is_some_and(|code| error.raw_os_error() == Some(code))
}

fn load(path: &Path) -> Outcome<Option<TokenSet>> {
    let named = |what: &str| format!("the token file {} {what}", path.display());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(named(&format!("cannot be opened: {error}")).into()),
    };
    let mut content = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut content)
        .map_err(|error| named(&format!("cannot be read: {error}")))?;
    if content.len() as u64 > LARGEST {
        return Err(named("is too large to be one").into());
    }
    // What stands there may be a secret, so the error says only where.
    serde_json::from_slice(&content)
        .map(Some)
        .map_err(|error| named(&format!("is damaged at line {}", error.line())).into())
}

fn save(path: &Path, tokens: &TokenSet) -> Outcome<()> {
    let named = |error: io::Error| format!("the token file {} cannot be written: {error}", path.display());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Only its owner may read it, from its first moment.
    let mut beside = tempfile::Builder::new().prefix(".tokens-").tempfile_in(folder).map_err(named)?;
    beside.write_all(&serde_json::to_vec(tokens)?).map_err(named)?;
    beside.as_file().sync_all().map_err(named)?;
    beside.persist(path).map_err(|error| named(error.error))?;
    // The folder's entry is to be on the disk as well. From here on the new file is what everyone reads:
    // where a folder cannot be brought to the disk, an error would say that the old one is still there.
    #[cfg(unix)]
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_without_locks_is_recognised() {
        // NFS without a lock service.
        let no_locks = NO_LOCKS.map(io::Error::from_raw_os_error);
        assert!(no_locks.as_ref().is_none_or(is_unsupported), "{no_locks:?}");
        assert!(is_unsupported(&io::ErrorKind::Unsupported.into()));
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::StorageFull, io::ErrorKind::Other] {
            assert!(!is_unsupported(&kind.into()), "{kind}");
        }
    }
}
