//! A server that is the wrong one: each error names it, and none its password.

use crate::support::server;
use opencloud_redis::{ErrorKind, Server};

const PASSWORD: &str = "SECRET-PASSWORD";

#[track_caller]
fn assert_says(error: &opencloud_redis::Error, kind: ErrorKind, words: &[&str]) {
    let text = format!("{error} {error:?}");
    assert_eq!(error.kind(), kind, "{text}");
    assert!(!text.contains(PASSWORD), "{text}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in {error}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_repeating_it() {
    for url in ["", "10.0.0.1:6379", "http://:SECRET-PASSWORD@host", "redis://:SECRET-PASSWORD@host:port"] {
        let error = Server::builder(url).expect_err("no address");
        assert_says(&error, ErrorKind::Configuration, &["redis://user:password@host:port/database"]);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let url = format!("redis://:{PASSWORD}@127.0.0.1:1/3");
    let error = Server::connect(&url).await.expect_err("no server");
    assert_says(&error, ErrorKind::Away, &["127.0.0.1:1/3", "check the address"]);
    assert!(!format!("{:?}", Server::builder(&url).expect("an address")).contains(PASSWORD));
}

#[tokio::test]
async fn a_wrong_password_is_said() {
    let server = server!("--requirepass", "another");
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", server.port());
    let error = Server::connect(&url).await.expect_err("a wrong password");
    assert_says(&error, ErrorKind::Denied, &["127.0.0.1", "password"]);
    let error = Server::connect(&server.url()).await.expect_err("no password");
    assert_says(&error, ErrorKind::Denied, &["127.0.0.1", "password"]);
}

#[tokio::test]
async fn a_replica_is_refused() {
    let primary = server!();
    let replica = server!("--replicaof", "127.0.0.1", &primary.port().to_string());
    let error = Server::connect(&replica.url()).await.expect_err("a replica");
    assert_says(&error, ErrorKind::ReadOnly, &["127.0.0.1", "read-only replica", "primary"]);
}

#[tokio::test]
async fn a_full_server_is_refused() {
    let server = server!("--maxmemory", "1", "--maxmemory-policy", "noeviction");
    let error = Server::connect(&server.url()).await.expect_err("a full server");
    assert_says(&error, ErrorKind::Full, &["127.0.0.1", "maxmemory"]);
}

#[tokio::test]
async fn keys_of_another_version_are_refused() {
    let server = server!();
    let builder = server.builder().prefix("game").expect("a prefix");
    builder.clone().connect().await.expect("a new prefix");
    server.command::<()>(&["SET", "{game:format}", "7"]).await;
    let error = builder.connect().await.expect_err("another format");
    assert_says(&error, ErrorKind::OtherVersion, &["127.0.0.1", "\"7\"", "\"1\"", "prefix"]);
    server.connect().await;
}

/// TLS is spoken with whose cryptography the application has chosen, or with ours; in no case is there a panic.
#[tokio::test]
async fn a_server_without_tls_is_said_to_be_no_server_of_tls() {
    let server = server!();
    let builder = Server::builder(&server.url().replace("redis:", "rediss:")).expect("an address");
    let error =
        builder.connection_timeout(std::time::Duration::from_secs(1)).connect().await.expect_err("no TLS");
    assert_says(&error, ErrorKind::Away, &["127.0.0.1"]);
}
