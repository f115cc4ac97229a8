//! Configs and their drafts.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::{Value, json};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "CF-02",
        question: "Is a config that was never published not found?",
        sends: &["GET the universe's InExperienceConfig"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(never_published(lab)),
    },
    Probe {
        fact: "CF-04",
        question: "Is a draft that nobody has begun not found?",
        sends: &["GET the draft of the universe's InExperienceConfig"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(no_draft(lab)),
    },
    Probe {
        fact: "CF-01",
        question: "Which name does the guard of an overwritten draft have?",
        sends: &[
            "GET the draft",
            "PUT the draft without a hash, and with a wrong one under each name",
            "DELETE the draft",
        ],
        writes: true,
        only_by_name: Some("it writes a draft of the config, and discards it"),
        needs: &[Need::Universe],
        run: |lab| Box::pin(guard(lab)),
    },
];

fn config(lab: &Lab) -> Result<String, Stop> {
    let universe = lab.targets.universe.ok_or_else(|| Stop::NotTried("it needs a universe".to_owned()))?;
    Ok(format!("/creator-configs-public-api/v1/configs/universes/{universe}/repositories/InExperienceConfig"))
}

async fn never_published(lab: &Lab) -> Outcome {
    let found = lab.get(&config(lab)?).await?;
    let is_empty = found.at("entries").as_object().is_none_or(serde_json::Map::is_empty);
    if found.is_success() && !is_empty {
        return Err(Stop::NotTried("a config is published".to_owned()));
    }
    Ok(Finding::default().compare("404", found.status == 404, found.status == 200, &found))
}

/// Ends a probe that would meet somebody's draft, or that cannot tell whether there is one.
fn nothing_staged(found: &Exchange) -> Result<(), Stop> {
    // Rules stand in an object that says in which order they are tried; there can be none in it.
    let rules = found.at("conditionalRules");
    let has_rules = match rules.as_object() {
        Some(members) => !members.values().all(is_nothing),
        None => !rules.is_null(),
    };
    match found.status {
        404 => Ok(()),
        200 if !found.body.is_object() => Err(Stop::Failed("the draft is no object".to_owned())),
        200 if is_nothing(found.at("entries")) && !has_rules => Ok(()),
        200 => Err(Stop::NotTried("somebody has begun a draft, which is not to be touched".to_owned())),
        _ => found.clone().expected("reading the draft").map(drop),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

async fn no_draft(lab: &Lab) -> Outcome {
    let found = lab.get(&format!("{}/draft", config(lab)?)).await?;
    nothing_staged(&found)?;
    Ok(Finding::default().compare("404", found.status == 404, found.status == 200, &found))
}

async fn guard(lab: &Lab) -> Outcome {
    let draft = format!("{}/draft", config(lab)?);
    nothing_staged(&lab.get(&draft).await?)?;
    let overwrite = format!("{draft}:overwrite");
    let entries = json!({ "opencloud_live_probe": true });
    let control = lab.send(Method::PUT, &overwrite, Some(json!({ "entries": entries }))).await?;
    let control = control.expected("writing a draft without a hash")?;
    // Somebody's draft of the meantime has another hash.
    let mut written = control.at("draftHash").clone();
    let mut outcome = Ok(Finding::default().check("without a hash it is written", true, &control));
    for name in ["previousDraftHash", "draftHash"] {
        let Ok(finding) = outcome else { break };
        let body = json!({ "entries": entries, name: "0000000000000000" });
        outcome = lab.send(Method::PUT, &overwrite, Some(body)).await.map(|found| {
            if found.is_success() {
                written = found.at("draftHash").clone();
            }
            let is_refused = matches!(found.status, 409 | 412);
            finding.check(&format!("a wrong `{name}` is refused with 409 or 412"), is_refused, &found)
        });
    }
    let hash = written.as_str().map(|hash| json!({ "draftHash": hash }));
    lab.undo_later(Method::DELETE, draft, hash);
    outcome
}
