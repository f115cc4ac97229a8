use super::super::world::UNIVERSE;
use super::{Acting, Failure, Intent, Kind, Verifying, World, only_reads};
use std::time::Duration;

/// Runs scripts over the slots of the intent's own place, each once, and looks what became of their tasks. Later the
/// emulator may have forgotten them: its clock is moved ahead by hours.
pub(super) struct Pool;

const SCRIPTS: u64 = 3;

/// Behind those of `deploy`.
fn place(id: u64) -> u64 {
    (1 << 48) + id
}

/// What only the task of this script has in its text.
fn mark(id: u64, number: u64) -> String {
    format!("return {id}, {number}, 0")
}

impl Kind for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn act<'a>(&'a self, world: &'a World, intent: &'a Intent) -> Acting<'a> {
        Box::pin(async move {
            let id = intent.id;
            let scripts = (0..SCRIPTS).map(|number| (number.to_string(), mark(id, number)));
            let pool = world.client.luau().pool(UNIVERSE, place(id)).slots(2).slot_lag(Duration::ZERO);
            let mut run = pool.wait_for_slot(Duration::from_secs(60)).run(scripts)?;
            let (mut done, mut first) = (Vec::new(), None::<opencloud::Error>);
            while let Some(outcome) = run.next().await {
                match outcome.result {
                    Ok(finished) => done.push(finished.decode::<(u64, u64, u64)>()?),
                    Err(error) if first.as_ref().is_some_and(opencloud::Error::may_have_been_applied) => {
                        drop(error)
                    }
                    Err(error) => first = Some(error),
                }
            }
            if let Some(error) = first {
                return Err(error.into());
            }
            done.sort_unstable();
            if done != (0..SCRIPTS).map(|number| (id, number, 0)).collect::<Vec<_>>() {
                return Err(Failure::Gap(format!("the pool gave the results {done:?}")));
            }
            let tasks = world.state("luau/tasks").await.map_err(Failure::Run)?;
            for number in 0..SCRIPTS {
                let tasks = tasks.as_object().into_iter().flat_map(|tasks| tasks.values());
                let own: Vec<_> = tasks
                    .filter(|task| {
                        task["script"].as_str().is_some_and(|text| text.contains(&mark(id, number)))
                    })
                    .collect();
                if own.len() > 1 {
                    return Err(Failure::Surplus(format!("script {number} has {} tasks", own.len())));
                }
                if own.iter().any(|task| task["polls"].as_u64() < Some(2)) {
                    return Err(Failure::Gap(format!("the task of script {number} runs still")));
                }
            }
            Ok(())
        })
    }

    fn verify<'a>(&'a self, _: &'a World, _: &'a [&'a Intent]) -> Verifying<'a> {
        only_reads()
    }
}
