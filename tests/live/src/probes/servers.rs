//! Game servers.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::Value;

const NEEDS: &[Need] = &[Need::Universe, Need::Place];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "SV-01",
        question: "Do game servers have the recorded forms of times and numbers?",
        sends: &["GET the versions that servers of the place run", "GET the game servers of the newest"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(forms(lab)),
    },
    Probe {
        fact: "SV-12",
        question: "Is a page of more than 100 servers refused?",
        sends: &["GET the game servers of the place with MaxPageSize=101"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(page_size(lab)),
    },
    Probe {
        fact: "ER-08",
        question: "Is a bad request to server management a sentence alone?",
        sends: &["GET the game servers of the place with MaxPageSize=101"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(sentence(lab)),
    },
    Probe {
        fact: "SV-11",
        question: "Is a restart without a body refused with 415?",
        sends: &["POST restarts without a body"],
        writes: true,
        only_by_name: Some("it restarts all servers of the universe, should the service take it"),
        needs: &[Need::Universe],
        run: |lab| Box::pin(launch_of_nothing(lab)),
    },
];

fn of_place(lab: &Lab) -> Result<String, Stop> {
    let (universe, place) = lab.place()?;
    Ok(format!("/server-management/v1/universes/{universe}/places/{place}"))
}

async fn list(lab: &Lab, version: u64, query: &str) -> Result<Exchange, Stop> {
    lab.get(&format!("{}/versions/{version}/game-servers?{query}", of_place(lab)?)).await
}

/// The newest version that a server runs: of another one the list is empty, which is no error (SV-03).
async fn version_that_runs(lab: &Lab) -> Result<u64, Stop> {
    let found = lab.get(&format!("{}/game-servers:filter-options", of_place(lab)?)).await?;
    let found = found.expected("reading what servers can be filtered by")?;
    let versions = found.body.pointer("/filters/PlaceVersion/values").and_then(Value::as_array);
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let newest = versions.into_iter().flatten().filter_map(number).max();
    newest.ok_or_else(|| Stop::NotTried("the place has no servers".to_owned()))
}

async fn forms(lab: &Lab) -> Outcome {
    let version = version_that_runs(lab).await?;
    let found = list(lab, version, "MaxPageSize=10").await?.expected("listing servers")?;
    let Some(server) = found.at("gameServers").as_array().and_then(|servers| servers.first()) else {
        return Err(Stop::NotTried("the place has no servers any more".to_owned()));
    };
    let text = |name: &str| server[name].is_string();
    Ok(Finding::default()
        .check("placeId and placeVersion are text", text("placeId") && text("placeVersion"), &found)
        .check("flags of an incomplete list are there", found.has("activeServersFetchError"), &found))
}

async fn sentence(lab: &Lab) -> Outcome {
    let found = list(lab, 1, "MaxPageSize=101").await?;
    if found.status != 400 {
        return Err(Stop::NotTried("a page of 101 is not refused with 400 (SV-12)".to_owned()));
    }
    let says = found.at("error").as_str().is_some_and(|error| error.contains(' '));
    let alone = found.body.as_object().is_some_and(|members| members.len() == 1);
    Ok(Finding::default().compare(
        "a sentence under `error` alone",
        says && alone,
        found.has("title"),
        &found,
    ))
}

async fn launch_of_nothing(lab: &Lab) -> Outcome {
    let universe = lab.universe()?;
    let universe = universe.rsplit('/').next().unwrap_or_default();
    let path = format!("/server-management/v1/universes/{universe}/restarts");
    let found = lab.send(Method::POST, &path, None).await?;
    Ok(Finding::default().compare("415", found.status == 415, found.status == 400, &found))
}

async fn page_size(lab: &Lab) -> Outcome {
    let found = list(lab, 1, "MaxPageSize=101").await?;
    let says = found.body.to_string().contains("must be between 1 and 100");
    Ok(Finding::default().compare(
        "400 that names 1 to 100",
        found.status == 400 && says,
        found.is_success(),
        &found,
    ))
}
