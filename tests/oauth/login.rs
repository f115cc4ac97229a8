//! From the URL to the tokens.

use super::emulator::{CLIENT_ID, PUBLIC_CLIENT_ID, REDIRECT, SECRET, Server};
use opencloud::oauth::{App, Callback, PendingLogin, Prompt};
use opencloud::{ErrorKind, Scope};
use std::collections::HashMap;

fn query(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').expect("a query");
    let decode = |text: &str| {
        let text = text.replace('+', " ").replace("%3A", ":").replace("%2F", "/");
        assert!(!text.contains('%'), "{text}");
        text
    };
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decode(value)))
        .collect()
}

#[test]
fn the_url_says_what_is_asked_for() {
    let app = Server::new().app();
    let scopes = [Scope::Openid, Scope::AssetRead, Scope::from("scope.of:tomorrow")];
    let login = app.authorize(scopes).prompt(Prompt::Login).prompt(Prompt::Consent).begin().expect("a login");
    assert!(login.url().starts_with("https://apis.roblox.com/oauth/v1/authorize?"), "{}", login.url());
    let asked = query(login.url());
    for (name, value) in [
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "openid asset:read scope.of:tomorrow"),
        ("prompt", "login consent"),
        ("code_challenge_method", "S256"),
        ("state", login.state()),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    assert_eq!(asked["code_challenge"].len(), 43);
    assert!(!login.url().contains(SECRET));

    // Nothing that protects a login is used twice.
    let other = query(app.authorize([Scope::Openid]).begin().expect("a login").url());
    for name in ["state", "nonce", "code_challenge"] {
        assert!(asked[name].len() >= 16 && asked[name] != other[name], "{name}");
    }
    assert!(!other.contains_key("prompt"));
}

#[tokio::test]
async fn a_code_becomes_tokens_and_an_identity() {
    let server = Server::new();
    let login = server.login(&server.app()).await.expect("a login");
    assert_eq!(login.tokens.expires_at().as_second(), server.now().as_second() + 899);
    assert_eq!(login.tokens.scopes(), [Scope::Openid, Scope::Profile]);
    let identity = login.identity.expect("an identity");
    assert_eq!(identity.user.id, Some(156.into()));
    assert_eq!(identity.user.display_name.as_deref(), Some("The Builder"));
    assert_eq!(identity.claims["preferred_username"], "builderman");

    let sent = server.facts().token_requests[0].clone();
    assert_eq!(sent["client_secret"], SECRET);
    assert_eq!(sent["redirect_uri"], REDIRECT);
}

#[tokio::test]
async fn a_public_app_has_no_secret() {
    let server = Server::new();
    let app = App::builder(PUBLIC_CLIENT_ID).redirect_uri(REDIRECT).client(server.client());
    let clock = server.clone();
    let app = app.clock(move || clock.now()).build().expect("an app");
    let login = server.login(&app).await.expect("a login");
    app.refresh(&login.tokens).await.expect("other tokens");
    for sent in &server.facts().token_requests {
        assert!(!sent.contains_key("client_secret") && sent["client_id"] == PUBLIC_CLIENT_ID);
    }
}

#[tokio::test]
async fn a_login_survives_in_a_session() {
    let server = Server::new();
    let app = server.app();
    let login = app.authorize([Scope::Openid]).begin().expect("a login");
    let url = login.url().to_owned();
    let session = serde_json::to_string(&login.into_pending()).expect("JSON");
    let pending: PendingLogin = serde_json::from_str(&session).expect("a login");
    let back = server.visit(&url).await;
    app.finish(pending, &Callback::from_query(&back)).await.expect("a login");
}

#[tokio::test]
async fn a_response_that_is_not_ours_is_refused_before_anything_is_sent() {
    let server = Server::new();
    let app = server.app();
    for back in [
        "code=code-1&state=wrong",
        "code=code-1&state=",
        "code=code-1",
        "",
        "error=access_denied&state=wrong",
        "https://example.com/callback",
    ] {
        let login = app.authorize([Scope::Openid]).begin().expect("a login");
        server.visit(login.url()).await;
        let error =
            app.finish(login.into_pending(), &Callback::from_query(back)).await.expect_err("another state");
        assert!(error.is_authorization_required() && error.to_string().contains("state"), "{error}");
        assert_eq!(error.code(), None, "what is not ours is not repeated");
    }
    // The state of another login of the same app.
    let (one, two) = (app.authorize([Scope::Openid]), app.authorize([Scope::Openid]));
    let (one, two) = (one.begin().expect("a login"), two.begin().expect("a login"));
    let back = server.visit(two.url()).await;
    assert!(app.finish(one.into_pending(), &Callback::from_query(&back)).await.is_err());
    assert_eq!(server.facts().token_requests.len(), 0);
}

#[tokio::test]
async fn a_user_who_says_no_is_understood() {
    let app = Server::new().app();
    let login = app.authorize([Scope::Openid]).begin().expect("a login");
    let back = format!("error=access_denied&error_description=The+user+said%0Ano&state={}", login.state());
    let error = app.finish(login.into_pending(), &Callback::from_query(&back)).await.expect_err("a no");
    assert_eq!((error.kind(), error.code()), (ErrorKind::AuthorizationRequired, Some("access_denied")));
    assert!(!error.to_string().contains('\n'), "{error}");
    // Neither a code nor an error.
    let login = app.authorize([Scope::Openid]).begin().expect("a login");
    let back = format!("code=&state={}", login.state());
    let error = app.finish(login.into_pending(), &Callback::from_query(&back)).await.expect_err("nothing");
    assert!(error.to_string().contains("neither"), "{error}");
}

#[tokio::test]
async fn the_response_is_found_in_a_url_a_path_or_a_query() {
    for before in ["", "?", "/callback?", "/a=b/callback?", "https://example.com/a&b=c?", "my-game://login?"]
    {
        let app = Server::new().app();
        let login = app.authorize([Scope::Openid]).begin().expect("a login");
        // The text has a question mark of its own, which a query may hold as it is.
        let back = format!("{before}error=access_denied&error_description=Why?+So&state={}#_", login.state());
        let callback = Callback::from_query(&back);
        assert_eq!(callback.state(), Some(login.state()), "{back}");
        let error = app.finish(login.into_pending(), &callback).await.expect_err("a no");
        assert_eq!(error.code(), Some("access_denied"), "{back}");
        assert!(error.to_string().contains("Why? So"), "{error}");
    }
}

#[tokio::test]
async fn a_code_works_once_and_for_a_minute() {
    let server = Server::new();
    let app = server.app();
    let login = app.authorize([Scope::Openid]).begin().expect("a login");
    let back = Callback::from_query(&server.visit(login.url()).await);
    let pending = login.into_pending();
    app.finish(pending.clone(), &back).await.expect("a login");
    let error = app.finish(pending, &back).await.expect_err("a second time");
    assert_eq!((error.kind(), error.code()), (ErrorKind::AuthorizationRequired, Some("invalid_grant")));

    let login = app.authorize([Scope::Openid]).begin().expect("a login");
    let back = Callback::from_query(&server.visit(login.url()).await);
    server.pass(60);
    assert!(app.finish(login.into_pending(), &back).await.is_err());
}

#[tokio::test]
async fn the_verifier_of_another_login_is_worth_nothing() {
    let server = Server::new();
    let app = server.app();
    let (one, two) = (app.authorize([Scope::Openid]), app.authorize([Scope::Openid]));
    let (one, two) = (one.begin().expect("a login"), two.begin().expect("a login"));
    let back = server.visit(one.url()).await;
    let (mut stolen, own) = (
        serde_json::to_value(one.into_pending()).expect("JSON"),
        serde_json::to_value(two.into_pending()).expect("JSON"),
    );
    stolen["verifier"] = own["verifier"].clone();
    let pending = serde_json::from_value(stolen).expect("a login");
    let error = app.finish(pending, &Callback::from_query(&back)).await.expect_err("another verifier");
    assert_eq!(error.code(), Some("invalid_grant"));
}

#[tokio::test]
async fn a_wrong_secret_is_the_apps_fault_and_not_the_users() {
    let server = Server::new();
    let app = server.app_builder().client_secret("another secret").build().expect("an app");
    let error = server.login(&app).await.expect_err("a wrong secret");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, Some("invalid_client")));
    assert!(error.to_string().contains("secret") && !error.to_string().contains("another secret"), "{error}");
}

#[test]
fn apps_and_requests_that_cannot_work_are_refused_early() {
    let built = |id: &str, uri: &str| App::builder(id).redirect_uri(uri).build();
    for uri in [
        "https://example.com/callback",
        "http://localhost:8917/callback",
        "http://127.0.0.1/callback",
        "http://127.1.2.3:1/",
        "http://[::1]:1/",
        "HTTP://LocalHost:1",
        "https://example.com/callback?from=roblox",
        "my-game://login",
        "com.example.game:/login",
    ] {
        assert!(built("1", uri).is_ok(), "{uri}");
    }
    for uri in [
        "",
        "example.com/callback",
        "http://example.com/callback",
        "http://localhost.example.com/",
        "http://localhost:1@example.com/",
        "http://localhost@example.com/",
        "http://example.com\\@localhost/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http:localhost",
        "localhost:8917/callback",
        "mailto:someone@example.com",
        "https:/example.com",
        "https://",
        "https://example.com:99999/",
        "https://user:password@example.com/",
        "https://example.com/\n",
        " https://example.com/",
        "https://example.com/#x",
        "my-game://login#x",
        &format!("https://example.com/{}", "a".repeat(300)),
    ] {
        let error = built("1", uri).expect_err(uri);
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    }
    assert!(built("", REDIRECT).is_err());
    assert!(App::builder("1").build().is_err());
    assert!(App::builder("1").client_secret("").redirect_uri(REDIRECT).build().is_err());

    let app = built("1", REDIRECT).expect("an app");
    for request in [
        app.authorize([]),
        app.authorize([Scope::from("")]),
        app.authorize([Scope::from("openid profile")]),
        app.authorize([Scope::Openid]).prompt(Prompt::None).prompt(Prompt::Login),
    ] {
        assert_eq!(request.begin().expect_err("no request").kind(), ErrorKind::InvalidRequest);
    }
}

#[tokio::test]
async fn no_secret_is_shown() {
    let server = Server::new();
    let app = server.app();
    let login = app.authorize([Scope::Openid]).begin().expect("a login");
    let back = server.visit(login.url()).await;
    let callback = Callback::from_query(&back);
    let code = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code");
    let shown = format!("{login:?} {:#?}", app.authorize([Scope::Openid]));
    let pending = login.into_pending();
    let secrets = serde_json::to_value(&pending).expect("JSON");
    let shown = format!("{shown} {app:?} {pending:?} {callback:?} {:?}", server.app_builder());
    let login = app.finish(pending, &callback).await.expect("a login");
    let shown = format!("{shown} {login:?}");
    for secret in [
        SECRET,
        secrets["state"].as_str().expect("a state"),
        secrets["nonce"].as_str().expect("a nonce"),
        secrets["verifier"].as_str().expect("a verifier"),
        code,
        login.tokens.access_token(),
        login.tokens.refresh_token().expect("a token"),
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    // A service that repeats what it was sent.
    server.facts().failures = vec![Some((
        400,
        serde_json::json!({ "error": "invalid_grant", "error_description": format!("no {SECRET} {}", login.tokens.refresh_token().expect("a token")) }),
    ))];
    let error = app.refresh(&login.tokens).await.expect_err("refused");
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains(SECRET) && !shown.contains(login.tokens.refresh_token().expect("a token")),
        "{shown}"
    );
    // Tokens that cannot be read.
    server.facts().failures =
        vec![Some((200, serde_json::json!({ "access_token": "very-secret-token", "token_type": 7 })))];
    let error = app.refresh(&login.tokens).await.expect_err("unreadable");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error} {error:?} {:?}", error.body()).contains("very-secret"), "{error}");
}

proptest::proptest! {
    /// Nothing that a browser brings ends this login.
    #[test]
    fn any_response_is_refused(query in "(https://a/)?[?]?((code|state|error|error_description|%)=?[^&]{0,20}&?){0,6}") {
        let app = Server::new().app();
        let pending = app.authorize([Scope::Openid]).begin().expect("a login").into_pending();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let error = runtime.block_on(app.finish(pending, &Callback::from_query(&query))).expect_err("no response");
        proptest::prop_assert!(error.is_authorization_required());
    }
}
