//! No two files of the emulator import each other, directly or through others.

use opencloud_architecture::{Generated, Graph, workspace};

#[test]
fn no_files_import_each_other() {
    let source = workspace().join("emulator/src");
    let graph = Graph::read(&source, "opencloud_emulator", Generated::new()).expect("the emulator's code");
    let cycles = graph.cycles();
    assert!(cycles.is_empty(), "{}", graph.describe(&cycles));
}
