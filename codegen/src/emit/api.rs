//! `api.rs`: one module, handle and set of calls per area; constructors of request types.

use crate::emit::{Writer, docs, literal};
use crate::model::{
    Area, Body, Field, Limit, Location, Model, Operation, Paging, Parameter, Part, PartKind, Path, Readable,
    Remark, Struct, Type,
};
use crate::{Error, names};
use std::collections::BTreeSet;

/// Where the guide shows what can be done with a call.
const FUTURES: &str = "crate::guide#a-call-as-a-future";

pub fn emit(model: &Model) -> Result<String, Error> {
    let mut writer = Writer::new();
    for area in &model.areas {
        writer.line("");
        emit_area(&mut writer, model, area);
    }
    writer.line("");
    writer.block("impl crate::Client", |writer| {
        for area in &model.areas {
            writer.doc(&area.summary);
            writer.line(format!("#[cfg_attr(docsrs, doc(cfg(feature = {})))]", literal(&area.name)));
            writer.block(format!("pub fn {}(&self) -> {}", area.name, handle_path(area)), |writer| {
                writer.line(format!("{}::new(self.clone())", handle_path(area)));
            });
        }
    });
    Ok(writer.finish())
}

/// The types' constructors and setters, which stand beside the types.
pub fn emit_setters(writer: &mut Writer, model: &Model) {
    for of in model.structs.values().filter(|of| of.in_request) {
        let writable: Vec<&Field> = of.fields.iter().filter(|field| !field.read_only).collect();
        let required: Vec<String> =
            of.arguments().iter().map(|field| format!("{}: {}", field.ident, kept(&field.kind))).collect();
        writer.block("crate::wire::request_type!", |writer| {
            writer.doc(&docs::constructor(of));
            writer.line(format!("{} ({})", of.name, required.join(", ")));
            for field in &writable {
                let (setter, name) = (&field.setter, &field.ident);
                let also = of.fields.iter().find(|other| Some(&other.name) == field.also.as_ref());
                writer.doc(&docs::setter(field, also));
                let also = also.map(|other| format!(" also {}", other.ident)).unwrap_or_default();
                writer.line(format!("{setter} = {name}{also}: {},", kept(&field.kind)));
            }
        });
    }
}

/// The methods of types that no request holds, by which a field is read whose absence says nothing.
pub fn emit_readers(writer: &mut Writer, model: &Model) {
    for of in model.structs.values() {
        let readers: Vec<String> = of
            .readable()
            .map(|(field, readable)| {
                let kind = match readable {
                    Readable::Text => "text".to_owned(),
                    Readable::Count => "count".to_owned(),
                    Readable::List(item) => format!("[{}]", type_in_types(item)),
                };
                format!("{}: {kind},", field.ident)
            })
            .collect();
        if !readers.is_empty() {
            writer.block(format!("crate::wire::response_type! {{ {}", of.name), |writer| {
                readers.iter().for_each(|reader| writer.line(reader));
            });
            writer.line("}");
        }
    }
}

/// The type of a field, as `request_type!` distinguishes a list from a value.
fn kept(kind: &Type) -> String {
    match kind {
        Type::List(item) => format!("[{}]", type_in_types(item)),
        kind => format!("{{{}}}", type_in_types(kind)),
    }
}

/// A type as written beside the types themselves.
pub(super) fn type_in_types(kind: &Type) -> String {
    kind.rust().replace("types::", "")
}

fn handle(area: &Area) -> String {
    names::type_name(&area.name)
}

fn handle_path(area: &Area) -> String {
    format!("{}::{}", area.name, handle(area))
}

fn emit_area(writer: &mut Writer, model: &Model, area: &Area) {
    let operations: Vec<&Operation> = model.in_area(&area.name).collect();
    let types: BTreeSet<String> = operations.iter().flat_map(|operation| model.types_of(operation)).collect();
    let calls = calls(model, area);
    writer.line(format!("#[cfg_attr(docsrs, doc(cfg(feature = {})))]", literal(&area.name)));
    writer.block(format!("pub mod {}", area.name), |writer| {
        // Inside, so that links name the area's own items.
        writer.inner_doc(&docs::area(area));
        writer.line("#[allow(unused_imports)]");
        writer.line("use crate::{call::Call, ids, operations, types};");
        let exported: Vec<&str> =
            types.iter().filter(|name| **name != handle(area)).map(String::as_str).collect();
        if !exported.is_empty() {
            writer.line("#[doc(no_inline)]");
            writer.line(format!("pub use crate::types::{{{}}};", exported.join(", ")));
        }
        writer.line("");
        writer.doc(&area.summary);
        writer.line("#[derive(Clone, Debug)]");
        writer.block(format!("pub struct {}", handle(area)), |writer| {
            writer.line("#[allow(dead_code)]");
            writer.line("pub(crate) client: crate::Client,");
        });
        writer.line("");
        writer.block(format!("impl {}", handle(area)), |writer| {
            writer.block("pub(crate) fn new(client: crate::Client) -> Self", |writer| {
                writer.line("Self { client }");
            });
            for call in &calls {
                writer.line("");
                call.emit_method(writer);
            }
        });
        for call in &calls {
            writer.line("");
            call.emit_type(writer, area);
        }
    });
}

/// The calls of an area. A call is named like its method, unless a type of the area has that name.
pub(super) fn calls<'a>(model: &'a Model, area: &'a Area) -> Vec<Call<'a>> {
    let operations: Vec<&Operation> = model.in_area(&area.name).collect();
    let mut taken: BTreeSet<String> =
        operations.iter().flat_map(|operation| model.types_of(operation)).collect();
    taken.insert(handle(area));
    taken.extend(names::RESERVED_TYPES.map(str::to_owned));
    operations
        .into_iter()
        .map(|operation| {
            let mut name = names::type_name(&operation.method);
            while !taken.insert(name.clone()) {
                name.push_str("Call");
            }
            Call::new(name, operation, model)
        })
        .collect()
}

/// One argument of a method or one setter of a call: how it is named, typed and applied.
pub(super) struct Input<'a> {
    pub(super) name: String,
    /// The type in Rust.
    pub(super) argument: String,
    /// Where the value comes from in a request.
    pub(super) source: Source<'a>,
    /// What becomes of the value, as a method call on the runtime's `Call`.
    apply: String,
    doc: String,
}

impl Input<'_> {
    /// What a list holds, if this is one.
    fn item(&self) -> Option<&str> {
        self.argument.strip_prefix("Vec<")?.strip_suffix('>')
    }

    /// What a caller may give: of a list, anything that can be gone through.
    fn accepted(&self) -> String {
        match self.item() {
            Some(item) => format!("impl IntoIterator<Item = impl Into<{item}>>"),
            None => format!("impl Into<{}>", self.argument),
        }
    }

    /// Makes a list of what a caller gave for one.
    fn emit_collection(&self, writer: &mut Writer, name: &str) {
        if self.item().is_some() {
            let list = &self.argument;
            writer.line(format!("let {name}: {list} = {name}.into_iter().map(Into::into).collect();"));
        }
    }
}

/// The place of a request that an input fills.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Parameter(&'a Parameter),
    /// A parameter that takes a filter or order.
    Expression(&'a Parameter),
    Json(&'a Type),
    /// A property of the JSON body, which is this type.
    Property(&'a Field),
    Raw,
    Part(&'a Part),
}

pub(super) struct Call<'a> {
    pub(super) name: String,
    pub(super) operation: &'a Operation,
    pub(super) arguments: Vec<Input<'a>>,
    pub(super) setters: Vec<Input<'a>>,
    /// What is sent whatever the caller says.
    fixed: Vec<String>,
    /// What is made of several arguments together.
    body: Option<String>,
    pub(super) output: String,
    pub(super) lists: Option<Listing>,
    pub(super) long_running: Option<String>,
    /// The fields that an update can clear, each with its setter.
    pub(super) clearable: Vec<(String, &'a Field)>,
}

pub(super) struct Listing {
    pub(super) item: String,
    page: String,
    items: String,
    /// The fields of the runtime's `Facts`.
    facts: [(&'static str, String); 7],
    /// Whether a page is the result of an operation that the call starts.
    by_operation: bool,
}

impl<'a> Call<'a> {
    fn new(name: String, operation: &'a Operation, model: &'a Model) -> Self {
        let mut call = Self {
            name,
            operation,
            arguments: Vec::new(),
            setters: Vec::new(),
            fixed: Vec::new(),
            body: None,
            output: output(operation),
            lists: listing(operation, model),
            long_running: long_running(operation),
            clearable: clearable(operation, model),
        };
        for parameter in &operation.parameters {
            if let Some((how, kind)) = operation.expression(parameter) {
                call.add_expression(parameter, how, kind);
                continue;
            }
            let (how, wire) = match parameter.location {
                Location::Path => ("path", String::new()),
                Location::Query => ("query", format!("{}, ", literal(&parameter.name))),
                Location::Header => ("header", format!("{}, ", literal(&parameter.name))),
            };
            let input = |value: &str| Input {
                name: parameter.name.clone(),
                argument: parameter.kind.rust(),
                source: Source::Parameter(parameter),
                apply: format!("{how}({wire}{value}.into())"),
                doc: docs::text(&parameter.description).to_owned(),
            };
            call.add(parameter.required, input);
        }
        match &operation.body {
            None => {}
            Some(Body::Empty) => call.fixed.push("json(&serde_json::json!({}))".to_owned()),
            Some(Body::Json { kind, required }) => call.add_json(model, kind, *required),
            Some(Body::Raw { media }) => {
                let doc = format!("The content, sent as the body: `{}`.", media.join("`, `"));
                let media: Vec<String> = media.iter().map(|media| literal(media)).collect();
                call.add(true, |value| Input {
                    name: "file".to_owned(),
                    argument: "crate::body::File".to_owned(),
                    source: Source::Raw,
                    apply: format!("raw({value}.into(), &[{}])", media.join(", ")),
                    doc,
                });
            }
            Some(Body::Multipart { parts }) => {
                call.fixed.push("multipart()".to_owned());
                let mut parts: Vec<&Part> = parts.iter().collect();
                // What a file is for is said before the file.
                parts.sort_by_key(|part| matches!(part.kind, PartKind::File | PartKind::Files));
                for part in parts {
                    let wire = literal(&part.name);
                    let (argument, how) = match &part.kind {
                        PartKind::File => ("crate::body::File".to_owned(), "part_file"),
                        PartKind::Files => ("Vec<crate::body::File>".to_owned(), "part_files"),
                        PartKind::Json(kind) if model.is_checked(kind) => (kind.rust(), "checked_part_json"),
                        PartKind::Json(kind) => (kind.rust(), "part_json"),
                        PartKind::Text(kind) => (kind.rust(), "part_text"),
                    };
                    call.add(part.required, |value| Input {
                        name: part.name.clone(),
                        apply: format!("{how}::<{argument}>({wire}, {value}.into())")
                            .replace("part_file::<crate::body::File>", "part_file")
                            .replace("part_files::<Vec<crate::body::File>>", "part_files"),
                        argument,
                        source: Source::Part(part),
                        doc: docs::text(&part.description).to_owned(),
                    });
                }
            }
        }
        call
    }

    /// JSON: a few scalars as arguments, or the body as one.
    fn add_json(&mut self, model: &'a Model, kind: &'a Type, required: bool) {
        if let Some(of) = of_scalars(self.operation, model, kind).filter(|_| required) {
            return self.add_properties(model, kind, of);
        }
        let name = match (required, kind) {
            (true, Type::Struct(name) | Type::Enum(name)) => names::field(name),
            (true, _) => "value".to_owned(),
            (false, _) => "body".to_owned(),
        };
        let argument = kind.rust();
        let how = if model.is_checked(kind) { "checked_json" } else { "json" };
        self.add(required, |value| Input {
            name,
            apply: format!("{how}::<{argument}>(&{value}.into())"),
            argument,
            source: Source::Json(kind),
            doc: docs::body(model, kind),
        });
    }

    /// The properties of a body instead of the body: the required ones as arguments, the others as setters.
    fn add_properties(&mut self, model: &Model, kind: &Type, of: &'a Struct) {
        let body = kind.rust();
        let checked = if model.is_checked(kind) { "checked_" } else { "" };
        let mut values = Vec::new();
        let mut names = String::new();
        for field in of.arguments() {
            let id = field.resource_name.as_ref().map(|name| (name, model.last_id(name)));
            let doc = docs::text(&field.description);
            self.add(true, |_| Input {
                name: field.name.clone(),
                argument: id.as_ref().map_or_else(|| field.kind.rust(), |(_, id)| id.clone()),
                source: Source::Property(field),
                apply: String::new(),
                doc: match id {
                    Some(_) => format!("{doc} The last id of it is enough."),
                    None => doc.to_owned(),
                },
            });
            let Some(argument) = self.arguments.last().map(|argument| &argument.name) else { continue };
            values.push(match &id {
                Some((_, id)) => format!("Into::<{id}>::into({argument}).as_str()"),
                None => argument.clone(),
            });
            if let Some((template, _)) = id {
                let (property, template) = (literal(&field.name), literal(template));
                names.push_str(&format!(".resource_name({property}, {template})"));
            }
        }
        self.body = Some(format!("{checked}json::<{body}>(&{body}::new({})){names}", values.join(", ")));
        for field in of.fields.iter().filter(|field| !field.read_only && !field.is_required()) {
            let setter = &field.setter;
            self.add(false, |value| Input {
                name: field.name.clone(),
                argument: field.kind.rust(),
                source: Source::Property(field),
                apply: format!("{checked}properties::<{body}>(&{body}::default().{setter}({value}))"),
                doc: docs::text(&field.description).to_owned(),
            });
        }
    }

    /// A filter or order, which takes the type of its grammar.
    fn add_expression(&mut self, parameter: &'a Parameter, how: &str, kind: &str) {
        let path = format!("crate::filter::{kind}");
        if how == "filter" {
            self.fixed.push(format!("filtered_by::<{path}>()"));
        }
        let wire = literal(&parameter.name);
        self.add(parameter.required, |value| Input {
            name: parameter.name.clone(),
            argument: format!("crate::filter::Expression<{path}>"),
            source: Source::Expression(parameter),
            apply: format!("{how}({wire}, {value}.into())"),
            doc: format!("{} A [`{kind}`]({path}).", docs::text(&parameter.description)),
        });
    }

    fn add(&mut self, required: bool, input: impl FnOnce(&str) -> Input<'a>) {
        const VALUE: &str = "\u{0}";
        let mut input = input(VALUE);
        let others = if required { &self.arguments } else { &self.setters };
        let base = if required { names::field(&input.name) } else { names::setter(&input.name) };
        let mut taken: BTreeSet<String> = others.iter().map(|other| other.name.clone()).collect();
        taken.extend(required.then(|| "self".to_owned()));
        let name = names::unique(base, &mut taken);
        let value = if required { name.as_str() } else { "value" };
        if input.item().is_some() {
            // It is one already: see `emit_collection`.
            input.apply = input.apply.replace(&format!("{VALUE}.into()"), VALUE);
        }
        input.apply = input.apply.replace(VALUE, value);
        input.name = name;
        if required { &mut self.arguments } else { &mut self.setters }.push(input);
    }

    fn emit_method(&self, writer: &mut Writer) {
        let operation = self.operation;
        writer.doc(&documentation(operation, &self.arguments));
        if operation.deprecated {
            writer.line("#[deprecated = \"deprecated by Roblox\"]");
        }
        let arguments: Vec<String> = std::iter::once("&self".to_owned())
            .chain(self.arguments.iter().map(|input| format!("{}: {}", input.name, input.accepted())))
            .collect();
        let head = format!("pub fn {}({}) -> {}", operation.method, arguments.join(", "), self.name);
        writer.block(head, |writer| {
            self.arguments.iter().for_each(|input| input.emit_collection(writer, &input.name));
            let id = names::constant(&operation.id);
            let mut call = format!("let call = Call::new(&self.client, &operations::{id})");
            let applied = self.arguments.iter().map(|input| &input.apply).filter(|apply| !apply.is_empty());
            for step in self.fixed.iter().chain(applied).chain(&self.body) {
                writer.line(std::mem::replace(&mut call, format!("    .{step}")));
            }
            writer.line(call + ";");
            let policy = if self.long_running.is_some() { ", poll_policy: Default::default()" } else { "" };
            writer.line(format!("{} {{ call{policy} }}", self.name));
        });
    }

    fn emit_type(&self, writer: &mut Writer, area: &Area) {
        let method = &self.operation.method;
        writer.doc(&format!(
            "The call of [`{}::{method}`]; it can be [awaited, spawned and joined]({FUTURES}).",
            handle(area)
        ));
        writer.line("#[derive(Clone)]");
        writer.line("#[must_use = \"a call is sent when it is awaited\"]");
        writer.block(format!("pub struct {}", self.name), |writer| {
            writer.line(format!("pub(crate) call: Call<{}>,", self.output));
            if self.long_running.is_some() {
                writer.line("poll_policy: crate::operation::PollPolicy,");
            }
        });
        if !self.setters.is_empty() || !self.clearable.is_empty() {
            writer.block(format!("impl {}", self.name), |writer| {
                for input in &self.setters {
                    writer.doc(&format!("{} Optional.", input.doc));
                    let head = format!("{}(mut self, value: {})", input.name, input.accepted());
                    emit_setter(writer, &head, &input.apply, |writer| input.emit_collection(writer, "value"));
                }
                for (setter, field) in &self.clearable {
                    let (name, doc) = (&field.ident, docs::text(&field.description));
                    writer
                        .doc(&format!("Clears `{name}`: sends null and names it in the update mask. {doc}"));
                    let apply = format!("clear({})", literal(&field.name));
                    emit_setter(writer, &format!("{setter}(mut self)"), &apply, |_| {});
                }
            });
        }
        writer.line(format!("crate::call::call_methods!({} => {});", self.name, self.output));
        if let Some(list) = &self.lists {
            list.emit(writer, &self.name);
        }
        if let Some(result) = &self.long_running {
            writer.line(format!("crate::operation::start_methods!({} => {result});", self.name));
        }
    }
}

/// A method that changes the call, after what `first` writes.
fn emit_setter(writer: &mut Writer, head: &str, apply: &str, first: impl FnOnce(&mut Writer)) {
    writer.block(format!("pub fn {head} -> Self"), |writer| {
        first(writer);
        writer.line(format!("self.call = self.call.{apply};"));
        writer.line("self");
    });
}

/// The most arguments that a body becomes: of more, nobody knows which is which.
const MOST_PROPERTIES: usize = 3;

/// The type of a body whose required part is a few scalars, so that they can be arguments: `publish(universe, topic,
/// message)`. Not of an update with a mask, whose body says what is changed.
fn of_scalars<'a>(operation: &Operation, model: &'a Model, kind: &Type) -> Option<&'a Struct> {
    let Type::Struct(name) = kind else { return None };
    let of = model.structs.get(name).filter(|_| operation.update_mask().is_none())?;
    let is_scalar =
        |field: &&Field| matches!(field.kind, Type::String | Type::Integer | Type::Boolean | Type::Id { .. });
    let required = of.arguments();
    ((1..=MOST_PROPERTIES).contains(&required.len()) && required.iter().all(is_scalar)).then_some(of)
}

/// The fields that an update with a mask can clear: those that the caller can set and the service
/// does not require.
fn clearable<'a>(operation: &Operation, model: &'a Model) -> Vec<(String, &'a Field)> {
    if operation.update_mask().is_none() {
        return Vec::new();
    }
    let body =
        operation.body.iter().flat_map(Body::types).find_map(|kind| model.structs.get(kind.one_struct()?));
    body.into_iter()
        .flat_map(|of| &of.fields)
        .filter(|field| !field.read_only && !field.is_required() && field.name != "path")
        .filter(|field| !operation.at(Location::Path).any(|parameter| parameter.name == field.name))
        .map(|field| (format!("clear_{}", field.ident), field))
        .collect()
}

fn output(operation: &Operation) -> String {
    let kind = operation.response.rust();
    if operation.empty_is_none() { format!("Option<{kind}>") } else { kind }
}

/// How the call lists; `None` if this version of the document leaves out what that takes.
fn listing(operation: &Operation, model: &Model) -> Option<Listing> {
    let paging = operation.paging.as_ref()?;
    let item = paging.item.as_ref()?.rust();
    let by_operation = operation.long_running.as_ref().is_some_and(|facts| facts.response.is_some());
    if operation.empty_is_none() && !by_operation {
        return None;
    }
    let fields = |path: &Option<Path>| path.as_ref().and_then(|path| model.fields(&paging.page, path));
    let read = |path: &Option<Path>, end: &dyn Fn(&Type) -> Option<&'static str>| {
        let found = fields(path).and_then(|(fields, kind)| Some(borrow(&fields, end(kind)?)));
        found.unwrap_or_else(|| "None".to_owned())
    };
    let by_entry = paging.style() == "entries";
    let next = match by_entry {
        true => "None".to_owned(),
        false => read(&paging.next, &|kind| match kind {
            Type::String | Type::Integer | Type::Id { .. } | Type::Enum(_) => {
                Some(".map(|token| token.to_string())")
            }
            Type::Value => Some(".and_then(|token| token.as_str()).map(str::to_owned)"),
            _ => None,
        }),
    };
    // Without its token a list would end after a page as if that were all.
    if paging.style() == "token" && next == "None" {
        return None;
    }
    let (items, _) = model.fields(&paging.page, &paging.items)?;
    let count = match items.is_empty() {
        true => "page.len()".to_owned(),
        false => borrow(&items, ".map_or(0, Vec::len)"),
    };
    let total = read(&paging.total, &|kind| match kind {
        Type::Integer => Some(".copied()"),
        // A cast would make a number of anything.
        Type::Number => Some(".filter(|total| total.abs() <= 9007199254740992.0).map(|total| *total as i64)"),
        Type::String => Some(".and_then(|total| total.parse().ok())"),
        _ => None,
    });
    let more = read(&paging.more, &|kind| (*kind == Type::Boolean).then_some(".copied()"));
    let entries = match by_entry {
        true => borrow(&items, ".and_then(|items| serde_json::to_value(items).ok())"),
        false => "None".to_owned(),
    };
    Some(Listing {
        item,
        page: paging.page.rust(),
        items: take(&items),
        facts: [
            ("count", count),
            ("next", next),
            ("total", total),
            ("more", more),
            ("incomplete", incomplete(model, paging)),
            ("entries", entries),
            ("flaw", "None".to_owned()),
        ],
        by_operation,
    })
}

impl Listing {
    fn emit(&self, writer: &mut Writer, call: &str) {
        writer.block(format!("impl crate::paging::List for {call}"), |writer| {
            writer.line(format!("type Page = {};", self.page));
            writer.line(format!("type Item = {};", self.item));
            writer.block("fn into_call(self) -> Call<Self::Page>", |writer| {
                writer.line(if self.by_operation { "self.call.expecting()" } else { "self.call" });
            });
            if self.by_operation {
                let head = "fn fetch(call: Call<Self::Page>) -> crate::paging::Fetch<Self::Page>";
                writer.block(head, |writer| writer.line("Box::pin(crate::operation::page(call))"));
            }
            writer.block("fn items(page: Self::Page) -> Vec<Self::Item>", |writer| writer.line(&self.items));
            writer.block("fn read(page: &Self::Page) -> crate::paging::Facts", |writer| {
                writer.block("crate::paging::Facts", |writer| {
                    for (field, code) in &self.facts {
                        writer.line(format!("{field}: {code},"));
                    }
                });
            });
        });
        writer.line(format!("crate::paging::list_methods!({call}, {}, {});", self.page, self.item));
    }
}

/// The name of the property by which a page says that the list is not whole, if it does.
fn incomplete(model: &Model, paging: &Paging) -> String {
    let flags = paging.incomplete.iter().filter_map(|path| {
        let (fields, kind) = model.fields(&paging.page, path)?;
        let is_set = borrow(&fields, ".is_some_and(|flag| *flag)");
        (*kind == Type::Boolean).then(|| format!("({is_set}).then_some({:?})", path.0.join(".")))
    });
    let code = flags.reduce(|first, next| format!("{first}.or_else(|| {next})"));
    code.unwrap_or_else(|| "None".to_owned())
}

/// `page.a.and_then(|page| page.b).unwrap_or_default()`; the page itself for an empty path.
fn take(path: &[String]) -> String {
    let Some((first, rest)) = path.split_first() else { return "page".to_owned() };
    let mut code = format!("page.{}", first);
    for name in rest {
        code.push_str(&format!(".and_then(|page| page.{name})"));
    }
    format!("{code}.unwrap_or_default()")
}

fn borrow(path: &[String], end: &str) -> String {
    let Some((first, rest)) = path.split_first() else { return "None".to_owned() };
    let mut code = format!("page.{}.as_ref()", first);
    for name in rest {
        code.push_str(&format!(".and_then(|page| page.{name}.as_ref())"));
    }
    code + end
}

fn long_running(operation: &Operation) -> Option<String> {
    let facts = operation.long_running.as_ref()?;
    Some(match (&facts.response, facts.dialect.as_str()) {
        (Some(name), _) => format!("types::{name}"),
        // The envelope itself is the result.
        (None, "luau") => operation.response.rust(),
        // Nothing is left of it but that it is done.
        (None, "experiment") => "()".to_owned(),
        (None, _) => "serde_json::Value".to_owned(),
    })
}

/// What a method's documentation says, from the facts of the document.
fn documentation(operation: &Operation, arguments: &[Input]) -> String {
    let summary = operation.summary.as_deref();
    let mut text = summary.unwrap_or("An operation that has no description of ours yet.").to_owned();
    text.push_str(&format!("\n\n`{} {}`", operation.verb, operation.path));
    if operation.host != "apis.roblox.com" {
        text.push_str(&format!(" at `{}`", operation.host));
    }
    let stability = match operation.stability.as_deref() {
        Some("STABLE") => "; stable",
        Some("BETA") => "; beta: it may change",
        Some("EXPERIMENTAL") => "; experimental: it may change or go",
        _ => "",
    };
    text.push_str(&format!("{stability}.\n"));
    if !operation.scopes.is_empty() {
        text.push_str(&format!("\nScopes: {}.", docs::quoted(&operation.scopes, ", ")));
        let needed = operation.needed_scopes();
        if needed.is_empty() {
            text.push_str(" They are not needed, and widen the response.");
        }
        for one_of in needed.iter().filter(|one_of| one_of.len() > 1) {
            text.push_str(&format!(" Needed is {}.", docs::quoted(one_of, " or ")));
        }
    }
    if operation.is_public() {
        text.push_str("\nNot part of Open Cloud: it is public and sent without credentials, whatever the client or the call was given.");
    } else if !operation.oauth {
        text.push_str("\nTakes an API key only, no OAuth 2.0 token.");
    }
    let limits = [(operation.api_key_limit, "API key owner"), (operation.oauth_limit, "OAuth 2.0 token")];
    let limits = limits.into_iter().filter_map(|(limit, whose)| {
        let Limit { requests, seconds } = limit?;
        let period = match seconds.get() {
            1 => "second".to_owned(),
            60 => "minute".to_owned(),
            seconds => format!("{seconds} seconds"),
        };
        Some(format!("{requests} per {period} and {whose}"))
    });
    let limits: Vec<String> = limits.collect();
    if !limits.is_empty() {
        text.push_str(&format!("\nLimit: {}.", limits.join(", ")));
    }
    for note in &operation.notes {
        text.push_str(&format!("\n\n{note}"));
    }
    if let Some(reference) = &operation.reference {
        text.push_str(&format!("\n\n[Roblox's reference]({reference})"));
    }
    text.push_str(&docs::arguments(arguments.iter().map(|input| (input.name.as_str(), input.doc.as_str()))));
    text.push_str("\n\n# Errors\n\nAs for every call: see [`Error`](crate::Error).");
    let known = operation.hints.iter().chain(&operation.final_errors).filter_map(known_failure);
    let known: Vec<String> = known.collect();
    if !known.is_empty() {
        text.push_str(&format!(" Known failures:\n\n{}", known.join("\n")));
    }
    text
}

/// A failure and what to do about it, as an item of a list; `None` of one that says nothing of its own.
fn known_failure(remark: &Remark) -> Option<String> {
    let when = &remark.when;
    let mut words: Vec<String> = Vec::new();
    words.extend(when.status.map(|status| status.to_string()));
    words.extend(when.code.as_ref().map(|code| format!("`{code}`")));
    words.extend(when.message_contains.as_ref().map(|part| format!("\"{part}\"")));
    words.extend(when.body_has.as_ref().map(|name| format!("for a body with `{name}`")));
    if when.overdue {
        words.push("not done long after its time".to_owned());
    }
    (!words.is_empty()).then(|| format!("- {}: {}.", words.join(" "), remark.text))
}
