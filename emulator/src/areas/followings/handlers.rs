//! Requests of followings.

use serde_json::{Map, Value, json};

use crate::api::{Call, Failure, Outcome, Response, rfc3339};
use crate::areas::routes::Routes;
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

fn following(user: u64, universe: u64) -> Value {
    json!({ "userId": user, "universeId": universe })
}

fn list_universes(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = call.number("userId")?;
    let list: Vec<_> = state.followings.of(user).map(|(universe, _)| following(user, *universe)).collect();
    Ok(Response::json(list))
}

fn list(state: &mut State, call: &Call<'_>) -> Outcome {
    let user = call.number("userId")?;
    let sources: Map<String, Value> = state
        .followings
        .of(user)
        .map(|(universe, since)| (universe.to_string(), json!(rfc3339(*since))))
        .collect();
    Ok(Response::json(json!({
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
    Ok(Response::json(json!({
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
    Failure::if_full_for(users, &user, MAX_USERS, "followings")?;
    let followed = users.entry(user).or_default();
    if followed.len() >= LIMIT && !followed.contains_key(&universe) {
        return Err(Failure::invalid(format!("The user {user} follows {LIMIT} universes already.")));
    }
    followed.entry(universe).or_insert(call.now);
    Ok(Response::json(following(user, universe)))
}

fn delete(state: &mut State, call: &Call<'_>) -> Outcome {
    let (user, universe) = (call.number("userId")?, call.number("universeId")?);
    if let Some(followed) = state.followings.users.get_mut(&user) {
        followed.remove(&universe);
    }
    Ok(Response::json(following(user, universe)))
}
