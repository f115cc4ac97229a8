use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{Client, encode};
use crate::text;

const PLACE: &str = "/server-management/v1/universes/2001/places/3001";

fn servers(version: u32) -> String {
    format!("{PLACE}/versions/{version}/game-servers")
}

async fn all(client: &Client, version: u32) -> Vec<Value> {
    let page = client.get(&format!("{}?MaxPageSize=100", servers(version))).await.ok();
    page["gameServers"].as_array().cloned().expect("servers")
}

async fn rename(client: &Client, name: &str) {
    client.patch("/cloud/v2/universes/2001/places/3001", &json!({ "displayName": name })).await.ok();
}

/// SV-01
#[tokio::test]
async fn servers_are_those_that_run_a_version_and_those_that_did() {
    let live = Client::start().await;
    live.emulator.advance(Duration::from_millis(1_234));
    let page = live.get(&format!("{}?MaxPageSize=100", servers(3))).await.ok();
    for null in ["nextPageToken", "previousPageToken", "activeServersFetchError", "shutdownServersFetchError"]
    {
        assert_eq!(page.get(null), Some(&Value::Null), "{null}");
    }
    let found = page["gameServers"].as_array().expect("servers");
    assert_eq!((found.len(), &page["totalCount"]), (25, &json!(25)));
    let active: Vec<_> = found.iter().filter(|server| server["status"] == "active").collect();
    assert!(!active.is_empty() && active.len() < found.len());
    for server in found {
        let time = text(&server["createTime"]);
        let digits =
            time.split_once('.').and_then(|(_, rest)| rest.strip_suffix("+00:00")).expect("a fraction");
        assert!((3..=7).contains(&digits.len()), "{time}");
        assert_eq!((&server["placeId"], &server["placeVersion"]), (&json!("3001"), &json!("3")));
        let is_active = server["status"] == "active";
        assert_eq!(server["shutDown"], !is_active);
        assert_eq!(server["terminationTime"].is_null(), is_active);
        assert_eq!(
            server["playerIds"].as_array().map(Vec::len),
            server["occupancy"].as_u64().map(|n| n as usize)
        );
        if !is_active {
            assert_eq!(server["frameRate"], 0);
            assert_eq!(server["uptime"], "00:10:00");
        }
    }
    assert!(
        active.iter().any(|server| server["frameRate"].is_null()),
        "a new one does not know how fast it is"
    );
    live.emulator.advance(Duration::from_secs(60));
    let later = all(&live, 3).await;
    assert!(later.iter().all(|server| server["frameRate"].is_number()));
    assert_eq!(
        later.iter().map(|server| &server["jobId"]).collect::<Vec<_>>(),
        found.iter().map(|server| &server["jobId"]).collect::<Vec<_>>()
    );
    live.assert_responses_fit();

    let document = Client::by_document().await;
    let page = document.get(&format!("{}?MaxPageSize=100", servers(3))).await.ok();
    assert_eq!((page.get("nextPageToken"), &page["activeServersFetchError"]), (None, &json!(false)));
    assert!(text(&page["gameServers"][0]["createTime"]).ends_with(".000Z"));
    document.assert_responses_fit();
}

/// SV-02
#[tokio::test]
async fn a_list_that_is_not_whole_says_so() {
    let client = Client::start().await;
    for (name, flag, missing) in [
        ("Active servers missing", "activeServersFetchError", true),
        ("Ended servers missing", "shutdownServersFetchError", false),
    ] {
        rename(&client, name).await;
        let page = client.get(&format!("{}?MaxPageSize=100", servers(3))).await.ok();
        assert_eq!(page[flag], true);
        let found = page["gameServers"].as_array().expect("servers");
        assert!(!found.is_empty() && found.iter().all(|server| (server["status"] == "active") != missing));
    }
    client.assert_responses_fit();
}

/// SV-03, SV-12
#[tokio::test]
async fn another_version_has_no_servers_and_a_page_has_a_limit() {
    let live = Client::start().await;
    assert!(all(&live, 99).await.is_empty());
    let (mut found, mut token) = (0, String::new());
    loop {
        let page = live.get(&format!("{}?MaxPageSize=10{token}", servers(3))).await.ok();
        found += page["gameServers"].as_array().expect("servers").len();
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&PageToken={}", encode(next)),
            None => break,
        }
    }
    assert_eq!(found, 25);
    let message = live.get(&format!("{}?MaxPageSize=101", servers(3))).await.refused(400);
    assert!(message.contains("MaxPageSize must be between 1 and 100"), "{message}");
    let document = Client::by_document().await;
    document.get(&format!("{}?MaxPageSize=101", servers(3))).await.ok();
}

/// SV-04
#[tokio::test]
async fn versions_to_filter_by_are_texts_and_numbers() {
    let client = Client::start().await;
    let options = client.get(&format!("{PLACE}/game-servers:filter-options")).await.ok()["filters"].clone();
    assert_eq!(
        options["PlaceVersion"],
        json!({ "field": "PlaceVersion", "type": "Number", "values": [2, 3] })
    );
    assert_eq!(options["EngineVersion"]["type"], "String");
    assert!(options["EngineVersion"]["values"][0].is_string());
    let one = client.get(&format!("{PLACE}/game-servers:filter-options?Filter=PlaceVersion")).await.ok();
    assert_eq!(one["filters"].as_object().map(serde_json::Map::len), Some(1));
    client.assert_responses_fit();
}

/// SV-05, SV-13
#[tokio::test]
async fn logs_come_minutes_later_also_of_servers_that_have_ended() {
    let live = Client::start().await;
    let logs = async |server: &Value| {
        let page = live.get(&format!("{}/{}/logs", servers(3), text(&server["jobId"]))).await.ok();
        page["gameServerLogs"].as_array().cloned().expect("logs")
    };
    let found = all(&live, 3).await;
    let new = found.iter().find(|server| server["frameRate"].is_null()).expect("a new server");
    live.emulator.advance(Duration::from_secs(60 + 179));
    assert!(logs(new).await.is_empty());
    live.emulator.advance(Duration::from_secs(1));
    assert_eq!(logs(new).await.len(), 1);
    for server in found.iter().filter(|server| server["status"] != "active") {
        let logs = logs(server).await;
        assert_eq!(logs.len(), if server["type"] == 4 { 0 } else { 5 });
        for log in &logs {
            assert!(text(&log["messageTimestampMs"]).ends_with('Z'));
            assert!(matches!(log["severity"].as_u64(), Some(2 | 3)), "{log}");
            assert_eq!(log["jobId"], server["jobId"]);
        }
    }
    live.assert_responses_fit();

    let document = Client::by_document().await;
    let found = all(&document, 3).await;
    let old = found.iter().find(|server| server["status"] != "active" && server["type"] != 4).expect("one");
    let page = document.get(&format!("{}/{}/logs", servers(3), text(&old["jobId"]))).await.ok();
    let severities: Vec<_> =
        page["gameServerLogs"].as_array().expect("logs").iter().map(|log| &log["severity"]).collect();
    assert_eq!(severities, [1, 2, 3, 0, 1]);
}
