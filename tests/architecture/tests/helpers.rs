//! Helpers say which operations they call, and which scopes that takes: `Calls `assets.create`; scope `asset:write`.`

use opencloud_architecture::workspace;
use opencloud_codegen::Model;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::Visit;

/// The areas with helpers, as folders of `src`.
const AREAS: [&str; 12] = [
    "assets",
    "data_stores",
    "erasure",
    "groups",
    "luau",
    "memory_stores",
    "ordered_data_stores",
    "places",
    "public_lookups",
    "secrets",
    "user_restrictions",
    "users",
];

/// What helpers are methods of: the areas' handles, and what is made of those to be kept.
const HANDLES: [&str; 19] = [
    "Assets",
    "DataStores",
    "Erasure",
    "Groups",
    "Luau",
    "MemoryStores",
    "OrderedDataStore",
    "OrderedDataStores",
    "Places",
    "PublicLookups",
    "Queue",
    "Secrets",
    "SortedMap",
    "Store",
    "StoreV1",
    "Task",
    "UniverseSecrets",
    "UserRestrictions",
    "Users",
];

/// What the files of an area say and do.
#[derive(Default)]
struct Area {
    /// The documentation of each public method of a handle that sends something.
    helpers: BTreeMap<String, String>,
    /// All documentation.
    docs: String,
    /// The names of the methods that are called.
    called: BTreeSet<String>,
}

impl Area {
    fn read(area: &str) -> Self {
        let mut found = Self::default();
        for path in files(&workspace().join("src").join(area)) {
            let text = std::fs::read_to_string(&path).expect("a source");
            found.visit_file(&syn::parse_file(&text).expect("Rust"));
        }
        found
    }

    fn note(&mut self, of: &str, method: &syn::ImplItemFn) {
        let is_public = matches!(method.vis, syn::Visibility::Public(_));
        let by_reference = method
            .sig
            .receiver()
            .is_some_and(|receiver| matches!(receiver.kind, syn::ReceiverKind::Reference(..)));
        if is_public && by_reference && sends(&method.sig.output) {
            self.helpers.insert(format!("{of}::{}", method.sig.ident), docs(&method.attrs));
        }
    }
}

impl<'ast> Visit<'ast> for Area {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        if let (None, syn::Type::Path(of)) = (&block.trait_, &*block.self_ty)
            && let Some(of) = of.path.segments.last().map(|last| last.ident.to_string())
            && HANDLES.contains(&of.as_str())
        {
            for item in &block.items {
                if let syn::ImplItem::Fn(method) = item {
                    self.note(&of, method);
                }
            }
        }
        syn::visit::visit_item_impl(self, block);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        self.docs.push_str(&docs(std::slice::from_ref(attribute)));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.called.insert(call.method.to_string());
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// The sources in a folder and in those within it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of src");
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.map(|entry| entry.expect("an entry").path()).partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.chain(folders.iter().flat_map(|folder| self::files(folder))).collect()
}

/// Not what gives a reference or another handle.
fn sends(output: &syn::ReturnType) -> bool {
    let syn::ReturnType::Type(_, kind) = output else { return false };
    let syn::Type::Path(path) = &**kind else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    let inner = match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) if last.ident == "Result" => arguments.args.first(),
        _ => None,
    };
    let name = match inner {
        Some(syn::GenericArgument::Type(syn::Type::Path(inner))) => inner.path.segments.last(),
        _ => Some(last),
    };
    name.is_some_and(|name| !HANDLES.contains(&name.ident.to_string().as_str()))
}

fn docs(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

/// The words in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The operations and scopes of `Calls ...; scopes ...`, a paragraph of its own.
fn said(docs: &str) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let paragraph = docs.split("\n\n").find(|paragraph| paragraph.starts_with("Calls `"))?.replace('\n', " ");
    let (operations, scopes) = paragraph.split_once("; scope").unwrap_or((&paragraph, ""));
    let scopes = scopes.split(", ").filter(|scope| scope.contains('`'));
    Some((quoted(operations), scopes.map(|one_of| words(quoted(one_of))).collect()))
}

fn words(one_of: impl IntoIterator<Item = String>) -> String {
    one_of.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" or ")
}

/// The scopes that a credential needs for all of these: of alternatives one, which may be there already.
fn needed<'a>(model: &'a Model, operations: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    let of = |id: &String| model.operations.iter().find(|operation| operation.id == *id);
    let all: BTreeSet<Vec<String>> =
        operations.filter_map(of).flat_map(|operation| operation.needed_scopes()).collect();
    let single: BTreeSet<&String> = all.iter().filter(|one_of| one_of.len() == 1).flatten().collect();
    let is_open =
        |one_of: &&Vec<String>| one_of.len() == 1 || !one_of.iter().any(|scope| single.contains(scope));
    all.iter().filter(is_open).map(|one_of| words(one_of.iter().cloned())).collect()
}

fn model() -> Model {
    let document = std::fs::read_to_string(workspace().join("spec/open-cloud.json")).expect("the document");
    Model::build(&document, None).expect("a model")
}

#[test]
fn every_helper_names_its_operations_and_their_scopes() {
    let model = model();
    let known: BTreeSet<&String> = model.operations.iter().map(|operation| &operation.id).collect();
    let mut problems = Vec::new();
    let mut count = 0;
    for area in AREAS {
        for (helper, docs) in Area::read(area).helpers {
            count += 1;
            let Some((operations, scopes)) = said(&docs) else {
                problems.push(format!("{area}: {helper} does not say what it calls"));
                continue;
            };
            let unknown: Vec<&String> = operations.iter().filter(|id| !known.contains(id)).collect();
            if !unknown.is_empty() {
                problems.push(format!("{area}: {helper} names {unknown:?}, which are no operations"));
            }
            let needed = needed(&model, operations.iter());
            if scopes != needed {
                problems.push(format!("{area}: {helper} names the scopes {scopes:?}, and needs {needed:?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count > 50, "{count} helpers were found");
}

#[test]
fn what_helpers_call_and_what_they_name_is_the_same() {
    let model = model();
    let polls = |id: &str| {
        let facts = model.operations.iter().filter_map(|operation| operation.long_running.as_ref());
        facts.filter_map(|facts| facts.poll.as_deref()).any(|poll| poll == id)
    };
    for area in AREAS {
        let Area { docs, called, .. } = Area::read(area);
        let named = quoted(&docs);
        for operation in model.operations.iter().filter(|operation| operation.area == area) {
            let (id, method) = (&operation.id, &operation.method);
            let is_called = called.contains(method) || polls(id);
            assert!(is_called || !named.contains(id), "{area}: `{id}` is named and never called");
            // A single word may be a method of anything.
            let is_certain = method.contains('_') && called.contains(method);
            assert!(!is_certain || named.contains(id), "{area}: `{id}` is called and not named");
        }
    }
}
