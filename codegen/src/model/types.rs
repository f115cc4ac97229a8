//! The structs, as progenitor makes them of the normalised schemas.

use crate::document::Document;
use crate::{Error, names};
use progenitor::{CrateVers, GenerationSettings, Generator, TypePatch};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use syn::parse_quote;

/// Runs progenitor over the schemas and returns the structs by name. It is given no operations: the facade sends every
/// call through one runtime, so its client would be dead code.
pub(super) fn generate(document: &Document) -> Result<BTreeMap<String, syn::ItemStruct>, Error> {
    let mut schemas = document.schemas().clone();
    let mut settings = GenerationSettings::new();
    for name in ["opencloud", "jiff", "std"] {
        settings.with_crate(name, CrateVers::Any, None);
    }
    settings.with_map_type("::std::collections::BTreeMap").with_derive("PartialEq");
    let mut patch = TypePatch::default();
    patch.with_attr("#[non_exhaustive]");
    patch.with_attr("#[cfg_attr(feature = \"schemars\", derive(schemars::JsonSchema))]");
    for (name, schema) in schemas.iter_mut().filter(|(_, schema)| schema.get("enum").is_none()) {
        settings.with_patch(name, &patch);
        // Without this an object that has no properties would be a map.
        if schema["properties"].as_object().is_none_or(|properties| properties.is_empty()) {
            schema["additionalProperties"] = json!(false);
        }
    }
    let document: openapiv3::OpenAPI = serde_json::from_value(json!({
        "openapi": "3.0.4",
        "info": { "title": "Roblox Open Cloud", "version": "1" },
        "paths": {},
        "components": { "schemas": Value::Object(schemas) },
    }))
    .map_err(|error| Error::new(format!("the normalised schemas are not valid OpenAPI: {error}")))?;
    let mut generator = Generator::new(&settings);
    generator
        .generate_tokens(&document)
        .map_err(|error| Error::new(format!("progenitor refused the normalised schemas: {error}")))?;
    let file: syn::File = syn::parse2(generator.get_type_space().to_stream())
        .map_err(|error| Error::new(format!("progenitor's output could not be parsed: {error}")))?;
    let structs = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some((item.ident.to_string(), named_apart(item))),
        _ => None,
    });
    Ok(structs.collect())
}

/// Gives a number to a field whose name another field has: progenitor takes `a-b` and `a_b` for the same.
fn named_apart(mut item: syn::ItemStruct) -> syn::ItemStruct {
    let mut taken = BTreeSet::new();
    for field in &mut item.fields {
        let wire = wire_name(field);
        let Some(ident) = &mut field.ident else { continue };
        let name = names::unique(ident.to_string(), &mut taken);
        if *ident != name {
            if *ident == wire {
                field.attrs.push(parse_quote!(#[serde(rename = #wire)]));
            }
            *ident = syn::Ident::new(&name, ident.span());
        }
    }
    item
}

/// What a field is called on the wire: serde's `rename`, or the identifier.
pub(super) fn wire_name(field: &syn::Field) -> String {
    let mut name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Fails at an attribute of another form, which renames nothing either.
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
