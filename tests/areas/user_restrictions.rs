//! Bans: what is sent, and that nothing but an unban ends one.

use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::user_restrictions::BanLength;
use opencloud::{Client, Error, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};
use std::time::Duration;

const UNIVERSE: &str = "/cloud/v2/universes/42/user-restrictions/156";
const PLACE: &str = "/cloud/v2/universes/42/places/7/user-restrictions/156";
const WEEK: Duration = Duration::from_secs(7 * 86_400);

fn restriction(ban: Value) -> Value {
    json!({ "path": "universes/42/user-restrictions/156", "user": "users/156", "gameJoinRestriction": ban })
}

fn written(ban: Value) -> Value {
    json!({ "gameJoinRestriction": ban })
}

/// A write of the whole ban, as the service demands.
fn write(path: &str, ban: Value) -> Expect {
    Expect::patch(path).query("updateMask", "gameJoinRestriction").json(written(ban))
}

#[tokio::test(start_paused = true)]
async fn a_ban_is_written_as_a_whole_with_mask_and_idempotency_key() {
    let script = Script::new()
        .expect(
            write(
                UNIVERSE,
                json!({
                    "active": true,
                    "duration": "604800s",
                    "displayReason": "Please be kind.",
                    "privateReason": "Report 1234",
                    "excludeAltAccounts": true,
                }),
            ),
            MockResponse::json(restriction(json!({ "active": true }))),
        )
        // Absent means for ever.
        .expect(write(PLACE, json!({ "active": true })), MockResponse::json(restriction(json!({}))));
    let restrictions = script.client().user_restrictions();
    let response = restrictions
        .ban(42, 156, WEEK)
        .display_reason("Please be kind.")
        .private_reason("Report 1234")
        .exclude_alt_accounts(true)
        .await
        .expect("banned");
    assert!(response.is_banned());
    assert_eq!(response.user_id(), Some(156.into()));
    restrictions.ban(42, 156, BanLength::Permanent).at_place(7).await.expect("banned");
    script.assert_done();

    let keys: Vec<_> = script
        .received()
        .iter()
        .map(|request| {
            assert!(request.query("idempotencyKey.firstSent").is_some());
            request.query("idempotencyKey.key").map(str::to_owned)
        })
        .collect();
    assert!(keys[0].is_some() && keys[0] != keys[1], "each ban has a key of its own");
}

#[tokio::test(start_paused = true)]
async fn a_ban_that_is_sent_again_has_the_same_key() {
    let script = Script::new()
        .expect(Expect::patch(UNIVERSE), MockResponse::interrupted())
        .expect(Expect::patch(UNIVERSE), MockResponse::json(restriction(json!({ "active": true }))));
    script.client().user_restrictions().ban(42, 156, WEEK).await.expect("banned");
    script.assert_done();
    let received = script.received();
    for name in ["idempotencyKey.key", "idempotencyKey.firstSent"] {
        assert!(received[0].query(name).is_some());
        assert_eq!(received[0].query(name), received[1].query(name));
    }
}

#[tokio::test(start_paused = true)]
async fn an_unban_says_that_no_ban_is_active() {
    let script = Script::new()
        .expect(write(UNIVERSE, json!({ "active": false })), MockResponse::json(restriction(json!({}))))
        .expect(
            write(PLACE, json!({ "active": false, "privateReason": "Appeal" })),
            MockResponse::json(restriction(json!({}))),
        );
    let restrictions = script.client().user_restrictions();
    assert!(!restrictions.unban(42, 156).await.expect("lifted").is_banned());
    restrictions.unban(42, 156).at_place(7).private_reason("Appeal").await.expect("lifted");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn changing_a_reason_changes_nothing_else() {
    let before = json!({
        "active": true,
        "startTime": "2026-01-01T00:00:00Z",
        "duration": "604800s",
        "privateReason": "Report 1234",
        "displayReason": "Please be kind.",
        "excludeAltAccounts": true,
        "inherited": false,
    });
    let after = json!({
        "active": true,
        "duration": "604800s",
        "privateReason": "Report 1234",
        "displayReason": "Cheating",
        "excludeAltAccounts": true,
    });
    let mut response = after.clone();
    response["startTime"] = json!("2026-01-01T00:00:00Z");
    let script = Script::new()
        .expect(Expect::get(UNIVERSE), MockResponse::json(restriction(before)))
        .expect(write(UNIVERSE, after), MockResponse::json(restriction(response)));
    let client = script.client();
    client.user_restrictions().change_ban(42, 156).display_reason("Cheating").await.expect("changed");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_ban_that_begins_anew_is_cut_to_its_old_end() {
    let ban = |start: &str, duration: &str| {
        restriction(json!({ "active": true, "startTime": start, "duration": duration }))
    };
    let script = Script::new()
        .expect(Expect::get(PLACE), MockResponse::json(ban("2026-01-01T00:00:00Z", "604800s")))
        .expect(
            write(PLACE, json!({ "active": true, "duration": "604800s", "privateReason": "x" })),
            // The service has begun it anew, after two days and half a second.
            MockResponse::json(ban("2026-01-03T00:00:00.5Z", "604800s")),
        )
        .expect(
            write(PLACE, json!({ "active": true, "duration": "432000s", "privateReason": "x" })),
            MockResponse::json(ban("2026-01-03T00:00:01Z", "432000s")),
        );
    let client = script.client();
    client.user_restrictions().change_ban(42, 156).at_place(7).private_reason("x").await.expect("changed");
    script.assert_done();
}

/// A ban, and when the service says this.
fn banned(start: &str, duration: &str, date: &str) -> MockResponse {
    let ban = json!({ "active": true, "startTime": start, "duration": duration });
    MockResponse::json(restriction(ban)).header("date", date)
}

/// What was left of the ban of a week, after a day.
const SIX_DAYS: &str = "518400s";
const FIRST: &str = "2026-01-01T00:00:00Z";
const A_DAY_LATER: &str = "2026-01-02T00:00:00Z";
const DATE: &str = "Fri, 02 Jan 2026 00:00:00 GMT";

fn change(script: &Script) -> opencloud::user_restrictions::ChangeBan {
    script.client().user_restrictions().change_ban(42, 156).display_reason("x")
}

fn active(duration: &str) -> Value {
    json!({ "active": true, "duration": duration, "displayReason": "x" })
}

#[tokio::test(start_paused = true)]
async fn one_write_is_enough_for_a_ban_that_begins_anew() {
    // UR-04: a second one would be refused for a minute.
    for start in [A_DAY_LATER, "2026-01-02T00:01:59Z"] {
        let script = Script::new()
            .expect(Expect::get(UNIVERSE), banned(FIRST, "604800s", DATE))
            .expect(write(UNIVERSE, active(SIX_DAYS)), banned(start, SIX_DAYS, DATE));
        change(&script).await.expect("changed");
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_ban_that_kept_its_beginning_gets_its_whole_length_back() {
    let script = Script::new()
        .expect(Expect::get(UNIVERSE), banned(FIRST, "604800s", DATE))
        .expect(write(UNIVERSE, active(SIX_DAYS)), banned(FIRST, SIX_DAYS, DATE))
        .expect(write(UNIVERSE, active("604800s")), banned(FIRST, "604800s", DATE));
    change(&script).await.expect("changed");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_ban_never_ends_while_its_length_is_found_out() {
    for (duration, date, before) in [
        // After the larger half, what is left would be over already if it were counted from the beginning.
        ("604800s", "Wed, 07 Jan 2026 00:00:00 GMT", json!({})),
        // The clocks differ.
        ("604800s", "Fri, 02 Jan 2025 00:00:00 GMT", json!({})),
        ("604800s", "Fri, 02 Jan 2027 00:00:00 GMT", json!({})),
        // It was written before, and has kept its beginning.
        ("604800s", DATE, json!({ "updateTime": A_DAY_LATER })),
    ] {
        let mut body = restriction(json!({ "active": true, "startTime": FIRST, "duration": duration }));
        body.as_object_mut().expect("a body").extend(before.as_object().expect("fields").clone());
        let script = Script::new()
            .expect(Expect::get(UNIVERSE), MockResponse::json(body).header("date", date))
            .expect(write(UNIVERSE, active(duration)), banned(FIRST, duration, date));
        change(&script).await.expect("changed");
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_write_waits_for_the_limit() {
    let refused = || MockResponse::error(ErrorShape::Code, 429, "RESOURCE_EXHAUSTED", "");
    let script = Script::new()
        .expect(Expect::get(UNIVERSE), banned(FIRST, "604800s", DATE))
        .expect(write(UNIVERSE, active(SIX_DAYS)), banned(FIRST, SIX_DAYS, DATE))
        .expect_times(4, write(UNIVERSE, active("604800s")), refused())
        .expect(write(UNIVERSE, active("604800s")), banned(FIRST, "604800s", DATE));
    let start = tokio::time::Instant::now();
    change(&script).await.expect("changed");
    script.assert_done();
    assert_eq!(start.elapsed().as_secs(), 60, "UR-04");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_second_write_says_how_the_ban_was_left() {
    let failed = || MockResponse::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "no");
    for (start, length, ends, words) in [
        (FIRST, SIX_DAYS, "2026-01-07T00:00:00Z", "earlier"),
        ("2026-01-03T00:00:00Z", SIX_DAYS, "2026-01-09T00:00:00Z", "later"),
    ] {
        let script = Script::new()
            .expect(Expect::get(UNIVERSE), banned(FIRST, "604800s", DATE))
            .expect(write(UNIVERSE, active(SIX_DAYS)), banned(start, length, DATE))
            .expect(Expect::patch(UNIVERSE), failed());
        let error = change(&script).await.expect_err("not allowed");
        script.assert_done();
        assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("PERMISSION_DENIED")));
        for part in ["the ban was changed", words, ends, "instead of 2026-01-08T00:00:00Z"] {
            assert!(error.to_string().contains(part), "{part} is not in {error}");
        }
    }
    // It has moved again, or it does not say when the ban ends.
    for second in [
        banned("2026-01-03T00:00:00Z", "604800s", DATE),
        MockResponse::json(restriction(json!({ "active": true }))),
    ] {
        let script = Script::new()
            .expect(Expect::get(UNIVERSE), banned(FIRST, "604800s", DATE))
            .expect(Expect::patch(UNIVERSE), banned(FIRST, SIX_DAYS, DATE))
            .expect(Expect::patch(UNIVERSE), second);
        let error = change(&script).await.expect_err("moved");
        script.assert_done();
        assert!(error.to_string().contains("the ban was changed, but it"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_response_does_not_tell_is_read() {
    let silent = || MockResponse::json(restriction(json!({ "active": true })));
    for (then, is_known) in [(banned(A_DAY_LATER, SIX_DAYS, DATE), true), (silent(), false)] {
        let script = Script::new()
            .expect(Expect::get(UNIVERSE), banned(FIRST, "604800s", DATE))
            .expect(Expect::patch(UNIVERSE), silent())
            .expect(Expect::get(UNIVERSE), then);
        let outcome = change(&script).await;
        script.assert_done();
        assert_eq!(outcome.is_ok(), is_known);
        if let Err(error) = outcome {
            assert!(error.to_string().contains("still ends at 2026-01-08T00:00:00Z"), "{error}");
        }
    }
    // Nothing is written to a ban whose end is not known.
    let script = Script::new().expect(
        Expect::get(UNIVERSE),
        MockResponse::json(restriction(json!({ "active": true, "duration": "604800s" }))),
    );
    let error = change(&script).await.expect_err("no end");
    script.assert_done();
    assert!(error.to_string().contains("the ban was not changed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_permanent_ban_stays_permanent_when_its_reason_changes() {
    let script = Script::new()
        .expect(
            Expect::get(UNIVERSE),
            MockResponse::json(restriction(json!({ "active": true, "startTime": "2026-01-01T00:00:00Z" }))),
        )
        .expect(
            write(UNIVERSE, json!({ "active": true, "excludeAltAccounts": false })),
            MockResponse::json(restriction(json!({ "active": true, "startTime": "2026-02-01T00:00:00Z" }))),
        );
    let client = script.client();
    client.user_restrictions().change_ban(42, 156).exclude_alt_accounts(false).await.expect("changed");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_ban_none_is_made() {
    for (found, why) in [
        (json!({ "active": false, "duration": "60s" }), "not banned"),
        (json!({}), "not banned"),
        (json!({ "active": true, "inherited": true }), "the universe's"),
    ] {
        let script = Script::new().expect(Expect::get(PLACE), MockResponse::json(restriction(found)));
        let client = script.client();
        let change = client.user_restrictions().change_ban(42, 156).at_place(7).private_reason("x");
        let error = change.await.expect_err(why);
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 1));
        assert!(error.to_string().contains(why), "{error}");
        script.assert_done();
    }
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_before_anything_is_sent() {
    let script = Script::new();
    let restrictions = script.client().user_restrictions();
    let ban = |length: Duration| restrictions.ban(42, 156, length);
    for (outcome, why) in [
        (ban(Duration::ZERO).await, "the shortest is 1 second"),
        (ban(Duration::from_millis(1_500)).await, "whole seconds"),
        (ban(Duration::from_secs(315_576_000_001)).await, "the longest is"),
        (ban(WEEK).display_reason("x".repeat(401)).await, "401 characters; at most 400"),
        (ban(WEEK).display_reason("https://example.com").await, "no link"),
        (ban(WEEK).private_reason("x".repeat(1_001)).await, "1001 characters; at most 1000"),
        (
            restrictions.unban(42, 156).private_reason("x".repeat(1_001)).await,
            "1001 characters; at most 1000",
        ),
        (restrictions.change_ban(42, 156).await, "nothing of the ban"),
        (
            restrictions.change_ban(42, 156).display_reason("x".repeat(401)).await,
            "401 characters; at most 400",
        ),
        (restrictions.ban(42, "..", WEEK).await, "another resource"),
    ] {
        let error = outcome.expect_err(why);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn a_user_is_banned_and_let_in_again_at_the_emulator() -> Result<(), Error> {
    let emulator = Emulator::start().await.expect("a port");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build()?;
    let restrictions = client.user_restrictions();

    let banned = restrictions.ban(42, 156, WEEK).private_reason("Report 1234").await?;
    let end = banned.game_join_restriction.and_then(|ban| ban.end_time()).expect("an end");

    // Two days later, the reason changes. The end stays, although the emulator begins the ban anew.
    emulator.advance(Duration::from_secs(2 * 86_400));
    let changed = restrictions.change_ban(42, 156).display_reason("Cheating").await?;
    assert!(changed.is_banned());
    let ban = changed.game_join_restriction.expect("a ban");
    let moved = ban.end_time().expect("an end").duration_since(end);
    assert!(!moved.is_negative() && moved.as_secs() < 86_400, "the end has moved by {moved}");
    assert_eq!(ban.private_reason.as_deref(), Some("Report 1234"));
    assert_eq!(ban.display_reason.as_deref(), Some("Cheating"));

    // It holds in the universe's places, but is not theirs to lift.
    let inherited = restrictions.get_for_place(42, 7, 156).await?;
    assert!(inherited.is_banned());
    assert!(restrictions.change_ban(42, 156).at_place(7).private_reason("x").await.is_err());

    assert!(!restrictions.unban(42, 156).await?.is_banned());
    assert!(!restrictions.get(42, 156).await?.is_banned());

    let logs = restrictions.list_logs(42).items().collect().await?;
    let states: Vec<_> = logs.iter().map(|log| (log.user_id(), log.active)).collect();
    let user = || Some(156.into());
    assert_eq!(
        states,
        [(user(), Some(false)), (user(), Some(true)), (user(), Some(true))],
        "lifted, changed, banned: by the service's date, the first write has the right length already"
    );
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
    Ok(())
}
