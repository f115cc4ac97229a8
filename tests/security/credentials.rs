//! Which credential goes where.

use crate::support::{KEY, scripted, timed};
use opencloud::body::File;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Client, Credentials, CredentialsProvider, ErrorKind, Provided};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn service() -> Script {
    Script::new().always(Expect::any(), MockResponse::json(json!({})))
}

fn sent(script: &Script) -> (Option<String>, Option<String>) {
    let last = script.received().pop().expect("a request");
    (last.header("x-api-key").map(str::to_owned), last.header("authorization").map(str::to_owned))
}

#[tokio::test]
async fn an_override_replaces_the_credential() {
    let script = service();
    let client = scripted(&script);
    client.users().get(1).await.expect("a response");
    assert_eq!(sent(&script), (Some(KEY.to_owned()), None));
    let token = Credentials::bearer("token").expect("a token");
    client.users().get(1).with_credentials(token).await.expect("a response");
    assert_eq!(sent(&script), (None, Some("Bearer token".to_owned())));
    let other = Credentials::api_key("other").expect("a key");
    client.users().get(1).with_credentials(other).await.expect("a response");
    assert_eq!(sent(&script), (Some("other".to_owned()), None));
}

#[tokio::test]
async fn a_token_where_only_a_key_will_do_is_not_sent() {
    let script = service();
    let token = || Credentials::bearer("token").expect("a token");
    let client = Client::builder().credentials(token()).transport(script.clone()).build().expect("a client");
    let provider = Credentials::provider(Provider::default());
    let failures = [
        client.data_stores().list(1).send().await.map(drop),
        scripted(&script).data_stores().list(1).with_credentials(token()).send().await.map(drop),
        scripted(&script).data_stores().list(1).with_credentials(provider).send().await.map(drop),
    ];
    for failure in failures {
        let error = failure.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains("takes an API key only"), "{error}");
    }
    assert_eq!(script.count(), 0);
}

/// Gives `token-1`, `token-2`, ... and counts what it is asked for.
#[derive(Clone, Default)]
struct Provider {
    refreshed: Arc<AtomicU32>,
    fails: bool,
    hangs: bool,
}

impl Provider {
    async fn token(&self) -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if self.fails {
            return Err("the vault is closed".into());
        }
        Ok(Credentials::bearer(format!("token-{}", self.refreshed.load(Ordering::SeqCst) + 1))?)
    }
}

impl CredentialsProvider for Provider {
    fn credentials(&self) -> Provided<'_> {
        Box::pin(self.token())
    }

    fn refresh<'a>(&'a self, rejected: &'a Credentials) -> Provided<'a> {
        Box::pin(async move {
            // Who comes late finds it renewed.
            if self.token().await? == *rejected {
                self.refreshed.fetch_add(1, Ordering::SeqCst);
            }
            self.token().await
        })
    }
}

fn provided(script: &Script, provider: &Provider) -> Client {
    Client::builder()
        .credentials(Credentials::provider(provider.clone()))
        .transport(script.clone())
        .build()
        .expect("a client")
}

fn unauthorized() -> MockResponse {
    MockResponse::error(ErrorShape::Gateway, 401, "0", "Invalid token")
}

#[tokio::test(start_paused = true)]
async fn a_provider_refreshes_once_and_repeats() {
    let script = Script::new()
        .expect(Expect::any().header("authorization", "Bearer token-1"), unauthorized())
        .expect(Expect::any().header("authorization", "Bearer token-2"), MockResponse::json(json!({})));
    let provider = Provider::default();
    // Not idempotent: a 401 had no effect.
    let call = provided(&script, &provider).groups().accept_join_request(1, 2);
    let (response, wait) = timed(async { call.send().await.expect("a response") }).await;
    assert_eq!((response.attempts(), wait), (2, Duration::ZERO));
    script.assert_done();

    let script = Script::new().always(Expect::any(), unauthorized());
    let error = provided(&script, &provider).users().get(1).await.expect_err("an error");
    assert!(error.is_unauthenticated());
    assert_eq!((script.count(), error.attempts()), (2, 2), "once");

    let error = scripted(&script).users().get(1).await.expect_err("an error");
    assert_eq!((script.count(), error.attempts()), (3, 1), "a key is not asked again");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_read_once_has_the_credential_renewed_for_the_next_call() {
    let script = Script::new()
        .expect(Expect::any().header("authorization", "Bearer token-1"), unauthorized())
        .expect(Expect::any().header("authorization", "Bearer token-2"), MockResponse::json(json!({})));
    let client = provided(&script, &Provider::default());
    let call = || client.request(http::Method::PUT, "/a").file(File::reader(&b"content"[..], 7));
    let error = call().await.expect_err("refused, and not to be read again");
    assert!(error.is_unauthenticated() && error.attempts() == 1, "{error}");
    call().await.expect("a response");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_provider_may_fail() {
    let script = service();
    let failing = Provider { fails: true, ..Provider::default() };
    let error = provided(&script, &failing).users().get(1).await.expect_err("an error");
    assert!(error.is_unauthenticated() && error.to_string().contains("the vault is closed"), "{error}");

    let hanging = Provider { hangs: true, ..Provider::default() };
    let call = provided(&script, &hanging).users().get(1);
    let (result, wait) = timed(async { call.await }).await;
    let error = result.expect_err("an error");
    assert!(error.is_timeout() && !error.may_have_been_applied(), "{error}");
    assert_eq!(wait.as_secs(), 120, "the deadline bounds it");
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_undo_what_went_before() {
    /// Gives a token, and nothing after that.
    struct Once;
    impl CredentialsProvider for Once {
        fn credentials(&self) -> Provided<'_> {
            Box::pin(async { Ok(Credentials::bearer("first-token")?) })
        }
        fn refresh<'a>(&'a self, _: &'a Credentials) -> Provided<'a> {
            Box::pin(async { Err("the vault is closed to first-token".into()) })
        }
    }
    for first in
        [MockResponse::interrupted(), MockResponse::error(ErrorShape::Code, 503, "UNAVAILABLE", "no")]
    {
        for renews in [true, false] {
            let script = Script::new()
                .expect(Expect::any(), first.clone())
                .always(Expect::any(), unauthorized().header("x-request-id", "7"));
            let credentials = match renews {
                true => Credentials::provider(Provider::default()),
                false => Credentials::provider(Once),
            };
            let client =
                Client::builder().credentials(credentials).transport(script).build().expect("a client");
            let call = client.universes().update(1, opencloud::types::Universe::new());
            let error = call.await.expect_err("an error");
            assert!(error.may_have_been_applied(), "the first attempt may have: {error}");
            assert!(error.is_unauthenticated(), "{error}");
            assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
            assert!(error.headers().is_some_and(|headers| headers.contains_key("x-request-id")));
            assert_eq!(error.message().contains("the vault is closed"), !renews, "{error}");
            assert!(!format!("{error} {error:?}").contains("first-token"), "{error}");
        }
    }
    // Alone, a 401 has no effect.
    let script = Script::new().always(Expect::any(), unauthorized());
    let call =
        provided(&script, &Provider::default()).universes().update(1, opencloud::types::Universe::new());
    assert!(!call.await.expect_err("an error").may_have_been_applied());
}

#[tokio::test]
async fn reserved_headers_are_refused() {
    let script = service();
    for name in
        ["x-api-key", "X-API-Key", "authorization", "cookie", "host", "content-length", "Transfer-Encoding"]
    {
        for error in [
            scripted(&script).users().get(1).with_header(name, "value").await.map(drop).expect_err(name),
            scripted(&script)
                .request(http::Method::GET, "/a")
                .with_header(name, "value")
                .await
                .map(drop)
                .expect_err(name),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        }
    }
    for (name, value) in [("x y", "v"), ("", "v"), ("x-own", "a\r\nb: c")] {
        assert!(scripted(&script).users().get(1).with_header(name, value).await.is_err(), "{name:?}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn the_credential_goes_to_the_configured_hosts_only() {
    let script = service();
    let client = scripted(&script);
    let put = |url: &str| client.request(http::Method::PUT, url).bytes("application/octet-stream", "content");
    for (url, host, with_key) in [
        ("/cloud/v2/users/1", "apis.roblox.com", true),
        ("https://apis.roblox.com/a", "apis.roblox.com", true),
        ("https://thumbnails.roblox.com/a", "thumbnails.roblox.com", true),
        ("https://bucket.s3.example/upload?signature=x", "bucket.s3.example", false),
        ("https://apis.roblox.com.example/a", "apis.roblox.com.example", false),
        ("https://roblox.com/a", "roblox.com", false),
    ] {
        put(url).await.expect("a response");
        let received = script.received().pop().expect("a request");
        assert_eq!(received.host, host);
        assert_eq!(sent(&script).0.is_some(), with_key, "{url}");
    }
    put("/a").without_credentials().await.expect("a response");
    assert_eq!(sent(&script), (None, None));
    let count = script.count();
    for url in [
        "http://example.com/",
        "ftp://apis.roblox.com/",
        "https://user:sesame@apis.roblox.com/",
        "https://apis.roblox.com/a#sesame",
        "a",
        "",
    ] {
        let error = put(url).await.expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{url}");
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
    assert_eq!(script.count(), count);
}

/// Also where a proxy or an emulator stands for all hosts, and whatever the path is.
#[tokio::test]
async fn hosts_of_public_operations_are_given_no_credential() {
    let script = service();
    let builder = || Client::builder().api_key(KEY).transport(script.clone());
    for builder in [builder(), builder().base_url("http://localhost:1")] {
        let client = builder.build().expect("a client");
        for host in ["users.roblox.com", "develop.roblox.com"] {
            for path in ["v1/usernames/users", "v1/universes/42/places", "v1/other"] {
                for method in [http::Method::GET, http::Method::POST] {
                    let url = format!("https://{host}/{path}");
                    client.request(method, &url).await.expect("a response");
                    assert_eq!(sent(&script), (None, None), "{url}");
                }
            }
        }
        client.users().get(1).await.expect("a response");
        assert!(sent(&script).0.is_some());
    }
}

#[tokio::test]
async fn a_host_that_responses_point_to_can_be_elsewhere() {
    let script = service();
    let client = Client::builder()
        .api_key(KEY)
        .transport(script.clone())
        .base_url("http://localhost:1/base")
        .host_url("thumbnails.roblox.com", "http://localhost:2")
        .host_url("cdn.example", "http://localhost:3")
        .build()
        .expect("a client");
    client.users().get(1).await.expect("a response");
    client.request(http::Method::GET, "https://cdn.example/file?x=1").send_bytes().await.expect("a response");
    client.thumbnails().get_asset_3d(1).await.expect("a response");
    let received = script.received();
    let place = |at: usize| (received[at].path.clone(), received[at].header("x-api-key").is_some());
    assert_eq!(place(0), ("/base/cloud/v2/users/1".to_owned(), true));
    assert_eq!(place(1), ("/file".to_owned(), false));
    assert_eq!(place(2), ("/v1/assets-thumbnail-3d".to_owned(), true));
}
