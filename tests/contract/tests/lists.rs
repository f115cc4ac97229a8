//! Every list is read to its end, against the emulator.

use opencloud::Client;
use opencloud_contract::{MOST_ITEMS, Samples, list, operations};
use opencloud_emulator::Emulator;

/// How many items most lists of the emulator have from the beginning.
const MOST_HAVE: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_ends_and_has_all_items() {
    let emulator = Emulator::start().await.expect("started");
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build().expect("a client");
    let mut failures = Vec::new();
    let (mut lists, mut paged) = (0, 0);
    for operation in operations() {
        let samples = Samples::from_beginning(operation);
        let Some(items) = list(&client, &operation.id, &samples) else { continue };
        lists += 1;
        emulator.clear_requests();
        let items = items.await;
        let requests = emulator.requests();
        for request in &requests {
            for violation in &request.violations {
                failures.push(format!("{}: {violation}", operation.id));
            }
        }
        match items {
            Ok(items) if items.len() < MOST_ITEMS as usize => {
                paged += usize::from(items.len() == MOST_HAVE && requests.len() >= 3);
            }
            Ok(_) => failures.push(format!("{} does not end", operation.id)),
            Err(error) => failures.push(format!("{}: {error}", operation.id)),
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    // The others have fewer, or more.
    assert!(paged >= 20, "{paged} lists were read over several pages");
    assert_eq!(lists, 50, "a list came or went: see issue 4");
}
