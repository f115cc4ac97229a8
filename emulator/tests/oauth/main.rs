//! OAuth 2.0: from the consent page to calls with tokens, by the endpoints and lifetimes of Roblox's guides.

#[path = "../common/mod.rs"]
mod common;

mod authorization;
#[cfg(feature = "sqlite")]
mod crash;
mod flow;
mod tokens;

use flow::{Flow, ID, text, verified};
use serde_json::json;

/// AU-08: what is said of the user; AU-09: ID tokens are signed with ES256.
#[tokio::test]
async fn from_the_code_to_the_users_name() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("openid profile").await;
    assert_eq!(text(&tokens, "token_type"), "Bearer");
    assert_eq!((&tokens["expires_in"], &tokens["scope"]), (&json!(899), &json!("openid profile")));
    let claims = verified(&flow, text(&tokens, "id_token")).await;
    assert_eq!((text(&claims, "sub"), text(&claims, "aud")), ("1001", ID));
    assert_eq!((text(&claims, "nonce"), text(&claims, "nickname")), ("n-1", "Player 1001"));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_767_323_045), &json!(1_767_323_945)));
    let user = flow.with_token("/oauth/v1/userinfo", text(&tokens, "access_token")).await.ok();
    assert_eq!((text(&user, "sub"), text(&user, "preferred_username")), ("1001", "player_1001"));
    assert!(user["created_at"].is_i64());
    assert!(text(&user, "picture").starts_with("http"));
}

/// AU-06, AU-10: the groups of the user have a letter before their number, and universes are left out where no scope is
/// about them.
#[tokio::test]
async fn an_app_may_act_for_the_groups_of_its_user() {
    let flow = Flow::start().await;
    flow.client.get("/cloud/v2/groups/4001").await.ok();
    let token = flow.client.emulator.access_token(1, ["asset:write"]).expect("a token");
    let infos = flow.about("v1/token/resources", &token).await.ok();
    let resources = json!({ "creator": { "ids": ["U", "G4001"] } });
    assert_eq!(infos["resource_infos"][0]["resources"], resources);
}

#[tokio::test]
async fn without_openid_there_is_no_identity() {
    let flow = Flow::start().await;
    let tokens = flow.tokens("group:read").await;
    assert!(tokens.get("id_token").is_none());
    let response = flow.with_token("/oauth/v1/userinfo", text(&tokens, "access_token")).await;
    assert!(response.header("www-authenticate").contains("insufficient_scope"));
    response.refused(403);
    let tokens = flow.tokens("openid").await;
    let user = flow.with_token("/oauth/v1/userinfo", text(&tokens, "access_token")).await.ok();
    assert_eq!(user, json!({ "sub": "1001" }));
    assert_eq!(flow.with_token("/oauth/v1/userinfo", "no-such-token").await.status, 401);
}
