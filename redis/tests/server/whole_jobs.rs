//! Exports, imports and pools whose checkpoints are at the server: a process dies in the middle of one, and another goes on.

use crate::support::{TestServer, server};
use opencloud::Client;
use opencloud::data_stores::{ExportCheckpoint, ImportCheckpoint, Store};
use opencloud::luau::{PoolCheckpoint, PoolScript};
use opencloud_emulator::Emulator;
use opencloud_redis::{Job, RedisCheckpoints, SealingKeys};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

const ENTRIES: usize = 60;

async fn emulator() -> (Emulator, Client) {
    let emulator = Emulator::start().await.expect("an emulator");
    let builder = Client::builder().api_key("local").base_url(emulator.base_url());
    (emulator, builder.build().expect("a client"))
}

/// The job, as a process of its own takes it.
async fn take(server: &TestServer) -> Job {
    let checkpoints = RedisCheckpoints::new(server.connect().await, SealingKeys::new([7; 32]));
    checkpoints.wait("job").await.expect("a job").expect("not done")
}

/// Saves a number of checkpoints; the process dies at the next one.
fn dies_after<C: Serialize>(checkpoints: usize, job: &Job) -> impl FnMut(&C) -> io::Result<()> + use<C> {
    let (mut save, mut left) = (job.saver::<C>(), checkpoints);
    move |checkpoint| {
        left = left.checked_sub(1).ok_or_else(|| io::Error::other("it dies"))?;
        save(checkpoint)
    }
}

async fn keys(store: &Store) -> BTreeSet<String> {
    let entries = store.entries().items().collect().await.expect("a list");
    entries.into_iter().map(|entry| entry.key).collect()
}

#[tokio::test]
async fn an_export_and_an_import_go_on_in_another_process() {
    let server = server!();
    let (_emulator, client) = emulator().await;
    let players = client.data_stores().store(2001, "Players").scope("global");
    for number in 0..ENTRIES {
        players.set(format!("Player_{number}"), &number).await.expect("set");
    }
    let all = keys(&players).await;
    assert_eq!(all.len(), ENTRIES);

    let (mut file, export) = (Vec::new(), players.export().checkpoint_every(16));
    let first = take(&server).await;
    let died = export.clone().write_to(&mut file, dies_after::<ExportCheckpoint>(2, &first)).await;
    died.expect_err("it died");
    drop(first);
    let second = take(&server).await;
    let checkpoint = second.saved::<ExportCheckpoint>().expect("readable").expect("a checkpoint");
    let written = checkpoint.bytes() as usize;
    assert!(written > 0 && written < file.len(), "more was written than the checkpoint says");
    file.truncate(written);
    let end = export.resume(checkpoint).write_to(&mut file, second.saver()).await.expect("an export");
    assert_eq!((end.entries(), file.iter().filter(|byte| **byte == b'\n').count()), (60, ENTRIES));
    second.finish(&end).await.expect("finished");

    let checkpoints = RedisCheckpoints::new(server.connect().await, SealingKeys::new([7; 32]));
    checkpoints.forget("job").await.expect("forgotten");
    let copy = client.data_stores().store(2001, "Copy").scope("global");
    // An import saves after every 256 lines and at its end: it dies there.
    let first = take(&server).await;
    let died = copy.import().read_from(&file[..file.len() / 2], job_error).await;
    died.expect_err("it died");
    drop(first);
    let second = take(&server).await;
    assert_eq!(second.saved::<ImportCheckpoint>().expect("nothing"), None);
    let report = copy.import().read_from(&file[..], second.saver()).await.expect("an import");
    second.finish(&report.checkpoint).await.expect("finished");
    assert_eq!(keys(&copy).await, all);
}

fn job_error(_: &ImportCheckpoint) -> io::Result<()> {
    Err(io::Error::other("it dies"))
}

#[tokio::test]
async fn a_pool_goes_on_in_another_process() {
    let server = server!();
    let (_emulator, client) = emulator().await;
    let names: Vec<String> = (0..6).map(|number| format!("script {number}")).collect();
    let scripts =
        || names.iter().enumerate().map(|(number, name)| PoolScript::new(name, format!("return {number}")));
    let pool = || client.luau().pool(2001, 3001).slots(3).slot_lag(Duration::ZERO);

    let first = take(&server).await;
    let mut run = pool().on_checkpoint(first.saver::<PoolCheckpoint>()).run(scripts()).expect("a pool");
    run.next().await.expect("an outcome").result.expect("it ran");
    drop((run, first));
    let second = take(&server).await;
    let checkpoint = second.saved::<PoolCheckpoint>().expect("readable").expect("a checkpoint");
    assert!(checkpoint.tasks().count() > 0);
    let mut run = pool().resume(checkpoint).on_checkpoint(second.saver()).run(scripts()).expect("a pool");
    let mut ended = BTreeSet::new();
    while let Some(outcome) = run.next().await {
        outcome.result.expect("it ran");
        assert!(ended.insert(outcome.name), "each has one outcome");
    }
    assert_eq!(ended, names.into_iter().collect());
    second.finish("done").await.expect("finished");
}
