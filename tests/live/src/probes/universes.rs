//! Universes.

use crate::lab::{Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use serde_json::json;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "UN-06",
        question: "Are fields of a universe that are not set left out?",
        sends: &["GET the universe"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(unset_fields(lab)),
    },
    Probe {
        fact: "UN-01",
        question: "Is a change of the visibility accepted without an effect?",
        sends: &[
            "GET the universe",
            "PATCH the universe with the visibility that it has",
            "GET the universe",
        ],
        writes: true,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(visibility(lab)),
    },
];

async fn unset_fields(lab: &Lab) -> Outcome {
    let found = lab.get(&lab.universe()?).await?.expected("reading the universe")?;
    let links = ["facebook", "twitter", "youtube", "twitch", "discord", "robloxGroup", "guilded"];
    let unset = links.iter().all(|name| {
        !found.has(&format!("{name}SocialLink")) || !found.at(&format!("{name}SocialLink")).is_null()
    });
    let owners = ["user", "group"].iter().filter(|name| found.has(name)).count();
    Ok(Finding::default()
        .check("social links that are not set are left out, and not null", unset, &found)
        .check("it has `user` or `group`, and not both", owners == 1, &found))
}

async fn visibility(lab: &Lab) -> Outcome {
    let path = lab.universe()?;
    let before = lab.get(&path).await?.expected("reading the universe")?;
    let Some(visibility) = before.at("visibility").as_str() else {
        return Err(Stop::NotTried("the universe shows no visibility".to_owned()));
    };
    let body = json!({ "visibility": visibility });
    let found = lab.patch(&format!("{path}?updateMask=visibility"), body).await?;
    let finding = Finding::default().compare("200", found.status == 200, found.status == 400, &found);
    if !found.is_success() {
        return Ok(finding);
    }
    let after = lab.get(&path).await?.expected("reading the universe")?;
    let same = after.at("updateTime") == before.at("updateTime");
    Ok(finding.check("the time of the last update stays", same, &after))
}
