//! Where tokens are kept.

use super::server::Server;
use opencloud::oauth::{FileTokenStore, MemoryTokenStore, TokenSet, TokenStore};

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
