//! Luau tasks.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

const fn task(
    fact: &'static str,
    question: &'static str,
    sends: &'static [&'static str],
    run: for<'a> fn(&'a Lab) -> crate::probe::Running<'a>,
) -> Probe {
    Probe {
        fact,
        question,
        sends,
        writes: true,
        only_by_name: None,
        needs: &[Need::Universe, Need::Place],
        run,
    }
}

pub(super) const PROBES: &[Probe] = &[
    task(
        "LX-01",
        "Is a new task PROCESSING at once, and without times?",
        &["POST a Luau task that returns 1"],
        |lab| Box::pin(new_task(lab)),
    ),
    task(
        "LX-04",
        "Is the log of a task empty until it ends?",
        &[
            "POST a Luau task that prints",
            "GET its logs at once",
            "GET the task until it ends",
            "GET its logs again",
        ],
        |lab| Box::pin(logs(lab)),
    ),
    task(
        "LX-12",
        "Are 200 reads of tasks a minute allowed?",
        &["POST a Luau task", "GET it until it ends"],
        |lab| Box::pin(limit_of_reads(lab)),
    ),
    task("LX-15", "Are 5 tasks a minute allowed?", &["POST a Luau task"], |lab| {
        Box::pin(limit_of_tasks(lab))
    }),
    task(
        "LX-17",
        "What does a task look like whose time is over?",
        &["POST a Luau task with a time of 1 s", "GET it until it ends"],
        |lab| Box::pin(time_over(lab)),
    ),
];

async fn create(lab: &Lab, script: &str, timeout: &str) -> Result<Exchange, Stop> {
    let (universe, place) = lab.place()?;
    let path = format!("/cloud/v2/universes/{universe}/places/{place}/luau-execution-session-tasks");
    lab.post(&path, json!({ "script": script, "timeout": timeout })).await?.expected("creating a task")
}

fn path_of(task: &Exchange) -> Result<String, Stop> {
    let path = task.at("path").as_str().ok_or_else(|| Stop::Failed("the task has no path".to_owned()))?;
    Ok(format!("/cloud/v2/{}", path.trim_start_matches("cloud/v2/")))
}

/// The task when it has ended, within the bounds of waiting.
async fn ended(lab: &Lab, task: &str) -> Result<Exchange, Stop> {
    let until = Instant::now() + lab.bounds.wait;
    loop {
        let found = lab.get(task).await?.expected("reading a task")?;
        if !matches!(found.at("state").as_str(), Some("QUEUED" | "PROCESSING")) {
            return Ok(found);
        }
        if Instant::now() >= until {
            return Err(Stop::NotTried(format!(
                "the task did not end within {} s",
                lab.bounds.wait.as_secs()
            )));
        }
        tokio::time::sleep(Duration::from_secs(2).min(lab.bounds.wait / 20)).await;
    }
}

async fn new_task(lab: &Lab) -> Outcome {
    let found = create(lab, "return 1", "10s").await?;
    let user = found.at("user").as_str().unwrap_or_default();
    Ok(Finding::default()
        .compare(
            "`state` is PROCESSING",
            found.at("state") == "PROCESSING",
            found.at("state") == "QUEUED",
            &found,
        )
        .compare("`createTime` is absent", !found.has("createTime"), found.has("createTime"), &found)
        .compare("`user` is a bare id", !user.contains('/'), user.starts_with("users/"), &found))
}

async fn logs(lab: &Lab) -> Outcome {
    let task = path_of(&create(lab, "print('probe') return 1", "10s").await?)?;
    let early = lab.get(&format!("{task}/logs")).await?.expected("reading logs")?;
    let messages = |found: &Exchange| {
        let logs = found.at("luauExecutionSessionTaskLogs").as_array().cloned().unwrap_or_default();
        logs.iter().map(|log| log["messages"].as_array().map_or(0, Vec::len)).sum::<usize>()
    };
    if ended(lab, &task).await?.at("state") != "COMPLETE" {
        return Err(Stop::NotTried("the task did not complete".to_owned()));
    }
    let late = lab.get(&format!("{task}/logs")).await?.expected("reading logs")?;
    Ok(Finding::default().check("before the end there are no messages", messages(&early) == 0, &early).check(
        "after the end there are none or all (they may lag)",
        messages(&late) <= 1,
        &late,
    ))
}

async fn limit(found: &Exchange, expected: &str, what: &str) -> Outcome {
    let Some(limit) = found.header("x-ratelimit-limit") else {
        return Err(Stop::NotTried("the response carries no rate headers".to_owned()));
    };
    let first = limit.split([',', ';']).next().unwrap_or_default().trim();
    Ok(Finding::default().say(what, first == expected, limit))
}

async fn limit_of_reads(lab: &Lab) -> Outcome {
    let task = path_of(&create(lab, "return 1", "10s").await?)?;
    let found = ended(lab, &task).await?;
    limit(&found, "200", "the limit of reads is 200").await
}

async fn limit_of_tasks(lab: &Lab) -> Outcome {
    let found = create(lab, "return 1", "10s").await?;
    limit(&found, "5", "the limit of new tasks is 5").await
}

async fn time_over(lab: &Lab) -> Outcome {
    let task = path_of(&create(lab, "while true do task.wait() end", "1s").await?)?;
    let found = ended(lab, &task).await?;
    let code = found.at("error")["code"] == "DEADLINE_EXCEEDED";
    Ok(Finding::default()
        .check("FAILED with DEADLINE_EXCEEDED", found.at("state") == "FAILED" && code, &found)
        .check("there is no `output`", !found.has("output"), &found))
}
