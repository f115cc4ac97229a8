//! From a path in the code to the file that defines what it names.

use crate::modules::{Definition, Modules};

/// More re-exports of re-exports than any crate has: an end for those that name each other.
const DEEPEST: usize = 24;

impl Modules {
    /// The module that defines what a path in `module` names, if this crate does.
    pub(crate) fn resolve(&self, module: usize, path: &[String]) -> Option<usize> {
        self.follow(module, path, DEEPEST)
    }

    fn follow(&self, module: usize, path: &[String], depth: usize) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" | "$crate" => self.below(self.root_of(module), rest, depth),
            "self" => self.below(module, rest, depth),
            "super" => self.below(self.all[module].parent?, rest, depth),
            "Self" => None,
            name if self.is_known(module, name, depth) => self.below(module, path, depth),
            name if self.own_names.iter().any(|own| own == name) => self.below(0, rest, depth),
            _ => None,
        }
    }

    /// The program's modules have a root of their own.
    fn root_of(&self, module: usize) -> usize {
        match self.all[module].parent {
            Some(parent) => self.root_of(parent),
            None => module,
        }
    }

    /// Whether a name that begins a path is this module's, not that of another crate.
    fn is_known(&self, module: usize, name: &str, depth: usize) -> bool {
        self.all[module].names.contains_key(name) || self.in_globs(module, name, depth).is_some()
    }

    /// A module whose items are imported as a whole, and that has the name.
    fn in_globs(&self, module: usize, name: &str, depth: usize) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        self.all[module].globs.iter().find_map(|glob| {
            let target = self.follow(module, glob, depth).filter(|target| *target != module)?;
            let has = self.all[target].names.contains_key(name);
            if has { Some(target) } else { self.in_globs(target, name, depth) }
        })
    }

    /// What `path` names, seen from inside `module`.
    fn below(&self, module: usize, path: &[String], depth: usize) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let Some((first, rest)) = path.split_first() else {
            return Some(module);
        };
        if first == "super" {
            return self.below(self.all[module].parent?, rest, depth);
        }
        if first == "self" {
            return self.below(module, rest, depth);
        }
        let Some(definitions) = self.all[module].names.get(first) else {
            // Imported as a whole, or made by a macro of this module.
            return match self.in_globs(module, first, depth) {
                Some(target) => self.below(target, path, depth),
                None => Some(module),
            };
        };
        // A module and an item may share a name: what goes on is the module.
        let is_item = |definition: &&Definition| matches!(definition, Definition::Item);
        let is_module = |definition: &&Definition| matches!(definition, Definition::Module(_));
        let chosen = match rest.is_empty() {
            true => definitions.iter().find(is_item),
            false => definitions.iter().find(is_module),
        };
        match chosen.or(definitions.first())? {
            Definition::Item => Some(module),
            Definition::Module(child) => self.below(*child, rest, depth),
            Definition::Use(target) => {
                let path: Vec<String> = target.iter().chain(rest).cloned().collect();
                // `use self::name` and `use name` of another crate's item must not name themselves.
                match path.first() == Some(first) && target.len() == 1 {
                    true => None,
                    false => self.follow_use(module, &path, first, depth),
                }
            }
        }
    }

    /// The target of an import, whose first segment is not looked up among what it defines itself.
    fn follow_use(&self, module: usize, path: &[String], name: &str, depth: usize) -> Option<usize> {
        let first = path.first()?;
        let itself = first == name
            && self.all[module].names.get(first).is_some_and(|definitions| {
                definitions.iter().all(|definition| matches!(definition, Definition::Use(_)))
            });
        match itself {
            true => None,
            false => self.follow(module, path, depth),
        }
    }
}
