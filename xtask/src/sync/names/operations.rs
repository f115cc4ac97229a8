//! Gives each operation its area, its method and its id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::error::{Error, Result};
use super::super::overlay::Origins;
use super::super::report::Report;
use super::super::tree::{self, OperationKey};
use super::area::{self, Route};
use super::{first_free, ident, method};

/// The area of operations that resemble none that the overlay knows.
pub const UNSORTED: &str = "unsorted";

/// What is known of an operation's name.
struct Entry {
    key: OperationKey,
    route: Route,
    area: Option<String>,
    method: Option<String>,
    upstream_id: Option<String>,
}

/// Names all operations, and completes the document's list of areas.
pub fn name_operations(document: &mut Value, origins: &Origins, report: &mut Report) -> Result<()> {
    let entries = entries(document);
    check_areas(document, &entries, origins)?;
    let mut taken = curated(&entries, origins)?;
    let types = curated_types(document);
    let by_area: Vec<(Route, String)> =
        entries.iter().filter_map(|entry| Some((entry.route.clone(), entry.area.clone()?))).collect();
    for entry in &entries {
        let area = match &entry.area {
            Some(area) => area.clone(),
            None => area::nearest(&entry.route, &by_area).unwrap_or(UNSORTED).to_owned(),
        };
        let names = taken.entry(area.clone()).or_default();
        let is_curated = entry.area.is_some() && entry.method.is_some();
        let name = match &entry.method {
            Some(method) if is_curated => method.clone(),
            wanted => free_method(entry, wanted.as_deref(), names, &types),
        };
        names.insert(name.clone());
        if !is_curated {
            report.unnamed_operations.push(format!("{} -> {area}.{name}", entry.key));
        }
        write(document, entry, &area, &name, report);
        if let (false, Some(operation)) = (is_curated, entry.key.get_mut(document)) {
            operation["x-opencloud"]["derived"] = json!(true);
        }
    }
    add_unsorted(document);
    Ok(())
}

fn entries(document: &Value) -> Vec<Entry> {
    let default_host = host(document, "");
    tree::operations(document)
        .into_iter()
        .map(|key| {
            let operation = key.get(document);
            let text = |pointer: &str| operation.pointer(pointer)?.as_str().map(str::to_owned);
            Entry {
                route: Route::new(&key.path, &host(operation, &default_host)),
                area: text("/x-opencloud/area"),
                method: text("/x-opencloud/method"),
                upstream_id: text("/operationId"),
                key,
            }
        })
        .collect()
}

fn host(owner: &Value, default: &str) -> String {
    let url = owner.pointer("/servers/0/url").and_then(Value::as_str);
    url.unwrap_or(default).trim_end_matches('/').to_owned()
}

/// Areas that the overlay uses have to be in its list.
fn check_areas(document: &Value, entries: &[Entry], origins: &Origins) -> Result<()> {
    let areas = tree::items(&document["x-opencloud"]["areas"]);
    for entry in entries {
        if let Some(area) = &entry.area
            && !areas.iter().any(|listed| listed["name"] == area.as_str())
        {
            let place = place(&entry.key, "area", origins);
            let what = format!("area {area} is not in the list of areas (document.yaml)");
            return Err(Error::new(place, what));
        }
    }
    Ok(())
}

/// The curated names by area; two operations with one name are a mistake in the overlay.
fn curated(entries: &[Entry], origins: &Origins) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut owners: BTreeMap<(&str, &str), &OperationKey> = BTreeMap::new();
    let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in entries {
        let (Some(area), Some(method)) = (&entry.area, &entry.method) else { continue };
        if let Some(other) = owners.insert((area, method), &entry.key) {
            let mut both = [
                (place(other, "method", origins), other),
                (place(&entry.key, "method", origins), &entry.key),
            ];
            both.sort();
            let [(first, first_key), (second, second_key)] = both;
            let what = format!("{area}.{method} names {second_key}, but also {first_key} at {first}");
            return Err(Error::new(second, what));
        }
        taken.entry(area.clone()).or_default().insert(method.clone());
    }
    Ok(taken)
}

fn place(key: &OperationKey, word: &str, origins: &Origins) -> String {
    let origin = origins.get(&format!("{}/x-opencloud/{word}", key.pointer()));
    origin.map_or_else(|| key.to_string(), ToString::to_string)
}

/// The type names of the overlay: a request type is called like its method, in UpperCamelCase.
fn curated_types(document: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    tree::visit_document(document, &mut |_, schema| {
        let name = schema.get("x-opencloud-type").and_then(Value::as_str);
        names.extend(name.map(str::to_owned));
    });
    names
}

fn free_method(
    entry: &Entry,
    wanted: Option<&str>,
    names: &BTreeSet<String>,
    types: &BTreeSet<String>,
) -> String {
    let OperationKey { path, method: verb } = &entry.key;
    let base = wanted.map_or_else(|| method::derive(entry.upstream_id.as_deref(), verb, path), str::to_owned);
    first_free(
        &base,
        method::alternatives(&base, verb, path),
        |base, number| format!("{base}_{number}"),
        |name| {
            !names.contains(name)
                && !ident::is_reserved_method(name)
                && !types.contains(&ident::upper_camel_case(name, ""))
        },
    )
}

fn write(document: &mut Value, entry: &Entry, area: &str, name: &str, report: &mut Report) {
    let Some(operation) = entry.key.get_mut(document) else { return };
    let summary = operation.get("summary").and_then(Value::as_str);
    if summary.is_none_or(|summary| summary.trim().is_empty()) {
        report.undocumented.push(format!("{} ({area}.{name})", entry.key));
    }
    operation["operationId"] = json!(format!("{area}.{name}"));
    let ours = object(&mut operation["x-opencloud"]);
    ours["area"] = json!(area);
    ours["method"] = json!(name);
    if let Some(id) = &entry.upstream_id {
        ours["upstream_id"] = json!(id);
    }
}

fn add_unsorted(document: &mut Value) {
    let areas = &mut object(&mut document["x-opencloud"])["areas"];
    if !areas.is_array() {
        *areas = json!([]);
    }
    if let Some(areas) = areas.as_array_mut()
        && !areas.iter().any(|area| area["name"] == UNSORTED)
    {
        areas.push(json!({
            "name": UNSORTED,
            "summary": "Operations that are new and have no area yet.",
        }));
    }
}

/// A value that is an object from now on.
fn object(value: &mut Value) -> &mut Value {
    if !value.is_object() {
        *value = json!({});
    }
    value
}

#[cfg(test)]
mod tests {
    use super::super::super::overlay::Place;
    use super::*;

    fn document() -> Value {
        json!({
            "servers": [{"url": "https://a"}],
            "paths": {
                "/cloud/v2/users/{u}": {"get": {"summary": "s", "operationId": "Cloud_GetUser", "x-opencloud": {"area": "users", "method": "get"}}},
                "/cloud/v2/users/{u}/things": {"get": {"operationId": "Cloud_Get"}, "post": {"operationId": "Cloud_New"}},
                "/new/v1/things": {"get": {}, "put": {"operationId": "A_Type"}},
            },
            "components": {"schemas": {"A": {"x-opencloud-type": "ListThings"}}},
            "x-opencloud": {"areas": [{"name": "users", "summary": "s"}]},
        })
    }

    #[test]
    fn derived_names_keep_clear_of_curated_and_reserved_ones() {
        let mut document = document();
        let mut report = Report::default();
        name_operations(&mut document, &Origins::new(), &mut report).unwrap();
        assert_eq!(
            report.unnamed_operations,
            [
                "GET /cloud/v2/users/{u}/things -> users.get_things",
                "POST /cloud/v2/users/{u}/things -> users.new_things",
                "GET /new/v1/things -> unsorted.list_things_new",
                "PUT /new/v1/things -> unsorted.type_things",
            ]
        );
        assert_eq!(report.undocumented.len(), 4);
        let operation = &document["paths"]["/cloud/v2/users/{u}/things"]["post"];
        assert_eq!(operation["operationId"], "users.new_things");
        assert_eq!(operation["x-opencloud"]["upstream_id"], "Cloud_New");
        assert_eq!(document["x-opencloud"]["areas"][1]["name"], UNSORTED);
    }

    #[test]
    fn one_curated_name_for_two_operations_names_both_places() {
        let mut document = document();
        document["paths"]["/new/v1/things"]["get"]["x-opencloud"] = json!({"area": "users", "method": "get"});
        let place = |file: &str, line| Place { file: file.into(), line };
        let origins = [
            ("/paths/~1cloud~1v2~1users~1{u}/get/x-opencloud/method".to_owned(), place("b.yaml", 7)),
            ("/paths/~1new~1v1~1things/get/x-opencloud/method".to_owned(), place("a.yaml", 3)),
        ];
        let error = name_operations(&mut document, &origins.into(), &mut Report::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "b.yaml:7: users.get names GET /cloud/v2/users/{u}, but also GET /new/v1/things at a.yaml:3"
        );
    }

    #[test]
    fn an_area_that_is_not_listed_is_refused() {
        let mut document = document();
        document["x-opencloud"] = Value::Null;
        let error = name_operations(&mut document, &Origins::new(), &mut Report::default()).unwrap_err();
        assert!(error.to_string().contains("area users is not in the list"), "{error}");
    }
}
