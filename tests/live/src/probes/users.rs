//! Users.

use crate::lab::Lab;
use crate::probe::{Finding, Need, Outcome, Probe};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "US-01",
        question: "Are empty fields of a user left out, and is the locale written with an underscore?",
        sends: &["GET the user"],
        writes: false,
        only_by_name: None,
        needs: &[Need::User],
        run: |lab| Box::pin(user(lab)),
    },
    Probe {
        fact: "US-02",
        question: "Is a thumbnail that is done at once of the type that was recorded?",
        sends: &["GET the user:generateThumbnail"],
        writes: false,
        only_by_name: None,
        needs: &[Need::User],
        run: |lab| Box::pin(thumbnail(lab)),
    },
];

async fn user(lab: &Lab) -> Outcome {
    let found = lab.get(&format!("/cloud/v2/users/{}", lab.user()?)).await?.expected("reading the user")?;
    let locale = found.at("locale").as_str().unwrap_or("en_us");
    Ok(Finding::default().check("an empty `about` is left out", found.at("about") != "", &found).compare(
        "the locale is as `en_us`",
        locale.contains('_'),
        locale.contains('-'),
        &found,
    ))
}

async fn thumbnail(lab: &Lab) -> Outcome {
    let path = format!("/cloud/v2/users/{}:generateThumbnail", lab.user()?);
    let found = lab.get(&path).await?.expected("a thumbnail")?;
    let kind = found.at("response")["@type"].as_str().unwrap_or_default();
    let live = kind.starts_with("apis.roblox.com/");
    let finding = Finding::default().check(
        "the response names the operation's path",
        found.at("path").is_string(),
        &found,
    );
    Ok(match found.at("done") == true {
        true => finding.compare("the result's @type begins with apis.roblox.com/", live, !live, &found),
        false => finding,
    })
}
