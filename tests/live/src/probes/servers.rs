//! Game servers.

use crate::lab::{Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};

const NEEDS: &[Need] = &[Need::Universe, Need::Place];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "SV-01",
        question: "Do game servers have the recorded forms of times and numbers?",
        sends: &["GET the game servers of the place"],
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
];

async fn list(lab: &Lab, query: &str) -> Result<crate::lab::Exchange, Stop> {
    let (universe, place) = lab.place()?;
    lab.get(&format!(
        "/server-management/v1/universes/{universe}/places/{place}/versions/0/game-servers?{query}"
    ))
    .await
}

async fn forms(lab: &Lab) -> Outcome {
    let found = list(lab, "MaxPageSize=10").await?.expected("listing servers")?;
    let servers = found.body.as_object().into_iter().flatten().find_map(|(_, value)| value.as_array());
    let Some(server) = servers.and_then(|servers| servers.first()) else {
        return Err(Stop::NotTried("the place has no servers".to_owned()));
    };
    let text = |name: &str| server[name].is_string();
    Ok(Finding::default()
        .check("placeId and placeVersion are text", text("placeId") && text("placeVersion"), &found)
        .check("flags of an incomplete list are there", found.has("activeServersFetchError"), &found))
}

async fn page_size(lab: &Lab) -> Outcome {
    let found = list(lab, "MaxPageSize=101").await?;
    let says = found.body.to_string().contains("must be between 1 and 100");
    Ok(Finding::default().compare(
        "400 that names 1 to 100",
        found.status == 400 && says,
        found.is_success(),
        &found,
    ))
}
