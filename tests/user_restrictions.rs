//! Bans: what is sent, and that nothing but an unban ends one.

#![cfg(feature = "user_restrictions")]

use opencloud::testing::{Answer, Expect, Script};
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
            Answer::json(restriction(json!({ "active": true }))),
        )
        // Absent means for ever.
        .expect(write(PLACE, json!({ "active": true })), Answer::json(restriction(json!({}))));
    let restrictions = script.client().user_restrictions();
    let answer = restrictions
        .ban(42, 156, WEEK)
        .display_reason("Please be kind.")
        .private_reason("Report 1234")
        .exclude_alt_accounts(true)
        .await
        .expect("banned");
    assert!(answer.is_banned());
    assert_eq!(answer.user_id(), Some(156.into()));
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
        .expect(Expect::patch(UNIVERSE), Answer::interrupted())
        .expect(Expect::patch(UNIVERSE), Answer::json(restriction(json!({ "active": true }))));
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
        .expect(write(UNIVERSE, json!({ "active": false })), Answer::json(restriction(json!({}))))
        .expect(
            write(PLACE, json!({ "active": false, "privateReason": "Appeal" })),
            Answer::json(restriction(json!({}))),
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
    let mut answer = after.clone();
    answer["startTime"] = json!("2026-01-01T00:00:00Z");
    let script = Script::new()
        .expect(Expect::get(UNIVERSE), Answer::json(restriction(before)))
        .expect(write(UNIVERSE, after), Answer::json(restriction(answer)));
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
        .expect(Expect::get(PLACE), Answer::json(ban("2026-01-01T00:00:00Z", "604800s")))
        .expect(
            write(PLACE, json!({ "active": true, "duration": "604800s", "privateReason": "x" })),
            // The service has begun it anew, after two days and half a second.
            Answer::json(ban("2026-01-03T00:00:00.5Z", "604800s")),
        )
        .expect(
            write(PLACE, json!({ "active": true, "duration": "432000s", "privateReason": "x" })),
            Answer::json(ban("2026-01-03T00:00:01Z", "432000s")),
        );
    let client = script.client();
    client.user_restrictions().change_ban(42, 156).at_place(7).private_reason("x").await.expect("changed");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_permanent_ban_stays_permanent_when_its_reason_changes() {
    let script = Script::new()
        .expect(
            Expect::get(UNIVERSE),
            Answer::json(restriction(json!({ "active": true, "startTime": "2026-01-01T00:00:00Z" }))),
        )
        .expect(
            write(UNIVERSE, json!({ "active": true, "excludeAltAccounts": false })),
            Answer::json(restriction(json!({ "active": true, "startTime": "2026-02-01T00:00:00Z" }))),
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
        let script = Script::new().expect(Expect::get(PLACE), Answer::json(restriction(found)));
        let client = script.client();
        let change = client.user_restrictions().change_ban(42, 156).at_place(7).private_reason("x");
        let error = change.await.expect_err(why);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
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
        [(user(), Some(false)), (user(), Some(true)), (user(), Some(true)), (user(), Some(true))],
        "lifted, cut, changed, banned"
    );
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
    Ok(())
}
