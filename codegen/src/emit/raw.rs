//! `raw.rs`: the types. Structs are those that `progenitor` makes of the normalised schemas, without the derive that our
//! own reading replaces and with an attribute where one type has two forms on the wire. Enums are ours, because they must
//! be open.

use crate::Error;
use crate::emit::{HEADER, Writer};
use crate::model::{Enum, EnumValues, Field, Model, Struct, Type};
use crate::passes::describe::UNDESCRIBED;
use syn::parse_quote;
use syn::punctuated::Punctuated;

pub fn emit(model: &Model) -> Result<String, Error> {
    let mut file: syn::File = parse_quote!();
    for of in model.structs.values() {
        file.items.push(syn::Item::Struct(adapted(of)?));
    }
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
    super::api::emit_readers(&mut writer, model);
    text.push_str(&writer.finish());
    Ok(text)
}

/// progenitor's struct without the derives of what is written by hand, and with the form in which ids and durations are sent.
fn adapted(of: &Struct) -> Result<syn::ItemStruct, Error> {
    let unreadable = |error: syn::Error| Error::new(format!("`{}` could not be parsed: {error}", of.name));
    let mut item: syn::ItemStruct = syn::parse2(of.definition.clone()).map_err(unreadable)?;
    let hides = of.fields.iter().any(|field| field.hidden);
    for attribute in &mut item.attrs {
        if attribute.path().is_ident("derive") {
            let parser = Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
            let derives = attribute.parse_args_with(parser).map_err(unreadable)?;
            let is_kept = |name: &syn::Ident| name != "Deserialize" && !(hides && name == "Debug");
            let derives = derives.iter();
            let derives =
                derives.filter(|path| path.segments.last().is_some_and(|last| is_kept(&last.ident)));
            *attribute = parse_quote!(#[derive(#(#derives),*)]);
        }
    }
    // Only what derives `Deserialize` has a use for it: that no property is known is no reason to refuse one.
    item.attrs.retain(|attribute| !attribute.path().is_ident("serde"));
    for (field, known) in item.fields.iter_mut().zip(&of.fields) {
        field.attrs.extend(sent_as(known));
    }
    Ok(item)
}

/// How a field is sent whose type has several forms.
fn sent_as(field: &Field) -> Vec<syn::Attribute> {
    match field.kind.leaf() {
        Type::Duration => vec![
            parse_quote!(#[serde(serialize_with = "crate::wire::decode::duration::serialize")]),
            parse_quote!(#[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]),
        ],
        Type::Id { number: true, .. } => {
            vec![parse_quote!(#[serde(serialize_with = "crate::wire::decode::as_number")])]
        }
        _ => Vec::new(),
    }
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
            let ident = &field.ident;
            match model.value_of(field, alias) {
                Some((item, value)) => values.push(format!("{name} => {ident}: {item}.{},", value.ident)),
                None => aliases.push(format!("{name} => {ident},")),
            }
        }
        let from = field.id_from.as_ref();
        let from = from.and_then(|from| of.fields.iter().find(|known| known.name == *from));
        ids.extend(from.map(|from| format!("{} => {},", field.ident, from.ident)));
    }
    let named = |field: &Field| format!("{} => {},", literal(&field.name), field.ident);
    let requested: Vec<String> = model.requested_ids(of).map(named).collect();
    writer.block(format!("crate::wire::decode::object! {{ {}", of.name), |writer| {
        of.fields.iter().for_each(|field| writer.line(named(field)));
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
        "crate::wire::checked_type!({} {{ {} }} inside {{ {} }});",
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
    writer.line(format!("crate::wire::hiding_debug!({} {{ {shown} }} hides {{ {hidden} }});", of.name));
}

fn emit_enum(writer: &mut Writer, of: &Enum) {
    let (kind, is_plain): (&str, fn(&str) -> bool) = match &of.values {
        EnumValues::Words(_) => ("open_enum", |_| true),
        // A larger number would be taken for an `i32` where its type is not stated.
        EnumValues::Numbers(_) => ("open_number_enum", |number| number.parse::<i32>().is_ok()),
    };
    writer.block(format!("crate::wire::enums::{kind}!"), |writer| {
        writer.doc(of.description.as_deref().unwrap_or(UNDESCRIBED));
        writer.block(format!("pub enum {}", of.name), |writer| {
            for (at, (name, value)) in of.literals().into_iter().enumerate() {
                // How it is written on the wire is said by the macro.
                if let Some(Some(description)) = of.descriptions.get(at) {
                    writer.doc(description);
                }
                let suffix = if is_plain(&value) { "" } else { "_i64" };
                writer.line(format!("{name} = {value}{suffix},"));
            }
        });
    });
}
