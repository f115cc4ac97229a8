//! What teams do with a universe over HTTP: translations, settings and permissions.

use crate::common::Client;
use serde_json::{Value, json};

const TABLES: &str = "/legacy-localization-tables/v1";

async fn table(client: &Client) -> String {
    let target = format!("{TABLES}/autolocalization/games/7/autolocalizationtable");
    let created = client.send(client.request("POST", &target).header("content-length", "0")).await.ok();
    let id = created["autoLocalizationTableId"].as_str().expect("an id");
    format!("{TABLES}/localization-table/tables/{id}")
}

fn entry(key: &str, text: &str) -> Value {
    json!({
        "identifier": { "key": key, "context": "shop", "source": "Buy" },
        "translations": [{ "locale": "de", "translationText": text }],
    })
}

#[tokio::test]
async fn entries_of_a_table_are_translated_and_paged() {
    let client = Client::start().await;
    let table = table(&client).await;
    let entries: Vec<_> = (0..23).map(|number| entry(&format!("k{number}"), "Kaufen")).collect();
    let updated = client.patch(&table, &json!({ "entries": entries })).await.ok();
    assert_eq!(updated["modifiedEntriesAndTranslations"].as_array().expect("a list").len(), 23);
    assert_eq!(client.get(&format!("{table}/entry-count")).await.ok()["entryCount"], 23);
    let (mut sizes, mut cursor) = (Vec::new(), Some(String::new()));
    while let Some(query) = cursor {
        let page = client.get(&format!("{table}/entries{query}")).await.ok();
        sizes.push(page["data"].as_array().expect("a list").len());
        cursor = page["nextPageCursor"].as_str().map(|next| format!("?cursor={next}"));
    }
    assert_eq!(sizes, [10, 10, 3]);
    let delete = json!({ "entries": [
        { "identifier": entry("k0", "")["identifier"], "delete": true },
        { "identifier": entry("none", "")["identifier"], "delete": true },
    ] });
    let updated = client.patch(&table, &delete).await.ok();
    assert_eq!(updated["failedEntriesAndTranslations"][0]["identifier"]["key"], "none");
    assert_eq!(client.get(&format!("{table}/entry-count")).await.ok()["entryCount"], 22);
    client.assert_responses_fit();
}

/// Each entry has a history and a cursor of its own.
#[tokio::test]
async fn histories_are_paged_entry_by_entry() {
    let client = Client::start().await;
    let table = table(&client).await;
    for text in ["Eins", "Zwei", "Drei"] {
        client.patch(&table, &json!({ "entries": [entry("a", text)] })).await.ok();
    }
    client.patch(&table, &json!({ "entries": [entry("b", "Vier")] })).await.ok();
    let target = format!("{table}/entries/translation-history");
    let query = |key: &str, cursor: &Value| {
        let mut query = json!({ "identifier": entry(key, "")["identifier"], "count": 2 });
        if cursor.is_string() {
            query["cursor"] = cursor.clone();
        }
        query
    };
    let none = Value::Null;
    let asked =
        json!({ "locale": "de", "entries": [query("a", &none), query("b", &none), query("c", &none)] });
    let page = client.post(&target, &asked).await.ok();
    let texts = |entry: &Value| -> Vec<String> {
        let history = entry["history"].as_array().expect("a list").iter();
        history.map(|one| one["translationText"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(texts(&page["entries"][0]), ["Drei", "Zwei"]);
    assert_eq!(texts(&page["entries"][1]), ["Vier"]);
    assert!(page["entries"][1].get("nextCursor").is_none());
    assert_eq!(page["failedEntries"][0]["identifier"]["key"], "c");
    let cursor = page["entries"][0]["nextCursor"].clone();
    let asked = json!({ "locale": "de", "entries": [query("a", &cursor)] });
    let last = client.post(&target, &asked).await.ok();
    assert_eq!(texts(&last["entries"][0]), ["Eins"]);
    assert!(last["entries"][0].get("nextCursor").is_none());
    let empty = client.post(&target, &json!({ "locale": "de", "entries": [] })).await;
    assert_eq!(empty.json()["errors"][0]["code"], 16);
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_universe_is_opened_closed_and_shared() {
    let client = Client::start().await;
    let act = async |verb: &str| {
        let target = format!("/legacy-develop/v1/universes/7/{verb}");
        client.send(client.request("POST", &target).header("content-length", "0")).await.ok();
        client.get("/cloud/v2/universes/7").await.ok()["visibility"].clone()
    };
    assert_eq!(act("deactivate").await, "PRIVATE");
    assert_eq!(act("activate").await, "PUBLIC");
    let target = "/legacy-develop/v1/universes/7/teamcreate";
    assert_eq!(client.get(target).await.ok()["isEnabled"], false);
    client.patch(target, &json!({ "isEnabled": true })).await.ok();
    assert_eq!(client.get(target).await.ok()["isEnabled"], true);
    let several = client.get("/legacy-develop/v1/universes/multiget/teamcreate?ids=7&ids=8").await.ok();
    let expected = json!([{ "id": 7, "isEnabled": true }, { "id": 8, "isEnabled": false }]);
    assert_eq!(several["data"], expected);
    client.assert_responses_fit();
}

/// Failures of single assets are in a success.
#[tokio::test]
async fn permissions_are_granted_asset_by_asset() {
    let client = Client::start().await;
    let target = "/asset-permissions-api/v1/assets/permissions";
    let body = json!({
        "action": "Use",
        "subjectType": "Universe",
        "subjectId": "7",
        "requests": [{ "assetId": 5001 }, { "assetId": 1 }],
    });
    let granted = client.patch(target, &body).await.ok();
    assert_eq!(granted["successAssetIds"], json!([5001]));
    assert_eq!(granted["errors"], json!([{ "assetId": 1, "code": "AssetNotFound" }]));
    let nobody = json!({ "action": "Use", "subjectType": "User", "requests": [{ "assetId": 5001 }] });
    let refused: Value =
        serde_json::from_str(&client.patch(target, &nobody).await.refused(400)).expect("JSON");
    assert_eq!(refused["error"]["code"], "SubjectNotFound");
    client.assert_responses_fit();
}
