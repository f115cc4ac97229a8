//! What the documentation of areas, fields, setters and arguments says.

use crate::model::{Area, Field, Model, Parameter, Part, Struct, Type};

/// Stands where the overlay has no phrase yet, as for what Roblox has just added.
const UNDESCRIBED: &str = "Not described yet.";

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

/// What a field is, and which way it travels.
pub fn field(field: &Field) -> String {
    let mut text = field.description.clone().unwrap_or_else(|| UNDESCRIBED.to_owned());
    for (flag, words) in [
        (field.read_only, " Set by the service."),
        (field.write_only, " Only in requests."),
        (field.hidden, " Grants access by itself, so `Debug` does not show it."),
        (field.deprecated, " Deprecated by Roblox."),
    ] {
        if flag {
            text.push_str(words);
        }
    }
    text
}

/// As the field, and whether a caller must set it.
pub fn setter(of: &Field) -> String {
    let need = if of.is_required() { "Required; `new` takes it." } else { "Optional." };
    format!("{} {need}", field(of))
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

/// What a parameter is.
pub fn parameter(parameter: &Parameter) -> String {
    parameter.description.clone().unwrap_or_else(|| UNDESCRIBED.to_owned())
}

/// What a part of a form is.
pub fn part(part: &Part) -> String {
    part.description.clone().unwrap_or_else(|| UNDESCRIBED.to_owned())
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
