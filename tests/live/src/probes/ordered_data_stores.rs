//! Ordered data stores.

use crate::lab::Lab;
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::json;

const NEEDS: &[Need] = &[Need::Universe];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "OD-07",
        question: "Is a store that was never written an empty list?",
        sends: &["GET the entries of an ordered data store that does not exist"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(never_written(lab)),
    },
    Probe {
        fact: "OD-01",
        question: "Does v1 write values as text?",
        sends: &["POST, GET and DELETE an entry (v1)"],
        writes: true,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(values_of_v1(lab)),
    },
    Probe {
        fact: "OD-02",
        question: "Is an entry that exists refused with a 400 that says so?",
        sends: &["POST an entry twice, DELETE it (v1)"],
        writes: true,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(exists(lab)),
    },
];

async fn never_written(lab: &Lab) -> Outcome {
    let store = lab.fresh_name();
    let found =
        lab.get(&format!("{}/ordered-data-stores/{store}/scopes/global/entries", lab.universe()?)).await?;
    let empty = found.at("orderedDataStoreEntries").as_array().is_none_or(Vec::is_empty);
    Ok(Finding::default().check("200 without entries", found.status == 200 && empty, &found))
}

/// The path of the entries of a fresh store, whose entry `probe` is removed later.
fn fresh(lab: &Lab) -> Result<String, crate::lab::Stop> {
    let universe = lab.universe()?.rsplit('/').next().unwrap_or_default().to_owned();
    let store = lab.fresh_name();
    let path = format!(
        "/ordered-data-stores/v1/universes/{universe}/orderedDataStores/{store}/scopes/global/entries"
    );
    lab.undo_later(Method::DELETE, format!("{path}/probe"), None);
    Ok(path)
}

async fn values_of_v1(lab: &Lab) -> Outcome {
    let path = fresh(lab)?;
    lab.post(&format!("{path}?id=probe"), json!({ "value": 7 })).await?.expected("creating an entry")?;
    let found = lab.get(&format!("{path}/probe")).await?.expected("reading an entry")?;
    let value = found.at("value");
    Ok(Finding::default().compare("`value` is text", value == "7", value == 7, &found))
}

async fn exists(lab: &Lab) -> Outcome {
    let path = fresh(lab)?;
    lab.post(&format!("{path}?id=probe"), json!({ "value": 7 })).await?.expected("creating an entry")?;
    let found = lab.post(&format!("{path}?id=probe"), json!({ "value": 8 })).await?;
    let says = found.at("message") == "Entry already exists.";
    Ok(Finding::default().check("400 with `Entry already exists.`", found.status == 400 && says, &found))
}
