//! `surface.txt`: the public surface as text, so that a change of the document or the generator is a
//! readable diff.

use crate::emit::api::{Input, calls};
use crate::model::{Field, Model, Readable};
use crate::names;
use std::fmt::Write;

/// One line for each method, setter, type, constructor, field and variant. With more areas there are
/// more lines, and those of an area stay as they are.
pub fn emit(model: &Model) -> String {
    let mut text = String::new();
    for area in &model.areas {
        for call in calls(model, area) {
            let arguments: Vec<String> = call.arguments.iter().map(input).collect();
            let id = &call.operation.id;
            let mut line = format!("{id}({}) -> {}", arguments.join(", "), plain(&call.output));
            if let Some(list) = &call.lists {
                let _ = write!(line, ", items {}", plain(&list.item));
            }
            if let Some(result) = &call.long_running {
                let _ = write!(line, ", operation {}", plain(result));
            }
            if call.operation.deprecated {
                line.push_str(", deprecated");
            }
            let _ = writeln!(text, "{line}");
            for setter in &call.setters {
                let _ = writeln!(text, "{id}.{}", input(setter));
            }
            for (setter, _) in &call.clearable {
                let _ = writeln!(text, "{id}.{setter}()");
            }
        }
    }
    for id in &model.ids {
        let _ = writeln!(text, "id {}", id.name);
    }
    for (name, scope) in names::variants(&model.scopes).iter().zip(&model.scopes) {
        let _ = writeln!(text, "scope {name} = {scope:?}");
    }
    for of in model.structs.values() {
        let _ = writeln!(text, "struct {}", of.name);
        if of.in_request {
            let argument = |field: &&Field| format!("{}: {}", field.ident, plain(&field.kind.rust()));
            let required: Vec<String> = of.arguments().iter().map(argument).collect();
            let _ = writeln!(text, "struct {}.new({})", of.name, required.join(", "));
        }
        for field in &of.fields {
            let kind = plain(&field.kind.rust());
            let _ = writeln!(text, "struct {}.{}: {kind}", of.name, field.ident);
        }
        for (field, readable) in of.readable() {
            let kind = match readable {
                Readable::Text => "&str".to_owned(),
                Readable::Count => "i64".to_owned(),
                Readable::List(item) => format!("&[{}]", plain(&item.rust())),
            };
            let _ = writeln!(text, "struct {}.{}() -> {kind}", of.name, field.ident);
        }
    }
    for of in model.enums.values() {
        for (name, value) in of.literals() {
            let _ = writeln!(text, "enum {}.{name} = {value}", of.name);
        }
    }
    text
}

fn input(input: &Input) -> String {
    format!("{}: {}", input.name, plain(&input.argument))
}

/// A type without its modules.
fn plain(kind: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let (modules, last) = kind.rsplit_once("::").unwrap_or(("", kind));
    modules.split("::").map(|part| part.trim_end_matches(is_part)).chain([last]).collect()
}
