//! What the gateway adds to every response.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::json;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "ER-01",
        question: "Does an unknown API key get the gateway's 401 without a reason?",
        sends: &["GET /cloud/v2/users/1 with a key that does not exist"],
        writes: false,
        only_by_name: None,
        needs: &[],
        run: |lab| Box::pin(unknown_key(lab)),
    },
    Probe {
        fact: "ER-09",
        question: "Do responses carry the headers by which Roblox finds a request?",
        sends: &["GET /cloud/v2/users/1"],
        writes: false,
        only_by_name: None,
        needs: &[],
        run: |lab| Box::pin(request_ids(lab)),
    },
    Probe {
        fact: "RL-11",
        question: "Does the limit header list windows, and does the reset count down on a success?",
        sends: &["GET /cloud/v2/users/1"],
        writes: false,
        only_by_name: None,
        needs: &[],
        run: |lab| Box::pin(limit_header(lab)),
    },
    Probe {
        fact: "RL-03",
        question: "Are rate headers left out of a 404?",
        sends: &["GET an entry of a data store that does not exist"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(headers_of_a_404(lab)),
    },
    Probe {
        fact: "RL-10",
        question: "Does each operation of a key have a window of its own?",
        sends: &["GET /cloud/v2/users/1", "GET the universe", "GET /cloud/v2/users/1"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(own_windows(lab)),
    },
    Probe {
        fact: "AU-02",
        question: "Does introspection list the key's scopes with operations and targets as text?",
        sends: &["POST /api-keys/v1/introspect"],
        writes: false,
        only_by_name: None,
        needs: &[],
        run: |lab| Box::pin(introspection(lab)),
    },
];

const USER: &str = "/cloud/v2/users/1";

async fn unknown_key(lab: &Lab) -> Outcome {
    let found = lab.send_as(Method::GET, USER, None, Some("opencloud-live-no-such-key")).await?;
    let error = &found.at("errors")[0];
    let bare = error["code"] == 0 && error["message"] == "Invalid API Key";
    Ok(Finding::default().check(
        "401 with `errors: [{code: 0, message: \"Invalid API Key\"}]`",
        found.status == 401 && bare,
        &found,
    ))
}

async fn request_ids(lab: &Lab) -> Outcome {
    let found = lab.get(USER).await?;
    let names = ["roblox-machine-id", "x-envoy-attempt-count", "x-roblox-edge"];
    let there: Vec<&str> = names.iter().copied().filter(|name| found.header(name).is_some()).collect();
    let finding = Finding::default();
    Ok(finding.say(
        &format!("the headers {} are there", names.join(", ")),
        there.len() == names.len(),
        json!(there),
    ))
}

async fn limit_header(lab: &Lab) -> Outcome {
    let found = lab.get(USER).await?.expected("reading a user")?;
    let Some(limit) = found.header("x-ratelimit-limit") else {
        return Err(Stop::NotTried("the response carries no rate headers".to_owned()));
    };
    // Limits are the same for everybody.
    let reset = found.header("x-ratelimit-reset").unwrap_or_default();
    let in_time = reset.split(',').all(|item| item.trim().parse::<u64>().is_ok_and(|seconds| seconds <= 60));
    Ok(Finding::default()
        .say("the limit is a list with windows (`w=`)", limit.contains(',') && limit.contains("w="), limit)
        .say("the reset is at most the window's 60 s for each window", in_time, reset))
}

/// What is left in the narrowest window of a response.
fn remaining(found: &Exchange) -> Result<u64, Stop> {
    let header = found.header("x-ratelimit-remaining").unwrap_or_default();
    let least = header.split(',').filter_map(|item| item.trim().parse().ok()).min();
    least.ok_or_else(|| Stop::NotTried("the response carries no rate headers".to_owned()))
}

async fn own_windows(lab: &Lab) -> Outcome {
    // At the edge of a minute the budget comes back whole, so that more than one try may be needed.
    for _ in 0..3 {
        let first = remaining(&lab.get(USER).await?.expected("reading a user")?)?;
        lab.get(&lab.universe()?).await?.expected("reading the universe")?;
        let second = remaining(&lab.get(USER).await?.expected("reading a user")?)?;
        if let Some(spent) = first.checked_sub(second).filter(|spent| *spent > 0) {
            let what = "a read of the universe takes nothing from the reads of users";
            return Ok(Finding::default().say(what, spent == 1, spent));
        }
    }
    Err(Stop::NotTried("what is left did not fall between two requests".to_owned()))
}

async fn headers_of_a_404(lab: &Lab) -> Outcome {
    let store = lab.fresh_name();
    let found = lab.get(&format!("{}/data-stores/{store}/entries/none", lab.universe()?)).await?;
    if found.status != 404 {
        return Err(Stop::Failed(format!("the response for the entry has the status code {}", found.status)));
    }
    let there: Vec<&str> = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]
        .into_iter()
        .filter(|name| found.header(name).is_some())
        .collect();
    Ok(Finding::default().say("no rate header on a 404", there.is_empty(), json!(there)))
}

async fn introspection(lab: &Lab) -> Outcome {
    let body = json!({ "apiKey": lab.key() });
    let found = lab.send_as(Method::POST, "/api-keys/v1/introspect", Some(body), None).await?;
    if found.status == 401 {
        return Err(Stop::NotTried(
            "introspection refuses this key, as it does with keys that were made some time ago (AU-01)"
                .to_owned(),
        ));
    }
    let found = found.expected("introspection")?;
    let scopes = found.at("scopes").as_array().cloned().unwrap_or_default();
    let well_formed = scopes.iter().all(|scope| {
        let targets = scope.get("universeIds").and_then(|ids| ids.as_array());
        scope["name"].is_string()
            && scope["operations"].is_array()
            && targets.is_none_or(|ids| ids.iter().all(serde_json::Value::is_string))
    });
    Ok(Finding::default()
        .check("scopes have name, operations and, where restricted, universeIds as text", well_formed, &found)
        .check(
            "the time of expiry is not under `expirationUtcTime`",
            !found.has("expirationUtcTime"),
            &found,
        ))
}
