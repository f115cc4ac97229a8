//! Where tokens are kept.

use super::emulator::Server;
use futures_util::FutureExt as _;
use opencloud::oauth::{FileTokenStore, MemoryTokenStore, TokenSet, TokenStore};
use std::time::Duration;

#[tokio::test]
async fn a_file_holds_what_was_saved_last() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let store = FileTokenStore::new(&path);
    assert_eq!(store.load().await.expect("nothing"), None);
    let server = Server::new();
    for _ in 0..3 {
        let tokens = server.session();
        store.save(&tokens).await.expect("saved");
        assert_eq!(store.load().await.expect("tokens"), Some(tokens.clone()));
        assert_eq!(FileTokenStore::new(&path).load().await.expect("tokens"), Some(tokens));
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "nothing else is left there: {left:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let mode = || std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
    let store = FileTokenStore::new(&path);
    store.save(&Server::new().session()).await.expect("saved");
    assert_eq!(mode(), 0o600);
    // Also if someone has opened it up.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    store.save(&Server::new().session()).await.expect("saved");
    assert_eq!(mode(), 0o600);
}

/// Two processes are two stores of one path.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_reads_while_another_writes_finds_one_of_the_two_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let server = Server::new();
    let sessions: Vec<_> = (0..2).map(|_| server.session()).collect();
    FileTokenStore::new(&path).save(&sessions[0]).await.expect("saved");
    let writers: Vec<_> = sessions
        .iter()
        .map(|tokens| {
            let (store, tokens) = (FileTokenStore::new(&path), tokens.clone());
            tokio::spawn(async move {
                for _ in 0..20 {
                    store.save(&tokens).await.expect("saved");
                }
            })
        })
        .collect();
    let reader = FileTokenStore::new(&path);
    while writers.iter().any(|writer| !writer.is_finished()) {
        let read = reader.load().await.expect("a whole file").expect("tokens");
        assert!(sessions.contains(&read), "{read:?}");
    }
    for writer in writers {
        writer.await.expect("a writer");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// A runtime with one thread for blocking work, which is busy until the gate is opened: what is saved there
/// has begun and does not end.
fn gated() -> (tokio::runtime::Runtime, std::sync::mpsc::Sender<()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().max_blocking_threads(1).build().expect("a runtime");
    let (gate, closed) = std::sync::mpsc::channel();
    runtime.spawn_blocking(move || closed.recv());
    (runtime, gate)
}

/// Its clock jumps to the next moment that is waited for, except during blocking work.
fn paused() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime")
}

/// Begins a save and drops it, as a caller does that has waited for long enough.
fn abandon(runtime: &tokio::runtime::Runtime, store: &FileTokenStore, tokens: &TokenSet) {
    let _entered = runtime.enter();
    assert!(store.save(tokens).now_or_never().is_none(), "the gate is closed");
}

#[test]
fn a_save_whose_caller_is_gone_keeps_the_lease_until_it_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let [slow, next] = [(); 2].map(|()| Server::new().session());
    let (store, other) = (FileTokenStore::new(&path), FileTokenStore::new(&path));
    let elsewhere = paused();
    let lease = elsewhere.block_on(store.lease()).expect("a lease");
    let (runtime, gate) = gated();
    abandon(&runtime, &store, &slow);
    drop(lease);
    let wait = async || tokio::time::timeout(Duration::from_secs(1), other.lease()).await;
    assert!(elsewhere.block_on(wait()).is_err(), "what is still being saved would overwrite the next");
    gate.send(()).expect("the gate");
    let lease = elsewhere.block_on(other.lease()).expect("a lease");
    elsewhere.block_on(other.save(&next)).expect("saved");
    drop(lease);
    runtime.block_on(runtime.spawn_blocking(|| ())).expect("all is done there");
    assert_eq!(elsewhere.block_on(store.load()).expect("tokens"), Some(next));
}

#[test]
fn a_save_waits_for_the_one_before_whose_caller_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let [slow, next] = [(); 2].map(|()| Server::new().session());
    let store = FileTokenStore::new(folder.path().join("tokens.json"));
    let elsewhere = paused();
    let (runtime, gate) = gated();
    abandon(&runtime, &store, &slow);
    // A clone is the same store.
    let clone = store.clone();
    let wait = async || tokio::time::timeout(Duration::from_secs(1), clone.save(&next)).await;
    assert!(elsewhere.block_on(wait()).is_err(), "what is still being saved would overwrite it");
    assert_eq!(elsewhere.block_on(store.load()).expect("nothing"), None);
    gate.send(()).expect("the gate");
    elsewhere.block_on(clone.save(&next)).expect("saved");
    runtime.block_on(runtime.spawn_blocking(|| ())).expect("all is done there");
    assert_eq!(elsewhere.block_on(store.load()).expect("tokens"), Some(next));
}

#[tokio::test]
async fn what_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let missing = FileTokenStore::new(folder.path().join("no folder").join("tokens.json"));
    let error = missing.save(&Server::new().session()).await.expect_err("no folder").to_string();
    assert!(error.contains("cannot be written") && !error.contains("token-1"), "{error}");
    // A folder stands where the file should be.
    std::fs::create_dir(&path).expect("a folder");
    std::fs::write(path.join("x"), "").expect("a file");
    assert!(FileTokenStore::new(&path).save(&Server::new().session()).await.is_err());
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test]
async fn a_damaged_file_is_an_error_that_shows_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let store = FileTokenStore::new(&path);
    for content in ["", "very-secret", "{\"access_token\":\"very-secret\"", &"very-secret".repeat(100_000)] {
        std::fs::write(&path, content).expect("a file");
        let error = store.load().await.expect_err("damaged").to_string();
        assert!(error.contains("tokens.json") && !error.contains("very-secret"), "{error}");
    }
}

#[tokio::test]
async fn memory_holds_what_it_was_given() {
    let tokens = Server::new().session();
    let store = MemoryTokenStore::new(tokens.clone());
    assert_eq!(store.load().await.expect("tokens"), Some(tokens));
    assert_eq!(MemoryTokenStore::default().load().await.expect("nothing"), None);
}

#[test]
fn tokens_that_cannot_be_sent_are_refused() {
    let now = jiff::Timestamp::UNIX_EPOCH;
    for token in ["", "a\nb", "ü", " a"] {
        assert!(TokenSet::new(token, now).is_err(), "{token}");
    }
    assert!(TokenSet::new("a", now).expect("tokens").with_refresh_token(" ").is_err());
}
