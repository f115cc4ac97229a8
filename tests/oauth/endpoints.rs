//! The endpoints beside the login.

use super::emulator::{CLIENT_ID, START, Server};
use opencloud::oauth::Grant;
use opencloud::{ErrorKind, Scope};
use serde_json::json;

#[tokio::test]
async fn a_token_is_looked_up() {
    let server = Server::new();
    let tokens = server.session();
    let info = server.app().introspect(tokens.access_token()).await.expect("facts");
    assert!(info.active);
    assert_eq!(info.user_id, Some(156.into()));
    assert_eq!(
        (info.client_id.as_deref(), &info.audience[..]),
        (Some(CLIENT_ID), &[CLIENT_ID.to_owned()][..])
    );
    assert_eq!(info.scopes, [Scope::Openid, Scope::Profile]);
    assert_eq!(info.expires_at.expect("an end").as_second(), START + 900);
    server.pass(900);
    assert!(!server.app().introspect(tokens.access_token()).await.expect("facts").active);
}

#[tokio::test]
async fn resources_are_typed() {
    let server = Server::new();
    let tokens = server.session_for(&["universe-messaging-service:publish"], &["3828411582", "2001"]);
    let granted = server.app().resources(tokens.access_token()).await.expect("resources");
    let owners = granted.owners.clone().expect("owners");
    let granted_to_app = owners[0].resources.clone().expect("resources");
    let creators = granted_to_app.creator.expect("creators");
    assert_eq!(creators.ids, [Grant::Owned]);
    assert!(creators.allows("1", true) && !creators.allows("1", false));
    let universes = granted_to_app.universe.expect("universes");
    assert_eq!(universes.ids, [Grant::Id(3828411582.into()), Grant::Id(2001.into())]);
    assert!(universes.allows(3828411582, false) && !universes.allows(1, true));
    assert_eq!(
        serde_json::to_value(&granted).expect("JSON")["resource_infos"][0]["resources"]["creator"]["ids"][0],
        "U"
    );
    // What was not asked for is not there.
    let granted = server.app().resources(server.session().access_token()).await.expect("resources");
    assert_eq!(granted.owners.expect("owners").len(), 0);
}

/// `AU-10`: the prefixes say whether a creator is a user or a group; and `AU-06`: either list may be absent.
#[tokio::test]
async fn creators_are_users_or_groups() {
    use opencloud::ids::{GroupId, UserId};
    use opencloud::oauth::{Creator, GrantedResources};
    let granted = |ids: serde_json::Value| {
        let body = serde_json::json!({ "resource_infos": [{
            "owner": { "id": "156", "type": "User" }, "resources": { "creator": { "ids": ids } }
        }] });
        let granted: GrantedResources = serde_json::from_value(body.clone()).expect("resources");
        assert_eq!(
            serde_json::to_value(&granted).expect("JSON")["resource_infos"][0]["resources"]["creator"]["ids"],
            ids
        );
        let owner = granted.owners.expect("owners").remove(0);
        owner.resources.expect("resources").creator.expect("creators")
    };
    let (user, group) = (|id: u64| UserId::from(id), |id: u64| GroupId::from(id));

    let creators = granted(serde_json::json!(["U", "G1234567"]));
    assert_eq!(creators.ids, [Grant::Owned, Grant::Id(Creator::Group(group(1234567)))]);
    assert!(creators.allows(group(1234567), false) && creators.allows(1234567, false));
    assert!(!creators.allows(user(1234567), false), "a group is no user");
    assert!(creators.allows(user(156), true) && !creators.allows(group(156), true));
    assert!(!creators.allows(group(7), true));

    let creators = granted(serde_json::json!(["U156"]));
    assert!(creators.allows(user(156), false) && !creators.allows(group(156), false));
    assert!(!creators.allows(user(157), true));
    // A bare id, as the document has it: of either.
    let creators = granted(serde_json::json!(["7"]));
    assert!(creators.allows(user(7), false) && creators.allows(group(7), false) && !creators.allows(8, true));
    // A list that is empty lets nothing be reached.
    let creators = granted(serde_json::json!([]));
    assert!(creators.ids.is_empty() && !creators.allows(user(156), true));
    // What is no id is kept as it came.
    for odd in ["G", "Ux", "GU1", "*"] {
        assert_eq!(granted(serde_json::json!([odd])).ids, [Grant::Id(Creator::Unstated(odd.into()))]);
    }
}

#[tokio::test]
async fn a_session_is_ended() {
    let server = Server::new();
    let (app, tokens) = (server.app(), server.session());
    app.revoke(tokens.refresh_token().expect("a token")).await.expect("revoked");
    let error = app.refresh(&tokens).await.expect_err("revoked");
    assert!(
        error.is_authorization_required() && error.to_string().contains("authorize the app again"),
        "{error}"
    );
}

#[tokio::test]
async fn it_says_who_the_user_is() {
    let server = Server::new();
    let user = server.app().user_info(server.session().access_token()).await.expect("a user");
    assert_eq!((user.id.clone(), user.username.as_deref()), (Some(156.into()), Some("builderman")));
    assert_eq!(user.created().expect("a time").as_second(), 1_141_200_000);
    let error = server.app().user_info("another token").await.expect_err("a wrong token");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn requests_that_use_something_up_are_not_repeated() {
    let server = Server::new();
    let (app, tokens) = (server.app(), server.session());
    server.facts().failures = vec![Some((500, serde_json::json!({}))), Some((500, serde_json::json!({})))];
    let error = app.refresh(&tokens).await.expect_err("a failure");
    assert_eq!((error.kind(), error.attempts(), server.renewals()), (ErrorKind::Service, 1, 1));
    // A response that is lost is not asked for again: the token may be used up.
    server.facts().failures = vec![None];
    let error = app.refresh(&tokens).await.expect_err("a lost response");
    assert_eq!((error.kind(), error.attempts(), server.renewals()), (ErrorKind::Io, 1, 2));
}

/// Over real sockets, with the hosts that a base URL moves.
#[tokio::test]
async fn it_works_over_http() {
    let server = Server::new();
    let url = server.url();
    let app =
        server.app_builder().client(opencloud::Client::builder().base_url(url)).build().expect("an app");
    let login = app.authorize([Scope::Openid]).begin().expect("a login");
    assert!(login.url().starts_with(&format!("{url}/oauth/v1/authorize?")), "{}", login.url());
    let back = server.visit(login.url()).await;
    let callback = opencloud::oauth::Callback::from_query(&back);
    let login = app.finish(login.into_pending(), &callback).await.expect("a login");
    app.user_info(login.tokens.access_token()).await.expect("a user");
    app.revoke(login.tokens.refresh_token().expect("a token")).await.expect("revoked");
}

/// An error about what a response says tells of the response, but holds nothing of a body with tokens in it.
#[tokio::test(start_paused = true)]
async fn a_response_that_is_of_no_use_is_told() {
    use opencloud::oauth::{App, TokenSet};
    use opencloud::testing::{Expect, MockResponse, Script};
    let tokens = || TokenSet::new("old", jiff::Timestamp::MIN).expect("a token");
    for said in [
        json!({ "access_token": "a-secret", "token_type": 7 }),
        json!({ "access_token": "a-secret", "token_type": "mac" }),
        json!([]),
    ] {
        let useless = MockResponse::json(said.clone()).header("x-request-id", "r-1");
        let script =
            Script::new().expect(Expect::any(), MockResponse::not_sent()).expect(Expect::any(), useless);
        let client = opencloud::Client::builder().transport(script.clone());
        let app = App::builder("1").client_secret("s").redirect_uri("https://example.com/").client(client);
        let app = app.build().expect("an app");
        let tokens = tokens().with_refresh_token("once").expect("a token");
        let error = app.refresh(&tokens).await.expect_err("of no use");
        script.assert_done();
        assert!(error.is_decode() && error.may_have_been_applied(), "{said}: {error:?}");
        assert_eq!(
            (error.attempts(), error.status().map(|status| status.as_u16())),
            (2, Some(200)),
            "{said}"
        );
        assert_eq!(error.request_ids().collect::<Vec<_>>(), [("x-request-id", "r-1")], "{said}");
        assert_eq!((error.path(), error.body()), (Some("/oauth/v1/token"), None), "{said}");
        assert!(!format!("{error:?} {error}").contains("a-secret"), "{error:?}");
    }
}
