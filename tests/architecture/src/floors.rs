//! A table of layers, and what breaks it.

use std::collections::BTreeSet;

use crate::graph::{Graph, Import};

/// Modules of one floor. A module is named by its path, `transport::limit`; it is what is below that
/// path and is not named itself.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// The modules, in any order.
    pub modules: &'static [&'static str],
    /// How the modules of the floor go together.
    pub group: Group,
}

/// Whether the modules of a floor may import each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// They may, as long as there is no cycle.
    Together,
    /// They may not.
    Apart,
}

/// The floors of a crate, the lowest first.
#[derive(Debug, Clone, Copy)]
pub struct Floors(pub &'static [Floor]);

impl Floors {
    /// Every import that runs up or between modules that stay apart, every cycle between modules, every
    /// module without a floor, and every floor's module that does not exist.
    #[must_use]
    pub fn problems(&self, graph: &Graph) -> Vec<String> {
        let mut problems = BTreeSet::new();
        for name in self.0.iter().flat_map(|floor| floor.modules) {
            if !graph.modules.keys().any(|module| is_below(module, name)) {
                problems.insert(format!("the table names the module {name}, which does not exist"));
            }
        }
        for module in graph.modules.keys().filter(|module| *module != "crate") {
            if self.place(module).is_none() {
                problems.insert(format!("the module {module} has no floor"));
            }
        }
        for import in &graph.imports {
            let (Some(from), Some(to)) = (self.place(&import.modules.0), self.place(&import.modules.1))
            else {
                continue;
            };
            if from.1 == to.1 {
                continue;
            }
            let runs_up = from.0 < to.0;
            let crosses = from.0 == to.0 && self.0[from.0].group == Group::Apart;
            if runs_up || crosses {
                problems.insert(sentence(import, from.1, to.1));
            }
        }
        let name = |module: &str| self.place(module).map_or("crate", |(_, name)| name).to_owned();
        for cycle in graph.cycles_between(|import| (name(&import.modules.0), name(&import.modules.1))) {
            problems.insert(format!("these modules import each other: {}", cycle.join(", ")));
        }
        problems.into_iter().collect()
    }

    /// The floor of a module, and the name in the table that it is below: the longest one.
    fn place(&self, module: &str) -> Option<(usize, &'static str)> {
        let floors = self.0.iter().enumerate();
        floors
            .flat_map(|(floor, of)| of.modules.iter().map(move |name| (floor, *name)))
            .filter(|(_, name)| is_below(module, name))
            .max_by_key(|(_, name)| name.len())
    }
}

fn is_below(module: &str, name: &str) -> bool {
    module.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn sentence(import: &Import, from: &str, to: &str) -> String {
    let names: Vec<&str> = import.names.iter().map(String::as_str).collect();
    format!("{} ({from}) takes {} from {} ({to})", import.from, names.join(", "), import.to)
}
