//! Places and publishing.

use crate::lab::{Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "PL-12",
        question: "Is the newest published version the one with publishStatus 1, and are older ones 2?",
        sends: &["GET the version history of the place"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe, Need::Place],
        run: |lab| Box::pin(publish_status(lab)),
    },
    Probe {
        fact: "PL-01",
        question: "Does saving the same bytes again give the version that is there?",
        sends: &["POST the place file as a saved version, twice"],
        writes: true,
        only_by_name: Some("it leaves a saved version behind"),
        needs: &[Need::Universe, Need::Place, Need::PlaceFile],
        run: |lab| Box::pin(same_bytes(lab)),
    },
];

async fn publish_status(lab: &Lab) -> Outcome {
    let (_, place) = lab.place()?;
    let path = format!("/place-version-history-api/v1/{place}/history?isPublished=true");
    let found = lab.get(&path).await?.expected("the version history")?;
    let versions = found.body.as_object().into_iter().flatten().find_map(|(_, value)| value.as_array());
    let states: Vec<_> =
        versions.into_iter().flatten().map(|version| version["publishStatus"].clone()).collect();
    let published: Vec<_> = states.iter().filter(|state| **state != 0 && !state.is_null()).collect();
    if published.is_empty() {
        return Err(Stop::NotTried("the place has no published version in its newest page".to_owned()));
    }
    let as_observed = *published[0] == 1 && published[1..].iter().all(|state| **state == 2);
    Ok(Finding::default().say(
        "publishStatus is 1 for the newest published version and 2 for those before",
        as_observed,
        serde_json::json!(states),
    ))
}

async fn same_bytes(lab: &Lab) -> Outcome {
    let (universe, place) = lab.place()?;
    let path = format!("/universes/v1/{universe}/places/{place}/versions?versionType=Saved");
    let bytes = lab.targets.place_file.clone().unwrap_or_default();
    let first =
        lab.upload(&path, "application/octet-stream", bytes.clone()).await?.expected("saving the place")?;
    let second =
        lab.upload(&path, "application/octet-stream", bytes).await?.expected("saving the place again")?;
    let (first, number) = (first.at("versionNumber").clone(), second.at("versionNumber"));
    let same = number.is_u64() && *number == first;
    Ok(Finding::default().compare("the second response names the first one's version", same, !same, &second))
}
