//! Gives each type its name: renames components, merges those that are the same, and gives
//! different names to those that are not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::overlay::{Origins, Place};
use super::super::refs;
use super::super::report::{Diverged, Report};
use super::super::tree;
use super::classes::{self, Member};
use super::{first_free, ident, type_name};

const TYPE: &str = "x-opencloud-type";
/// The component's names upstream, where they differ from ours.
pub const UPSTREAM: &str = "x-opencloud-upstream";

/// A component, or an inline schema that the overlay names.
struct Candidate {
    pointer: String,
    component: Option<String>,
    name: String,
    origin: Option<Place>,
    is_curated: bool,
    schema: Value,
}

/// Names all types of the document.
pub fn name_types(document: &mut Value, origins: &Origins, report: &mut Report) {
    resolve_aliases(document);
    let candidates = candidates(document, origins);
    let groups = groups(&candidates);
    let names = assign(document, &candidates, &groups, report);
    for (group, name) in groups.iter().zip(&names) {
        report_unnamed(&candidates, group, name, report);
        for index in group {
            if candidates[*index].component.is_none()
                && let Some(schema) = document.pointer_mut(&candidates[*index].pointer)
            {
                schema[TYPE] = json!(name);
            }
        }
    }
    replace_components(document, &candidates, &groups, &names);
}

/// A component that is only a reference to another is that other.
fn resolve_aliases(document: &mut Value) {
    let aliases: BTreeMap<String, String> = tree::components(document)
        .into_iter()
        .filter_map(|(name, schema)| Some((name.clone(), refs::component_of(schema.get("$ref")?.as_str()?)?)))
        .collect();
    let mut names = BTreeMap::new();
    for alias in aliases.keys() {
        let chain = std::iter::successors(Some(alias), |name| aliases.get(*name));
        let target = chain.take(aliases.len() + 1).last().unwrap_or(alias);
        // A circle of aliases says nothing about a value.
        if aliases.contains_key(target) {
            if let Some(schema) = document.pointer_mut(&tree::component_pointer(alias)) {
                *schema = json!({});
            }
        } else {
            names.insert(alias.clone(), target.clone());
        }
    }
    let components = tree::components(document).into_iter().map(|(name, _)| name.clone());
    let keep = components.filter(|name| !names.contains_key(name)).collect();
    refs::rename(document, &names);
    refs::prune(document, &keep);
}

fn candidates(document: &Value, origins: &Origins) -> Vec<Candidate> {
    let mut found = Vec::new();
    let components = tree::components(document).into_iter();
    let components: BTreeMap<String, &String> =
        components.map(|(name, _)| (tree::component_pointer(name), name)).collect();
    tree::visit_document(document, &mut |pointer, schema| {
        let component = components.get(pointer).map(|name| (*name).clone());
        let curated = schema.get(TYPE).and_then(Value::as_str).map(str::to_owned);
        let name = match (&curated, &component) {
            (Some(name), _) => name.clone(),
            (None, Some(component)) => type_name::derive(component),
            (None, None) => return,
        };
        found.push(Candidate {
            origin: origins.get(&format!("{pointer}/{TYPE}")).cloned(),
            is_curated: curated.is_some(),
            pointer: pointer.to_owned(),
            component,
            name,
            schema: schema.clone(),
        });
    });
    found
}

/// Candidates that are one type, each group and the list of them in the order in which names are given:
/// curated ones first, in the order of the overlay, then by name.
fn groups(candidates: &[Candidate]) -> Vec<Vec<usize>> {
    let members: Vec<Member> = candidates
        .iter()
        .map(|candidate| Member {
            name: &candidate.name,
            component: candidate.component.as_deref(),
            schema: &candidate.schema,
        })
        .collect();
    let mut by_class: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, class) in classes::classes(&members).into_iter().enumerate() {
        by_class.entry(class).or_default().push(index);
    }
    let order = |index: &usize| {
        let Candidate { is_curated, component, origin, pointer, .. } = &candidates[*index];
        (!is_curated, component.is_none(), origin, pointer)
    };
    let mut groups: Vec<Vec<usize>> = by_class.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(order);
    }
    groups.sort_by_key(|group| order(&group[0]));
    groups
}

/// The name of each group.
fn assign(
    document: &Value,
    candidates: &[Candidate],
    groups: &[Vec<usize>],
    report: &mut Report,
) -> Vec<String> {
    let areas = areas_by_component(document);
    let reserved = reserved(document);
    let mut names: Vec<Option<String>> = vec![None; groups.len()];
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    // Curated names go to whom they were given, before anything else can take them.
    for (index, group) in groups.iter().enumerate() {
        let candidate = &candidates[group[0]];
        if candidate.is_curated && !owners.contains_key(&candidate.name) {
            owners.insert(candidate.name.clone(), group[0]);
            names[index] = Some(candidate.name.clone());
        }
    }
    for (index, group) in groups.iter().enumerate() {
        if names[index].is_some() {
            continue;
        }
        let candidate = &candidates[group[0]];
        let prefixes = prefixes(candidate, &areas);
        let name = first_free(
            &candidate.name,
            prefixes.iter().map(|prefix| format!("{prefix}{}", candidate.name)),
            |base, number| format!("{base}{number}"),
            |name| !owners.contains_key(name) && !ident::is_reserved_type(name) && !reserved.contains(name),
        );
        if candidate.is_curated {
            let owner = &candidates[owners[&candidate.name]];
            let (wanted, own, other) = (&candidate.name, shown(candidate), shown(owner));
            let at = place(owner);
            let what = format!("{wanted} names {own}, but {other} at {at} differs; named {name}");
            report.diverged.push(Diverged { place: place(candidate), what });
        }
        owners.insert(name.clone(), group[0]);
        names[index] = Some(name);
    }
    names.into_iter().flatten().collect()
}

fn place(candidate: &Candidate) -> Place {
    candidate.origin.clone().unwrap_or_else(Place::somewhere)
}

fn shown(candidate: &Candidate) -> String {
    candidate.component.clone().unwrap_or_else(|| candidate.pointer.clone())
}

/// Names that derived types must not take: ids, and the request types that methods get.
fn reserved(document: &Value) -> BTreeSet<String> {
    let ids = tree::items(&document["x-opencloud"]["ids"]).iter();
    let ids = ids.filter_map(|id| Some(id["name"].as_str()?.to_owned()));
    let calls = tree::operations(document).into_iter().filter_map(|key| {
        Some(ident::upper_camel_case(key.get(document)["x-opencloud"]["method"].as_str()?, ""))
    });
    ids.chain(calls).collect()
}

/// What can be put before a name that is taken: the service in the upstream name, then the area.
fn prefixes(candidate: &Candidate, areas: &BTreeMap<String, String>) -> Vec<String> {
    let owner = owner(&candidate.pointer);
    let service = candidate.component.as_deref().or(owner.as_deref()).and_then(type_name::service);
    let area = match &owner {
        Some(component) => areas.get(component),
        None => areas.get(&operation_pointer(&candidate.pointer)),
    };
    let area = area.map(|area| ident::upper_camel_case(area, ""));
    service.into_iter().chain(area).collect()
}

/// The component that a pointer is in.
fn owner(pointer: &str) -> Option<String> {
    let name = pointer.strip_prefix("/components/schemas/")?;
    Some(tree::unescape(name.split('/').next().unwrap_or(name)))
}

/// The operation's part of a pointer: `/paths/<path>/<method>`.
fn operation_pointer(pointer: &str) -> String {
    pointer.split('/').take(4).collect::<Vec<_>>().join("/")
}

/// The first area that uses a component, and that of each operation by its pointer.
fn areas_by_component(document: &Value) -> BTreeMap<String, String> {
    let mut areas: BTreeMap<String, String> = BTreeMap::new();
    for key in tree::operations(document) {
        let operation = key.get(document);
        let Some(area) = operation["x-opencloud"]["area"].as_str() else { continue };
        areas.insert(key.pointer(), area.to_owned());
        for component in refs::close(document, refs::operation_references(operation)) {
            let first = areas.entry(component).or_insert_with(|| area.to_owned());
            if area < first.as_str() {
                *first = area.to_owned();
            }
        }
    }
    areas
}

fn report_unnamed(candidates: &[Candidate], group: &[usize], name: &str, report: &mut Report) {
    for candidate in group.iter().map(|index| &candidates[*index]) {
        if let Some(component) = candidate.component.as_ref().filter(|_| !candidate.is_curated) {
            report.unnamed_types.push(format!("{component} -> {name}"));
        }
    }
}

/// Moves each component to its name, one for each group, and points references there.
fn replace_components(
    document: &mut Value,
    candidates: &[Candidate],
    groups: &[Vec<usize>],
    names: &[String],
) {
    let mut renamed = BTreeMap::new();
    let mut schemas = Map::new();
    for (group, name) in groups.iter().zip(names) {
        let members = group.iter().map(|index| &candidates[*index]);
        let components: BTreeSet<&String> =
            members.clone().filter_map(|member| member.component.as_ref()).collect();
        let mut merged: Option<Value> = None;
        for member in members.filter(|member| member.component.is_some()) {
            // Inline types inside may have been renamed by now, so the document's state counts.
            let Some(schema) = document.pointer(&member.pointer) else { continue };
            match &mut merged {
                None => merged = Some(schema.clone()),
                Some(merged) => add_words(merged, schema),
            }
        }
        let Some(mut schema) = merged else { continue };
        if let Some(map) = schema.as_object_mut() {
            map.remove(TYPE);
        }
        if !components.iter().all(|component| *component == name) {
            schema[UPSTREAM] = json!(components);
        }
        renamed.extend(components.into_iter().map(|component| (component.clone(), name.clone())));
        schemas.insert(name.clone(), schema);
    }
    document["components"]["schemas"] = Value::Object(schemas);
    refs::rename(document, &renamed);
}

/// Names and sentences of a twin, where the one that stays has none.
fn add_words(schema: &mut Value, twin: &Value) {
    for key in ["description", TYPE] {
        if schema.get(key).is_none()
            && let (Some(word), Some(map)) = (twin.get(key), schema.as_object_mut())
        {
            map.insert(key.to_owned(), word.clone());
        }
    }
    for child in tree::schema_children(twin) {
        if let (Some(inner), Some(twin)) = (schema.pointer_mut(&child), twin.pointer(&child)) {
            add_words(inner, twin);
        }
    }
}

#[cfg(test)]
mod tests;
