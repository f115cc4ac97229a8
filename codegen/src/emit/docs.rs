//! What the documentation of areas, fields, setters and arguments says.

use crate::model::{Area, Field, Model, Struct, Type};
use crate::passes::describe::UNDESCRIBED;

/// The page of an area: what can be done with it, and an example that compiles.
pub fn area(area: &Area) -> String {
    let mut text = area.summary.clone();
    let tasks: Vec<String> = area.tasks.iter().map(|task| format!("- {task}")).collect();
    if !tasks.is_empty() {
        text.push_str(&format!("\n\n{}", tasks.join("\n")));
    }
    if let Some(example) = &area.example {
        text.push_str(&format!(
            "\n\n```no_run\n\
             # async fn run(client: opencloud::Client) -> Result<(), Box<dyn std::error::Error>> {{\n\
             {}\n# Ok(())\n# }}\n```",
            example.trim_end()
        ));
    }
    text
}

/// Words as code.
pub fn quoted(words: &[String], between: &str) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(between)
}

/// A description, or that there is none.
pub fn text(description: &Option<String>) -> &str {
    description.as_deref().unwrap_or(UNDESCRIBED)
}

/// As the field, whether a caller must set it, and what else it sets.
pub fn setter(of: &Field, also: Option<&Field>) -> String {
    let need = if of.is_required() { "Required; `new` takes it." } else { "Optional." };
    let also = also.map(|other| format!(" Sets `{}` too.", other.ident)).unwrap_or_default();
    format!("{} {need}{also}", text(&of.description))
}

/// What a type's constructor takes.
pub fn constructor(of: &Struct) -> String {
    let names: Vec<String> = of.arguments().iter().map(|field| format!("`{}`", field.ident)).collect();
    let need = match names.split_last() {
        None => return "A value with nothing set: every field is optional.".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    };
    let count = of.fields.iter().filter(|field| !field.read_only).count();
    match count == names.len() {
        true => format!("A value with all that the service takes: {need}, required."),
        false => format!("A value with what the service requires: {need}. The rest is optional and not set."),
    }
}

/// What a JSON body is: what its type is.
pub fn body(model: &Model, kind: &Type) -> String {
    let name = kind.named().unwrap_or_default();
    let of_struct = model.structs.get(name).and_then(|of| of.description.clone());
    let description = of_struct.or_else(|| model.enums.get(name).and_then(|of| of.description.clone()));
    match description {
        Some(description) => format!("{description} Sent as the JSON body."),
        None => "The JSON body.".to_owned(),
    }
}

/// The arguments of a method, as a section of its documentation.
pub fn arguments<'a>(arguments: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let items: Vec<String> = arguments.map(|(name, doc)| format!("- `{name}`: {doc}")).collect();
    match items.is_empty() {
        true => String::new(),
        false => format!("\n\n# Arguments\n\n{}", items.join("\n")),
    }
}
