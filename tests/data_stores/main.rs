//! Data stores: values with what belongs to them, guarded changes, export and import, erasure.

#![cfg(feature = "data_stores")]

mod changes;
mod entries;
mod erasure;
mod export;
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
