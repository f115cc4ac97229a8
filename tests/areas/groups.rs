//! Groups: whose they are, roles, and join requests in bulk.

use opencloud::ids::{GroupId, RoleId, UserId};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::{Client, Credentials, Error, ErrorKind};
use opencloud_emulator::Emulator;
use serde_json::{Value, json};
use std::time::Duration;

const MEMBERSHIPS: &str = "/cloud/v2/groups/-/memberships";

fn membership(group: u64, user: u64, roles: &[u64]) -> Value {
    let roles: Vec<_> = roles.iter().map(|role| format!("groups/{group}/roles/{role}")).collect();
    json!({
        "path": format!("groups/{group}/memberships/{user}"),
        "user": format!("users/{user}"),
        "role": roles.first(),
        "roles": roles,
    })
}

#[tokio::test(start_paused = true)]
async fn the_groups_of_users_are_their_memberships_in_all_groups() {
    let first = Expect::get(MEMBERSHIPS).query("filter", "user == 'users/156'");
    let second = first.clone().query("pageToken", "next");
    let several = Expect::get(MEMBERSHIPS).query("filter", "user in ['users/1','users/2']");
    let script = Script::new()
        .expect(first, MockResponse::page("groupMemberships", [membership(7, 156, &[99, 98])], Some("next")))
        .expect(second, MockResponse::page("groupMemberships", [membership(8, 156, &[5])], None))
        .expect(several, MockResponse::page("groupMemberships", [], None));
    let groups = script.client().groups();
    let memberships = groups.list_groups(156).items().collect().await.expect("two pages");
    let found: Vec<_> = memberships.iter().map(|member| (member.group_id(), member.role_ids())).collect();
    assert_eq!(
        found,
        [(Some(GroupId::from(7)), vec![RoleId::from(99), 98.into()]), (Some(8.into()), vec![5.into()])]
    );
    assert_eq!(groups.list_groups_of([1, 2]).items().collect().await.expect("none"), []);
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn up_to_fifty_users_are_asked_for_at_once() {
    let script =
        Script::new().always(Expect::get(MEMBERSHIPS), MockResponse::page("groupMemberships", [], None));
    let groups = script.client().groups();
    for (users, requests) in [(0, Some(0)), (1, Some(1)), (49, Some(1)), (50, Some(1)), (51, None)] {
        let before = script.count();
        let outcome = groups.list_groups_of(1..=users).items().collect().await;
        match requests {
            Some(requests) => assert_eq!(script.count() - before, requests, "{users}: {outcome:?}"),
            None => assert_eq!(outcome.expect_err("too many").kind(), ErrorKind::InvalidRequest),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_is_given_before_the_others_are_taken_away() {
    let role = |id: u64| json!({ "role": format!("groups/7/roles/{id}") });
    let member = "/cloud/v2/groups/7/memberships/156";
    let unassign = || Expect::post(format!("{member}:unassignRole"));
    let script = Script::new()
        .expect(
            Expect::post(format!("{member}:assignRole")).json(role(99)),
            MockResponse::json(membership(7, 156, &[99, 98, 97])),
        )
        .expect(unassign().json(role(98)), MockResponse::json(membership(7, 156, &[99, 97])))
        // US-12: one that the service does not let go (Member) stays, and is in the response.
        .expect(
            unassign().json(role(97)),
            MockResponse::error(ErrorShape::Code, 400, "INVALID_ARGUMENT", "every member has this role"),
        );
    let membership = script.client().groups().set_role(7, 156, "099").await.expect("set");
    assert_eq!(membership.role_ids(), [RoleId::from(99), 97.into()]);
    script.assert_done();
}

/// US-14.
#[tokio::test(start_paused = true)]
async fn us_14_a_user_who_is_no_member_is_in_an_empty_list() {
    let script = Script::new().always(Expect::any(), MockResponse::json(json!({ "groupMemberships": [] })));
    let groups = script.client().groups();
    assert!(groups.list_groups(156).items().collect().await.expect("a list").is_empty());
}

/// US-04.
#[tokio::test(start_paused = true)]
async fn us_04_a_membership_is_known_by_its_user_and_not_by_the_id_in_its_path() {
    // `MTU2` is 156 in Base64.
    let member =
        json!({ "path": "groups/7/memberships/MTU2", "user": "users/156", "role": "groups/7/roles/99" });
    let script = Script::new()
        .expect(Expect::post("/cloud/v2/groups/7/memberships/156:assignRole"), MockResponse::json(member));
    let member = script.client().groups().set_role(7, 156, 99).await.expect("set");
    assert_eq!((member.user_id(), member.group_id()), (Some(156.into()), Some(7.into())));
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn giving_a_role_may_be_sent_again() {
    let member = "/cloud/v2/groups/7/memberships/156";
    let script = Script::new()
        .expect(Expect::post(format!("{member}:assignRole")), MockResponse::interrupted())
        .expect(
            Expect::post(format!("{member}:assignRole")),
            MockResponse::json(membership(7, 156, &[99, 98])),
        )
        .expect(
            Expect::post(format!("{member}:unassignRole")),
            MockResponse::error(ErrorShape::Code, 403, "PERMISSION_DENIED", "that role is above yours"),
        );
    let error = script.client().groups().set_role(7, 156, 99).await.expect_err("not all of it");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    script.assert_done();

    let script = Script::new();
    let refused = script.client().groups().set_role(7, 156, "Moderator").await.expect_err("a name");
    assert_eq!(refused.kind(), ErrorKind::InvalidRequest);
    assert_eq!(script.count(), 0);
}

/// US-06: a body must be sent, although it says nothing.
fn accept(user: u64) -> Expect {
    Expect::post(format!("/cloud/v2/groups/7/join-requests/{user}:accept")).json(json!({}))
}

fn users<T>(outcomes: &[(UserId, T)]) -> Vec<u64> {
    outcomes.iter().filter_map(|(user, _)| user.as_u64()).collect()
}

#[tokio::test(start_paused = true)]
async fn each_join_request_has_an_outcome_of_its_own() {
    let missing = MockResponse::error(ErrorShape::Code, 404, "NOT_FOUND", "no such request");
    let script = Script::new()
        .always(accept(1), MockResponse::json(json!({})))
        .always(accept(2), missing)
        .always(accept(3), MockResponse::json(json!({})));
    let report = script.client().groups().accept_join_requests(7, [3, 2, 1, 2, 3]).await;
    assert_eq!(report.to_string(), "2 done, 1 failed");
    assert_eq!(users(&report.done), [3, 1], "in the order in which they were given");
    assert_eq!(users(&report.failed), [2], "once, though named twice");
    assert!(report.failed[0].1.is_not_found());
    assert!(!report.is_complete());
    assert!(report.complete().expect_err("one has failed").is_not_found());
    script.assert_done();
    assert_eq!(script.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_refused_stops_the_rest() {
    let script = Script::new()
        .expect(accept(1), MockResponse::json(json!({})))
        .expect(accept(2), MockResponse::error(ErrorShape::Gateway, 401, "0", "Invalid API Key"));
    let report = script.client().groups().accept_join_requests(7, 1..=100).concurrency(1).await;
    assert_eq!((users(&report.done), users(&report.failed)), (vec![1], vec![2]));
    assert_eq!(report.not_tried.len(), 98);
    assert_eq!(report.to_string(), "1 done, 1 failed, 98 not tried");
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_fate_is_unknown_is_not_sent_again() {
    let script = Script::new().expect(
        Expect::post("/cloud/v2/groups/7/join-requests/1:decline").header("x-api-key", "another-key"),
        MockResponse::interrupted(),
    );
    let key = Credentials::api_key("another-key").expect("a key");
    let report = script.client().groups().decline_join_requests(7, [1]).with_credentials(key).await;
    assert!(report.failed[0].1.may_have_been_applied());
    script.assert_done();
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_under_way_than_is_said() {
    // Each request stalls until its time is over, so that time counts the rounds.
    let script = Script::new().always(Expect::any(), MockResponse::stalled());
    for (concurrency, rounds) in [(1, 12), (4, 3), (5, 3), (12, 1), (0, 12), (1_000, 1)] {
        let start = tokio::time::Instant::now();
        let report = script
            .client()
            .groups()
            .accept_join_requests(7, 1..=12)
            .concurrency(concurrency)
            .with_timeout(Duration::from_secs(10))
            .await;
        assert_eq!(report.failed.len(), 12);
        assert_eq!(start.elapsed().as_secs(), rounds * 10, "{concurrency} at a time");
    }
}

#[tokio::test]
async fn applicants_become_members_and_get_a_role_at_the_emulator() -> Result<(), Error> {
    let emulator = Emulator::start().await.expect("a port");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build()?;
    let groups = client.groups();

    let requests = groups.list_join_requests(7).items().collect().await?;
    let applicants: Vec<UserId> = requests.iter().filter_map(|request| request.user_id()).collect();
    assert_eq!(applicants.len(), 23);
    let (welcome, unwelcome) = applicants.split_at(20);
    assert!(groups.accept_join_requests(7, welcome).await.is_complete());
    assert!(groups.decline_join_requests(7, unwelcome).await.is_complete());
    assert!(groups.list_join_requests(7).items().collect().await?.is_empty());

    let roles = groups.list_roles(7).items().collect().await?;
    let moderator = roles.iter().find(|role| role.rank == Some(200)).expect("a role");
    let moderator = moderator.role_id().expect("an id");
    let member = groups.set_role(7, &welcome[0], &moderator).await?;
    // US-12: the role of every member stays.
    let everybody = roles.iter().find(|role| role.display_name.as_deref() == Some("Member")).expect("a role");
    assert_eq!(member.role_ids(), [everybody.role_id().expect("an id"), moderator]);

    let memberships = groups.list_groups_of(welcome).items().collect().await?;
    assert!(memberships.iter().any(|member| {
        member.group_id() == Some(7.into()) && member.user_id().as_ref() == Some(&welcome[0])
    }));
    assert!(emulator.requests().iter().all(|request| request.violations.is_empty()));
    Ok(())
}
