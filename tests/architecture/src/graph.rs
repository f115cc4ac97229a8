//! Which file imports which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use syn::visit::Visit;

use crate::modules::{Generated, Modules};
use crate::visit::Paths;

/// One file's imports of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The file that imports.
    pub from: String,
    /// The file that defines what is imported.
    pub to: String,
    /// The modules that they are, `transport::limit`; `crate` for the root.
    pub modules: (String, String),
    /// What is imported, as the importing file names it.
    pub names: BTreeSet<String>,
}

/// The files of a crate and their imports of each other.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The module of each file or inline module, and the file it is in.
    pub modules: BTreeMap<String, String>,
    /// The imports, without those of a file of itself.
    pub imports: Vec<Import>,
    /// What each file names of other crates, `tokio::time::sleep`.
    pub foreign: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Reads a crate below its folder `src`, with the text of what it includes from `OUT_DIR`.
    ///
    /// # Errors
    ///
    /// A file cannot be read or parsed.
    pub fn read(source: &Path, crate_name: &str, generated: Generated) -> Result<Self, String> {
        let modules = Modules::read(source, crate_name, generated)?;
        let name = |module: usize| match modules.all[module].path.join("::") {
            root if root.is_empty() => "crate".to_owned(),
            path => path,
        };
        let mut found: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
        let mut foreign: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (id, module) in modules.all.iter().enumerate() {
            let mut paths = Paths::default();
            module.items.iter().for_each(|item| paths.visit_item(item));
            for path in &paths.found {
                match modules.resolve(id, path) {
                    Some(target) if target != id => {
                        found.entry((id, target)).or_default().insert(path.join("::"));
                    }
                    Some(_) => {}
                    None => {
                        foreign.entry(module.file.clone()).or_default().insert(path.join("::"));
                    }
                }
            }
        }
        let imports = found
            .into_iter()
            .map(|((from, to), names)| Import {
                from: modules.all[from].file.clone(),
                to: modules.all[to].file.clone(),
                modules: (name(from), name(to)),
                names,
            })
            .collect();
        let files = modules.all.iter().enumerate();
        let modules = files.map(|(id, module)| (name(id), module.file.clone())).collect();
        Ok(Self { modules, imports, foreign })
    }

    /// The files that import each other, over any number of others.
    #[must_use]
    pub fn cycles(&self) -> Vec<Vec<String>> {
        self.cycles_between(|import| (import.from.clone(), import.to.clone()))
    }

    /// The top-level modules that import each other; of generated code, the modules that it is
    /// included as.
    #[must_use]
    pub fn module_cycles(&self) -> Vec<Vec<String>> {
        let top = |path: &str| {
            let depth = if path.starts_with("generated::") { 2 } else { 1 };
            path.split("::").take(depth).collect::<Vec<_>>().join("::")
        };
        self.cycles_between(|import| (top(&import.modules.0), top(&import.modules.1)))
    }

    /// The groups of nodes that import each other, where `nodes` says what an import is between.
    pub fn cycles_between(&self, nodes: impl Fn(&Import) -> (String, String)) -> Vec<Vec<String>> {
        let ends: Vec<(String, String)> = self.imports.iter().map(nodes).collect();
        let edges = ends.iter().filter(|(from, to)| from != to);
        let graph: DiGraphMap<&str, ()> = edges.map(|(from, to)| (from.as_str(), to.as_str(), ())).collect();
        let mut cycles: Vec<Vec<String>> = tarjan_scc(&graph)
            .into_iter()
            .filter(|nodes| nodes.len() > 1)
            .map(|nodes| {
                let mut nodes: Vec<String> = nodes.into_iter().map(str::to_owned).collect();
                nodes.sort();
                nodes
            })
            .collect();
        cycles.sort();
        cycles
    }

    /// The cycles between files in words: who takes what from whom.
    #[must_use]
    pub fn describe(&self, cycles: &[Vec<String>]) -> String {
        let mut text = String::new();
        for cycle in cycles {
            text.push_str(&format!("{} files import each other:\n", cycle.len()));
            for import in &self.imports {
                if import.from != import.to && cycle.contains(&import.from) && cycle.contains(&import.to) {
                    let names: Vec<&str> = import.names.iter().map(String::as_str).collect();
                    text.push_str(&format!(
                        "  {} takes {} from {}\n",
                        import.from,
                        names.join(", "),
                        import.to
                    ));
                }
            }
        }
        text
    }
}
