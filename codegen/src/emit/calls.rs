//! One call of every operation through its public method, with every parameter set, for the contract
//! tests and `cargo xtask contract`. The values come from outside, as text or JSON.

use crate::emit::api::{Call, Input, Source, calls};
use crate::emit::{Writer, literal};
use crate::model::{Model, PartKind, Type};

/// Functions that make and send the call of one operation: `call(client, id, samples)` for all of
/// them, `list` for those that list and `wait` for those that start a long-running operation.
pub fn emit(model: &Model) -> String {
    let mut writer = Writer::new();
    writer.line("use opencloud::{ids, types};");
    let areas = model.areas.iter();
    let all = areas.flat_map(|area| calls(model, area).into_iter().map(|call| (area.name.as_str(), call)));
    let all: Vec<(&str, Call)> = all.collect();
    for kind in &KINDS {
        writer.line("");
        writer.doc(kind.doc);
        writer.line("#[allow(deprecated)]");
        let head = format!(
            "pub fn {}<'a>(client: &'a opencloud::Client, id: &str, samples: &'a crate::Samples) \
             -> Option<crate::Sent<'a, crate::{}>>",
            kind.name, kind.outcome
        );
        let of_kind = || all.iter().filter(|(_, call)| (kind.has)(call));
        writer.block(head, |writer| {
            writer.block("Some(match id", |writer| {
                for (area, call) in of_kind() {
                    let function = function(kind, area, call);
                    let id = literal(&call.operation.id);
                    writer.line(format!("{id} => Box::pin({function}(client, samples)),"));
                }
                writer.line("_ => return None,");
            });
            writer.line(")");
        });
        for (area, call) in of_kind() {
            writer.line("");
            emit_call(&mut writer, kind, area, call);
        }
    }
    writer.finish().replace("    }\n    )\n", "    })\n")
}

/// What is done with a call.
struct Kind {
    name: &'static str,
    doc: &'static str,
    /// The type of the outcome, and the function that makes it of what was sent.
    outcome: &'static str,
    code: &'static str,
    /// Whether optional inputs are set.
    full: bool,
    has: fn(&Call) -> bool,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "call",
        doc: "Sends one operation through its public method and returns what was decoded, as JSON again.",
        outcome: "Outcome",
        code: "crate::outcome(samples, call.send().await)",
        full: true,
        has: |_| true,
    },
    Kind {
        name: "list",
        doc: "Reads a list to its end and returns the items, as JSON again.",
        outcome: "Listed",
        code: "crate::listed(samples, call.items()).await",
        full: false,
        has: |call| call.lists.is_some(),
    },
    Kind {
        name: "wait",
        doc: "Starts an operation, waits for it and returns its result, as JSON again.",
        outcome: "Waited",
        code: "crate::waited(call.start().await).await",
        full: false,
        has: |call| call.long_running.is_some(),
    },
];

fn function(kind: &Kind, area: &str, call: &Call) -> String {
    format!("{}_{area}_{}", kind.name, call.operation.method)
}

fn emit_call(writer: &mut Writer, kind: &Kind, area: &str, call: &Call) {
    writer.line("#[allow(deprecated)]");
    let head = format!(
        "async fn {}(client: &opencloud::Client, samples: &crate::Samples) -> crate::{}",
        function(kind, area, call),
        kind.outcome
    );
    writer.block(head, |writer| {
        let arguments: Vec<String> = call.arguments.iter().map(value).collect();
        let method = &call.operation.method;
        writer.line(format!("let call = client.{area}().{method}({});", arguments.join(", ")));
        for setter in call.setters.iter().filter(|_| kind.full) {
            writer.line(format!("let call = call.{}({});", setter.name, value(setter)));
        }
        writer.line(kind.code);
    });
}

/// The expression for an input's sample.
fn value(input: &Input) -> String {
    match input.source {
        Source::Parameter(parameter) => texts(&parameter.kind, "text", &literal(&parameter.name)),
        Source::Expression(parameter) => {
            format!("opencloud::filter::raw(samples.text({}))", literal(&parameter.name))
        }
        Source::Json(kind) => format!("samples.body::<{}>()", kind.rust()),
        Source::Property(field) => {
            format!("samples.part::<{}>({})", field.kind.rust(), literal(&field.name))
        }
        Source::Raw => "samples.raw()".to_owned(),
        Source::Part(part) => {
            let name = literal(&part.name);
            match &part.kind {
                PartKind::File => format!("samples.file({name})"),
                PartKind::Files => format!("vec![samples.file({name})]"),
                PartKind::Json(kind) => format!("samples.part::<{}>({name})", kind.rust()),
                PartKind::Text(kind) => texts(kind, "part_text", &name),
            }
        }
    }
}

/// A scalar, or a list of them, of the sample that a method gives.
fn texts(kind: &Type, method: &str, name: &str) -> String {
    match kind {
        Type::List(inner) => format!(
            "samples.{method}s({name}).into_iter().map(|text| {}).collect::<Vec<_>>()",
            convert(inner, "text")
        ),
        kind => convert(kind, &format!("samples.{method}({name})")),
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
