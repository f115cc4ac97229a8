//! Memory stores, messaging, restrictions, universes, places, Luau tasks and secrets over HTTP.

use std::time::Duration;

use crate::common::{Client, encode};
use opencloud_emulator::{Emulator, LuauError, LuauLog, LuauRun};
use serde_json::{Value, json};

const QUEUE: &str = "/cloud/v2/universes/1/memory-store/queues/q/items";
const MAP: &str = "/cloud/v2/universes/1/memory-store/sorted-maps/m/items";

#[tokio::test]
async fn a_queue_hides_what_was_read_until_it_is_discarded() {
    let client = Client::start().await;
    for (data, priority) in [("low", 0.0), ("high", 5.0), ("low too", 0.0)] {
        let body = json!({ "data": data, "priority": priority });
        let item = client.post(QUEUE, &body).await.ok();
        let path = item["path"].as_str().expect("a path");
        assert!(path.starts_with("cloud/v2/universes/1/"), "{path}");
    }
    let read = async |query: &str| client.get(&format!("{QUEUE}:read{query}")).await;
    let data = |response: &Value| -> Vec<Value> {
        // Nothing to read is no list at all (MS-03).
        let items = response.get("queueItems").map_or(&[][..], |items| items.as_array().expect("items"));
        items.iter().map(|item| item["data"].clone()).collect()
    };
    let first = read("?count=2").await.ok();
    assert_eq!(data(&first), ["high", "low"]);
    assert_eq!(data(&read("?count=2").await.ok()), ["low too"]);
    read("?count=1&allOrNothing=true").await.refused(404);
    client.emulator.advance(Duration::from_secs(31));
    let again = read("?count=3&invisibilityWindow=60s").await.ok();
    assert_eq!(data(&again).len(), 3);
    // The first reading is over: discarding it takes nothing away.
    let discard = format!("{QUEUE}:discard");
    client.post(&discard, &json!({ "readId": first["id"] })).await;
    client.emulator.advance(Duration::from_secs(61));
    let last = read("?count=200").await.ok();
    assert_eq!(data(&last).len(), 3);
    let discarded = client.post(&discard, &json!({ "readId": last["id"] })).await;
    assert_eq!(discarded.status, 200);
    client.emulator.advance(Duration::from_secs(61));
    assert!(data(&read("").await.ok()).is_empty());
    client.assert_responses_fit();
}

#[tokio::test]
async fn items_expire() {
    let client = Client::start().await;
    client.post(QUEUE, &json!({ "data": 1, "ttl": "3s" })).await.ok();
    client.post(&format!("{MAP}?id=a"), &json!({ "value": 1, "ttl": "3s" })).await.ok();
    client.get(&format!("{MAP}/a")).await.ok();
    client.emulator.advance(Duration::from_secs(3));
    client.get(&format!("{MAP}/a")).await.refused(404);
    assert!(client.get(&format!("{QUEUE}:read")).await.ok().get("queueItems").is_none());
    let long = json!({ "data": 1, "ttl": "3888001s" });
    client.post(QUEUE, &long).await.refused(400);
}

#[tokio::test]
async fn a_sorted_map() {
    let client = Client::start().await;
    for (id, key) in [("a", 3.0), ("b", 1.0), ("c", 2.0)] {
        let body = json!({ "value": id, "numericSortKey": key });
        client.post(&format!("{MAP}?id={id}"), &body).await.ok();
    }
    client.post(&format!("{MAP}?id=a"), &json!({ "value": 1 })).await.refused(409);
    let ids = async |query: &str| {
        let (items, pages) = client.all(&format!("{MAP}?{query}"), "items").await;
        let ids: Vec<_> = items.iter().map(|item| item["id"].as_str().expect("id").to_owned()).collect();
        (ids.join(""), pages)
    };
    assert_eq!(ids("").await, ("bca".to_owned(), 3), "one item per page unless told");
    assert_eq!(ids("maxPageSize=100&orderBy=id%20desc").await.0, "cba");
    let filter = encode("sortKey > 1 && sortKey < 3");
    assert_eq!(ids(&format!("maxPageSize=100&filter={filter}")).await.0, "c");
    let filter = encode("id > \"a\"");
    assert_eq!(ids(&format!("maxPageSize=100&filter={filter}")).await.0, "bc");
    client.get(&format!("{MAP}?filter={}", encode("id >= \"a\""))).await.refused(400);

    let before = client.get(&format!("{MAP}/a")).await.ok();
    let after = client.patch(&format!("{MAP}/a"), &json!({ "value": 9 })).await.ok();
    assert_ne!(before["etag"], after["etag"]);
    // A sort key that is not repeated is gone (MS-14).
    assert_eq!(after["numericSortKey"], Value::Null);
    client.patch(&format!("{MAP}/x"), &json!({ "value": 9 })).await.refused(404);
    client.patch(&format!("{MAP}/x?allowMissing=true"), &json!({ "value": 9 })).await.ok();
    let both = json!({ "value": 1, "numericSortKey": 1, "stringSortKey": "s" });
    client.post(&format!("{MAP}?id=z"), &both).await.refused(400);
    let big = json!({ "value": "x".repeat(32 * 1024) });
    client.post(&format!("{MAP}?id=z"), &big).await.refused(400);
    client.delete(&format!("{MAP}/a")).await;
    client.delete(&format!("{MAP}/a")).await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn flushing_is_an_operation() {
    let client = Client::start().await;
    client.post(&format!("{MAP}?id=a"), &json!({ "value": 1 })).await.ok();
    let flush = "/cloud/v2/universes/1/memory-store:flush";
    let tests_only = client.request("POST", &format!("{flush}?scope=TEST")).header("content-length", "0");
    client.send(tests_only).await.ok();
    client.get(&format!("{MAP}/a")).await.ok();
    let request = client.request("POST", flush).header("content-length", "0");
    let started = client.send(request).await.ok();
    let path = started["path"].as_str().expect("a path");
    // The path is not the one that can be asked at (MS-16).
    let id = path.strip_prefix("cloud/v2/universes/1/operations/").expect("a path");
    let poll = format!("/cloud/v2/universes/1/memory-store/operations/{id}");
    assert_eq!(client.get(&poll).await.ok()["done"], Value::Null);
    assert_eq!(client.get(&poll).await.ok()["done"], true);
    client.get(&format!("{MAP}/a")).await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn messages_can_be_read_back() {
    let client = Client::start().await;
    let publish = "/cloud/v2/universes/7:publishMessage";
    let body = json!({ "topic": "news", "message": "hello" });
    assert_eq!(client.post(publish, &body).await.status, 200);
    let v1 = "/messaging-service/v1/universes/7/topics/a%20b";
    assert_eq!(client.post(v1, &json!({ "message": "again" })).await.status, 200);
    let messages = client.emulator.messages();
    assert_eq!((messages[0].universe, messages[0].topic.as_str()), (7, "news"));
    let listed = client.get("/__emulator/messages").await.ok();
    let expected = json!({ "universe": 7, "topic": "a b", "message": "again" });
    assert_eq!(listed["messages"][1], expected);
    let long = json!({ "topic": "t".repeat(81), "message": "m" });
    client.post(publish, &long).await.refused(400);
    let long = json!({ "topic": "t", "message": "m".repeat(1115) });
    client.post(publish, &long).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_text_comes_in_each_language_that_is_asked_for() {
    let client = Client::start().await;
    let target = "/cloud/v2/universes/7:translateText";
    let body = json!({ "text": "hi", "targetLanguageCodes": ["fr-fr", "en-us"] });
    let translated = client.post(target, &body).await.ok();
    assert_eq!(translated["sourceLanguageCode"], "en-us");
    assert_eq!(translated["translations"], json!({ "fr-fr": "[fr-fr] hi", "en-us": "hi" }));
    client.post(target, &json!({ "text": "" })).await.refused(400);
    client.assert_responses_fit();
}

const BANS: &str = "/cloud/v2/universes/1/user-restrictions";
const PLACE_BANS: &str = "/cloud/v2/universes/1/places/2/user-restrictions";

fn ban() -> Value {
    json!({ "gameJoinRestriction": {
        "active": true, "duration": "60s", "privateReason": "p", "displayReason": "d"
    } })
}

#[tokio::test]
async fn a_ban_runs_out_and_is_inherited() {
    let client = Client::start().await;
    let free = client.get(&format!("{BANS}/5")).await.ok();
    assert_eq!(free["gameJoinRestriction"]["active"], false);
    let banned = client.patch(&format!("{BANS}/5"), &ban()).await.ok();
    let restriction = &banned["gameJoinRestriction"];
    assert_eq!(restriction["active"], true);
    assert_eq!(restriction["startTime"], "2026-01-02T03:04:05.000Z");
    let place = client.get(&format!("{PLACE_BANS}/5")).await.ok();
    assert_eq!(place["gameJoinRestriction"]["inherited"], true);
    assert_eq!(place["path"], "universes/1/places/2/user-restrictions/5");
    let (listed, _) = client.all(BANS, "userRestrictions").await;
    assert_eq!(listed.len(), 1);
    client.emulator.advance(Duration::from_secs(61));
    let over = client.get(&format!("{BANS}/5")).await.ok();
    assert_eq!(over["gameJoinRestriction"]["active"], false);
    client.assert_responses_fit();
}

#[tokio::test]
async fn what_a_ban_must_not_be() {
    let client = Client::start().await;
    let refused = async |query: &str, name: &str, value: Value| {
        let mut body = ban();
        body["gameJoinRestriction"][name] = value;
        client.patch(&format!("{BANS}/5{query}"), &body).await.refused(400)
    };
    refused("?updateMask=gameJoinRestriction.active", "active", json!(true)).await;
    refused("", "duration", json!("0s")).await;
    refused("", "duration", json!("1.5s")).await;
    refused("", "privateReason", json!("x".repeat(1001))).await;
    refused("", "displayReason", json!("x".repeat(401))).await;
    refused("", "displayReason", json!("see https://example.com")).await;
    let message = refused("", "duratoin", json!("60s")).await;
    assert!(message.contains("body.gameJoinRestriction.duratoin"), "{message}");
    let snake = format!("{BANS}/5?updateMask=game_join_restriction");
    client.patch(&snake, &ban()).await.ok();
    client.patch(&format!("{BANS}/5"), &json!({})).await.refused(400);
    let still = client.get(&format!("{BANS}/5")).await.ok();
    assert_eq!(still["gameJoinRestriction"]["active"], true);
}

#[tokio::test]
async fn bans_are_logged_once_per_idempotency_key() {
    let client = Client::start().await;
    let key = "idempotencyKey.key=k1&idempotencyKey.firstSent=2026-01-02T03:04:05Z";
    for _ in 0..2 {
        client.patch(&format!("{BANS}/5?{key}"), &ban()).await.ok();
    }
    client.patch(&format!("{PLACE_BANS}/6"), &ban()).await.ok();
    let logs = async |filter: &str| {
        let target = format!("{BANS}:listLogs?filter={}", encode(filter));
        client.all(&target, "logs").await.0
    };
    assert_eq!(client.all(&format!("{BANS}:listLogs"), "logs").await.0.len(), 2);
    assert_eq!(logs("user == 'users/5'").await.len(), 1);
    let of_place = logs("user == 'users/6' && place == 'places/2'").await;
    assert_eq!(of_place[0]["place"], "places/2");
    assert!(logs("user == 'users/5' && place == 'places/2'").await.is_empty());
    client.assert_responses_fit();
}

const UNIVERSE: &str = "/cloud/v2/universes/2001";

#[tokio::test]
async fn a_universe_is_updated_by_mask() {
    let client = Client::start().await;
    let body = json!({ "voiceChatEnabled": true, "privateServerPriceRobux": 100, "vrEnabled": true });
    let mask = format!("{UNIVERSE}?updateMask=voiceChatEnabled,privateServerPriceRobux");
    let updated = client.patch(&mask, &body).await.ok();
    assert_eq!(updated["voiceChatEnabled"], true);
    assert_eq!(updated["privateServerPriceRobux"], 100);
    assert_eq!(updated["vrEnabled"], false);
    let unset = format!("{UNIVERSE}?updateMask=privateServerPriceRobux");
    let updated = client.patch(&unset, &json!({})).await.ok();
    assert!(updated.get("privateServerPriceRobux").is_none());
    let unknown = format!("{UNIVERSE}?updateMask=noSuchField");
    client.patch(&unknown, &json!({})).await.refused(400);
    assert_eq!(client.get(UNIVERSE).await.ok(), updated);
    client.assert_responses_fit();
}

#[tokio::test]
async fn the_first_place_names_its_universe() {
    let client = Client::start().await;
    let universe = client.get(UNIVERSE).await.ok();
    let place = format!("/cloud/v2/{}", universe["rootPlace"].as_str().expect("a place"));
    let renamed = client.patch(&place, &json!({ "displayName": "Renamed" })).await.ok();
    assert_eq!(renamed["root"], true);
    assert_eq!(client.get(UNIVERSE).await.ok()["displayName"], "Renamed");
    client.patch(&place, &json!({ "displayName": "Open in Team Create" })).await.ok();
    client.patch(&place, &json!({ "displayName": "x" })).await.refused(409);
    let foreign = "/cloud/v2/universes/9/places/3001";
    client.get(foreign).await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn places_are_published_with_rising_numbers() {
    let client = Client::start().await;
    let publish = async |universe: u64, kind: &str, body: &'static str| {
        let target = format!("/universes/v1/{universe}/places/3001/versions?versionType={kind}");
        let request = client.request("POST", &target).body(body);
        client.send(request.header("content-type", "application/xml")).await
    };
    let first = publish(2001, "Saved", "<roblox/>").await.ok();
    let second = publish(2001, "Published", "<roblox/>").await.ok();
    assert_eq!(first["versionNumber"], 4);
    assert_eq!(second["versionNumber"], 5);
    publish(9, "Saved", "<roblox/>").await.refused(409);
    publish(2001, "Other", "<roblox/>").await.refused(400);
    publish(2001, "Saved", "").await.refused(400);
    let notes = "/place-version-history-api/v1/3001/version/5/notes";
    client.post(notes, &json!({ "title": "Five" })).await.ok();
    let history = "/place-version-history-api/v1/3001/history?pageSize=2";
    let page = client.get(history).await.ok();
    assert_eq!(page["placeVersions"][0]["title"], "Five");
    assert_eq!(page["placeVersions"][1]["isPublished"], false);
    assert_eq!(page["hasMore"], true);
    let found = async |filter: &str| {
        let found = client.get(&format!("{history}&{filter}")).await.ok();
        found["placeVersions"].as_array().map(Vec::len)
    };
    assert_eq!(found("isPublished=false").await, Some(1));
    assert_eq!(found("startTime=2100-01-01T00:00:00Z").await, Some(0));
    assert_eq!(found("endTime=2000-01-01T00:00:00Z").await, Some(0));
    assert_eq!(found("contributor=1").await, Some(0));
    assert_eq!(found("contributor=1001&saveType=0").await, Some(2));
    client.assert_responses_fit();
}

const TASKS: &str = "/cloud/v2/universes/2001/places/3001/luau-execution-session-tasks";

#[tokio::test]
async fn a_task_waits_runs_and_ends() {
    let client = Client::start().await;
    let body = json!({ "script": "print('hello')\nreturn 1, 'two'", "timeout": "10s" });
    let task = client.post(TASKS, &body).await.ok();
    assert_eq!(task["state"], "PROCESSING");
    let target = format!("/cloud/v2/{}", task["path"].as_str().expect("a path"));
    let logs = format!("{target}/logs?view=STRUCTURED");
    assert_eq!(client.get(&target).await.ok()["state"], "PROCESSING");
    let done = client.get(&format!("{target}?view=FULL")).await.ok();
    assert_eq!(done["state"], "COMPLETE");
    assert_eq!(done["output"]["results"], json!([1, "two"]));
    assert!(done["script"].as_str().is_some_and(|script| script.contains("hello")));
    let structured = client.get(&logs).await.ok();
    let message = &structured["luauExecutionSessionTaskLogs"][0]["structuredMessages"][0];
    assert_eq!(message["message"], "hello");
    let flat = client.get(&format!("{target}/logs")).await.ok();
    assert_eq!(flat["luauExecutionSessionTaskLogs"][0]["messages"], json!(["hello"]));
    client.emulator.advance(Duration::from_secs(86_401));
    client.get(&target).await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_task_fails_with_the_scripts_words() {
    let client = Client::start().await;
    let task = client.post(TASKS, &json!({ "script": "error('broken')" })).await.ok();
    let target = format!("/cloud/v2/{}", task["path"].as_str().expect("a path"));
    client.get(&target).await.ok();
    let failed = client.get(&target).await.ok();
    assert_eq!(failed["state"], "FAILED");
    assert_eq!(failed["error"]["code"], "SCRIPT_ERROR");
    assert_eq!(failed["error"]["message"], "broken");
    client.post(TASKS, &json!({ "script": "" })).await.refused(400);
    let slow = json!({ "script": "return", "timeout": "301s" });
    client.post(TASKS, &slow).await.refused(400);
    client.assert_responses_fit();
}

#[tokio::test]
async fn ten_unfinished_tasks_are_enough() {
    let client = Client::start().await;
    for _ in 0..10 {
        client.post(TASKS, &json!({ "script": "return" })).await.ok();
    }
    client.post(TASKS, &json!({ "script": "return" })).await.refused(429);
    client.emulator.advance(Duration::from_secs(300));
    client.post(TASKS, &json!({ "script": "return" })).await.ok();
}

/// The task in its last state.
async fn ended(client: &Client, body: &Value) -> Value {
    let task = client.post(TASKS, body).await.ok();
    let target = format!("/cloud/v2/{}", task["path"].as_str().expect("a path"));
    client.get(&target).await.ok();
    client.get(&target).await.ok()
}

#[tokio::test]
async fn a_test_decides_what_comes_of_scripts() {
    let builder = Emulator::builder().luau(|task| match task.script {
        "echo" => {
            let size = task.binary_input.map_or(0, <[u8]>::len);
            let run = LuauRun::returns([json!(task.universe), json!(task.version), json!(size)]);
            Some(run.log(LuauLog::Info, "echoed").binary_output(b"out".as_slice()))
        }
        "large" => Some(LuauRun::returns([json!("x".repeat(4 * 1024 * 1024))])),
        "deep" => Some(LuauRun::returns([(0..110).fold(json!(1), |inner, _| json!([inner]))])),
        "broken" => Some(LuauRun::fails(LuauError::InternalError, "No luck.")),
        _ => None,
    });
    let client = Client::of(builder.start().await.expect("started"));
    let echo = ended(&client, &json!({ "script": "echo", "enableBinaryOutput": true })).await;
    assert_eq!(echo["output"]["results"], json!([2001, 3, 0]));
    let output = echo["binaryOutputUri"].as_str().expect("a link");
    assert_eq!(reqwest::get(output).await.expect("a response").text().await.expect("text"), "out");
    let logs = format!("/cloud/v2/{}/logs?view=STRUCTURED", echo["path"].as_str().expect("a path"));
    let logs = client.get(&logs).await.ok();
    let message = &logs["luauExecutionSessionTaskLogs"][0]["structuredMessages"][0];
    assert_eq!((&message["message"], &message["messageType"]), (&json!("echoed"), &json!("INFO")));
    let large = ended(&client, &json!({ "script": "large" })).await;
    assert_eq!(large["error"]["code"], "OUTPUT_SIZE_LIMIT_EXCEEDED");
    let deep = ended(&client, &json!({ "script": "deep" })).await;
    assert_eq!(deep["error"]["code"], "INTERNAL_ERROR", "the state with it could not be read again");
    let broken = ended(&client, &json!({ "script": "broken" })).await;
    assert_eq!(broken["error"], json!({ "code": "INTERNAL_ERROR", "message": "No luck." }));
    let other = ended(&client, &json!({ "script": "return 5" })).await;
    assert_eq!(other["output"]["results"], json!([5]));
    client.assert_responses_fit();
}

#[tokio::test]
async fn a_task_runs_in_a_version_that_there_is() {
    let client = Client::start().await;
    let of = |version: &str| {
        format!("/cloud/v2/universes/2001/places/3001/versions/{version}/luau-execution-session-tasks")
    };
    let script = json!({ "script": "return" });
    let task = client.post(&of("2"), &script).await.ok();
    assert!(task["path"].as_str().is_some_and(|path| path.contains("/versions/2/")));
    client.post(&of("4"), &script).await.refused(404);
}

#[tokio::test]
async fn binary_input_comes_out_again() {
    let client = Client::start().await;
    let inputs = "/cloud/v2/universes/2001/luau-execution-session-task-binary-inputs";
    let input = client.post(inputs, &json!({ "size": 3 })).await.ok();
    let upload = input["uploadUri"].as_str().expect("a link");
    let http = crate::common::http();
    let put =
        async |body: &'static str| http.put(upload).body(body).send().await.expect("a response").status();
    assert_eq!(put("abcd").await, 400);
    assert_eq!(put("abc").await, 200);
    let body = json!({ "script": "return", "binaryInput": input["path"], "enableBinaryOutput": true });
    let task = client.post(TASKS, &body).await.ok();
    let target = format!("/cloud/v2/{}", task["path"].as_str().expect("a path"));
    client.get(&target).await.ok();
    let done = client.get(&target).await.ok();
    let output = done["binaryOutputUri"].as_str().expect("a link");
    let content = reqwest::get(output).await.expect("a response");
    assert_eq!(content.text().await.expect("text"), "abc");
    let unknown = json!({ "script": "return", "binaryInput": "universes/2001/x" });
    client.post(TASKS, &unknown).await.refused(400);
    client.post(inputs, &json!({ "size": 0 })).await.refused(400);
    client.emulator.advance(Duration::from_secs(901));
    assert_eq!(put("abc").await, 404);
    client.assert_responses_fit();
}

/// Clients tell by it how old a ban is, and how far their own clock is off.
#[tokio::test]
async fn responses_have_the_date_of_the_emulators_clock() {
    let client = Client::start().await;
    assert_eq!(client.get("/cloud/v2/users/156").await.header("date"), "Fri, 02 Jan 2026 03:04:05 GMT");
    client.emulator.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(client.get("/nowhere").await.header("date"), "Sat, 03 Jan 2026 03:04:05 GMT");
}

const SECRETS: &str = "/cloud/v2/universes/1/secrets";

#[tokio::test]
async fn secrets_must_be_sealed() {
    let client = Client::start().await;
    let key = client.get(&format!("{SECRETS}/public-key")).await.ok();
    let good = crate::common::sealed(&key, "hunter2");
    let secret = |id: &str, secret: &str| json!({ "id": id, "secret": secret, "key_id": key["key_id"], "domain": "*" });
    let created = client.post(SECRETS, &secret("API_KEY", &good)).await;
    assert_eq!(created.status, 201, "{}", created.text);
    assert!(created.json().get("secret").is_none());
    client.post(SECRETS, &secret("API_KEY", &good)).await.refused(409);
    let problem = client.post(SECRETS, &secret("OTHER", "aHVudGVyMg==")).await;
    assert_eq!(problem.json()["status"], "400");
    client.post(SECRETS, &secret("1A", &good)).await.refused(400);
    let mut old_key = secret("OTHER", &good);
    old_key["key_id"] = json!("old");
    client.post(SECRETS, &old_key).await.refused(400);
    let listed = client.get(SECRETS).await.ok();
    assert_eq!(listed["secrets"][0]["id"], "API_KEY");
    let changed = client.patch(&format!("{SECRETS}/API_KEY"), &json!({ "domain": "example.com" })).await.ok();
    assert_eq!(changed["domain"], "example.com");
    assert_eq!(client.delete(&format!("{SECRETS}/API_KEY")).await.status, 200);
    client.delete(&format!("{SECRETS}/API_KEY")).await.refused(404);
    client.assert_responses_fit();
}

#[tokio::test]
async fn instances_are_read_through_operations() {
    let client = Client::start().await;
    let target = "/cloud/v2/universes/1/places/2/instances/sample:listChildren?maxPageSize=10";
    let mut found = 0;
    let mut token = String::new();
    for _ in 0..10 {
        let started = client.get(&format!("{target}{token}")).await.ok();
        let path = started["path"].as_str().expect("a path");
        assert!(path.starts_with("universes/1/places/2/instances/sample/operations/"), "{path}");
        let poll = format!("/cloud/v2/{path}");
        assert_eq!(client.get(&poll).await.ok()["done"], false);
        let done = client.get(&poll).await.ok();
        found += done["response"]["instances"].as_array().expect("instances").len();
        match done["response"]["nextPageToken"].as_str() {
            Some(next) if !next.is_empty() => token = format!("&pageToken={next}"),
            _ => break,
        }
    }
    assert_eq!(found, 25);
    client.assert_responses_fit();
}
