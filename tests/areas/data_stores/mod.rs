//! Data stores: values with what belongs to them, guarded changes, export and import, erasure.

mod buffers;
mod changes;
mod entries;
mod erasure;
mod export;
mod killed;
mod limits;
mod migrate;
mod migrate_faults;
mod share;
mod slow;
mod v1;

use opencloud::Client;
use opencloud::data_stores::Store;
use opencloud_emulator::Emulator;

const ENTRY: &str = "/cloud/v2/universes/1/data-stores/Players/scopes/global/entries/key";
const ENTRIES: &str = "/cloud/v2/universes/1/data-stores/Players/scopes/global/entries";

async fn emulator() -> Emulator {
    Emulator::start().await.expect("an emulator")
}

fn store_of(client: &Client) -> Store {
    client.data_stores().store(1, "Players")
}

fn store(emulator: &Emulator) -> Store {
    let client = Client::builder().api_key("key").base_url(emulator.base_url()).build();
    store_of(&client.expect("a client"))
}

#[tokio::test(flavor = "multi_thread")]
async fn long_tasks_run_in_tasks_of_their_own() {
    let emulator = emulator().await;
    let store = store(&emulator);
    store.set("key", &1).users([156]).await.expect("a response");
    let task = tokio::spawn(async move {
        let mut file = Vec::new();
        store.export().write_to(&mut file, |_| Ok(())).await?;
        let written = store.import().read_from(&file[..], |_| Ok(())).await?.written;
        let plan = store.erase_user(156).find().await?;
        Ok::<_, opencloud::Error>((written, plan.erase().await.done.len()))
    });
    assert_eq!(task.await.expect("no panic").expect("a response"), (1, 1));
}
