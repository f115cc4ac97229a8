//! `docs/methods.md`: every operation with its method, cargo feature and scopes, whatever features are enabled.

use crate::emit::docs;
use crate::model::{Area, Model, Operation};
use std::collections::BTreeSet;
use std::fmt::Write;

const HEAD: &str = "\
<!-- Generated from spec/open-cloud.json by `cargo xtask surface`; do not edit. -->

# Methods, features and scopes

Each heading is an area: its handle, its module and its cargo feature have that name. A method that the compiler does not
find is behind a feature that is not enabled: `opencloud = { version = \"0.1\", features = [\"secrets\"] }`; `full` enables
all of them. Which are enabled by default is in the [README](https://github.com/opencloud-rs/opencloud#features).

The scopes are those of Roblox's document. Where it says that one of several is enough, they are separated by *or*; scopes in
parentheses are not needed, and widen the response. `*` marks what takes an API key only, no OAuth 2.0 token. What is public
is not part of Open Cloud, and is sent without credentials.

Below the operations of an area are the methods that are written by hand, with what they call and the scopes of that.
";

/// A method that is written by hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Helper {
    /// The area that it belongs to.
    pub area: String,
    /// Its name, behind that of its type if that is not the area's handle: `Store::update`.
    pub name: String,
    /// What it calls, and the scopes of that.
    pub calls: String,
}

/// One table of operations for each area, and one of its helpers.
pub fn emit(model: &Model, helpers: &[Helper]) -> String {
    let mut text = HEAD.to_owned();
    let areas = model.areas.iter().filter(|area| model.in_area(&area.name).next().is_some());
    for area in areas.clone() {
        emit_area(&mut text, model, area);
        emit_helpers(&mut text, &area.name, helpers);
    }
    let is_other = |name: &&str| !areas.clone().any(|area| area.name == **name);
    let others: BTreeSet<&str> = helpers.iter().map(|helper| helper.area.as_str()).filter(is_other).collect();
    for name in others {
        let _ = write!(text, "\n## {name}\n\nBuilt from the operations of other areas.\n");
        emit_helpers(&mut text, name, helpers);
    }
    text
}

fn emit_helpers(text: &mut String, area: &str, helpers: &[Helper]) {
    let helpers: Vec<&Helper> = helpers.iter().filter(|helper| helper.area == area).collect();
    if !helpers.is_empty() {
        text.push_str("\n| by hand, with the feature `helpers` | what it calls |\n|---|---|\n");
    }
    for Helper { name, calls, .. } in helpers {
        let _ = writeln!(text, "| `{name}` | {calls} |");
    }
}

fn emit_area(text: &mut String, model: &Model, area: &Area) {
    let name = &area.name;
    let _ = write!(text, "\n## {name}\n\n{}\n\n", area.summary);
    let _ = writeln!(text, "| `client.{name}()` | request | scopes |\n|---|---|---|");
    for operation in model.in_area(name) {
        let mark = if operation.oauth || operation.is_public() { "" } else { "\\*" };
        let (method, verb, path) = (&operation.method, &operation.verb, &operation.path);
        let _ = writeln!(text, "| `{method}`{mark} | `{verb} {path}` | {} |", scopes(operation));
    }
}

/// What a key needs, and what it may have besides.
fn scopes(operation: &Operation) -> String {
    if operation.is_public() {
        return "public".to_owned();
    }
    let needed = operation.needed_scopes();
    let others: Vec<String> = operation
        .scopes
        .iter()
        .filter(|scope| !needed.iter().flatten().any(|known| known == *scope))
        .cloned()
        .collect();
    let mut parts: Vec<String> = needed.iter().map(|one_of| docs::quoted(one_of, " or ")).collect();
    if !others.is_empty() {
        parts.push(format!("({})", docs::quoted(&others, ", ")));
    }
    match parts.is_empty() {
        true => "none".to_owned(),
        false => parts.join(", "),
    }
}
