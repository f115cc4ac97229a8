//! The paths that a module's code names.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemUse, Macro, Path, UseTree, Visibility};

use crate::modules::{flatten, is_test};

/// Collects the paths of items: of types, expressions, patterns, macros and private imports.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    pub(crate) found: BTreeSet<Vec<String>>,
    pub(crate) globs: BTreeSet<Vec<String>>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(item) => item.attrs.as_slice(),
            syn::ImplItem::Const(item) => item.attrs.as_slice(),
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        if matches!(import.vis, Visibility::Inherited) {
            self.import(&import.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.found.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        visit::visit_macro(self, call);
        self.tokens(call.tokens.clone());
    }
}

impl Paths {
    fn import(&mut self, tree: &UseTree) {
        let mut paths = Vec::new();
        flatten(tree, &mut Vec::new(), &mut paths);
        for (path, name) in paths {
            // What is imported as a whole counts by the names that are used of it.
            if name.is_some() {
                self.found.insert(path);
            } else {
                self.globs.insert(path);
            }
        }
    }

    /// The paths among the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut colons, mut after_dot) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    if !(after_dot && path.is_empty()) {
                        path.push(ident.to_string());
                    }
                    (colons, after_dot) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    let is_tree = colons == 2 && !path.is_empty();
                    if !is_tree {
                        self.end(&mut path);
                    }
                    path.clear();
                    (colons, after_dot) = (0, false);
                    self.tokens(group.stream());
                }
                other => {
                    self.end(&mut path);
                    after_dot = matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '.');
                    colons = 0;
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.found.insert(std::mem::take(path));
        }
    }
}
