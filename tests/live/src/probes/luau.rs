//! Luau tasks.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const NEEDS: &[Need] = &[Need::Universe, Need::Place];

pub(super) const PROBES: &[Probe] = &[
    Probe::writing(
        NEEDS,
        "LX-01",
        "Is a new task PROCESSING at once, and without times, and are 5 a minute allowed?",
        &["POST a Luau task that returns 1"],
        |lab| Box::pin(new_task(lab)),
    ),
    Probe::writing(
        NEEDS,
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
    Probe::writing(
        NEEDS,
        "LX-07",
        "Which version does a task run that names none?",
        &[
            "GET the versions of the place",
            "POST a Luau task that returns its version",
            "GET it until it ends",
        ],
        |lab| Box::pin(version_that_runs(lab)),
    ),
    Probe::writing(
        NEEDS,
        "LX-08",
        "Is a task of an unknown version not found?",
        &["POST a Luau task that is to be refused"],
        |lab| Box::pin(unknown_version(lab)),
    ),
    Probe::writing(
        NEEDS,
        "LX-09",
        "What does a task look like whose results are too large?",
        &["POST a Luau task that returns 5 MiB", "GET it until it ends"],
        |lab| Box::pin(large_result(lab)),
    ),
    Probe::writing(
        NEEDS,
        "LX-20",
        "Are the results of a task with binary output its ReturnValues?",
        &["POST a Luau task with binary output", "GET it until it ends"],
        |lab| Box::pin(binary_output(lab)),
    ),
    Probe::writing(
        NEEDS,
        "LX-12",
        "Are 200 reads of tasks a minute allowed?",
        &["POST a Luau task", "GET it until it ends"],
        |lab| Box::pin(limit_of_reads(lab)),
    ),
    Probe::writing(
        NEEDS,
        "LX-17",
        "What does a task look like whose time is over?",
        &["POST a Luau task with a time of 1 s", "GET it until it ends"],
        |lab| Box::pin(time_over(lab)),
    ),
];

/// The first value that a script returned, or null.
fn result(task: &Exchange) -> &Value {
    &task.at("output")["results"][0]
}

/// The number of the place's newest version, saved or published (AS-18).
async fn newest_version(lab: &Lab) -> Result<u64, Stop> {
    let (_, place) = lab.place()?;
    let found = lab.get(&format!("/assets/v1/assets/{place}/versions?maxPageSize=1")).await?;
    let found = found.expected("listing versions of the place")?;
    let path = found.at("assetVersions")[0]["path"].as_str();
    let number = path.and_then(super::last_number);
    number.ok_or_else(|| Stop::NotTried("the list shows no version of the place".to_owned()))
}

/// Where tasks of one version are made. They have a limit of their own.
fn of_version(lab: &Lab, version: u64) -> Result<String, Stop> {
    let (universe, place) = lab.place()?;
    Ok(format!(
        "/cloud/v2/universes/{universe}/places/{place}/versions/{version}/luau-execution-session-tasks"
    ))
}

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
    // LX-15: the quota of tasks that name no version.
    let limit = limit(&found, "5", "the limit of new tasks is 5").unwrap_or_default();
    Ok(limit
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

fn limit(found: &Exchange, expected: &str, what: &str) -> Outcome {
    let Some(limit) = found.header("x-ratelimit-limit") else {
        return Err(Stop::NotTried("the response carries no rate headers".to_owned()));
    };
    let first = limit.split([',', ';']).next().unwrap_or_default().trim();
    Ok(Finding::default().say(what, first == expected, limit))
}

async fn limit_of_reads(lab: &Lab) -> Outcome {
    let task = path_of(&create(lab, "return 1", "10s").await?)?;
    let found = ended(lab, &task).await?;
    limit(&found, "200", "the limit of reads is 200")
}

async fn version_that_runs(lab: &Lab) -> Outcome {
    let newest = newest_version(lab).await?;
    let task = path_of(&create(lab, "return game.PlaceVersion", "10s").await?)?;
    let found = ended(lab, &task).await?;
    let Some(version) = result(&found).as_u64() else {
        return Err(Stop::NotTried("the task did not return the version".to_owned()));
    };
    let age = if version == newest { "the newest" } else { "an older one" };
    Ok(Finding::default().check("it is the newest version or an older one", version <= newest, &found).say(
        "the version that ran was",
        true,
        age,
    ))
}

async fn unknown_version(lab: &Lab) -> Outcome {
    let body = json!({ "script": "return 1", "timeout": "10s" });
    let found = lab.post(&of_version(lab, 2_147_483_647)?, body).await?;
    Ok(Finding::default().check("404", found.status == 404, &found))
}

async fn large_result(lab: &Lab) -> Outcome {
    let script = "return string.rep('x', 5 * 1024 * 1024)";
    let body = json!({ "script": script, "timeout": "10s" });
    let task = lab.post(&of_version(lab, newest_version(lab).await?)?, body).await?;
    let found = ended(lab, &path_of(&task.expected("creating a task")?)?).await?;
    let says = found.at("error")["message"] == "Return results too large";
    let code = found.at("error")["code"] == "OUTPUT_SIZE_LIMIT_EXCEEDED";
    Ok(Finding::default()
        .check("FAILED with `Return results too large`", found.at("state") == "FAILED" && says, &found)
        .say(
            "whether the code is OUTPUT_SIZE_LIMIT_EXCEEDED is open (UK-06); it was found to be",
            true,
            code,
        ))
}

async fn binary_output(lab: &Lab) -> Outcome {
    let script = "return { BinaryOutput = buffer.fromstring('probe'), ReturnValues = { 7 } }";
    let body = json!({ "script": script, "timeout": "10s", "enableBinaryOutput": true });
    let task = lab.post(&of_version(lab, newest_version(lab).await?)?, body).await?;
    let found = ended(lab, &path_of(&task.expected("creating a task")?)?).await?;
    let uri = found.at("binaryOutputUri").as_str().is_some_and(|uri| !uri.is_empty());
    Ok(Finding::default()
        .check("the results are the ReturnValues alone", *result(&found) == 7, &found)
        .check("there is an address of the output", uri, &found))
}

async fn time_over(lab: &Lab) -> Outcome {
    let task = path_of(&create(lab, "while true do task.wait() end", "1s").await?)?;
    let found = ended(lab, &task).await?;
    let code = found.at("error")["code"] == "DEADLINE_EXCEEDED";
    Ok(Finding::default()
        .check("FAILED with DEADLINE_EXCEEDED", found.at("state") == "FAILED" && code, &found)
        .check("there is no `output`", !found.has("output"), &found))
}
