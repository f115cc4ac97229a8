//! Lists that are empty in between, break off, turn in circles or never end.

use crate::server::Server;
use crate::{calls, client, start};
use opencloud::{Client, Error, ErrorKind};
use opencloud_emulator::{Emulator, Seed};
use serde_json::{Value, json};

/// The service looks at up to 512 data stores for a page. If all of them are deleted, the page is empty, and the
/// list goes on all the same.
#[tokio::test]
async fn an_empty_page_in_the_middle_is_not_the_end() {
    let store = |name: String| json!({ "universe": 77, "store": name, "key": "k", "value": 1 });
    let alive = (0..100).map(|number| format!("a{number:03}"));
    let deleted = (0..600).map(|number| format!("b{number:03}"));
    let stores: Vec<Value> = alive.chain(deleted.clone()).chain(["c".to_owned()]).map(store).collect();
    let delete =
        |name| json!({ "method": "DELETE", "path": format!("/cloud/v2/universes/77/data-stores/{name}") });
    let seed = json!({ "dataStores": stores, "requests": deleted.map(delete).collect::<Vec<_>>() });
    let seed: Seed = seed.to_string().parse().expect("a seed");
    let emulator = Emulator::builder().seed(seed).start().await.expect("started");
    let client = client(emulator.base_url());

    let mut sizes = Vec::new();
    let mut pages = client.data_stores().list(77).pages();
    while let Some(page) = pages.next().await.transpose().expect("a page") {
        sizes.push(page.data_stores.as_ref().map_or(0, Vec::len));
    }
    assert_eq!(sizes, [100, 0, 1]);
    let all = client.data_stores().list(77).items().collect().await.expect("all of them");
    assert_eq!(all.len(), 101);
    assert_eq!(all[100].id.as_deref(), Some("c"));
}

/// How many things everybody owns at the emulator.
const INVENTORY: usize = 437;

/// Reads the inventory to its end or to an error.
async fn read(client: &Client, resume: Option<&str>) -> (Vec<String>, Option<Error>) {
    let mut items = client.users().list_inventory_items(7).items();
    if let Some(token) = resume {
        items = items.resume(token);
    }
    let mut paths = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => paths.push(item.path.expect("a path")),
            Err(error) => {
                assert!(items.next().await.is_none(), "an error ends the list");
                return (paths, Some(error));
            }
        }
    }
    (paths, None)
}

/// However the third page fails, what was read stays read, and the rest is read from there.
#[tokio::test]
async fn a_list_that_breaks_off_is_resumed_where_it_was() {
    for trouble in ["403", "500", "html:502", "reset", "truncate:40"] {
        let (emulator, client) = start().await;
        emulator.fault(&format!("users.list_inventory_items={trouble},skip=2,count=1")).expect("a fault");
        let (mut paths, error) = read(&client, None).await;
        let error = error.unwrap_or_else(|| panic!("{trouble}: the list went on"));
        assert_eq!(paths.len(), 200, "{trouble}");
        let token = error.resume_token().unwrap_or_else(|| panic!("{trouble}: {error}"));
        let (rest, error) = read(&client, Some(token)).await;
        assert!(error.is_none(), "{trouble}: {error:?}");
        paths.extend(rest);
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), INVENTORY, "{trouble}: nothing twice, nothing lost");
        // Three pages, the third once more, two more, of which the last may be empty.
        assert!(calls(&emulator, "users.list_inventory_items") <= 7, "{trouble}");
    }
}

/// A token belongs to one list, and the service says so.
#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    let (_emulator, client) = start().await;
    let first = client.users().list_inventory_items(7).pages().next().await;
    let first = first.expect("a page").expect("a page");
    let token = first.next_token().expect("a token");
    let error = client.users().list_inventory_items(8).items().resume(token).next().await;
    let error = error.expect("an error").expect_err("refused");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{error}");
}

fn inventory(count: usize, token: &str) -> Value {
    let items: Vec<Value> = (0..count).map(|number| json!({ "path": number.to_string() })).collect();
    json!({ "inventoryItems": items, "nextPageToken": token })
}

#[tokio::test]
async fn a_list_that_turns_in_circles_is_an_error() {
    let server = Server::start(|asked| inventory(2, if asked % 2 == 0 { "a" } else { "b" })).await;
    let (paths, error) = read(&client(&server.base_url), None).await;
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Paging));
    assert!(paths.len() <= 6 && server.asked() <= 3, "{} items, {} requests", paths.len(), server.asked());
}

#[tokio::test]
async fn a_list_without_end_is_as_long_as_the_caller_wants() {
    let server = Server::start(|asked| inventory(10, &format!("t{asked}"))).await;
    let items = client(&server.base_url).users().list_inventory_items(7).items().limit(35);
    assert_eq!(items.collect().await.expect("35").len(), 35);
    assert_eq!(server.asked(), 4);
}

/// Empty pages with ever new tokens end in an error: somewhere the service must have something to say.
#[tokio::test]
async fn empty_pages_without_end_are_an_error() {
    let server = Server::start(|asked| inventory(0, &format!("t{asked}"))).await;
    let (paths, error) = read(&client(&server.base_url), None).await;
    let error = error.expect("an error");
    assert_eq!((paths.len(), error.kind()), (0, ErrorKind::Paging));
    assert!(error.resume_token().is_some(), "{error}");
}
