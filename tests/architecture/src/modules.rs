//! The modules of a crate: their files, what they define, what they import.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, UseTree};

/// The text of the files that a crate includes from `OUT_DIR`, by their names.
pub type Generated = BTreeMap<String, String>;

/// What a name stands for in a module.
#[derive(Debug, Clone)]
pub(crate) enum Definition {
    /// An item that is defined there.
    Item,
    /// A module below it.
    Module(usize),
    /// Another path, imported or re-exported.
    Use(Vec<String>),
}

#[derive(Default)]
pub(crate) struct Module {
    /// `["transport", "limit"]`; empty for the crate's root.
    pub(crate) path: Vec<String>,
    /// The file, relative to the crate's source folder.
    pub(crate) file: String,
    pub(crate) parent: Option<usize>,
    pub(crate) names: BTreeMap<String, Vec<Definition>>,
    /// Paths of `use path::*`.
    pub(crate) globs: Vec<Vec<String>>,
    /// The code, without inline modules and unit tests.
    pub(crate) items: Vec<Item>,
}

/// All modules of a crate.
#[derive(Default)]
pub(crate) struct Modules {
    pub(crate) all: Vec<Module>,
    /// Names that stand for the crate itself, besides `crate`.
    pub(crate) own_names: Vec<String>,
    source: PathBuf,
    generated: Generated,
}

impl Modules {
    /// Reads the library below `source`, and the program beside it if there is one.
    pub(crate) fn read(source: &Path, crate_name: &str, generated: Generated) -> Result<Self, String> {
        let mut modules = Self {
            own_names: vec![crate_name.to_owned()],
            source: source.to_owned(),
            generated,
            ..Self::default()
        };
        modules.file("lib.rs", Vec::new(), None, source)?;
        if source.join("main.rs").exists() {
            modules.file("main.rs", vec!["main".to_owned()], None, source)?;
        }
        Ok(modules)
    }

    /// Reads one file; the files of its modules are below `folder`.
    fn file(
        &mut self,
        file: &str,
        path: Vec<String>,
        parent: Option<usize>,
        folder: &Path,
    ) -> Result<usize, String> {
        let text = fs::read_to_string(self.source.join(file)).map_err(|error| format!("{file}: {error}"))?;
        let parsed = syn::parse_file(&text).map_err(|error| format!("{file}: {error}"))?;
        self.module(file, path, parent, parsed.items, folder)
    }

    fn module(
        &mut self,
        file: &str,
        path: Vec<String>,
        parent: Option<usize>,
        items: Vec<Item>,
        folder: &Path,
    ) -> Result<usize, String> {
        let id = self.all.len();
        self.all.push(Module { path: path.clone(), file: file.to_owned(), parent, ..Module::default() });
        let mut queue: Vec<Item> = items;
        let mut kept = Vec::new();
        while let Some(item) = queue.pop() {
            if is_test(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let mut below = path.clone();
                    below.push(name.clone());
                    let child = match module.content {
                        Some((_, items)) => self.module(file, below, Some(id), items, &folder.join(&name))?,
                        None => {
                            let flat = folder.join(format!("{name}.rs"));
                            let nested = folder.join(&name).join("mod.rs");
                            let found = if flat.exists() { flat } else { nested };
                            let relative = found
                                .strip_prefix(&self.source)
                                .map_err(|error| error.to_string())?
                                .to_string_lossy()
                                .replace('\\', "/");
                            self.file(&relative, below, Some(id), &folder.join(&name))?
                        }
                    };
                    self.define(id, &name, Definition::Module(child));
                }
                Item::Macro(call) if call.mac.path.is_ident("include") => {
                    queue.extend(self.included(&call.mac.tokens.to_string())?);
                }
                Item::Use(import) => {
                    let mut paths = Vec::new();
                    flatten(&import.tree, &mut Vec::new(), &mut paths);
                    for (path, name) in paths {
                        match name {
                            Some(name) => self.define(id, &name, Definition::Use(path)),
                            None => self.all[id].globs.push(path),
                        }
                    }
                    kept.push(Item::Use(import));
                }
                Item::ExternCrate(own) if own.ident == "self" => {
                    self.own_names.extend(own.rename.map(|(_, name)| name.to_string()));
                }
                other => {
                    if let Some(name) = name_of(&other) {
                        self.define(id, &name, Definition::Item);
                    }
                    kept.push(other);
                }
            }
        }
        self.all[id].items = kept;
        Ok(id)
    }

    fn define(&mut self, module: usize, name: &str, definition: Definition) {
        self.all[module].names.entry(name.to_owned()).or_default().push(definition);
    }

    /// The items of `include!(concat!(env!("OUT_DIR"), "/api.rs"))`, if its text is known.
    fn included(&self, tokens: &str) -> Result<Vec<Item>, String> {
        let of = |(name, text): (&String, &String)| {
            tokens.contains(&format!("/{name}\"")).then(|| (name.clone(), text.clone()))
        };
        let Some((name, text)) = self.generated.iter().find_map(of) else {
            return Ok(Vec::new());
        };
        Ok(syn::parse_file(&text).map_err(|error| format!("{name}: {error}"))?.items)
    }
}

/// Each path of a `use`, with the name that it gets; none for `*`.
pub(crate) fn flatten(
    tree: &UseTree,
    before: &mut Vec<String>,
    into: &mut Vec<(Vec<String>, Option<String>)>,
) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, into);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            into.push((before.clone(), before.last().cloned()));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            into.push((before.iter().cloned().chain([name.clone()]).collect(), Some(name)));
        }
        UseTree::Rename(rename) => {
            let mut path = before.clone();
            if rename.ident != "self" {
                path.push(rename.ident.to_string());
            }
            into.push((path, Some(rename.rename.to_string())));
        }
        UseTree::Glob(_) => into.push((before.clone(), None)),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, into)),
    }
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        _ => return None,
    })
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether an item is compiled for tests only.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::NameValue(_) => false,
    })
}
