//! One call of every operation through its public method, with every parameter set, for the contract
//! tests and `cargo xtask contract`. The values come from outside, as text or JSON.

use crate::emit::api::{Call, Input, Source, calls};
use crate::emit::{Writer, literal};
use crate::model::{Model, PartKind, Type};

/// A function `call(client, id, samples)` that makes and sends the call of one operation.
pub fn emit(model: &Model) -> String {
    let mut writer = Writer::new();
    writer.line("use opencloud::{ids, types};");
    writer.line("");
    writer.doc("Sends one operation through its public method and returns what was decoded, as JSON again.");
    writer.line("#[allow(deprecated)]");
    let head = "pub fn call<'a>(client: &'a opencloud::Client, id: &str, samples: &'a crate::Samples) \
                -> Option<crate::Sent<'a>>";
    writer.block(head, |writer| {
        writer.block("Some(match id", |writer| {
            for area in &model.areas {
                for call in calls(model, area) {
                    let name = format!("{}_{}", area.name, call.operation.method);
                    writer.line(format!(
                        "{} => Box::pin({name}(client, samples)),",
                        literal(&call.operation.id)
                    ));
                }
            }
            writer.line("_ => return None,");
        });
        writer.line(")");
    });
    for area in &model.areas {
        for call in calls(model, area) {
            writer.line("");
            emit_call(&mut writer, &area.name, &call);
        }
    }
    writer.finish().replace("    }\n    )\n", "    })\n")
}

fn emit_call(writer: &mut Writer, area: &str, call: &Call) {
    let operation = call.operation;
    writer.line("#[allow(deprecated)]");
    let head = format!(
        "async fn {area}_{}(client: &opencloud::Client, samples: &crate::Samples) -> crate::Outcome",
        operation.method
    );
    writer.block(head, |writer| {
        let arguments: Vec<String> = call.arguments.iter().map(value).collect();
        writer.line(format!("let call = client.{area}().{}({});", operation.method, arguments.join(", ")));
        for setter in &call.setters {
            writer.line(format!("let call = call.{}({});", setter.name, value(setter)));
        }
        writer.line("crate::outcome(samples, call.send().await)");
    });
}

/// The expression for an input's sample.
fn value(input: &Input) -> String {
    match input.source {
        Source::Parameter(parameter) => {
            let name = literal(&parameter.name);
            match &parameter.kind {
                Type::List(inner) => format!(
                    "samples.texts({name}).into_iter().map(|text| {}).collect::<Vec<_>>()",
                    convert(inner, "text")
                ),
                kind => convert(kind, &format!("samples.text({name})")),
            }
        }
        Source::Expression(parameter) => {
            format!("opencloud::filter::raw(samples.text({}))", literal(&parameter.name))
        }
        Source::Json(kind) => format!("samples.body::<{}>()", kind.rust()),
        Source::Raw => "samples.raw()".to_owned(),
        Source::Part(part) => {
            let name = literal(&part.name);
            match &part.kind {
                PartKind::File => format!("samples.file({name})"),
                PartKind::Files => format!("vec![samples.file({name})]"),
                PartKind::Json(kind) => format!("samples.part::<{}>({name})", kind.rust()),
                PartKind::Text(Type::List(inner)) => format!(
                    "samples.part_texts({name}).into_iter().map(|text| {}).collect::<Vec<_>>()",
                    convert(inner, "text")
                ),
                PartKind::Text(kind) => convert(kind, &format!("samples.part_text({name})")),
            }
        }
    }
}

/// A scalar of its text.
fn convert(kind: &Type, text: &str) -> String {
    match kind {
        Type::String => text.to_owned(),
        Type::Id { .. } | Type::Enum(_) => format!("{}::from({text})", kind.rust()),
        Type::Duration => format!("crate::duration(&{text})"),
        kind => format!("crate::parse::<{}>(&{text})", kind.rust()),
    }
}

/// A function `schemas()` with the name and JSON Schema of every type.
pub fn emit_schemas(model: &Model) -> String {
    let mut writer = Writer::new();
    writer.doc("The JSON Schema of every type, by its name.");
    writer.block("pub fn schemas() -> Vec<(&'static str, schemars::Schema)>", |writer| {
        writer.line("vec![");
        for name in model.structs.keys().chain(model.enums.keys()) {
            writer.line(format!("    ({}, schemars::schema_for!(opencloud::types::{name})),", literal(name)));
        }
        writer.line("]");
    });
    writer.finish()
}
