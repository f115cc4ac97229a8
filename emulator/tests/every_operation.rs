//! Every operation of the document answers a sample request with a success that fits its own schema.

mod common;

use common::Client;
use opencloud_emulator::{Document, Emulator, Mode, Sample, sample_request};

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
async fn every_operation_answers_a_sample_request() {
    let document = Document::embedded();
    let mut wrong = Vec::new();
    for operation in document.operations() {
        // A fresh state each time: a request must not depend on those before it.
        let client = Client::start().await;
        let answer = client.send_sample(operation).await;
        let recorded = client.emulator.requests();
        let recorded = recorded.last().expect("recorded");
        if !(200..300).contains(&answer.status) {
            wrong.push(format!("{}: {} {}", operation.key(), answer.status, answer.text));
        } else if recorded.operation.as_ref() != Some(&operation.id) {
            wrong.push(format!("{} is taken for {:?}", operation.key(), recorded.operation));
        } else if !recorded.answer_violations.is_empty() {
            wrong.push(format!("{}: {:?}", operation.key(), recorded.answer_violations));
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

/// Whatever is sent, an answer comes back, and it is not a failure of the server.
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
            let answer = client.send(request).await;
            assert!(answer.status < 500, "{} {target} {body}: {}", sample.method, answer.text);
        }
    }
}
