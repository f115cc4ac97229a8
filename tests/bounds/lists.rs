//! Lists that do not end.

use crate::server::{Exchange, Server, json};
use opencloud::ErrorKind;

/// Each page has a token that never came before, and as many items as the test says.
async fn server(items: &'static str) -> Server {
    Server::start(move |number, mut exchange: Exchange| async move {
        let body = format!("{{\"inventoryItems\":[{items}],\"nextPageToken\":\"token-{number}\"}}");
        exchange.send(&json("200 OK", &body)).await;
    })
    .await
}

/// A list may be longer than anybody thinks, so that pages with items are no error. `limit` ends them.
#[tokio::test]
async fn pages_without_end_come_one_at_a_time_up_to_the_limit() {
    let server = server("{\"path\":\"users/1/inventory-items/2\"}").await;
    let list = || server.client().users().list_inventory_items(1);
    let items = list().items().limit(300).collect().await.expect("items");
    assert_eq!((items.len(), server.requests()), (300, 300), "none is fetched that is not asked for");
    let mut pages = list().pages().limit(50);
    let mut count = 0;
    while let Some(page) = pages.next().await {
        page.expect("a page");
        count += 1;
    }
    assert_eq!((count, server.requests()), (50, 350));

    // Whoever stops reading stops the list.
    let mut items = list().items();
    for _ in 0..7 {
        items.next().await.expect("an item").expect("an item");
    }
    drop(items);
    assert_eq!(server.requests(), 357);
}

#[tokio::test]
async fn empty_pages_without_end_are_an_error() {
    let server = server("").await;
    let error = server.client().users().list_inventory_items(1).items().collect().await.expect_err("no end");
    assert_eq!(error.kind(), ErrorKind::Paging, "{error}");
    assert!(error.to_string().contains("1000 empty pages in a row"), "{error}");
    assert_eq!(server.requests(), 1001);
    assert_eq!(error.resume_token(), Some("token-1000"), "it can be gone on with");
}
