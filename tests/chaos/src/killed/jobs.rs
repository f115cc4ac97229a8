//! The jobs: each runs its programs, and compares what the service then holds with what it must hold.

use super::program::Runs;
use super::seed::{self, COPIED, ENTRIES, ERASED, EXPORTED, MIGRATED, STORE, TEMPLATES};
use super::service::Service;
use crate::Outcome;
use serde_json::{Value, json};
use std::fmt::Debug;
use std::fs;
use std::future::Future;
use std::pin::Pin;

type Running<'a> = Pin<Box<dyn Future<Output = Outcome<()>> + 'a>>;

pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) run: for<'a> fn(&'a Runs, &'a Service) -> Running<'a>,
}

/// All jobs. `group_manager`, `leaderboard` and `upload_asset` make one call each, which nothing resumes: `chaos` looks
/// whether such calls are lost or doubled.
pub(super) fn all() -> Vec<Job> {
    vec![
        Job { name: "import", run: |runs, service| Box::pin(import(runs, service)) },
        Job { name: "export", run: |runs, _| Box::pin(export(runs)) },
        Job { name: "migrate", run: |runs, service| Box::pin(migrate(runs, service)) },
        Job { name: "copy", run: |runs, service| Box::pin(copy(runs, service)) },
        Job { name: "erase", run: |runs, service| Box::pin(erase(runs, service)) },
        Job { name: "templates", run: |runs, service| Box::pin(templates(runs, service)) },
        Job { name: "deploy", run: |runs, service| Box::pin(deploy(runs, service)) },
        Job { name: "tests", run: |runs, service| Box::pin(tests(runs, service)) },
        Job { name: "bans", run: |runs, service| Box::pin(bans(runs, service)) },
    ]
}

/// Says what differs.
fn same<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Outcome<()> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: {found:?}\ninstead of {expected:?}")),
    }
}

async fn import(runs: &Runs, service: &Service) -> Outcome<()> {
    let lines = seed::lines();
    for (number, part) in lines.chunks(15).enumerate() {
        runs.write(&format!("in/{number}.jsonl"), &part.concat())?;
    }
    runs.until_done("import_data_store", &["7", STORE, "in"]).await?;
    same("the entries", &service.values(7, STORE).await?, &seed::values())
}

async fn export(runs: &Runs) -> Outcome<()> {
    runs.until_done("export_data_store", &["--part-bytes", "1000", &EXPORTED.to_string(), STORE, "out"])
        .await?;
    let (mut parts, mut lines) = (0, Vec::new());
    for file in fs::read_dir(runs.path("out")).map_err(|error| error.to_string())? {
        let path = file.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            parts += 1;
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            lines.extend(crate::lines::entries_of(text.as_bytes())?);
        }
    }
    same("the number of lines", &lines.len(), &(ENTRIES as usize))?;
    same("there are several parts", &(parts > 3), &true)?;
    same("the lines", &lines.into_iter().collect(), &seed::values())
}

async fn migrate(runs: &Runs, service: &Service) -> Outcome<()> {
    runs.until_done("migrate_data_store", &[&MIGRATED.to_string(), STORE, "moved=true", "-old"]).await?;
    let moved = |number| (seed::place(number), json!({ "n": number, "moved": true }));
    same("the entries", &service.values(MIGRATED, STORE).await?, &(0..ENTRIES).map(moved).collect())
}

async fn copy(runs: &Runs, service: &Service) -> Outcome<()> {
    let source = COPIED.to_string();
    let arguments = ["--checkpoint", "copy", "--into", "11", "Copy", &source, STORE];
    runs.until_done("migrate_data_store", &arguments).await?;
    same("the copy", &service.values(11, "Copy").await?, &seed::values())?;
    same("the source", &service.values(COPIED, STORE).await?, &seed::values())
}

/// All entries of a user are erased, and none of another.
async fn erase(runs: &Runs, service: &Service) -> Outcome<()> {
    runs.write("requests/1.json", "{\"user\":\"1\"}")?;
    runs.until_done("erase_on_request", &["--once", &ERASED.to_string(), "1818", "requests"]).await?;
    same("the request is done", &runs.path("requests/1.done").exists(), &true)?;
    let others = (0..ENTRIES).filter(|number| seed::user(*number) != 1);
    let expected = others.map(|number| (seed::place(number), seed::value(number))).collect();
    same("what is left", &service.values(ERASED, STORE).await?, &expected)
}

/// The templates are published, once.
async fn templates(runs: &Runs, service: &Service) -> Outcome<()> {
    let key = json!({ "data_store_type": "STANDARD", "data_store_name": STORE, "scope_pattern": "s0", "key_pattern": "Player_{UserId}_0" });
    let templates = json!([{ "key_template": key }]);
    runs.write("templates.json", &templates.to_string())?;
    runs.until_done("erasure_templates", &["--publish", &TEMPLATES.to_string(), "templates.json"]).await?;
    let config = service.state(&format!("configs/universes/{TEMPLATES}/DataStoresConfig")).await?;
    let revisions = config["revisions"].as_array().into_iter().flatten();
    let published = revisions.filter(|revision| revision["changes"].get("user_data_templates").is_some());
    same("how often they were published", &published.count(), &1)?;
    let now = &config["entries"]["user_data_templates"]["value"];
    let is_there = now.to_string().contains("Player_{UserId}_0");
    same(&format!("the published templates {now}"), &is_there, &true)
}

/// The same bytes are published once, however often it is tried.
async fn deploy(runs: &Runs, service: &Service) -> Outcome<()> {
    for name in ["a", "b"] {
        runs.write(&format!("{name}.rbxlx"), &format!("<roblox version=\"4\">{name}</roblox>"))?;
    }
    let said = runs.until_done("deploy_places", &["--json", "2001", "3001=a.rbxlx", "3002=b.rbxlx"]).await?;
    let report: Value = serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))?;
    for (index, place) in ["3001", "3002"].into_iter().enumerate() {
        let state = service.state(&format!("universes/places/{place}/versions")).await?;
        let versions = state.as_array().into_iter().flatten();
        let published = versions.filter(|version| version["hash"].is_string()).count();
        same(&format!("the versions of place {place}"), &published, &1)?;
        let last = state.as_array().map_or(0, Vec::len);
        same("the reported version", &report["places"][index]["version"], &json!(last))?;
    }
    Ok(())
}

/// Each test has one result, and none of their tasks is left running.
async fn tests(runs: &Runs, service: &Service) -> Outcome<()> {
    for number in 0..12 {
        runs.write(&format!("tests/{number}.luau"), &format!("print('test {number}') return {number}"))?;
    }
    let arguments = ["2001", "3001", "tests", "--checkpoint=luau", "--json", "--junit=report.xml"];
    let said = runs.until_done("run_luau_tests", &arguments).await?;
    let report: Value = serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))?;
    same("tests and failures", &(&report["tests"], &report["failed"]), &(&json!(12), &json!(0)))?;
    let tasks = service.state("luau/tasks").await?;
    let tasks: Vec<&Value> = tasks.as_object().into_iter().flat_map(|tasks| tasks.values()).collect();
    for number in 0..12 {
        let name = format!("tests/{number}.luau");
        let results =
            report["cases"].as_array().into_iter().flatten().filter(|case| case["name"] == name.as_str());
        same(&format!("the results of {name}"), &results.count(), &1)?;
        let of_test = |task: &&&Value| {
            task["script"].as_str().is_some_and(|text| text.ends_with(&format!("return {number}")))
        };
        same(&format!("a task of {name}"), &(tasks.iter().filter(of_test).count() > 0), &true)?;
    }
    Ok(())
}

async fn bans(runs: &Runs, service: &Service) -> Outcome<()> {
    let lines: String =
        (1..=ENTRIES).map(|number| format!("{} 7d number {number}\n", 5000 + number)).collect();
    runs.write("bans.txt", &lines)?;
    runs.until_done("ban_sync", &["2001", "bans.txt"]).await?;
    let state = service.state("userRestrictions/restrictions").await?;
    let banned = state.as_array().into_iter().flatten().filter(|ban| ban[1]["active"] == json!(true));
    let banned: Vec<(u64, String)> = banned
        .map(|ban| {
            (
                ban[0][2].as_u64().unwrap_or_default(),
                ban[1]["display_reason"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let expected = (1..=ENTRIES).map(|number| (5000 + number, format!("number {number}"))).collect();
    same("who is banned", &banned, &expected)
}
