//! Groups over HTTP.

use crate::common::{Client, encode};
use opencloud_emulator::{ApiKey, Emulator, Shapes};
use serde_json::json;

#[tokio::test]
async fn a_group_and_its_roles() {
    let client = Client::start().await;
    let group = client.get("/cloud/v2/groups/4001").await.ok();
    assert_eq!(group["id"], "4001");
    let (roles, _) = client.all("/cloud/v2/groups/4001/roles?maxPageSize=2", "groupRoles").await;
    let ranks: Vec<_> = roles.iter().map(|role| role["rank"].as_i64()).collect();
    assert_eq!(ranks, [Some(0), Some(1), Some(200), Some(255)]);
    let path = roles[3]["path"].as_str().expect("a path");
    let role = client.get(&format!("/cloud/v2/{path}")).await.ok();
    assert_eq!(role["displayName"], "Owner");
    assert_eq!(role["memberCount"], 1);
    client.get("/cloud/v2/groups/4001/roles/1").await.refused(404);
    client.get("/cloud/v2/groups/-").await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn members_are_filtered_by_user_and_role() {
    let client = Client::start().await;
    let list = "/cloud/v2/groups/4001/memberships";
    let (all, pages) = client.all(list, "groupMemberships").await;
    assert_eq!((all.len(), pages), (27, 3));
    let filtered = async |filter: &str| {
        let target = format!("{list}?filter={}", encode(filter));
        client.get(&target).await
    };
    let one = filtered("user == 'users/1005'").await.ok();
    assert_eq!(one["groupMemberships"][0]["user"], "users/1005");
    assert_eq!(one["groupMemberships"].as_array().map(Vec::len), Some(1));
    let owner = all.iter().find(|member| member["user"] == "users/1").expect("the owner");
    let role = owner["role"].as_str().expect("a role");
    let owners = filtered(&format!("role == '{role}'")).await.ok();
    assert_eq!(owners["groupMemberships"].as_array().map(Vec::len), Some(1));
    let both = filtered(&format!("role == '{role}' && user == 'users/1005'")).await.ok();
    assert_eq!(both["groupMemberships"], json!([]));
    let nobody = filtered("user == 'users/1005' && user == 'users/1006'").await.ok();
    assert_eq!(nobody["groupMemberships"], json!([]));
    filtered(&format!("role == {role}")).await.refused(400);
    filtered("rank == 255").await.refused(400);
    filtered("user == users/1005").await.refused(400);
    filtered("role == 'groups/4002/roles/1'").await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn all_groups_of_a_user() {
    let client = Client::start().await;
    let list = "/cloud/v2/groups/-/memberships";
    assert!(client.get(list).await.refused(400).contains("required"));
    let filter = encode("user in ['users/156','users/157']");
    let found = client.get(&format!("{list}?maxPageSize=100&filter={filter}")).await.ok();
    let found = found["groupMemberships"].as_array().expect("a list");
    assert_eq!(found.len(), 6);
    let many: Vec<_> = (1..=51).map(|user| format!("'users/{user}'")).collect();
    let filter = encode(&format!("user in [{}]", many.join(",")));
    client.get(&format!("{list}?filter={filter}")).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn roles_are_assigned_and_unassigned() {
    let client = Client::start().await;
    let member = "/cloud/v2/groups/4001/memberships/1005";
    let moderator = json!({ "role": "groups/4001/roles/6001" });
    let assign = format!("{member}:assignRole");
    let assigned = client.post(&assign, &moderator).await.ok();
    assert_eq!(assigned["role"], "groups/4001/roles/6001");
    assert_eq!(assigned["roles"].as_array().map(Vec::len), Some(2));
    let again = client.post(&assign, &moderator).await.ok();
    assert_eq!(again, assigned);
    let unassign = format!("{member}:unassignRole");
    let left = client.post(&unassign, &moderator).await.ok();
    assert_eq!(left["roles"].as_array().map(Vec::len), Some(1));
    assert_ne!(left["role"], "groups/4001/roles/6001");
    let changed = client.patch(member, &moderator).await.ok();
    assert_eq!(changed["roles"], json!(["groups/4001/roles/6001"]));
    let foreign = json!({ "role": "groups/4002/roles/6002" });
    client.post(&assign, &foreign).await.refused(400);
    let nobody = "/cloud/v2/groups/4001/memberships/5:assignRole";
    client.post(nobody, &moderator).await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn an_owner_stays_the_owner() {
    let client = Client::start().await;
    let owner = "/cloud/v2/groups/4001/memberships/1";
    let member = json!({ "role": "groups/4001/roles/26001" });
    assert!(client.patch(owner, &member).await.refused(403).contains("owner"));
    let moderator = json!({ "role": "groups/4001/roles/6001" });
    client.post(&format!("{owner}:assignRole"), &moderator).await.refused(403);
    let filter = encode("user == 'users/1'");
    let found = client.get(&format!("/cloud/v2/groups/4001/memberships?filter={filter}")).await.ok();
    assert_eq!(found["groupMemberships"][0]["role"], "groups/4001/roles/36001");
}

/// US-12: three roles are neither given nor taken.
#[tokio::test]
async fn owner_member_and_guest_are_not_assigned() {
    let client = Client::start().await;
    let member = "/cloud/v2/groups/4001/memberships/1005";
    let (roles, _) = client.all("/cloud/v2/groups/4001/roles?maxPageSize=20", "groupRoles").await;
    for role in roles.iter().filter(|role| role["rank"] != 200) {
        let body = json!({ "role": role["path"] });
        client.post(&format!("{member}:assignRole"), &body).await.refused(400);
        client.post(&format!("{member}:unassignRole"), &body).await.refused(400);
    }
    let document = Client::shaped(Shapes::Document).await;
    let body = json!({ "role": "groups/4001/roles/26001" });
    document.post(&format!("{member}:assignRole"), &body).await.ok();
}

/// US-13: a role that is held already, and one that is not below the caller's own.
#[tokio::test]
async fn some_roles_cannot_replace_others() {
    let key = |user: u64| ApiKey::new("test").user(user);
    let moderator = json!({ "role": "groups/4001/roles/6001" });
    let member = "/cloud/v2/groups/4001/memberships/1005";
    let client = Client::start().await;
    client.patch(member, &moderator).await.ok();
    assert!(client.patch(member, &moderator).await.refused(400).contains("already"));
    // User 1 owns the group, 1006 is only a member of it.
    let owner = Client::of(Emulator::builder().api_key(key(1)).start().await.expect("started"));
    owner.patch(member, &moderator).await.ok();
    let other = Client::of(Emulator::builder().api_key(key(1006)).start().await.expect("started"));
    assert!(other.patch(member, &moderator).await.refused(400).contains("below"));
}

/// US-04, US-14: the id of a membership is the user's number in Base64, and nobody's memberships are an empty list.
#[tokio::test]
async fn memberships_have_ids_in_base64() {
    let filter = |user: u64| {
        format!("/cloud/v2/groups/4001/memberships?filter={}", encode(&format!("user == 'users/{user}'")))
    };
    let client = Client::start().await;
    let path = client.get(&filter(1005)).await.ok()["groupMemberships"][0]["path"].clone();
    assert_eq!(path, "groups/4001/memberships/MTAwNQ");
    let nobody = client.get(&filter(5)).await.ok();
    assert_eq!(nobody["groupMemberships"], json!([]));
    let document = Client::shaped(Shapes::Document).await;
    let path = document.get(&filter(1005)).await.ok()["groupMemberships"][0]["path"].clone();
    assert_eq!(path, "groups/4001/memberships/1005");
}

/// US-06: also an emulator that refuses nothing for its form wants a body.
#[tokio::test]
async fn a_join_request_is_responded_to_with_a_body() {
    let client = Client::of(Emulator::builder().strict(false).start().await.expect("started"));
    let accept = "/cloud/v2/groups/4001/join-requests/1901:accept";
    let empty = client.request("POST", accept).header("content-length", "0");
    assert!(client.send(empty).await.refused(400).contains("body"));
    assert_eq!(client.post(accept, &json!({})).await.status, 200);
}

/// US-05: times without a fraction, or with one, and no owner where there is none.
#[tokio::test]
async fn a_group_without_an_owner_names_none() {
    let seed = json!({ "groups": [{ "id": 9, "members": { "7": "Member" } }] }).to_string();
    let builder = Emulator::builder().seed(seed.parse().expect("a seed"));
    let client = Client::of(builder.start().await.expect("started"));
    assert_eq!(client.get("/cloud/v2/groups/9").await.ok().get("owner"), None);
}

#[tokio::test]
async fn a_membership_may_be_named_by_its_users_number_in_base64() {
    let client = Client::start().await;
    let moderator = json!({ "role": "groups/4001/roles/6001" });
    let changed = client.patch("/cloud/v2/groups/4001/memberships/MTAwMQ", &moderator).await.ok();
    assert_eq!(changed["user"], "users/1001");
    client.patch("/cloud/v2/groups/4001/memberships/nobody", &moderator).await.refused(400);
}

#[tokio::test]
async fn join_requests_are_accepted_and_declined() {
    let client = Client::start().await;
    let list = "/cloud/v2/groups/4001/join-requests";
    let (before, _) = client.all(list, "groupJoinRequests").await;
    assert_eq!(before.len(), 23);
    let accept = format!("{list}/1901:accept");
    assert_eq!(client.post(&accept, &json!({})).await.status, 200);
    client.post(&accept, &json!({})).await.refused(404);
    let decline = format!("{list}/1902:decline");
    assert_eq!(client.post(&decline, &json!({})).await.status, 200);
    let (after, _) = client.all(list, "groupJoinRequests").await;
    assert_eq!(after.len(), 21);
    let member = async |user: u64| {
        let filter = encode(&format!("user == 'users/{user}'"));
        let target = format!("/cloud/v2/groups/4001/memberships?filter={filter}");
        let found = client.get(&target).await.ok();
        found["groupMemberships"].as_array().map(Vec::len)
    };
    assert_eq!(member(1901).await, Some(1));
    assert_eq!(member(1902).await, Some(0));
    client.assert_responses_fit();
}

/// A list goes on after the last item that it gave, whatever has become of that one.
#[tokio::test]
async fn requests_that_are_accepted_page_by_page_are_all_accepted() {
    let client = Client::start().await;
    let requests = "/cloud/v2/groups/4001/join-requests";
    let (expected, _) = client.all(&format!("{requests}?maxPageSize=20"), "groupJoinRequests").await;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{requests}?maxPageSize=5&pageToken={token}")).await.ok();
        for request in page["groupJoinRequests"].as_array().expect("requests") {
            let path = request["path"].as_str().expect("a path");
            client.post(&format!("/cloud/v2/{path}:accept"), &json!({})).await;
            found.push(request.clone());
        }
        token = page["nextPageToken"].as_str().expect("a token").to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert!(found.len() > 5);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn members_who_lose_the_role_that_a_list_is_about_hide_nobody() {
    let client = Client::start().await;
    let memberships = "/cloud/v2/groups/4001/memberships";
    let (roles, _) = client.all("/cloud/v2/groups/4001/roles?maxPageSize=20", "groupRoles").await;
    let role = roles.iter().find(|role| role["rank"] == 2).unwrap_or(&roles[2])["path"].clone();
    let (members, _) = client.all(&format!("{memberships}?maxPageSize=100"), "groupMemberships").await;
    let others: Vec<_> = members.iter().filter(|member| member["user"] != "users/1").collect();
    for member in &others {
        let path = member["path"].as_str().expect("a path");
        client.post(&format!("/cloud/v2/{path}:assignRole"), &json!({ "role": role })).await.ok();
    }
    let filter = crate::common::encode(&format!("role == '{}'", role.as_str().expect("a path")));
    let (mut found, mut token) = (0, String::new());
    loop {
        let page =
            client.get(&format!("{memberships}?filter={filter}&maxPageSize=7&pageToken={token}")).await.ok();
        for member in page["groupMemberships"].as_array().expect("memberships") {
            let path = member["path"].as_str().expect("a path");
            client.post(&format!("/cloud/v2/{path}:unassignRole"), &json!({ "role": role })).await.ok();
            found += 1;
        }
        token = page["nextPageToken"].as_str().expect("a token").to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, others.len());
}
