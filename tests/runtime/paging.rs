//! Lists, in all the ways in which services page them.

use crate::support::script::{self, ok, status};
use opencloud::filter::raw;
use opencloud::localization::{
    BatchGetTableEntryHistoriesRequest, ListNameDescriptionHistoryRequest,
    LocalizationTableEntryHistoryQuery, LocalizationTableEntryIdentifier,
};
use opencloud::testing::{MockResponse, Script};
use opencloud::{Client, Error, ErrorKind};
use serde_json::{Value, json};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A page of `count` items of the inventory.
fn inventory(count: usize, next: &str) -> Value {
    let items: Vec<Value> =
        (0..count).map(|n| json!({ "path": format!("users/1/inventory-items/{n}") })).collect();
    json!({ "inventoryItems": items, "nextPageToken": next })
}

type Count<'a> = Pin<Box<dyn Future<Output = Result<usize, Error>> + 'a>>;

struct Case {
    what: &'static str,
    list: fn(&Client) -> Count<'_>,
    pages: Vec<Value>,
    items: usize,
    /// The requests: path and query, and for POST the body.
    requests: Vec<&'static str>,
}

/// Counts the items of a list.
macro_rules! count {
    ($client:ident => $list:expr) => {
        |$client| Box::pin(async move { $list.items().collect().await.map(|items| items.len()) })
    };
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            what: "a token, over an empty page",
            list: count!(client => client.users().list_inventory_items(1).filter(raw("badges=true"))),
            pages: vec![inventory(2, "a b"), inventory(0, "c"), inventory(1, "")],
            items: 3,
            requests: vec![
                "/cloud/v2/users/1/inventory-items?filter=badges=true&maxPageSize=100",
                "/cloud/v2/users/1/inventory-items?filter=badges=true&maxPageSize=100&pageToken=a b",
                "/cloud/v2/users/1/inventory-items?filter=badges=true&maxPageSize=100&pageToken=c",
            ],
        },
        Case {
            what: "a token in Pascal case, with a total that is not counted",
            list: count!(client => client.servers().list(1, 2, 3)),
            pages: vec![
                json!({ "gameServers": [{}], "nextPageToken": "a", "totalCount": 1 }),
                json!({ "gameServers": [{}], "nextPageToken": null }),
            ],
            items: 2,
            requests: vec![
                "/server-management/v1/universes/1/places/2/versions/3/game-servers?MaxPageSize=100",
                "/server-management/v1/universes/1/places/2/versions/3/game-servers?MaxPageSize=100&PageToken=a",
            ],
        },
        Case {
            what: "a token in snake case",
            list: count!(client => client.ordered_data_stores().list_values(1, "s", "global")),
            pages: vec![json!({ "entries": [{}], "nextPageToken": "a" }), json!({ "entries": [] })],
            items: 1,
            requests: vec![
                "/ordered-data-stores/v1/universes/1/orderedDataStores/s/scopes/global/entries?max_page_size=100",
                "/ordered-data-stores/v1/universes/1/orderedDataStores/s/scopes/global/entries?max_page_size=100&page_token=a",
            ],
        },
        Case {
            what: "a web cursor, null at the end",
            list: count!(client => client.secrets().list(1)),
            pages: vec![
                json!({ "secrets": [{}, {}], "nextPageCursor": "a" }),
                json!({ "secrets": [{}], "nextPageCursor": null, "previousPageCursor": "z" }),
            ],
            items: 3,
            requests: vec![
                "/cloud/v2/universes/1/secrets?limit=500",
                "/cloud/v2/universes/1/secrets?limit=500&cursor=a",
            ],
        },
        Case {
            what: "a cursor whose largest page is not known",
            list: count!(client => client.data_stores().list_names(1)),
            pages: vec![
                json!({ "datastores": [{ "name": "a" }], "nextPageCursor": "a" }),
                json!({ "datastores": [], "nextPageCursor": "" }),
            ],
            items: 1,
            requests: vec![
                "/datastores/v1/universes/1/standard-datastores",
                "/datastores/v1/universes/1/standard-datastores?cursor=a",
            ],
        },
        Case {
            what: "a cursor and a flag: the flag ends the list",
            list: count!(client => client.places().list_versions(2)),
            pages: vec![
                json!({ "placeVersions": [{}], "nextCursor": "a", "hasMore": true }),
                json!({ "placeVersions": [{}], "nextCursor": "b", "hasMore": false }),
            ],
            items: 2,
            requests: vec![
                "/place-version-history-api/v1/2/history",
                "/place-version-history-api/v1/2/history?cursor=a",
            ],
        },
        Case {
            what: "a cursor under one name in both directions",
            list: count!(client => client.thumbnails().list_homepage_thumbnails(1)),
            pages: vec![
                json!({ "homepageThumbnails": [{}], "nextCursor": "a" }),
                json!({ "homepageThumbnails": [{}] }),
            ],
            items: 2,
            requests: vec![
                "/thumbnail-personalization-api/v1/universes/1/thumbnails",
                "/thumbnail-personalization-api/v1/universes/1/thumbnails?nextCursor=a",
            ],
        },
        Case {
            what: "page sizes that are listed",
            list: count!(client => client.groups().list_audit_log(1)),
            pages: vec![json!({ "data": [{}], "nextPageCursor": null })],
            items: 1,
            requests: vec!["/legacy-groups/v1/groups/1/audit-log?limit=100"],
        },
        Case {
            what: "an offset, with a total",
            list: count!(client => client.experiments().list(1)),
            pages: vec![
                json!({ "experiments": [{}, {}], "total": 3 }),
                json!({ "experiments": [{}], "total": 3 }),
            ],
            items: 3,
            requests: vec![
                "/creator-configs-public-api/v1/experimentation/universes/1/experiments",
                "/creator-configs-public-api/v1/experimentation/universes/1/experiments?skip=2",
            ],
        },
        Case {
            what: "an offset without a total",
            list: count!(client => client.configs().list_revisions(1, "InExperienceConfig")),
            pages: vec![json!({ "revisions": [{}, {}] }), json!({ "revisions": [] })],
            items: 2,
            requests: vec![
                "/creator-configs-public-api/v1/configs/universes/1/repositories/InExperienceConfig/revisions",
                "/creator-configs-public-api/v1/configs/universes/1/repositories/InExperienceConfig/revisions?Skip=2",
            ],
        },
        Case {
            what: "a page number",
            list: count!(client => client.creator_store().list_saves()),
            pages: vec![
                json!({ "saves": [{}, {}], "totalCount": 3 }),
                json!({ "saves": [{}], "totalCount": 3 }),
            ],
            items: 3,
            requests: vec![
                "/toolbox-service/v1/saves?limit=500",
                "/toolbox-service/v1/saves?limit=500&page=2",
            ],
        },
        Case {
            what: "a cursor in the body",
            list: count!(client => client.localization().list_name_description_history(
                ListNameDescriptionHistoryRequest::new(7, "UniverseDisplayNames", "de")
            )),
            pages: vec![
                json!({ "history": [{}], "lastEvaluatedId": "a" }),
                json!({ "history": [{}], "lastEvaluatedId": "" }),
            ],
            items: 2,
            requests: vec![
                r#"/legacy-game-internationalization/v1/name-description/games/translation-history {"contentId":7,"contentType":"UniverseDisplayNames","count":49,"languageCode":"de"}"#,
                r#"/legacy-game-internationalization/v1/name-description/games/translation-history {"contentId":7,"contentType":"UniverseDisplayNames","count":49,"cursor":"a","languageCode":"de"}"#,
            ],
        },
        Case {
            what: "a page number in the body, which is not sent with a token",
            list: count!(client => client.creator_store().search_assets(
                opencloud::types::SearchStoreAssetsRequest::new().page_number(3)
            )),
            pages: vec![
                json!({ "creatorStoreAssets": [{}], "nextPageToken": "a" }),
                json!({ "creatorStoreAssets": [{}], "nextPageToken": "" }),
            ],
            items: 2,
            requests: vec![
                r#"/toolbox-service/v2/assets:search {"maxPageSize":100,"pageNumber":3}"#,
                r#"/toolbox-service/v2/assets:search {"maxPageSize":100,"pageToken":"a"}"#,
            ],
        },
        Case {
            what: "a page number in the query, which is not sent with a token",
            list: count!(client => client.creator_store().search_assets_legacy().page_number(3)),
            pages: vec![
                json!({ "creatorStoreAssets": [{}], "nextPageToken": "a" }),
                json!({ "creatorStoreAssets": [{}], "nextPageToken": "" }),
            ],
            items: 2,
            requests: vec![
                "/toolbox-service/v2/assets:search?pageNumber=3&maxPageSize=100",
                "/toolbox-service/v2/assets:search?maxPageSize=100&pageToken=a",
            ],
        },
        Case {
            what: "a cursor for each entry",
            list: count!(client => client.localization().batch_get_table_entry_histories("t", table_entries())),
            pages: vec![
                json!({ "entries": [
                    { "identifier": { "key": "b", "context": "" }, "nextCursor": "b1" },
                    { "identifier": { "key": "a", "context": "" } },
                ] }),
                json!({ "entries": [{ "identifier": { "key": "b" }, "nextCursor": null }] }),
            ],
            items: 3,
            requests: vec![
                r#"/legacy-localization-tables/v1/localization-table/tables/t/entries/translation-history {"entries":[{"count":2,"identifier":{"key":"a"}},{"count":2,"identifier":{"key":"b"}}],"locale":"de"}"#,
                r#"/legacy-localization-tables/v1/localization-table/tables/t/entries/translation-history {"entries":[{"count":2,"cursor":"b1","identifier":{"key":"b"}}],"locale":"de"}"#,
            ],
        },
        Case {
            what: "a queue, until it is empty",
            list: count!(client => client.memory_stores().read_queue_items(1, "q")),
            pages: vec![
                json!({ "items": [{}, {}], "readId": "r" }),
                json!({ "items": [{}], "readId": "s" }),
                json!({ "items": [], "readId": "t" }),
            ],
            items: 3,
            requests: vec!["/cloud/v2/universes/1/memory-store/queues/q/items:read?count=200"; 3],
        },
        Case {
            what: "pages that are results of operations",
            list: count!(client => client.instances().list_children(1, 2, "root")),
            pages: vec![
                json!({ "path": "universes/1/places/2/instances/root/operations/x" }),
                json!({ "done": true, "response": {
                    "@type": "type.googleapis.com/x", "instances": [{}, {}], "nextPageToken": "a",
                } }),
                json!({ "path": "universes/1/places/2/instances/root/operations/y", "done": true, "response": {
                    "instances": [{}],
                } }),
            ],
            items: 3,
            requests: vec![
                "/cloud/v2/universes/1/places/2/instances/root:listChildren?maxPageSize=200",
                "/cloud/v2/universes/1/places/2/instances/root/operations/x",
                "/cloud/v2/universes/1/places/2/instances/root:listChildren?maxPageSize=200&pageToken=a",
            ],
        },
        Case {
            what: "a bare array where an object belongs",
            list: count!(client => client.assets().list_versions(9)),
            pages: vec![json!([{ "path": "assets/9/versions/1" }])],
            items: 1,
            requests: vec!["/assets/v1/assets/9/versions?maxPageSize=50"],
        },
        Case {
            what: "the object where a bare array may be",
            list: count!(client => client.assets().list_versions(9)),
            pages: vec![
                json!({ "assetVersions": [{}], "nextPageToken": "a" }),
                json!({ "assetVersions": [{}] }),
            ],
            items: 2,
            requests: vec![
                "/assets/v1/assets/9/versions?maxPageSize=50",
                "/assets/v1/assets/9/versions?maxPageSize=50&pageToken=a",
            ],
        },
        Case {
            what: "what the caller has set stays",
            list: count!(client => client.users().list_inventory_items(1).max_page_size(7).page_token("x")),
            pages: vec![inventory(1, "y"), inventory(1, "")],
            items: 2,
            requests: vec![
                "/cloud/v2/users/1/inventory-items?maxPageSize=7&pageToken=x",
                "/cloud/v2/users/1/inventory-items?maxPageSize=7&pageToken=y",
            ],
        },
    ]
}

fn table_entries() -> BatchGetTableEntryHistoriesRequest {
    let entry = |key: &str| {
        LocalizationTableEntryHistoryQuery::new(LocalizationTableEntryIdentifier::new().key(key), 2)
    };
    BatchGetTableEntryHistoriesRequest::new("de", vec![entry("a"), entry("b")])
}

#[tokio::test(start_paused = true)]
async fn every_style_is_followed_to_its_end() {
    for case in cases() {
        let script = script::json(case.pages.clone());
        let items = (case.list)(&script.client()).await;
        let asked: Vec<String> = script
            .received()
            .iter()
            .map(|received| match script::body(received) {
                Value::Null => script::target(received),
                body => format!("{} {body}", script::target(received)),
            })
            .collect();
        assert_eq!(asked, case.requests, "{}", case.what);
        assert_eq!(items.map_err(|error| error.to_string()), Ok(case.items), "{}", case.what);
    }
}

#[tokio::test]
async fn a_page_says_where_it_is_in_the_list() {
    let page = json!({ "gameServers": [{}], "nextPageToken": "a", "totalCount": 5 });
    let script = script::sequence([ok(page).header("x-request-id", "r1"), ok(json!({ "gameServers": [] }))]);
    let mut pages = script.client().servers().list(1, 2, 3).pages();
    let first = pages.next().await.expect("a page").expect("a page");
    assert_eq!((first.token(), first.next_token(), first.total()), (None, Some("a"), Some(5)));
    assert_eq!(first.headers()["x-request-id"], "r1");
    assert_eq!(first.game_servers.as_ref().map(Vec::len), Some(1));
    let last = pages.next().await.expect("a page").expect("a page");
    assert_eq!((last.token(), last.next_token(), last.total()), (Some("a"), None, None));
    assert!(pages.next().await.is_none());
    assert!(pages.next().await.is_none());
}

/// The inventory, but the page of this token fails once.
fn failing_at(token: &'static str) -> Script {
    let mut healthy = false;
    script::by(move |asked| {
        let at = asked.query("pageToken").unwrap_or_default();
        if at == token && !healthy {
            healthy = true;
            return status(403, json!({ "code": "PERMISSION_DENIED", "message": "no" }));
        }
        ok(match at {
            "" => inventory(2, "a"),
            "a" => inventory(2, "b"),
            _ => inventory(1, ""),
        })
    })
}

#[tokio::test]
async fn an_error_comes_once_and_says_where_to_go_on() {
    for prefetch in [0, 1, 3] {
        for (token, before, resume) in [("", 0, None), ("a", 2, Some("a")), ("b", 4, Some("b"))] {
            let client = failing_at(token).client();
            let list = || client.users().list_inventory_items(1).items().prefetch(prefetch);
            let mut items = list();
            let mut seen = 0;
            let error = loop {
                match items.next().await.expect("an error before the end") {
                    Ok(_) => seen += 1,
                    Err(error) => break error,
                }
            };
            assert_eq!((seen, error.resume_token()), (before, resume));
            assert!(error.is_permission_denied());
            assert!(items.next().await.is_none());
            let rest = match error.resume_token() {
                Some(token) => list().resume(token),
                None => list(),
            };
            assert_eq!(seen + rest.collect().await.expect("the rest").len(), 5, "{prefetch} {token}");
        }
    }
}

#[tokio::test]
async fn a_list_that_repeats_itself_is_an_error() {
    let script = script::json([inventory(2, "a"), inventory(1, "b"), inventory(1, "a"), inventory(9, "b")]);
    let mut items = script.client().users().list_inventory_items(1).items();
    let mut seen = 0;
    let error = loop {
        match items.next().await.expect("an error before the end") {
            Ok(_) => seen += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert_eq!(error.operation().map(|operation| operation.id), Some("users.list_inventory_items"));
    assert!(seen <= 4 + 9, "{seen}");
    assert!(script.count() <= 5);
}

/// A list that never ends: each page has a token of its own.
fn endless(count: usize) -> Script {
    let mut page = 0;
    script::by(move |_| {
        page += 1;
        ok(inventory(count, &format!("t{page}")))
    })
}

#[tokio::test]
async fn a_list_without_end_is_as_long_as_the_caller_wants() {
    for prefetch in [0, 2] {
        let script = endless(10);
        let items = script.client().users().list_inventory_items(1).items().limit(35).prefetch(prefetch);
        assert_eq!(items.collect().await.expect("items").len(), 35);
        assert_eq!(script.count(), 4);
        let script = endless(10);
        let mut pages = script.client().users().list_inventory_items(1).pages().limit(3).prefetch(prefetch);
        let mut count = 0;
        while let Some(page) = pages.next().await {
            page.expect("a page");
            count += 1;
        }
        assert_eq!(count, 3);
    }
    let error =
        endless(0).client().users().list_inventory_items(1).items().collect().await.expect_err("no end");
    assert_eq!((error.kind(), error.resume_token()), (ErrorKind::Paging, Some("t1001")));
}

#[tokio::test(start_paused = true)]
async fn no_more_pages_are_fetched_ahead_than_are_wanted() {
    for (limit, prefetch) in [(1, 5), (3, 1), (3, 2), (3, 3), (3, 10), (5, 2)] {
        let script = endless(1);
        let mut pages =
            script.client().users().list_inventory_items(1).pages().limit(limit).prefetch(prefetch);
        let mut count = 0;
        while let Some(page) = pages.next().await {
            page.expect("a page");
            count += 1;
            // Time for the task to run on.
            sleep(TURN).await;
        }
        assert_eq!((count, script.count() as u64), (limit, limit), "limit({limit}).prefetch({prefetch})");
    }
}

/// Reads a list to its error: how many items came before, and the error.
async fn until_error<T: 'static>(mut items: opencloud::paging::Items<T>) -> (usize, Error) {
    let mut seen = 0;
    loop {
        match items.next().await.expect("an error before the end") {
            Ok(_) => seen += 1,
            Err(error) => return (seen, error),
        }
    }
}

#[tokio::test]
async fn a_page_number_that_is_not_heeded_is_an_error() {
    for prefetch in [0, 2] {
        let script = script::json([json!({ "saves": [{}, {}] })]);
        let (seen, error) =
            until_error(script.client().creator_store().list_saves().items().prefetch(prefetch)).await;
        assert_eq!((seen, error.kind(), error.resume_token()), (2, ErrorKind::Paging, Some("2")));
        assert_eq!(error.operation().map(|operation| operation.id), Some("creator_store.list_saves"));
        assert_eq!(script.count(), 2);
        let script = script::json([json!({ "revisions": [{}] })]);
        let list = script.client().configs().list_revisions(1, "InExperienceConfig");
        let (seen, error) = until_error(list.items().prefetch(prefetch)).await;
        assert_eq!((seen, error.kind(), error.resume_token()), (1, ErrorKind::Paging, Some("1")));
        assert_eq!(script.count(), 2);
    }
    // A queue may hold the same item twice.
    let item = json!({ "items": [{}], "readId": "r" });
    let script = script::json([item.clone(), item, json!({ "readId": "s" })]);
    let items = script.client().memory_stores().read_queue_items(1, "q").items();
    assert_eq!(items.collect().await.expect("items").len(), 2);
}

#[tokio::test]
async fn a_page_that_leads_to_itself_is_not_yielded() {
    for prefetch in [0, 2] {
        let script = script::json([inventory(2, "a"), inventory(1, "b"), inventory(5, "b")]);
        let list = script.client().users().list_inventory_items(1).items().prefetch(prefetch);
        let (seen, error) = until_error(list).await;
        assert_eq!((seen, error.kind(), error.resume_token()), (3, ErrorKind::Paging, Some("b")));
        assert_eq!(script.count(), 3);
    }
}

#[tokio::test]
async fn pages_are_no_larger_than_they_need_to_be() {
    let first_query = |asked: &Script| asked.received()[0].uri.query().map(str::to_owned);
    for (limit, size, query) in [
        (None, None, Some("maxPageSize=100")),
        (Some(3), None, Some("maxPageSize=3")),
        (None, Some(20), Some("maxPageSize=20")),
        (Some(3), Some(1000), Some("maxPageSize=100")),
    ] {
        let script = script::json([inventory(1, "")]);
        let mut items = script.client().users().list_inventory_items(1).items();
        if let Some(limit) = limit {
            items = items.limit(limit);
        }
        if let Some(size) = size {
            items = items.page_size(size);
        }
        items.collect().await.expect("items");
        assert_eq!(first_query(&script).as_deref(), query);
    }
    let script = script::json([json!({ "data": [{}] })]);
    script.client().groups().list_audit_log(1).items().limit(11).collect().await.expect("items");
    assert_eq!(first_query(&script).as_deref(), Some("limit=25"));
    let script = script::json([json!({})]);
    assert!(script.client().users().list_inventory_items(1).items().limit(0).next().await.is_none());
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn a_place_that_a_list_does_not_have_is_refused() {
    let script = script::json([json!({})]);
    let client = script.client();
    for error in [
        client
            .creator_store()
            .list_saves()
            .items()
            .resume("first")
            .next()
            .await
            .expect("an error")
            .expect_err("it"),
        client.experiments().list(1).items().resume("-1").next().await.expect("an error").expect_err("it"),
        client
            .memory_stores()
            .read_queue_items(1, "q")
            .items()
            .resume("a")
            .next()
            .await
            .expect("an error")
            .expect_err("it"),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn a_list_of_numbers_is_resumed_at_one() {
    let script = script::json([json!({ "saves": [{}], "totalCount": 1 }), json!({ "saves": [] })]);
    script.client().creator_store().list_saves().items().resume("3").collect().await.expect("items");
    assert_eq!(
        script::targets(&script),
        ["GET /toolbox-service/v1/saves?limit=500&page=3", "GET /toolbox-service/v1/saves?limit=500&page=4"]
    );
}

const TURN: Duration = Duration::from_millis(100);

/// Ten pages of one item, each a turn on its way.
fn slow() -> Script {
    let mut page = 0;
    script::by(move |_| {
        page += 1;
        let next = if page < 10 { format!("t{page}") } else { String::new() };
        ok(inventory(1, &next)).delay(TURN)
    })
}

#[tokio::test(start_paused = true)]
async fn prefetch_lets_both_sides_work_at_once() {
    for (prefetch, turns) in [(0, 20), (1, 11), (2, 11)] {
        let mut items = slow().client().users().list_inventory_items(1).items().prefetch(prefetch);
        let start = Instant::now();
        while let Some(item) = items.next().await {
            item.expect("an item");
            sleep(TURN).await;
        }
        let took = start.elapsed().as_millis() / TURN.as_millis();
        assert_eq!(took, turns, "prefetch({prefetch})");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_fetched_ahead_than_was_asked_for() {
    let script = slow();
    let mut items = script.client().users().list_inventory_items(1).items().prefetch(2);
    items.next().await.expect("an item").expect("an item");
    sleep(TURN * 20).await;
    assert_eq!(script.count(), 3);
    drop(items);
    sleep(TURN * 20).await;
    assert_eq!(script.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_next_loses_nothing() {
    for prefetch in [0, 1] {
        let script = slow();
        let mut items = script.client().users().list_inventory_items(1).items().prefetch(prefetch);
        let mut count = 0;
        loop {
            // Each wait is too short, so that every page is waited for several times.
            match timeout(TURN / 3, items.next()).await {
                Err(_) => {}
                Ok(Some(item)) => {
                    item.expect("an item");
                    count += 1;
                }
                Ok(None) => break,
            }
        }
        assert_eq!((count, script.count()), (10, 10));
    }
}

#[tokio::test]
async fn what_was_taken_can_be_taken_again() {
    let script = script::json([inventory(1, "a"), inventory(2, "b"), inventory(1, "")]);
    let mut items = script.client().users().list_inventory_items(1).items();
    let mut tokens = Vec::new();
    while let Some(item) = items.next().await {
        item.expect("an item");
        tokens.push(items.resume_token().map(str::to_owned));
    }
    assert_eq!(tokens, [None, Some("a".to_owned()), Some("a".to_owned()), Some("b".to_owned())]);
}

/// `SV-02`: a page with a raised flag is a part of the list, and a part must not pass for the whole.
#[tokio::test]
async fn a_part_of_a_list_does_not_pass_for_the_whole() {
    for flag in ["activeServersFetchError", "shutdownServersFetchError"] {
        // The second page is asked for by its token, and then all from the beginning again.
        let script = script::by(move |asked| {
            ok(match asked.query("PageToken") == Some("second") {
                false => json!({ "gameServers": [{ "jobId": "a" }], "nextPageToken": "second" }),
                true => json!({ "gameServers": [{ "jobId": "b" }], flag: true }),
            })
        });
        let list = || script.client().servers().list(1, 2, 3);
        let mut items = list().items();
        assert!(items.next().await.expect("an item").is_ok());
        let error = items.next().await.expect("an error").expect_err("a part");
        assert_eq!((error.kind(), error.resume_token()), (ErrorKind::Paging, Some("second")));
        assert!(
            error.to_string().contains(flag) && error.to_string().contains("allow_incomplete"),
            "{error}"
        );
        assert!(items.next().await.is_none());

        let all = list().items().allow_incomplete().collect().await.expect("what is there");
        assert_eq!(all.len(), 2);
        let mut pages = list().pages().allow_incomplete();
        let mut marks = Vec::new();
        while let Some(page) = pages.next().await {
            marks.push(page.expect("a page").is_incomplete());
        }
        assert_eq!(marks, [false, true]);
    }
    // A flag that is false, or absent, says nothing.
    for body in [json!({ "gameServers": [], "activeServersFetchError": false }), json!({ "gameServers": [] })]
    {
        let script = script::json([body]);
        assert_eq!(script.client().servers().list(1, 2, 3).items().collect().await.expect("a list").len(), 0);
    }
}

/// Lists cross threads and are streams like any other.
#[test]
fn lists_are_streams() {
    fn stream<T: futures_core::Stream + Send + Unpin + 'static>(_: &T) {}
    let client = script::sequence(Vec::<MockResponse>::new()).client();
    stream(&client.users().list_inventory_items(1).items());
    stream(&client.users().list_inventory_items(1).pages());
}

#[tokio::test]
async fn a_filter_that_matches_nothing_asks_nothing() {
    let script = script::sequence(Vec::<MockResponse>::new());
    let nothing = opencloud::filter::InventoryFilter::ids().assets(Vec::<u64>::new());
    let items = script.client().users().list_inventory_items(1).filter(nothing).items();
    assert_eq!(items.collect().await.expect("nothing").len(), 0);
    assert_eq!(script.count(), 0);
}
