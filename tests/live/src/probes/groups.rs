//! Groups.

use crate::lab::{Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "US-04",
        question: "Is the id of a membership something else than the user's id?",
        sends: &["GET the first membership of the group"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Group],
        run: |lab| Box::pin(membership_id(lab)),
    },
    Probe {
        fact: "US-14",
        question: "Is the membership of somebody who is not in the group an empty list?",
        sends: &["GET the memberships of the user in the group"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Group, Need::User],
        run: |lab| Box::pin(no_member(lab)),
    },
];

async fn membership_id(lab: &Lab) -> Outcome {
    let path = format!("/cloud/v2/groups/{}/memberships?maxPageSize=1", lab.group()?);
    let found = lab.get(&path).await?.expected("listing memberships")?;
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    let membership = &found.at("groupMemberships")[0];
    let (Some(path), Some(user)) = (membership["path"].as_str(), membership["user"].as_str()) else {
        return Err(Stop::NotTried("the list shows no membership with path and user".to_owned()));
    };
    let (id, user) = (last(path), last(user));
    Ok(Finding::default().compare(
        "the last segment of the path is not the user's id (it is the id in unpadded base64)",
        id != user && !id.contains('='),
        id == user,
        &found,
    ))
}

async fn no_member(lab: &Lab) -> Outcome {
    let (group, user) = (lab.group()?, lab.user()?);
    let path = format!(
        "/cloud/v2/groups/{group}/memberships?maxPageSize=1&filter=user%20%3D%3D%20%27users%2F{user}%27"
    );
    let found = lab.get(&path).await?.expected("listing memberships")?;
    match found.at("groupMemberships").as_array().map(Vec::len) {
        Some(1..) => Err(Stop::NotTried("the user is a member; --user needs one who is not".to_owned())),
        listed => Ok(Finding::default().check("200 with an empty list", listed == Some(0), &found)),
    }
}
