//! Assets and their delivery.

use crate::lab::Lab;
use crate::probe::{Finding, Need, Outcome, Probe};

const NEEDS: &[Need] = &[Need::Asset];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "AS-03",
        question: "Are the ids of an asset text, and its words short?",
        sends: &["GET the asset"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(words(lab)),
    },
    Probe {
        fact: "AS-08",
        question: "Is the list of an asset's versions an object?",
        sends: &["GET the versions of the asset"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(versions(lab)),
    },
    Probe {
        fact: "AS-12",
        question: "Does a delivery say more than the location?",
        sends: &["GET the delivery location of the asset"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(delivery(lab)),
    },
    Probe {
        fact: "AS-22",
        question: "Is the result of moderation there if it is asked for, and otherwise?",
        sends: &["GET the asset", "GET the asset with readMask=moderationResult"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(moderation(lab)),
    },
    Probe {
        fact: "AS-18",
        question: "Can the versions of a place be listed as an asset's, and say only of some that they are published?",
        sends: &["GET the versions of the place as an asset"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe, Need::Place],
        run: |lab| Box::pin(versions_of_a_place(lab)),
    },
];

async fn words(lab: &Lab) -> Outcome {
    let found =
        lab.get(&format!("/assets/v1/assets/{}", lab.asset()?)).await?.expected("reading the asset")?;
    let kind = found.at("assetType").as_str().unwrap_or_default();
    let id = found.at("assetId");
    Ok(Finding::default().compare("`assetId` is text", id.is_string(), id.is_number(), &found).compare(
        "`assetType` is as `Model`",
        !kind.contains('_'),
        kind.starts_with("ASSET_TYPE_"),
        &found,
    ))
}

async fn versions(lab: &Lab) -> Outcome {
    let path = format!("/assets/v1/assets/{}/versions?maxPageSize=1", lab.asset()?);
    let found = lab.get(&path).await?.expected("listing versions")?;
    let holds = found.at("assetVersions").is_array();
    Ok(Finding::default().compare(
        "the versions stand under `assetVersions`",
        holds,
        found.body.is_array(),
        &found,
    ))
}

async fn versions_of_a_place(lab: &Lab) -> Outcome {
    let (_, place) = lab.place()?;
    let found = lab.get(&format!("/assets/v1/assets/{place}/versions?maxPageSize=10")).await?;
    let found = found.expected("listing versions of the place")?;
    let versions = found.at("assetVersions").as_array().map_or(&[][..], Vec::as_slice);
    let number = |version: &serde_json::Value| super::last_number(version["path"].as_str()?);
    let numbers: Vec<_> = versions.iter().filter_map(number).collect();
    let falls = numbers.len() == versions.len() && numbers.is_sorted_by(|newer, older| newer > older);
    let is_false = versions.iter().any(|version| version["published"] == false);
    Ok(Finding::default()
        .check("there are versions", !versions.is_empty(), &found)
        .check("the newest is first, and the path ends in its number", falls, &found)
        .compare("`published` is never false", !is_false, is_false, &found))
}

async fn delivery(lab: &Lab) -> Outcome {
    let path = format!("/asset-delivery-api/v1/assetId/{}", lab.asset()?);
    let found = lab.get(&path).await?.expected("the delivery")?;
    let more = found.body.as_object().is_some_and(|object| object.len() > 1);
    Ok(Finding::default().compare("there are more properties than `location`", more, !more, &found))
}

async fn moderation(lab: &Lab) -> Outcome {
    let path = format!("/assets/v1/assets/{}", lab.asset()?);
    let plain = lab.get(&path).await?.expected("reading the asset")?;
    let masked =
        lab.get(&format!("{path}?readMask=moderationResult")).await?.expected("reading the asset")?;
    let without = if plain.has("moderationResult") { "there" } else { "not there" };
    Ok(Finding::default().check("with the mask it is there", masked.has("moderationResult"), &masked).say(
        "whether it is there without the mask is open (UK-17); it was found to be",
        true,
        without,
    ))
}
