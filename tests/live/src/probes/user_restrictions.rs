//! User restrictions.

use crate::lab::{Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::json;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "UR-01",
        question: "Does the list of restrictions end with an empty token?",
        sends: &["GET the restrictions of the universe"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(list(lab)),
    },
    Probe {
        fact: "UR-02",
        question: "Do log entries name users by resource names, and the universe by an empty place?",
        sends: &["GET the log of restrictions of the universe"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(log(lab)),
    },
    Probe {
        fact: "UR-04",
        question: "Is the second change of one user's restriction in a minute refused?",
        sends: &["PATCH the user's restriction to inactive, twice"],
        writes: true,
        only_by_name: Some("it ends a ban of the user, if there is one"),
        needs: &[Need::Universe, Need::User],
        run: |lab| Box::pin(two_changes(lab)),
    },
];

async fn list(lab: &Lab) -> Outcome {
    let found = lab.get(&format!("{}/user-restrictions?maxPageSize=100", lab.universe()?)).await?;
    let found = found.expected("listing restrictions")?;
    let token = found.at("nextPageToken");
    if token.as_str().is_some_and(|token| !token.is_empty()) {
        return Err(Stop::NotTried("the universe has more than one page of restrictions".to_owned()));
    }
    let holds = token == "" && found.at("userRestrictions").is_array();
    Ok(Finding::default().check("`nextPageToken` is \"\" and `userRestrictions` a list", holds, &found))
}

async fn log(lab: &Lab) -> Outcome {
    let found = lab.get(&format!("{}/user-restrictions:listLogs?maxPageSize=10", lab.universe()?)).await?;
    let found = found.expected("the log of restrictions")?;
    let Some(entry) = found.at("logs").as_array().and_then(|logs| logs.first()) else {
        return Err(Stop::NotTried("the log is empty".to_owned()));
    };
    let user = entry["user"].as_str().is_some_and(|user| user.starts_with("users/"));
    let place = entry["place"].as_str().is_some_and(|place| place.is_empty() || place.contains("places/"));
    Ok(Finding::default()
        .check("`user` is as `users/1`", user, &found)
        .check("`place` is a resource name, or empty for the universe", place, &found)
        .compare(
            "there is no `restrictionType`",
            entry.get("restrictionType").is_none(),
            entry.get("restrictionType").is_some(),
            &found,
        ))
}

async fn two_changes(lab: &Lab) -> Outcome {
    let path =
        format!("{}/user-restrictions/{}?updateMask=game_join_restriction", lab.universe()?, lab.user()?);
    let body = json!({ "gameJoinRestriction": { "active": false } });
    lab.patch(&path, body.clone()).await?.expected("the first change")?;
    let found = lab.send_as(Method::PATCH, &path, Some(body), None).await?;
    Ok(Finding::default().compare("429", found.status == 429, found.is_success(), &found))
}
