//! `raw.rs`: the types. `progenitor` makes the structs of the normalised schemas; this module turns
//! its output into what callers see: derives, tolerance, documentation. Enums are ours, because
//! they must be open.

use crate::Error;
use crate::emit::{HEADER, Writer};
use crate::model::{Enum, EnumValues, Field, Model, Struct, Type};
use progenitor::{CrateVers, GenerationSettings, Generator};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use syn::parse_quote;

pub fn emit(model: &Model) -> Result<String, Error> {
    let mut types = progenitor_structs(model)?;
    let mut items = Vec::new();
    for of in model.structs.values() {
        items.push(syn::Item::Struct(if of.fields.is_empty() {
            empty_struct(of)?
        } else {
            let item = types.remove(&of.name).ok_or_else(|| {
                Error::new(format!("progenitor made no struct of the schema `{}`", of.name))
            })?;
            polish(item, of)?
        }));
    }
    let mut file: syn::File = parse_quote!();
    file.items = items;
    let mut text = HEADER.to_owned();
    text.push_str(&prettyplease::unparse(&file));
    let mut writer = Writer::bare();
    for of in model.structs.values() {
        emit_reading(&mut writer, model, of);
        if of.fields.iter().any(|field| field.hidden) {
            emit_debug(&mut writer, of);
        }
        if of.is_checked {
            emit_checks(&mut writer, model, of);
        }
    }
    for of in model.enums.values() {
        emit_enum(&mut writer, of);
    }
    super::api::emit_setters(&mut writer, model);
    text.push_str(&writer.finish());
    Ok(text)
}

/// Runs `progenitor` over the schemas. It is given no operations: the facade sends every call
/// through one runtime, so its client would be dead code.
fn progenitor_structs(model: &Model) -> Result<BTreeMap<String, syn::ItemStruct>, Error> {
    let mut schemas = model.document.schemas().clone();
    for of in model.structs.values().filter(|of| of.fields.is_empty()) {
        let path = format!("opencloud::types::{}", of.name);
        let native = json!({ "crate": "opencloud", "version": "*", "path": path });
        schemas.insert(of.name.clone(), json!({ "type": "object", "x-rust-type": native }));
    }
    let document: openapiv3::OpenAPI = serde_json::from_value(json!({
        "openapi": "3.0.4",
        "info": { "title": "Roblox Open Cloud", "version": "1" },
        "paths": {},
        "components": { "schemas": Value::Object(schemas) },
    }))
    .map_err(|error| Error::new(format!("the normalised schemas are no OpenAPI: {error}")))?;
    let mut settings = GenerationSettings::new();
    for name in ["opencloud", "jiff", "std"] {
        settings.with_crate(name, CrateVers::Any, None);
    }
    settings.with_map_type("::std::collections::BTreeMap");
    let mut generator = Generator::new(&settings);
    generator
        .generate_tokens(&document)
        .map_err(|error| Error::new(format!("progenitor refused the normalised schemas: {error}")))?;
    let file: syn::File = syn::parse2(generator.get_type_space().to_stream())
        .map_err(|error| Error::new(format!("progenitor's output is no Rust: {error}")))?;
    Ok(file
        .items
        .into_iter()
        .filter_map(|item| match item {
            syn::Item::Struct(item) => Some((item.ident.to_string(), item)),
            _ => None,
        })
        .collect())
}

/// What every struct has: open to new fields, and every field may be missing.
fn attributes(of: &Struct) -> Vec<syn::Attribute> {
    let mut attributes = docs(of.description.as_deref().unwrap_or("A type of the service."));
    if !of.fields.iter().any(|field| field.hidden) {
        attributes.push(parse_quote!(#[derive(Debug)]));
    }
    attributes.extend::<Vec<syn::Attribute>>(vec![
        parse_quote!(#[derive(Clone, Default, PartialEq, serde::Serialize)]),
        parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]),
        parse_quote!(#[non_exhaustive]),
    ]);
    attributes
}

fn empty_struct(of: &Struct) -> Result<syn::ItemStruct, Error> {
    let attributes = attributes(of);
    let name = ident(&of.name)?;
    Ok(parse_quote!(#(#attributes)* pub struct #name {}))
}

fn ident(name: &str) -> Result<syn::Ident, Error> {
    syn::parse_str(name).map_err(|error| Error::new(format!("`{name}` is no name in Rust: {error}")))
}

fn polish(mut item: syn::ItemStruct, of: &Struct) -> Result<syn::ItemStruct, Error> {
    item.attrs = attributes(of);
    for field in &mut item.fields {
        let name = wire_name(field);
        let known =
            of.fields.iter().find(|known| known.name == name).ok_or_else(|| {
                Error::new(format!("progenitor made an unknown field `{}.{name}`", of.name))
            })?;
        field.attrs = field_attributes(known);
        // Identifier and type are ours too, so that setters and fields always agree.
        field.ident = Some(ident(&known.ident)?);
        field.ty = field_type(known)?;
    }
    Ok(item)
}

/// A field may always be missing.
fn field_type(field: &Field) -> Result<syn::Type, Error> {
    let kind = super::api::type_in_types(&field.kind);
    syn::parse_str(&format!("Option<{kind}>"))
        .map_err(|error| Error::new(format!("`{kind}` of `{}` is no type: {error}", field.name)))
}

/// What a field is called on the wire: serde's `rename`, or the identifier.
fn wire_name(field: &syn::Field) -> String {
    let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut name = ident.trim_start_matches("r#").to_owned();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Fails at what is no list of names and values, which is no rename either.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = meta.value()?.parse::<syn::LitStr>()?.value();
            } else if let Ok(value) = meta.value() {
                value.parse::<syn::Lit>()?;
            }
            Ok(())
        });
    }
    name
}

fn docs(text: &str) -> Vec<syn::Attribute> {
    super::doc_lines(text)
        .into_iter()
        .map(|line| {
            let line = format!(" {line}");
            parse_quote!(#[doc = #line])
        })
        .collect()
}

fn field_attributes(field: &Field) -> Vec<syn::Attribute> {
    let mut text = format!("`{}`.", field.name);
    for (flag, words) in [
        (field.read_only, " Set by the service."),
        (field.write_only, " Never in an answer."),
        (field.hidden, " Whoever has it needs no other permission, so `Debug` does not show it."),
        (field.deprecated, " Deprecated by Roblox."),
    ] {
        if flag {
            text.push_str(words);
        }
    }
    match field.kind.leaf() {
        Type::Id { number: false, .. } => text.push_str(" Sent as a string."),
        Type::Duration => text.push_str(" Sent as seconds with up to nine decimals."),
        _ => {}
    }
    let mut attributes = docs(&text);
    let name = &field.name;
    if field.ident != *name {
        attributes.push(parse_quote!(#[serde(rename = #name)]));
    }
    attributes.push(parse_quote!(#[serde(skip_serializing_if = "Option::is_none")]));
    match field.kind.leaf() {
        Type::Duration => {
            attributes.push(parse_quote!(#[serde(serialize_with = "crate::decode::duration::serialize")]));
            attributes
                .push(parse_quote!(#[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]));
        }
        Type::Id { number: true, .. } => {
            attributes.push(parse_quote!(#[serde(serialize_with = "crate::decode::as_number")]));
        }
        _ => {}
    }
    attributes
}

/// How a struct is read. serde's derive would do it too, at several times the compile time: it writes
/// a type for every field that is read with tolerance, and that is almost every field.
///
/// What a type has besides fields stands behind them, so that the many that have no more stay small.
fn emit_reading(writer: &mut Writer, model: &Model, of: &Struct) {
    let literal = super::literal;
    let (mut aliases, mut values, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for field in &of.fields {
        for alias in &field.aliases {
            let name = literal(&alias.name);
            match model.value_of(field, alias) {
                Some((item, value)) => {
                    values.push(format!("{name} => {}: {item}.{},", field.ident, value.ident));
                }
                None => aliases.push(format!("{name} => {},", field.ident)),
            }
        }
        let from = field.id_from.as_ref();
        let from = from.and_then(|from| of.fields.iter().find(|known| known.name == *from));
        ids.extend(from.map(|from| format!("{} => {},", field.ident, from.ident)));
    }
    let requested: Vec<String> = model
        .requested_ids(of)
        .map(|field| format!("{} => {},", literal(&field.name), field.ident))
        .collect();
    writer.block(format!("crate::decode::object! {{ {}", of.name), |writer| {
        for field in &of.fields {
            writer.line(format!("{} => {},", literal(&field.name), field.ident));
        }
    });
    let besides = [("aliases", aliases), ("values", values), ("ids", ids), ("requested", requested)];
    if besides.iter().any(|(_, lines)| !lines.is_empty()) {
        for (what, lines) in besides {
            writer.block(what, |writer| lines.iter().for_each(|line| writer.line(line)));
        }
    }
    writer.line("}");
}

/// What is checked of a type before it is sent.
fn emit_checks(writer: &mut Writer, model: &Model, of: &Struct) {
    let names = |fields: Vec<&Field>| {
        let pairs = fields.iter().map(|field| format!("{} => {},", super::literal(&field.name), field.ident));
        pairs.collect::<Vec<_>>().join(" ")
    };
    let (read_only, others): (Vec<_>, Vec<_>) = of.fields.iter().partition(|field| field.read_only);
    let inside = others.into_iter().filter(|field| model.is_checked(&field.kind)).collect();
    writer.line(format!(
        "crate::call::checked_type!({} {{ {} }} inside {{ {} }});",
        of.name,
        names(read_only),
        names(inside)
    ));
}

/// `Debug` without what is hidden.
fn emit_debug(writer: &mut Writer, of: &Struct) {
    let names = |hidden: bool| {
        let fields = of.fields.iter().filter(|field| field.hidden == hidden);
        fields.map(|field| field.ident.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (shown, hidden) = (names(false), names(true));
    writer.line(format!("crate::call::hiding_debug!({} {{ {shown} }} hides {{ {hidden} }});", of.name));
}

fn emit_enum(writer: &mut Writer, of: &Enum) {
    let (kind, values): (&str, Vec<(String, String)>) = match &of.values {
        EnumValues::Words(values) => {
            ("open_enum", values.iter().map(|(name, word)| (name.clone(), super::literal(word))).collect())
        }
        EnumValues::Numbers(values) => (
            "open_number_enum",
            values
                .iter()
                .map(|(name, number)| match i32::try_from(*number) {
                    Ok(number) => (name.clone(), number.to_string()),
                    Err(_) => (name.clone(), format!("{number}_i64")),
                })
                .collect(),
        ),
    };
    writer.block(format!("crate::enums::{kind}!"), |writer| {
        writer.doc(of.description.as_deref().unwrap_or("Words that the service uses."));
        writer.block(format!("pub enum {}", of.name), |writer| {
            for (name, value) in values {
                writer.line(format!("{name} = {value},"));
            }
        });
    });
}
