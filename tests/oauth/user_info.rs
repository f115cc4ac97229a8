//! What is asked of the authorization server with tokens that renew themselves.

use super::emulator::Server;
use opencloud::ErrorKind;
use opencloud::oauth::{MemoryTokenStore, TokenProvider};

#[tokio::test(start_paused = true)]
async fn a_token_that_has_ended_is_renewed_to_ask_who_the_user_is() {
    let server = Server::new();
    let provider = TokenProvider::new(server.app(), MemoryTokenStore::new(Some(server.session())));
    server.pass(900);
    let user = provider.user_info().await.expect("a user");
    assert_eq!(user.id, Some(156.into()));
    assert_eq!(server.renewals(), 1);
    server.pass(900);
    assert!(provider.introspect().await.expect("a description").active);
    provider.resources().await.expect("resources");
    assert_eq!(server.renewals(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_missing_scope_is_explained() {
    let server = Server::new();
    let error = server.app().user_info(server.session_for(&["group:read"], &[]).access_token()).await;
    let error = error.expect_err("no scope");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("must ask for the scope `openid`"), "{error}");
}
