//! Configs and their drafts.

use crate::lab::{Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::json;

pub(super) const PROBES: &[Probe] = &[
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
        sends: &["GET the draft", "PUT the draft with a wrong hash under each name", "DELETE the draft"],
        writes: true,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(guard(lab)),
    },
];

fn draft(lab: &Lab) -> Result<String, Stop> {
    let universe = lab.targets.universe.ok_or_else(|| Stop::NotTried("it needs a universe".to_owned()))?;
    Ok(format!(
        "/creator-configs-public-api/v1/configs/universes/{universe}/repositories/InExperienceConfig/draft"
    ))
}

async fn no_draft(lab: &Lab) -> Outcome {
    let found = lab.get(&draft(lab)?).await?;
    if found.is_success() && found.at("entries").as_object().is_some_and(|entries| !entries.is_empty()) {
        return Err(Stop::NotTried("somebody has begun a draft".to_owned()));
    }
    Ok(Finding::default().compare("404", found.status == 404, found.status == 200, &found))
}

async fn guard(lab: &Lab) -> Outcome {
    let draft = draft(lab)?;
    let before = lab.get(&draft).await?;
    if before.is_success() && before.at("entries").as_object().is_some_and(|entries| !entries.is_empty()) {
        return Err(Stop::NotTried("somebody has begun a draft, which is not to be overwritten".to_owned()));
    }
    lab.undo_later(Method::DELETE, draft.clone(), None);
    let entries = json!({ "opencloud_live_probe": { "value": true } });
    let mut finding = Finding::default();
    for name in ["previousDraftHash", "draftHash"] {
        let body = json!({ "entries": entries, name: "0000000000000000" });
        let found = lab.send(Method::PUT, &format!("{draft}:overwrite"), Some(body)).await?;
        finding = finding.check(&format!("a wrong `{name}` is refused"), !found.is_success(), &found);
    }
    Ok(finding)
}
