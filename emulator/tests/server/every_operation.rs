//! Every operation of the document responds to a sample request with a success that fits its own schema.

use crate::common::Client;
use opencloud_emulator::{Document, Emulator, Mode, Sample, Shapes, sample_request};
use serde_json::json;

/// Nothing that an operation leaves behind is lost, or in the way, when the state is written and read.
#[tokio::test]
async fn the_state_after_every_operation_can_be_dumped_and_loaded() {
    let client = Client::start().await;
    for operation in Document::embedded().operations() {
        client.send_sample(operation).await;
    }
    let dumped = client.emulator.state().dump();
    let other = Client::start().await;
    other.emulator.state().load(&dumped).expect("loaded");
    assert_eq!(other.emulator.state().dump(), dumped);
}

#[tokio::test]
async fn every_operation_responds_to_a_sample_request() {
    every_operation_responds(Shapes::Live).await;
}

#[tokio::test]
async fn every_operation_responds_to_a_sample_request_in_the_documents_shape() {
    every_operation_responds(Shapes::Document).await;
}

async fn every_operation_responds(shapes: Shapes) {
    let document = Document::embedded();
    let mut wrong = Vec::new();
    for operation in document.operations() {
        // A fresh state each time: a request must not depend on those before it.
        let client = Client::shaped(shapes).await;
        let response = client.send_sample(operation).await;
        let recorded = client.emulator.requests();
        let recorded = recorded.last().expect("recorded");
        if !(200..300).contains(&response.status) {
            wrong.push(format!("{}: {} {}", operation.key(), response.status, response.text));
        } else if recorded.operation.as_ref() != Some(&operation.id) {
            wrong.push(format!("{} is taken for {:?}", operation.key(), recorded.operation));
        } else if !recorded.response_violations.is_empty() {
            wrong.push(format!("{}: {:?}", operation.key(), recorded.response_violations));
        }
    }
    assert!(wrong.is_empty(), "{} of them: {wrong:#?}", wrong.len());
}

#[tokio::test]
async fn lists_page_to_their_end() {
    let client = Client::start().await;
    for (target, items) in [
        ("/toolbox-service/v2/assets:search?searchCategoryType=Model", "creatorStoreAssets"),
        ("/ads-management/v1/campaigns?maxPageSize=10", "campaigns"),
        ("/game-passes/v1/universes/2001/game-passes/creator?pageSize=10", "gamePasses"),
    ] {
        let (found, pages) = client.all(target, items).await;
        assert_eq!(found.len(), 25, "{target}");
        assert!(pages > 1, "{target}");
    }
}

/// Forums, audit logs and searches are not remembered: what is made up for them fits what is asked.
#[tokio::test]
async fn what_is_made_up_is_consistent_with_the_ids_of_the_request() {
    let client = Client::start().await;
    let categories = "/cloud/v2/groups/77/forum-categories";
    let (found, _) = client.all(categories, "groupForumCategories").await;
    for (index, category) in found.iter().enumerate() {
        let id = (index + 1).to_string();
        assert_eq!(category["groupForumCategoryId"], *id);
        assert_eq!(category["path"], format!("groups/77/forum-categories/{id}"));
    }
    let servers = "/server-management/v1/universes/2001/places/3001/versions/3/game-servers";
    let page = client.get(&format!("{servers}?MaxPageSize=2")).await.ok();
    let jobs = [0, 1].map(|index| page["gameServers"][index]["jobId"].clone());
    assert_ne!(jobs[0], jobs[1]);
    assert_eq!(page["gameServers"][0]["placeId"], "3001");
    assert_eq!(page["gameServers"][0]["placeVersion"], "3");
    let many: Vec<_> = (1..=100).map(|id| format!("ids={id}")).collect();
    let many = format!("/legacy-develop/v1/universes/multiget/permissions?{}", many.join("&"));
    assert_eq!(client.get(&many).await.ok()["data"].as_array().map(Vec::len), Some(100));
    let universes = client.get("/legacy-develop/v1/universes/multiget/permissions?ids=5&ids=6").await.ok();
    let ids: Vec<_> =
        universes["data"].as_array().expect("a list").iter().map(|one| &one["universeId"]).collect();
    assert_eq!(ids, [5, 6]);
    let groups = client.post("/legacy-groups/v1/groups/policies", &json!({ "groupIds": [8, 9] })).await.ok();
    let ids: Vec<_> =
        groups["groups"].as_array().expect("a list").iter().map(|one| &one["groupId"]).collect();
    assert_eq!(ids, [8, 9]);
    client.get("/v1/assets-thumbnail-3d?assetId=5001").await.ok();
    let picture = client.get("/v1/assets-thumbnail-3d?assetId=5001").await.ok();
    assert_eq!((&picture["targetId"], &picture["state"]), (&json!(5001), &json!("Completed")));
    client.assert_responses_fit();
}

#[tokio::test]
async fn game_servers_are_only_counted_where_none_are_asked_for() {
    let client = Client::start().await;
    let servers = "/server-management/v1/universes/2001/places/3001/versions/3/game-servers";
    let counted = client.get(&format!("{servers}?MaxPageSize=0")).await.ok();
    assert_eq!((&counted["gameServers"], &counted["totalCount"]), (&json!([]), &json!(25)));
}

#[tokio::test]
async fn searches_have_numbered_pages_as_well() {
    let client = Client::start().await;
    let search = "/toolbox-service/v2/assets:search?searchCategoryType=Model&maxPageSize=10";
    let page = async |number: u32| {
        let page = client.get(&format!("{search}&pageNumber={number}")).await.ok();
        let found = page["creatorStoreAssets"].as_array().expect("a list");
        (found.len(), found.first().map(|found| found["asset"]["id"].clone()))
    };
    assert_eq!(page(0).await, (10, Some(json!(1))));
    assert_eq!(page(2).await, (5, Some(json!(21))));
    assert_eq!(page(3).await, (0, None));
    let first = client.get(search).await.ok();
    let token = first["nextPageToken"].as_str().expect("a token");
    client.get(&format!("{search}&pageNumber=1&pageToken={token}")).await.refused(400);
}

/// Whatever is sent, a response comes back, and it is not a failure of the server.
#[tokio::test]
async fn nothing_that_is_sent_breaks_the_emulator() {
    let document = Document::embedded();
    let builder = Emulator::builder().strict(false);
    let client = Client::of(builder.start().await.expect("started"));
    let odd = ["0", "-1", "18446744073709551615", "%00", "%2F..", "%ff", "a%40latest:x", "-"];
    for operation in document.operations() {
        let sample = sample_request(document, operation);
        let mut bodies =
            vec![String::new(), "[]".to_owned(), "{}".to_owned(), "{\"a".to_owned(), "7".to_owned()];
        if let Some(media) = operation.body.as_ref().and_then(|body| body.content.first()) {
            for mode in Mode::ALL {
                let value = Sample::request(mode).value(document, &media.schema);
                bodies.push(value.to_string());
            }
        }
        let mut targets = vec![sample.target(), sample.path.clone()];
        for value in odd {
            let template = operation.path.split('/');
            let path: Vec<_> = template
                .map(|segment| match (segment.find('{'), segment.find('}')) {
                    (Some(_), Some(end)) => format!("{value}{}", &segment[end + 1..]),
                    _ => segment.to_owned(),
                })
                .collect();
            targets.push(path.join("/"));
        }
        let junk =
            "filter=%27&orderBy=%22&pageToken=%00&maxPageSize=-9&limit=x&cursor=MA&updateMask=,.&size=99999";
        targets.push(format!("{}?{junk}", sample.path));
        let json = "application/json";
        let form = "multipart/form-data; boundary=x";
        let good = sample.target();
        let odd_bodies = bodies.iter().map(|body| (&good, body, json));
        let odd_targets = targets.iter().map(|target| (target, &bodies[2], json));
        let odd_forms = bodies.iter().take(3).map(|body| (&good, body, form));
        for (target, body, content_type) in odd_bodies.chain(odd_targets).chain(odd_forms) {
            let request = client.request(&sample.method, target);
            let request = request.header("content-type", content_type).body(body.clone());
            let response = client.send(request).await;
            assert!(response.status < 500, "{} {target} {body}: {}", sample.method, response.text);
        }
    }
}
