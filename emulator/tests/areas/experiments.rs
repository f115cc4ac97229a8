//! Experiments over HTTP: each change is an operation of its own dialect.

use crate::common::{Client, Response};
use serde_json::{Value, json};
use std::time::Duration;

const UNIVERSE: &str = "/creator-configs-public-api/v1/experimentation/universes/7";

fn definition(name: &str, baselines: usize) -> Value {
    let variant = |index: usize| {
        json!({
            "variantMeta": { "variantId": format!("v{index}"), "isBaseline": index < baselines, "weight": 50 },
            "configEntry": { "key": "speed", "entryValue": index },
        })
    };
    json!({
        "name": name,
        "durationSeconds": 1_209_600,
        "experimentConfiguration": {
            "productType": "EXPERIMENT_PRODUCT_TYPE_IN_GAME_CONFIGS",
            "inGameConfigExperimentConfiguration": { "variants": [variant(0), variant(1)] },
        },
    })
}

/// Follows an operation to its end.
async fn finish(client: &Client, started: Response) -> Value {
    let operation = started.ok()["operation"].clone();
    assert_eq!(operation["done"], false, "{operation}");
    let target = format!("{UNIVERSE}/operations/{}", operation["operationId"].as_str().expect("an id"));
    assert_eq!(client.get(&target).await.ok()["operation"]["done"], false);
    let over = client.get(&target).await.ok()["operation"].clone();
    assert_eq!(over["done"], true, "{over}");
    over
}

async fn create(client: &Client, name: &str) -> String {
    let started = client.post(&format!("{UNIVERSE}/experiments"), &definition(name, 1)).await;
    let over = finish(client, started).await;
    over["experiment"]["id"].as_str().expect("an id").to_owned()
}

async fn act(client: &Client, id: &str, verb: &str) -> Response {
    let target = format!("{UNIVERSE}/experiments/{id}:{verb}");
    match verb {
        "start" => client.send(client.request("POST", &target).header("content-length", "0")).await,
        _ => client.post(&target, &json!({})).await,
    }
}

async fn state(client: &Client, id: &str) -> Value {
    client.get(&format!("{UNIVERSE}/experiments/{id}")).await.ok()["experiment"]["state"].clone()
}

#[tokio::test]
async fn an_experiment_goes_from_a_draft_to_its_end() {
    let client = Client::start().await;
    let id = create(&client, "Speed").await;
    assert_eq!(state(&client, &id).await, "EXPERIMENT_STATE_DRAFT");
    act(&client, &id, "complete").await.refused(400);
    // What was asked for has not happened before the operation is done.
    let started = act(&client, &id, "start").await;
    let meanwhile = client.get(&format!("{UNIVERSE}/experiments/{id}")).await.ok()["experiment"].clone();
    assert_eq!(meanwhile["state"], "EXPERIMENT_STATE_DRAFT");
    assert_eq!(meanwhile["operationalStatus"], "OPERATIONAL_STATUS_STARTING");
    finish(&client, started).await;
    assert_eq!(state(&client, &id).await, "EXPERIMENT_STATE_RUNNING");
    let delete = client.delete(&format!("{UNIVERSE}/experiments/{id}")).await;
    delete.refused(400);
    let started = act(&client, &id, "complete").await;
    let over = finish(&client, started).await;
    assert_eq!(over["experiment"]["state"], "EXPERIMENT_STATE_COMPLETED");
    client.assert_responses_fit();
}

/// "Rolling out the requested variant" is all that Roblox says of it.
#[tokio::test]
async fn the_variant_that_an_experiment_ends_with_is_published() {
    const CONFIG: &str = "/creator-configs-public-api/v1/configs/universes/7/repositories/InExperienceConfig";
    let client = Client::start().await;
    let staged = json!({ "entries": { "speed": 0, "other": true } });
    let hash = client.patch(&format!("{CONFIG}/draft"), &staged).await.ok()["draftHash"].clone();
    client.post(&format!("{CONFIG}/publish"), &json!({ "draftHash": hash })).await.ok();
    client.patch(&format!("{CONFIG}/draft"), &json!({ "entries": { "drafted": 1 } })).await.ok();
    let id = create(&client, "Speed").await;
    let started = act(&client, &id, "start").await;
    finish(&client, started).await;
    let end = format!("{UNIVERSE}/experiments/{id}:complete");
    client.post(&end, &json!({ "variantId": "nobody" })).await.refused(400);
    let started = client.post(&end, &json!({ "variantId": "v1" })).await;
    let published = client.get(CONFIG).await.ok()["entries"].clone();
    assert_eq!(published, json!({ "speed": 0, "other": true }), "not before the operation is done");
    finish(&client, started).await;
    assert_eq!(client.get(CONFIG).await.ok()["entries"], json!({ "speed": 1, "other": true }));
    let draft = client.get(&format!("{CONFIG}/draft")).await.ok()["entries"].clone();
    assert_eq!(draft["drafted"]["value"], 1, "the draft stays: {draft}");
    client.assert_responses_fit();
}

/// What is wrong with an experiment is an error of the operation, not of the request.
#[tokio::test]
async fn a_bad_experiment_fails_in_its_operation() {
    let client = Client::start().await;
    for baselines in [0, 2] {
        let started = client.post(&format!("{UNIVERSE}/experiments"), &definition("Bad", baselines)).await;
        let over = finish(&client, started).await;
        let kind = "EXPERIMENT_API_ERROR_TYPE_MUST_HAVE_EXACTLY_ONE_BASELINE_VARIANT";
        assert_eq!(over["error"]["errorType"], kind);
        assert!(over.get("experiment").is_none(), "{over}");
    }
    let (first, second) = (create(&client, "First").await, create(&client, "Second").await);
    finish(&client, act(&client, &first, "start").await).await;
    let over = finish(&client, act(&client, &second, "start").await).await;
    assert_eq!(over["error"]["errorCode"], "CONFIGS_KEY_ALREADY_IN_USE");
    assert_eq!(state(&client, &second).await, "EXPERIMENT_STATE_DRAFT");
    client.assert_responses_fit();
}

/// A discarded experiment is kept, but its operation says nothing, and lists leave it out.
#[tokio::test]
async fn a_discarded_experiment_is_only_listed_when_asked_for() {
    let client = Client::start().await;
    let (kept, gone) = (create(&client, "Kept").await, create(&client, "Gone").await);
    let started = client.delete(&format!("{UNIVERSE}/experiments/{gone}")).await;
    let over = finish(&client, started).await;
    assert!(over.get("experiment").is_none() && over.get("error").is_none(), "{over}");
    let list = client.get(&format!("{UNIVERSE}/experiments")).await.ok();
    assert_eq!(list["total"], 1);
    assert_eq!(list["experiments"][0]["id"], kept);
    let filter = "stateFilters=EXPERIMENT_STATE_DELETED";
    let list = client.get(&format!("{UNIVERSE}/experiments?{filter}")).await.ok();
    assert_eq!(list["experiments"][0]["id"], gone);
    // An offset that is past the end is an empty page with the same total.
    let list = client.get(&format!("{UNIVERSE}/experiments?skip=5")).await.ok();
    assert_eq!((&list["total"], &list["experiments"]), (&json!(1), &json!([])));
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_scheduled_experiment_starts_by_itself() {
    let client = Client::start().await;
    let id = create(&client, "Later").await;
    let target = format!("{UNIVERSE}/experiments/{id}:schedule");
    client.post(&target, &json!({ "scheduledStartTime": "2026-01-01T00:00:00Z" })).await.refused(400);
    let started = client.post(&target, &json!({ "scheduledStartTime": "2026-01-03T00:00:00Z" })).await;
    finish(&client, started).await;
    assert_eq!(state(&client, &id).await, "EXPERIMENT_STATE_SCHEDULED");
    client.emulator.advance(Duration::from_secs(86_400));
    assert_eq!(state(&client, &id).await, "EXPERIMENT_STATE_RUNNING");
}

/// Statistics need a day; they have no operation, the same request is sent again.
#[tokio::test]
async fn statistics_are_asked_for_again_until_they_are_there() {
    let client = Client::start().await;
    let id = create(&client, "Numbers").await;
    finish(&client, act(&client, &id, "start").await).await;
    let target = format!("{UNIVERSE}/experiments/{id}/stats");
    let early = client.get(&target).await.ok()["operation"].clone();
    assert_eq!(early["error"]["errorCode"], "EXPERIMENT_RESULTS_NOT_FOUND");
    client.emulator.advance(Duration::from_secs(86_400));
    let over = client.get(&target).await.ok()["operation"].clone();
    assert_eq!(over["done"], true);
    assert_eq!(over["experimentStats"]["isSrmDetected"], false);
    client.assert_responses_fit();
}
