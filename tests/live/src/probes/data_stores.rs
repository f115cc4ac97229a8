//! Standard data stores.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::{Value, json};

const NEEDS: &[Need] = &[Need::Universe];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "PG-06",
        question: "Is a standard data store that does not exist not found?",
        sends: &["GET the entries of a data store that does not exist"],
        writes: false,
        only_by_name: None,
        needs: NEEDS,
        run: |lab| Box::pin(unknown_store(lab)),
    },
    Probe::writing(
        NEEDS,
        "DS-02",
        "Does the path of an entry hold the key as it is?",
        &["POST an entry with a slash in its key", "GET the entries", "DELETE the entry"],
        |lab| Box::pin(path_of_a_key(lab)),
    ),
    Probe::writing(
        NEEDS,
        "DS-04",
        "Do overwrites within an hour leave one revision?",
        &["POST an entry", "PATCH it twice", "GET its revisions", "DELETE it"],
        |lab| Box::pin(revisions(lab)),
    ),
    Probe::writing(
        NEEDS,
        "DS-05",
        "Is a deleted entry not found, and its revisions still listed?",
        &["POST an entry", "DELETE it", "GET it", "GET its revisions"],
        |lab| Box::pin(deleted(lab)),
    ),
    Probe::writing(
        NEEDS,
        "DS-06",
        "Is a revision that cannot be refused with 400?",
        &["POST an entry", "GET it at a revision", "DELETE it"],
        |lab| Box::pin(nonsense_revision(lab)),
    ),
    Probe::writing(
        NEEDS,
        "DS-09",
        "Does a v1 write that is refused give the current value?",
        &["POST a value, and again with exclusiveCreate (v1)", "DELETE it"],
        |lab| Box::pin(conflict_of_v1(lab)),
    ),
    Probe::writing(
        NEEDS,
        "DS-10",
        "Is a deleted value of v1 a 204 without a body?",
        &["POST, DELETE and GET a value (v1)"],
        |lab| Box::pin(deleted_value(lab)),
    ),
    Probe::writing(
        NEEDS,
        "DS-13",
        "Is an entry that exists refused with 400 or 409?",
        &["POST an entry twice", "DELETE it"],
        |lab| Box::pin(exists(lab)),
    ),
    Probe::writing(
        NEEDS,
        "DS-15",
        "May a value have a member that is null?",
        &["POST an entry with a null member", "DELETE it"],
        |lab| Box::pin(null_member(lab)),
    ),
];

/// The path of a fresh store's entries; the entry of this key is removed later.
fn fresh(lab: &Lab, key: &str) -> Result<String, Stop> {
    let path = format!("{}/data-stores/{}/entries", lab.universe()?, lab.fresh_name());
    lab.undo_later(Method::DELETE, format!("{path}/{key}"), None);
    Ok(path)
}

async fn create(lab: &Lab, entries: &str, key: &str, value: Value) -> Result<Exchange, Stop> {
    lab.post(&format!("{entries}?id={key}"), json!({ "value": value })).await
}

async fn unknown_store(lab: &Lab) -> Outcome {
    let found = lab.get(&format!("{}/data-stores/{}/entries", lab.universe()?, lab.fresh_name())).await?;
    Ok(Finding::default().check("404", found.status == 404, &found))
}

async fn path_of_a_key(lab: &Lab) -> Outcome {
    let entries = fresh(lab, "a%2Fb")?;
    create(lab, &entries, "a%2Fb", json!(1)).await?.expected("creating an entry")?;
    let found = lab.get(&entries).await?.expected("listing entries")?;
    let path = found.at("dataStoreEntries")[0]["path"].as_str().unwrap_or_default();
    if path.is_empty() {
        return Err(Stop::NotTried("the list does not show the entry yet".to_owned()));
    }
    Ok(Finding::default().compare(
        "the path ends in `a/b`",
        path.ends_with("/a/b"),
        path.ends_with("a%2Fb"),
        &found,
    ))
}

async fn revisions(lab: &Lab) -> Outcome {
    let entries = fresh(lab, "probe")?;
    create(lab, &entries, "probe", json!(0)).await?.expected("creating an entry")?;
    for value in [1, 2] {
        lab.patch(&format!("{entries}/probe"), json!({ "value": value }))
            .await?
            .expected("changing an entry")?;
    }
    let found = lab.get(&format!("{entries}/probe:listRevisions")).await?.expected("listing revisions")?;
    let count = found.at("dataStoreEntries").as_array().map_or(0, Vec::len);
    Ok(Finding::default().check("there is one revision", count == 1, &found))
}

async fn deleted(lab: &Lab) -> Outcome {
    let entries = fresh(lab, "probe")?;
    create(lab, &entries, "probe", json!(0)).await?.expected("creating an entry")?;
    lab.delete(&format!("{entries}/probe")).await?.expected("deleting an entry")?;
    let gone = lab.get(&format!("{entries}/probe")).await?;
    let found = lab.get(&format!("{entries}/probe:listRevisions")).await?.expected("listing revisions")?;
    let states: Vec<_> =
        found.at("dataStoreEntries").as_array().into_iter().flatten().map(|row| &row["state"]).collect();
    Ok(Finding::default().check("reading it is 404", gone.status == 404, &gone).check(
        "the newest revision is DELETED",
        states.first().is_some_and(|state| **state == "DELETED"),
        &found,
    ))
}

async fn nonsense_revision(lab: &Lab) -> Outcome {
    let entries = fresh(lab, "probe")?;
    create(lab, &entries, "probe", json!(0)).await?.expected("creating an entry")?;
    let found = lab.get(&format!("{entries}/probe@nonsense")).await?;
    Ok(Finding::default().compare("400", found.status == 400, found.status == 404, &found))
}

/// The path of a value of v1, which is removed later.
fn fresh_value(lab: &Lab) -> Result<String, Stop> {
    let universe = lab.universe()?.rsplit('/').next().unwrap_or_default().to_owned();
    let path = format!(
        "/datastores/v1/universes/{universe}/standard-datastores/datastore/entries/entry?datastoreName={}&entryKey=probe",
        lab.fresh_name()
    );
    lab.undo_later(Method::DELETE, path.clone(), None);
    Ok(path)
}

async fn conflict_of_v1(lab: &Lab) -> Outcome {
    let path = fresh_value(lab)?;
    lab.post(&path, json!({ "probe": 1 })).await?.expected("setting a value")?;
    let found = lab.post(&format!("{path}&exclusiveCreate=true"), json!({ "probe": 2 })).await?;
    let current = found.at("probe") == 1 && found.header("roblox-entry-version").is_some();
    Ok(Finding::default().compare(
        "412 with the current value and its headers",
        found.status == 412 && current,
        found.status == 409,
        &found,
    ))
}

async fn deleted_value(lab: &Lab) -> Outcome {
    let path = fresh_value(lab)?;
    lab.post(&path, json!({ "probe": 1 })).await?.expected("setting a value")?;
    lab.delete(&path).await?.expected("deleting a value")?;
    let found = lab.get(&path).await?;
    Ok(Finding::default().compare("204 without a body", found.status == 204, found.status == 404, &found))
}

async fn exists(lab: &Lab) -> Outcome {
    let entries = fresh(lab, "probe")?;
    create(lab, &entries, "probe", json!(0)).await?.expected("creating an entry")?;
    let found = create(lab, &entries, "probe", json!(1)).await?;
    Ok(Finding::default().compare(
        "400 or 409",
        matches!(found.status, 400 | 409),
        found.status == 400,
        &found,
    ))
}

async fn null_member(lab: &Lab) -> Outcome {
    let entries = fresh(lab, "probe")?;
    let found = create(lab, &entries, "probe", json!({ "none": null, "one": 1 })).await?;
    let taken = if found.is_success() { "taken" } else { "refused" };
    Ok(Finding::default().say("this is open; a value with a null member was found to be", true, taken))
}
