//! Every operation of the document answers a sample request with a success that fits its own schema.

mod common;

use common::Client;
use opencloud_emulator::{Document, sample_request};

#[tokio::test]
async fn every_operation_answers_a_sample_request() {
    let document = Document::embedded();
    let mut wrong = Vec::new();
    for operation in document.operations() {
        // A fresh state each time: a request must not depend on those before it.
        let client = Client::start().await;
        let sample = sample_request(document, operation);
        let mut request = client.request(&sample.method, &sample.target());
        for (name, value) in &sample.headers {
            request = request.header(name, value);
        }
        if let Some(content_type) = &sample.content_type {
            request = request.header("content-type", content_type);
        }
        if !sample.body.is_empty() {
            request = request.body(sample.body.clone());
        } else if sample.method != "GET" {
            request = request.header("content-length", "0");
        }
        let answer = client.send(request).await;
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
        ("/ads-management/v1/campaigns", "campaigns"),
        ("/game-passes/v1/universes/2001/game-passes/creator", "gamePasses"),
    ] {
        let (found, pages) = client.all(target, items).await;
        assert_eq!(found.len(), 25, "{target}");
        assert!(pages > 1, "{target}");
    }
}
