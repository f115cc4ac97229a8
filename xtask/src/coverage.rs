//! `cargo xtask coverage`: how much of the document has names, sentences and runtime support. Fails if an
//! operation has no name, or any item no documentation.

mod documented;

use std::collections::BTreeMap;
use std::process::ExitCode;

use documented::{Documented, Items};
use opencloud_codegen::Model;
use serde::Serialize;
use serde_json::Value;

use crate::sync::derive::success_schema;
use crate::sync::refs;
use crate::sync::tree::{self, OperationKey};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON on stdout.
    #[arg(long)]
    json: bool,
    /// List every item without documentation, instead of the first of each kind.
    #[arg(long)]
    missing: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub operations: usize,
    /// With an area and a method name of ours.
    pub named: usize,
    /// With a sentence of ours.
    pub documented: usize,
    /// That can be streamed.
    pub paged: usize,
    /// Lists without paging parameters: the service returns them whole.
    pub whole_lists: usize,
    /// That start a long-running operation.
    pub long_running: usize,
    /// That send a form.
    pub multipart: usize,
    /// That take an OAuth 2.0 token.
    pub oauth: usize,
    /// That are not Open Cloud and take no credential: the overlay adds them.
    pub public: usize,
}

#[derive(Debug, Serialize)]
pub struct Coverage {
    #[serde(flatten)]
    pub total: Counts,
    pub areas: BTreeMap<String, Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation: Option<Documented>,
}

pub fn run(args: &Args) -> Result<ExitCode, String> {
    let model = Model::build(&crate::read_document_text()?, None).map_err(|error| error.to_string())?;
    let documented = documented::count(&model);
    let mut coverage = count(&crate::read_document()?);
    match args.json {
        true => {
            coverage.documentation = Some(documented.clone());
            println!("{}", serde_json::to_string_pretty(&coverage).unwrap_or_default());
        }
        false => print!("{}{}", table(&coverage), items(&documented, args.missing)),
    }
    let Counts { operations, named, documented: summarised, .. } = coverage.total;
    let is_whole = operations == named && operations == summarised && documented.is_whole();
    Ok(ExitCode::from(u8::from(!is_whole)))
}

/// What is documented of the items of each kind, and what is not.
fn items(documented: &Documented, all: bool) -> String {
    const SHOWN: usize = 10;
    let mut text = String::new();
    let mut list = |places: &[String], what: &str| {
        let shown = if all { places.len() } else { places.len().min(SHOWN) };
        for place in &places[..shown] {
            text.push_str(&format!("{what}: {place}\n"));
        }
        if shown < places.len() {
            text.push_str(&format!("{what}: {} more; --missing lists them\n", places.len() - shown));
        }
    };
    for Items { missing, .. } in documented.kinds.values() {
        list(missing, "not documented");
    }
    list(&documented.unused, "a phrase that describes nothing");
    let kinds = documented.kinds.iter();
    let counts: Vec<String> =
        kinds.map(|(kind, items)| format!("{} of {} {kind}", items.documented(), items.all)).collect();
    format!("{text}documented: {}\n", counts.join(", "))
}

/// Counts the operations of a document.
pub fn count(document: &Value) -> Coverage {
    let mut coverage = Coverage { total: Counts::default(), areas: BTreeMap::new(), documentation: None };
    for key in tree::operations(document) {
        let operation = key.get(document);
        let own = &operation["x-opencloud"];
        let area = own["area"].as_str().unwrap_or("unsorted").to_owned();
        for counts in [&mut coverage.total, coverage.areas.entry(area).or_default()] {
            counts.operations += 1;
            counts.named += usize::from(own["derived"] != true);
            counts.documented += usize::from(operation["summary"].is_string());
            counts.paged += usize::from(own["paging"].is_object());
            counts.whole_lists += usize::from(key.method == "get" && is_whole_list(document, &key));
            counts.long_running += usize::from(own["operation"].is_object());
            counts.multipart +=
                usize::from(!operation["requestBody"]["content"]["multipart/form-data"].is_null());
            let schemes = operation["security"].as_array().or(document["security"].as_array());
            let takes_token =
                schemes.into_iter().flatten().any(|scheme| scheme.get("roblox-oauth2").is_some());
            counts.oauth += usize::from(takes_token);
            counts.public += usize::from(own["public"] == true);
        }
    }
    coverage
}

/// Whether the response of an operation without paging is a list: an array, or an object that holds
/// one and says at most one thing besides.
fn is_whole_list(document: &Value, key: &OperationKey) -> bool {
    let is_paged = !key.get(document)["x-opencloud"]["paging"].is_null();
    let Some(schema) = success_schema(document, key).filter(|_| !is_paged) else { return false };
    let properties = tree::sorted_entries(&schema["properties"]);
    let is_list = |(_, property): &&(_, &Value)| refs::resolve(document, property)["type"] == "array";
    let lists = properties.iter().filter(is_list).count();
    schema["type"] == "array" || (lists == 1 && properties.len() <= 2)
}

/// A title, and the number that stands under it.
type Column = (&'static str, fn(&Counts) -> usize);

fn table(coverage: &Coverage) -> String {
    const COLUMNS: [Column; 7] = [
        ("operations", |counts| counts.operations),
        ("named", |counts| counts.named),
        ("documented", |counts| counts.documented),
        ("paged", |counts| counts.paged),
        ("whole", |counts| counts.whole_lists),
        ("long-running", |counts| counts.long_running),
        ("multipart", |counts| counts.multipart),
    ];
    let titles: String = COLUMNS.iter().map(|(title, _)| format!("  {title:>5}")).collect();
    let mut text = format!("{:<21}{titles}\n", "area");
    let rows = coverage.areas.iter().map(|(name, counts)| (name.as_str(), counts));
    for (name, counts) in rows.chain([("total", &coverage.total)]) {
        let cell = |(title, count): &Column| format!("  {:>1$}", count(counts), title.len().max(5));
        text.push_str(&format!("{name:<21}{}\n", COLUMNS.iter().map(cell).collect::<String>()));
    }
    let Counts { operations, named, documented, paged, whole_lists, long_running, oauth, public, .. } =
        coverage.total;
    text.push_str(&format!(
        "{} lists: {paged} are paged, {whole_lists} have no paging parameters and come whole\n\
         {long_running} operations are long-running\n\
         {oauth} of {} operations of Open Cloud take an OAuth 2.0 token; {public} more are public and take no credential\n\
         {named} of {operations} operations are named, {documented} of {operations} are documented\n",
        paged + whole_lists,
        operations - public,
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_counted_by_what_they_have() {
        let coverage = count(&json!({ "paths": {
            "/a": { "get": { "operationId": "a.list", "summary": "Lists.",
                "security": [{ "roblox-api-key": [] }, { "roblox-oauth2": [] }],
                "x-opencloud": { "area": "a", "paging": {} } } },
            "/b": { "post": { "operationId": "b.make",
                "x-opencloud": { "area": "b", "derived": true, "public": true, "operation": {} },
                "responses": { "200": { "content": { "application/json": { "schema": { "type": "array" } } } } },
                "requestBody": { "content": { "multipart/form-data": {} } } }, "parameters": [] },
            "/c": { "get": { "operationId": "b.list", "x-opencloud": { "area": "b" },
                "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/X" } } } } } } },
        }, "components": { "schemas": { "X": { "properties": { "data": { "allOf": [{ "type": "array" }] } } } } } }));
        let counts = |operations, named, documented, paged, whole_lists, long_running, multipart, oauth| {
            let public = 0;
            Counts {
                operations,
                named,
                documented,
                paged,
                whole_lists,
                long_running,
                multipart,
                oauth,
                public,
            }
        };
        assert_eq!(coverage.total, Counts { public: 1, ..counts(3, 2, 1, 1, 1, 1, 1, 1) });
        assert_eq!(coverage.areas["a"], counts(1, 1, 1, 1, 0, 0, 0, 1));
        assert_eq!(coverage.areas["b"], Counts { public: 1, ..counts(2, 1, 0, 0, 1, 1, 1, 0) });
    }
}
