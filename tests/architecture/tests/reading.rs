//! What the reading of a crate sees: small crates, written to a folder.

use std::fs;
use std::path::Path;

use opencloud_architecture::{Floor, Floors, Generated, Graph, Group};

fn read(files: &[(&str, &str)]) -> Graph {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), files);
    let generated = Generated::from([("made.rs".to_owned(), "pub struct Made(crate::low::Low);".to_owned())]);
    Graph::read(folder.path(), "small", generated).expect("a crate")
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

const LIB: (&str, &str) = ("lib.rs", "mod high; mod low; pub use high::High;");

/// Whether a crate whose low module has this code imports its high module.
fn imports_high(code: &str) -> bool {
    let graph = read(&[LIB, ("high.rs", "pub struct High; pub fn make() {}"), ("low.rs", code)]);
    graph.imports.iter().any(|import| import.from == "low.rs" && import.to == "high.rs")
}

#[test]
fn an_import_is_seen_however_it_is_written() {
    for code in [
        "use crate::high::High;",
        "use crate::High;",
        "use crate::{high::{High as H}};",
        "use super::high::High;",
        "use small::High;",
        "use crate::high; fn f() { high::make() }",
        "use crate::high::*; fn f(_: High) {}",
        "fn f() -> crate::High { todo!() }",
        "fn f() { use crate::High; }",
        "impl Drop for crate::High { fn drop(&mut self) {} }",
        "fn f() { println!(\"{}\", crate::high::make()) }",
        "macro_rules! m { () => { $crate::high::make() }; }",
        "macro_rules! m { () => { fn f(_: &crate::High) {} }; }",
        "mod inner { use super::super::high::High; }",
        "mod inner { fn f() { crate::high::make() } }",
    ] {
        assert!(imports_high(code), "{code}");
    }
}

#[test]
fn what_is_no_import_is_not_seen() {
    for code in [
        "",
        "// use crate::high::High;",
        "/// See [`crate::High`].\npub struct Low;",
        "#[cfg(test)] mod tests { use crate::High; }",
        "#[cfg(test)] use crate::High;",
        "pub use crate::high::High;",
        "pub(in crate) struct Low;",
        "use std::high::High;",
        "struct High; fn f(_: High) {}",
    ] {
        assert!(!imports_high(code), "{code}");
    }
}

#[test]
fn a_re_export_is_followed_to_the_file_that_defines() {
    let graph = read(&[
        ("lib.rs", "mod area; mod other; pub use area::Deep;"),
        ("area/mod.rs", "mod deep; pub use deep::Deep;"),
        ("area/deep.rs", "pub struct Deep;"),
        ("other.rs", "use crate::Deep;"),
    ]);
    let ends: Vec<(&str, &str)> =
        graph.imports.iter().map(|import| (import.from.as_str(), import.to.as_str())).collect();
    assert_eq!(ends, [("other.rs", "area/deep.rs")]);
}

#[test]
fn a_cycle_over_several_files_is_found() {
    let graph = read(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; use crate::d::D; pub struct C;"),
        ("d.rs", "pub struct D;"),
    ]);
    assert_eq!(graph.cycles(), [["a.rs", "b.rs", "c.rs"]]);
    assert_eq!(graph.module_cycles(), [["a", "b", "c"]]);
    assert!(graph.describe(&graph.cycles()).contains("c.rs takes crate::a::A from a.rs"));
}

#[test]
fn generated_code_is_read_too() {
    let graph = read(&[
        ("lib.rs", "mod generated; mod low;"),
        ("generated.rs", "pub mod made { include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\")); }"),
        ("low.rs", "pub struct Low;"),
    ]);
    assert_eq!(graph.imports.len(), 1);
    assert_eq!(graph.imports[0].modules, ("generated::made".to_owned(), "low".to_owned()));
}

const FLOORS: Floors = Floors(&[
    Floor { modules: &["low", "beside"], group: Group::Apart },
    Floor { modules: &["high"], group: Group::Together },
]);

#[test]
fn the_table_is_checked_against_the_code() {
    let files = |low: &'static str, beside: &'static str| {
        [
            ("lib.rs", "mod high; mod low; mod beside; mod new;"),
            ("high.rs", "use crate::low::Low; pub struct High;"),
            ("low.rs", low),
            ("beside.rs", beside),
            ("new.rs", ""),
        ]
    };
    let fine = FLOORS.problems(&read(&files("pub struct Low;", "")));
    assert_eq!(fine, ["the module new has no floor"]);
    let up = FLOORS.problems(&read(&files("use crate::high::High; pub struct Low;", "")));
    assert!(up.iter().any(|problem| problem == "low.rs (low) takes crate::high::High from high.rs (high)"));
    assert!(up.iter().any(|problem| problem == "these modules import each other: high, low"));
    let across = FLOORS.problems(&read(&files("pub struct Low;", "use crate::low::Low;")));
    assert!(across.iter().any(|problem| problem.starts_with("beside.rs (beside) takes")));
    let gone =
        FLOORS.problems(&read(&[("lib.rs", "mod low; mod beside;"), ("low.rs", ""), ("beside.rs", "")]));
    assert_eq!(gone, ["the table names the module high, which does not exist"]);
}
