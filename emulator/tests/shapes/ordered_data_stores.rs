use serde_json::{Value, json};

use crate::common::{Client, number};
use crate::text;

const V2: &str = "/cloud/v2/universes/1/ordered-data-stores/scores/scopes/global/entries";
const V1: &str = "/ordered-data-stores/v1/universes/1/orderedDataStores/scores/scopes/global/entries";

/// OD-01, OD-06
#[tokio::test]
async fn numbers_are_text_in_v1_and_now_and_then_in_v2() {
    let (live, document) = (Client::start().await, Client::by_document().await);
    let mut texts = 0;
    for index in 0..20 {
        for client in [&live, &document] {
            client.post(&format!("{V2}?id=p{index}"), &json!({ "value": index })).await.ok();
        }
        assert_eq!(live.get(&format!("{V1}/p{index}")).await.ok()["value"], index.to_string());
        let value = live.get(&format!("{V2}/p{index}")).await.ok()["value"].clone();
        texts += usize::from(value.is_string());
        assert_eq!(number(&value), index);
        assert_eq!(document.get(&format!("{V1}/p{index}")).await.ok()["value"], index);
        assert_eq!(document.get(&format!("{V2}/p{index}")).await.ok()["value"], index);
    }
    assert!(texts > 0 && texts < 20, "{texts} of 20");
    live.assert_responses_fit();
    document.assert_responses_fit();
}

/// OD-02, OD-03, OD-04
#[tokio::test]
async fn an_entry_is_created_once_and_updated_if_it_is_there() {
    let client = Client::start().await;
    for api in [V1, V2] {
        client.patch(&format!("{api}/none"), &json!({ "value": 1 })).await.refused(404);
        client.post(&format!("{api}?id=k"), &json!({ "value": 1 })).await.ok();
        let again = client.post(&format!("{api}?id=k"), &json!({ "value": 1 })).await;
        assert_eq!(text(&again.json()["message"]), "Entry already exists.");
        again.refused(400);
        let deleted = client.delete(&format!("{api}/k")).await;
        assert!(matches!(deleted.text.as_str(), "" | "{}") && deleted.status == 200, "{}", deleted.text);
    }
}

/// OD-05, OD-07
#[tokio::test]
async fn a_list_leaves_out_what_it_has_not() {
    let live = Client::start().await;
    assert_eq!(live.get(V2).await.ok(), json!({}), "never written is no error");
    live.post(&format!("{V2}?id=k"), &json!({ "value": 1 })).await.ok();
    assert_eq!(live.get(V2).await.ok().get("nextPageToken"), None);

    let document = Client::by_document().await;
    let empty: Value = document.get(V2).await.ok();
    assert_eq!(empty, json!({ "orderedDataStoreEntries": [], "nextPageToken": "" }));
}
