//! Secrets are sealed on the way, for the key that the universe has now.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto_box::SecretKey;
use opencloud::secrets::Plaintext;
use opencloud::testing::{ErrorShape, Expect, MockResponse, Received, Script};
use opencloud::{Client, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};

const CONTENT: &str = "hunter2-the-plaintext";
const SECRETS: &str = "/cloud/v2/universes/42/secrets";
const PUBLIC_KEY: &str = "/cloud/v2/universes/42/secrets/public-key";

/// A key pair of the service, told from others by its number.
fn key(number: u8) -> SecretKey {
    SecretKey::from([number; 32])
}

fn public_key(number: u8) -> MockResponse {
    let key = STANDARD.encode(key(number).public_key().as_bytes());
    MockResponse::json(json!({ "id": "public-key", "secret": key, "key_id": format!("key-{number}") }))
}

fn refused(status: u16) -> MockResponse {
    MockResponse::error(ErrorShape::Problem, status, "Bad Request", "the key_id is out of date")
}

/// What the service finds in a request, opened with the key that the request names.
fn opened(request: &Received) -> (Value, String) {
    let mut body = request.json().expect("JSON");
    let sealed = body["secret"].take();
    let sealed = STANDARD.decode(sealed.as_str().expect("a text")).expect("base64");
    let number =
        body["key_id"].as_str().and_then(|id| id.strip_prefix("key-")?.parse().ok()).expect("a key id");
    let content = key(number).unseal(&sealed).expect("sealed for the key that is named");
    (body, String::from_utf8(content).expect("UTF-8"))
}

fn created() -> MockResponse {
    MockResponse::json(json!({ "id": "discord", "key_id": "key-1" }))
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_sealed_for_the_key_of_its_universe() {
    let script = Script::new()
        .expect(Expect::get(PUBLIC_KEY), public_key(1))
        .expect(Expect::post(SECRETS), created())
        .expect(Expect::patch(format!("{SECRETS}/discord")), created());
    let secrets = script.client().secrets().universe(42);
    secrets.create("discord", CONTENT).domain("*.discord.com").await.expect("created");
    // The key is known by now, to clones as well.
    secrets.clone().update("discord").content("another").await.expect("updated");
    script.assert_done();

    let received = script.received();
    let (body, content) = opened(&received[1]);
    assert_eq!(content, CONTENT);
    assert_eq!(
        body,
        json!({ "id": "discord", "secret": null, "key_id": "key-1", "domain": "*.discord.com" })
    );
    let (body, content) = opened(&received[2]);
    assert_eq!(content, "another");
    assert_eq!(body, json!({ "secret": null, "key_id": "key-1" }), "nothing but what is changed");
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_fetched_when_a_write_is_refused() {
    let script = Script::new()
        .expect(Expect::get(PUBLIC_KEY), public_key(1))
        .expect(Expect::post(SECRETS), refused(400))
        .expect(Expect::get(PUBLIC_KEY), public_key(2))
        .expect(Expect::post(SECRETS), created())
        // The new key is kept.
        .expect(Expect::post(SECRETS), created());
    let secrets = script.client().secrets().universe(42);
    secrets.create("discord", CONTENT).await.expect("created with the second key");
    secrets.create("discord_2", CONTENT).await.expect("created with the second key at once");
    script.assert_done();
    for at in [3, 4] {
        let (body, content) = opened(&script.received()[at]);
        assert_eq!((body["key_id"].as_str(), content.as_str()), (Some("key-2"), CONTENT));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_not_about_the_key_is_the_error() {
    for (status, asks_for_key, kind) in [
        (400, true, ErrorKind::Refused),
        (403, false, ErrorKind::PermissionDenied),
        (409, false, ErrorKind::Conflict),
    ] {
        let mut script = Script::new()
            .expect(Expect::get(PUBLIC_KEY), public_key(1))
            .expect(Expect::post(SECRETS), refused(status));
        if asks_for_key {
            // The key is the one that was used: sealing again would change nothing.
            script = script.expect(Expect::get(PUBLIC_KEY), public_key(1));
        }
        let error = script.client().secrets().universe(42).create("discord", CONTENT).await;
        assert_eq!(error.expect_err("refused").kind(), kind);
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn many_writes_at_once_fetch_the_key_once() {
    let script =
        Script::new().expect(Expect::get(PUBLIC_KEY), public_key(1)).always(Expect::post(SECRETS), created());
    let secrets = script.client().secrets().universe(42);
    let writes: Vec<_> = (0..8)
        .map(|number| tokio::spawn(secrets.create(format!("secret_{number}"), CONTENT).into_future()))
        .collect();
    for write in writes {
        write.await.expect("no panic").expect("created");
    }
    script.assert_done();
    assert_eq!(script.count(), 1 + 8);
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_key_asks_for_none() {
    let script = Script::new()
        .expect(
            Expect::patch(format!("{SECRETS}/discord")).json(json!({ "domain": "discord.com" })),
            created(),
        )
        // None is said by an empty one.
        .expect(Expect::patch(format!("{SECRETS}/discord")).json(json!({ "domain": "" })), created())
        .expect(Expect::delete(format!("{SECRETS}/discord")), MockResponse::status(200, ""));
    let secrets = script.client().secrets().universe(42);
    secrets.update("discord").domain("discord.com").await.expect("updated");
    secrets.update("discord").without_domain().await.expect("updated");
    secrets.delete("discord").await.expect("deleted");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_before_anything_is_sent() {
    let script = Script::new();
    let secrets = script.client().secrets().universe(42);
    let long = "x".repeat(1_025);
    for (outcome, why) in [
        (secrets.create("9lives", CONTENT).await, "begin with a digit"),
        (secrets.create("a".repeat(65), CONTENT).await, "1 to 64"),
        (secrets.create("discord", "").await, "empty"),
        (secrets.create("discord", long.as_str()).await, "1025 characters; at most 1024"),
        (secrets.create("discord", CONTENT).domain("https://discord.com").await, "host name"),
        (secrets.update("discord").await, "nothing"),
        (secrets.update("discord").content(long).await, "1025 characters; at most 1024"),
        (secrets.update("dis-cord").content(CONTENT).await, "letters, digits and underscores"),
        (secrets.get("dis-cord").await.map(|_| unreachable!()), "letters, digits and underscores"),
    ] {
        let error = outcome.expect_err(why);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_none_seals_nothing() {
    let script = Script::new()
        .expect(Expect::get(PUBLIC_KEY), MockResponse::json(json!({ "secret": "c2hvcnQ=", "key_id": "1" })));
    let error = script.client().secrets().universe(42).create("discord", CONTENT).await.expect_err("no key");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("nothing was sealed or sent"), "{error}");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn the_plaintext_is_in_no_output() {
    let script = Script::new()
        .expect(Expect::get(PUBLIC_KEY), public_key(1))
        .expect(Expect::post(SECRETS), refused(403));
    let secrets = script.client().secrets().universe(42);
    let create = secrets.create("discord", CONTENT);
    let update = secrets.update("discord").content(Plaintext::from(CONTENT));
    let mut output = format!("{create:?} {update:?} {secrets:?}");
    let error = create.await.expect_err("refused");
    output += &format!("{error} {error:?} {:?}", script.received());
    assert!(!output.contains("hunter2"), "{output}");
}

#[tokio::test]
async fn the_emulator_can_open_what_is_sealed() {
    let emulator = Emulator::start().await.expect("a port");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let secrets = client.secrets().universe(42);
    secrets.create("discord", CONTENT).domain("discord.com").await.expect("created");
    let taken = secrets.create("discord", CONTENT).await.expect_err("there is one");
    assert_eq!(taken.kind(), ErrorKind::Conflict);

    secrets.update("discord").content("é".repeat(1_024)).await.expect("updated");
    let known = secrets.get("discord").await.expect("read").expect("there");
    assert_eq!(known.domain.as_deref(), Some("discord.com"), "what is not set stays");
    assert_eq!(known.secret, None);

    secrets.delete("discord").await.expect("deleted");
    assert_eq!(secrets.get("discord").await.expect("read"), None);
    assert!(secrets.update("discord").content(CONTENT).await.expect_err("gone").is_not_found());
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
}
