use opencloud::luau::Pool;
use opencloud::{Client, Error};
use std::time::Duration;

/// Runs in the game, until the queue is empty or 200 seconds are over: says how many batches are left. A batch comes back
/// after five minutes if the task that has read it is killed, and may run twice: the version in a value tells what is
/// done.
const SCRIPT: &str = r#"
local queue = game:GetService("MemoryStoreService"):GetQueue("migration", 300)
local players = game:GetService("DataStoreService"):GetDataStore("Players")
local start, left = os.clock(), queue:GetSizeAsync()
while left > 0 and os.clock() - start < 200 do
    local batches, id = queue:ReadAsync(1, false, 0)
    if #batches == 0 then task.wait(10) end -- others have read what is left
    for _, key in batches[1] or {} do
        players:UpdateAsync(key, function(value, info)
            if value == nil or (value.version or 1) >= 2 then return nil end
            value.version, value.coins = 2, value.coins * 100
            return value, info:GetUserIds(), info:GetMetadata()
        end)
    end
    if id then queue:RemoveAsync(id) end
    left = queue:GetSizeAsync()
end
return left
"#;
const BATCH: usize = 100;
const DAY: Duration = Duration::from_secs(86_400);
const MOST_TASKS: usize = 1000;

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

/// Runs tasks over the slots of a pool, such as `client.luau().pool(42, 1818).slots(4)`, until one finds the queue empty.
async fn empty_the_queue(pool: Pool) -> Result<bool, Error> {
    let scripts = (0..MOST_TASKS).map(|number| (format!("task {number}"), SCRIPT));
    let mut run = pool.timeout(Duration::from_secs(300)).with_idempotent(true).run(scripts)?;
    let mut is_empty = false;
    while !is_empty && let Some(outcome) = run.next().await {
        match outcome.failure() {
            // Its batch comes again.
            Some(failure) => eprintln!("{}: {failure}", outcome.name),
            None => is_empty = outcome.result?.result::<u64>(0)? == 0,
        }
    }
    // Waits for the tasks that run still, which find none either.
    run.cancel().await;
    Ok(is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencloud_emulator::{Emulator, LuauError, LuauRun};
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    /// What the tasks share in the game: the queue, and the keys that were migrated.
    #[derive(Default)]
    struct Game {
        queue: VecDeque<Vec<String>>,
        migrated: Vec<String>,
        tasks: usize,
    }

    impl Game {
        /// What a task does in two hundred seconds: two batches. The second task is killed with a batch in its hands.
        fn run(&mut self) -> LuauRun {
            self.tasks += 1;
            for _ in 0..2 {
                let Some(batch) = self.queue.pop_front() else { break };
                if self.tasks == 2 {
                    self.queue.push_back(batch);
                    return LuauRun::fails(LuauError::DeadlineExceeded, "It took too long.");
                }
                self.migrated.extend(batch);
            }
            LuauRun::returns([self.queue.len().into()])
        }
    }

    #[tokio::test]
    async fn tasks_run_until_every_key_is_migrated_also_those_of_a_task_that_is_killed()
    -> Result<(), Box<dyn std::error::Error>> {
        // Nothing is executed: this says what becomes of each task.
        let game = Arc::new(Mutex::new(Game::default()));
        let played = Arc::clone(&game);
        let emulator = Emulator::builder().luau(move |task| {
            task.script.contains("migration").then(|| played.lock().expect("the game").run())
        });
        let emulator = emulator.start().await?;
        let client = Client::builder().api_key("any").base_url(emulator.base_url()).build()?;
        let players = client.data_stores().store(2001, "Players");
        let mut expected: Vec<String> = (0..550).map(|number| format!("Player_{number}")).collect();
        for key in &expected {
            players.set(key, &1).await?;
        }

        fill_the_queue(&client, 2001).await?;
        let batches = client.memory_stores().queue(2001, "migration").read::<Vec<String>>(100).await?;
        for batch in batches.items {
            game.lock().expect("the game").queue.push_back(batch.value?);
        }
        let sizes: Vec<usize> = game.lock().expect("the game").queue.iter().map(Vec::len).collect();
        assert_eq!(sizes, [100, 100, 100, 100, 100, 50]);

        let pool = client.luau().pool(2001, 3001).slots(2).slot_lag(Duration::ZERO);
        assert!(empty_the_queue(pool).await?);
        let mut migrated = std::mem::take(&mut game.lock().expect("the game").migrated);
        migrated.sort();
        expected.sort();
        assert_eq!(migrated, expected);
        Ok(())
    }
}
