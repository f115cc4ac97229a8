//! `cargo xtask needs`: what of the generated code each area's hand-written helpers are written
//! against, as `src/<area>/needs.txt`; see `opencloud_codegen::helpers`.
//!
//! The files are read off the helpers' sources: a line of the surface is needed if the names in it
//! occur there. A word that means something else may bring in a line too many, never one too few.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use opencloud_codegen::helpers::Needs;
use opencloud_codegen::{Model, emit, names};
use proc_macro2::{Spacing, TokenStream, TokenTree};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing; exit 1 if a file is out of date.
    #[arg(long)]
    check: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, String> {
    let document = crate::read_document_text()?;
    let all = Model::build(&document, None).map_err(|error| error.to_string())?;
    let mut is_current = true;
    for area in &all.areas {
        let folder = crate::root().join("src").join(&area.name);
        let path = folder.join("needs.txt");
        if !folder.is_dir() {
            continue;
        }
        // The area alone: with others beside it the surface only grows.
        let areas = [area.name.clone()];
        let model = Model::build(&document, Some(&areas)).map_err(|error| error.to_string())?;
        let needs = needs(&area.name, &emit::surface::emit(&model), &sources(&folder)?)?;
        let text = format!(
            "# Written by `cargo xtask needs`: the lines of spec/surface.txt that these helpers are written against.\n{}",
            needs.to_text()
        );
        if fs::read_to_string(&path).ok().as_ref() == Some(&text) {
            continue;
        }
        is_current = false;
        match args.check {
            true => println!("src/{}/needs.txt has changed; write it with `cargo xtask needs`", area.name),
            false => {
                crate::sync::write::write_all(&[(&path, &text)]).map_err(|error| error.to_string())?;
                println!("src/{}/needs.txt: {} lines", area.name, needs.lines.len());
            }
        }
    }
    Ok(ExitCode::from(u8::from(args.check && !is_current)))
}

/// The text of every source below a folder.
fn sources(folder: &Path) -> Result<Vec<String>, String> {
    let problem = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(|error| problem(&path, error))? {
                open.push(entry.map_err(|error| problem(&path, error))?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(&path).map_err(|error| problem(&path, error))?);
        }
    }
    Ok(found)
}

fn needs(area: &str, surface: &str, sources: &[String]) -> Result<Needs, String> {
    let mut words = BTreeSet::new();
    let mut needs = Needs::default();
    for source in sources {
        let tokens: TokenStream = source.parse().map_err(|error| format!("src/{area}: {error}"))?;
        collect_words(tokens, &mut words);
        let file = syn::parse_file(source).map_err(|error| format!("src/{area}: {error}"))?;
        own_methods(&file.items, &names::type_name(area), &mut |method| {
            needs.own_methods.insert(format!("{area}.{method}"));
        });
    }
    needs.lines = surface
        .lines()
        .filter(|line| is_needed(line, area, &words, &needs.own_methods))
        .map(str::to_owned)
        .collect();
    Ok(needs)
}

fn collect_words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => collect_words(group.stream(), words),
            // The name of a macro is none of the document's.
            TokenTree::Ident(_) if tokens.peek().is_some_and(is_macro_mark) => {}
            TokenTree::Ident(word) => {
                words.insert(word.to_string().trim_start_matches("r#").to_owned());
            }
            _ => {}
        }
    }
}

/// The `!` of `name!(..)`, and not that of `name != ..`.
fn is_macro_mark(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == '!' && mark.spacing() == Spacing::Alone)
}

/// The methods that are added to an area's handle.
fn own_methods(items: &[syn::Item], handle: &str, found: &mut impl FnMut(String)) {
    for item in items {
        match item {
            syn::Item::Mod(module) => {
                own_methods(module.content.as_ref().map_or(&[], |(_, items)| items), handle, found);
            }
            syn::Item::Impl(block) if block.trait_.is_none() => {
                let syn::Type::Path(of) = &*block.self_ty else { continue };
                if of.path.segments.last().is_none_or(|segment| segment.ident != handle) {
                    continue;
                }
                for item in &block.items {
                    if let syn::ImplItem::Fn(method) = item {
                        found(method.sig.ident.to_string());
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a line of the surface is about names that occur.
fn is_needed(line: &str, area: &str, words: &BTreeSet<String>, own: &BTreeSet<String>) -> bool {
    let head = line.split(['(', ':', '=']).next().unwrap_or_default().trim();
    let (kind, path) = head.split_once(' ').unwrap_or(("call", head));
    let mut names = path.split('.');
    let has = |name: Option<&str>| name.is_none_or(|name| words.contains(name.trim_start_matches("r#")));
    match kind {
        // A field is used without its type being named.
        "struct" => match (names.next(), names.next()) {
            (of, None | Some("new")) => has(of),
            (_, field) => has(field),
        },
        "enum" | "id" => names.all(|name| has(Some(name))),
        _ => {
            let is_of_area = names.next() == Some(area);
            is_of_area && !own.contains(path) && names.all(|name| has(Some(name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SURFACE: &str = "\
things.get(id: ThingId) -> Thing
things.get.view: String
things.list() -> Things
others.get() -> Other
struct Thing
struct Thing.name: String
struct Thing.size: i64
struct Request
struct Request.new(name: String)
enum State.Open = \"OPEN\"
enum State.Shut = \"SHUT\"
id ThingId
";

    fn lines(source: &str) -> Vec<String> {
        needs("things", SURFACE, &[source.to_owned()]).unwrap().lines.into_iter().collect()
    }

    #[test]
    fn what_the_sources_name_is_needed() {
        for (source, expected) in [
            ("fn f() { x.get() }", &["things.get(id: ThingId) -> Thing"][..]),
            ("fn f() { x.get().view(y) }", &["things.get(id: ThingId) -> Thing", "things.get.view: String"]),
            ("fn f(x: State) -> bool { x == State::Open }", &["enum State.Open = \"OPEN\""]),
            ("fn f() { g(thing.name) }", &["struct Thing.name: String"]),
            ("fn f() { Request::make() }", &["struct Request", "struct Request.new(name: String)"]),
            ("fn f(id: ThingId) {}", &["id ThingId"]),
            ("fn f() { size!(x.name != 1) }", &["struct Thing.name: String"]),
            ("/// name, get\n// list\nfn f() { g(\"size\") }", &[]),
        ] {
            assert_eq!(lines(source), expected, "{source}");
        }
    }

    #[test]
    fn the_methods_of_the_handle_are_its_own() {
        let source = "impl Things { pub fn fetch(&self) {} } impl Debug for Things { fn fmt(&self) {} } impl Other { fn go() {} }";
        let needs = needs("things", SURFACE, &[source.to_owned()]).unwrap();
        assert_eq!(needs.own_methods.into_iter().collect::<Vec<_>>(), ["things.fetch"]);
    }
}
