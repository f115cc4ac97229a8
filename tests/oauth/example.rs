//! The example's site, as a browser sees it.

#[path = "../../examples/login_with_roblox.rs"]
#[allow(dead_code, reason = "the example's main")]
mod site;

use super::emulator::Server;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use tower::ServiceExt as _;

async fn get(site: &Router, path: &str, cookie: &str) -> (StatusCode, axum::http::HeaderMap, String) {
    let request = Request::get(path).header("cookie", cookie).body(Body::empty()).expect("a request");
    let (parts, body) = site.clone().oneshot(request).await.expect("a response").into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn it_shows_who_has_logged_in() {
    let server = Server::new();
    let site = site::service(server.app());
    let (_, _, page) = get(&site, "/", "").await;
    assert!(page.contains("Log in with Roblox"));

    let (status, headers, _) = get(&site, "/login", "").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let cookie = headers["set-cookie"].to_str().expect("a cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a session").to_owned();
    server.facts().claims =
        json!({ "nickname": "<b>Builder</b>", "picture": "https://tr.rbxcdn.com/a.png?x=1&y=\"" });
    let back = server.visit(headers["location"].to_str().expect("a URL")).await;
    let path = back.strip_prefix("https://example.com").expect("the app's").to_owned();

    // Another browser cannot use what this one brought back.
    let (status, ..) = get(&site, &path, "session=guessed").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _, page) = get(&site, &path, &cookie).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("Hello, &lt;b&gt;Builder&lt;/b&gt;"), "{page}");
    assert!(page.contains("src=\"https://tr.rbxcdn.com/a.png?x=1&amp;y=&quot;\""), "{page}");
    let (status, ..) = get(&site, &path, &cookie).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a login is used once");
}
