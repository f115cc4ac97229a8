//! Universes that users follow.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply};
use crate::clock::rfc3339;
use crate::failure::Failure;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /legacy-followings/v1/users/{u}/universes", list_universes),
    ("GET /legacy-followings/v2/users/{u}/universes", list),
    ("GET /legacy-followings/v1/users/{u}/universes/{v}/status", get_status),
    ("POST /legacy-followings/v1/users/{u}/universes/{v}", create),
    ("DELETE /legacy-followings/v1/users/{u}/universes/{v}", delete),
];

/// How many universes a user can follow. There is a limit; how high it is, Roblox does not say.
const LIMIT: usize = 200;
const MAX_USERS: usize = 100_000;

/// Since when, by user and universe.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Followings {
    users: BTreeMap<u64, BTreeMap<u64, Timestamp>>,
}

impl Followings {
    fn of(&self, user: u64) -> impl Iterator<Item = (&u64, &Timestamp)> {
        self.users.get(&user).into_iter().flatten()
    }
}

fn following(user: u64, universe: u64) -> Value {
    json!({ "userId": user, "universeId": universe })
}

fn list_universes(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = call.number("userId")?;
    let list: Vec<_> = state.followings.of(user).map(|(universe, _)| following(user, *universe)).collect();
    Ok(Reply::json(list))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = call.number("userId")?;
    let sources: Map<String, Value> = state
        .followings
        .of(user)
        .map(|(universe, since)| (universe.to_string(), json!(rfc3339(*since))))
        .collect();
    Ok(Reply::json(json!({
        "followerId": user,
        "followerType": 0,
        "sourceType": 0,
        "followedSources": sources,
    })))
}

fn get_status(state: &mut State, call: &Call<'_>) -> Outcome {
    let (user, universe) = (call.number("userId")?, call.number("universeId")?);
    let count = state.followings.of(user).count();
    let follows = state.followings.of(user).any(|(followed, _)| *followed == universe);
    Ok(Reply::json(json!({
        "UserId": user,
        "UniverseId": universe,
        "IsFollowing": follows,
        "CanFollow": !follows && count < LIMIT,
        "FollowingCountByType": count,
        "FollowingLimitByType": LIMIT,
    })))
}

/// Following twice is following once.
fn create(state: &mut State, call: &Call<'_>) -> Outcome {
    let (user, universe) = (call.number("userId")?, call.number("universeId")?);
    let users = &mut state.followings.users;
    if users.len() >= MAX_USERS && !users.contains_key(&user) {
        return Err(Failure::exhausted("The emulator holds no more followings."));
    }
    let followed = users.entry(user).or_default();
    if followed.len() >= LIMIT && !followed.contains_key(&universe) {
        return Err(Failure::invalid(format!("The user {user} follows {LIMIT} universes already.")));
    }
    followed.entry(universe).or_insert(call.now);
    Ok(Reply::json(following(user, universe)))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let (user, universe) = (call.number("userId")?, call.number("universeId")?);
    if let Some(followed) = state.followings.users.get_mut(&user) {
        followed.remove(&universe);
    }
    Ok(Reply::json(following(user, universe)))
}
