use opencloud::{Client, Error, bulk};
use std::time::Duration;

/// Runs in the game. A batch comes back after five minutes if the task that has read it is killed, and may run twice:
/// the version in a value tells what is done.
const SCRIPT: &str = r#"
local queue = game:GetService("MemoryStoreService"):GetQueue("migration", 300)
local players = game:GetService("DataStoreService"):GetDataStore("Players")
local done, start = 0, os.clock()
while os.clock() - start < 200 do
    local batches, id = queue:ReadAsync(1, false, 0)
    if #batches == 0 then break end
    for _, key in batches[1] do
        players:UpdateAsync(key, function(value, info)
            if value == nil or (value.version or 1) >= 2 then return nil end
            value.version, value.coins = 2, value.coins * 100
            return value, info:GetUserIds(), info:GetMetadata()
        end)
        done += 1
    end
    queue:RemoveAsync(id)
end
return done
"#;
const BATCH: usize = 100;
const DAY: Duration = Duration::from_secs(86_400);

/// Puts the keys of the store into the queue, in batches. If it fails, begin anew: a key that comes twice does no harm.
async fn fill_the_queue(client: &Client, universe: u64) -> Result<(), Error> {
    let queue = client.memory_stores().queue(universe, "migration");
    let mut keys = client.data_stores().store(universe, "Players").entries().items();
    let mut batch = Vec::new();
    while let Some(entry) = keys.next().await.transpose()? {
        batch.push(entry.key);
        if batch.len() == BATCH {
            queue.add(&batch).ttl(DAY).await?;
            batch.clear();
        }
    }
    if !batch.is_empty() {
        queue.add(&batch).ttl(DAY).await?;
    }
    Ok(())
}

/// Lets four tasks at a time take batches, until tasks find none: how many entries they have looked at.
async fn empty_the_queue(client: &Client, universe: u64, place: u64) -> Result<u64, Error> {
    let mut total = 0;
    for _ in 0..1000 {
        let tasks = bulk::for_each(0..4, |_| async {
            let task = client.luau().run(SCRIPT).at(universe, place).wait_for_slot(Duration::from_secs(600));
            task.timeout(Duration::from_secs(300)).await?.result::<u64>(0)
        });
        let done: u64 = tasks.await.complete()?.into_iter().map(|(_, done)| done).sum();
        if done == 0 {
            break;
        }
        total += done;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencloud_emulator::{Emulator, LuauRun};
    use std::sync::atomic::{AtomicU64, Ordering};

    #[tokio::test]
    async fn every_key_is_queued_and_tasks_run_until_none_finds_any() -> Result<(), Box<dyn std::error::Error>>
    {
        // Nothing is executed: eight tasks say that they have done 32 keys each, all others that they found none.
        let tasks = AtomicU64::new(0);
        let emulator = Emulator::builder().luau(move |task| {
            let is_early = tasks.fetch_add(1, Ordering::Relaxed) < 8;
            task.script
                .contains("migration")
                .then(|| LuauRun::returns([if is_early { 32 } else { 0 }.into()]))
        });
        let emulator = emulator.start().await?;
        let client = Client::builder().api_key("any").base_url(emulator.base_url()).build()?;
        let players = client.data_stores().store(2001, "Players");
        for number in 0..250 {
            players.set(format!("Player_{number}"), &1).await?;
        }

        fill_the_queue(&client, 2001).await?;
        let batches = client.memory_stores().queue(2001, "migration").read::<Vec<String>>(100).await?;
        let keys = batches.items.iter().map(|batch| batch.value.as_ref().map_or(0, Vec::len));
        assert_eq!(keys.collect::<Vec<_>>(), [100, 100, 50]);

        assert_eq!(empty_the_queue(&client, 2001, 3001).await?, 256);
        Ok(())
    }
}
