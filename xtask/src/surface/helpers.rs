//! The methods that are written by hand, for the guide's table: those whose documentation says what they call.

use heck::ToUpperCamelCase;
use opencloud_codegen::emit::methods::Helper;
use std::path::Path;
use syn::visit::Visit;

/// All of them, in the order of their names.
pub(super) fn read(root: &Path) -> Result<Vec<Helper>, String> {
    let mut helpers = Vec::new();
    for (file, text) in crate::texts(root, &["src"])? {
        // Files of `src` itself are of no area.
        let Some((area, _)) = file.trim_start_matches("src/").split_once('/') else { continue };
        let mut found =
            Found { handle: area.to_upper_camel_case(), area: area.to_owned(), helpers: &mut helpers };
        found.visit_file(&syn::parse_file(&text).map_err(|error| format!("{file}: {error}"))?);
    }
    helpers.sort();
    Ok(helpers)
}

struct Found<'a> {
    area: String,
    handle: String,
    helpers: &'a mut Vec<Helper>,
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        let syn::Type::Path(of) = &*block.self_ty else { return };
        let of = of.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        for item in &block.items {
            let syn::ImplItem::Fn(method) = item else { continue };
            if let (syn::Visibility::Public(_), Some(calls)) = (&method.vis, calls(&method.attrs)) {
                let name = method.sig.ident.to_string();
                let name = if of == self.handle { name } else { format!("{of}::{name}") };
                self.helpers.push(Helper { area: self.area.clone(), name, calls });
            }
        }
    }
}

/// The paragraph of the documentation that says what is called, without its first word.
fn calls(attributes: &[syn::Attribute]) -> Option<String> {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    let paragraph = lines
        .split(String::is_empty)
        .find(|lines| lines[..].first().is_some_and(|line| line.starts_with("Calls `")))?;
    let text = paragraph.join(" ");
    Some(text.strip_prefix("Calls ")?.trim_end_matches('.').to_owned())
}
