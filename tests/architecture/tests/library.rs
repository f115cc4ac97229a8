//! The library's floors: an import never runs up, and no two modules import each other.

use opencloud_architecture::{Floor, Floors, Graph, Group, generated, workspace};

/// The lowest first.
const FLOORS: Floors = Floors(&[
    // The API as data, and what crosses the wire.
    Floor { modules: &["spec", "wire", "generated::operations", "generated::types"], group: Group::Together },
    Floor { modules: &["body", "error"], group: Group::Together },
    Floor { modules: &["credentials", "filter", "money"], group: Group::Together },
    Floor { modules: &["transport"], group: Group::Together },
    Floor { modules: &["client", "call"], group: Group::Together },
    Floor { modules: &["paging", "operation", "bulk"], group: Group::Together },
    Floor { modules: &["generated::api"], group: Group::Together },
    Floor {
        modules: &[
            "ads",
            "assets",
            "creator_store",
            "data_stores",
            "groups",
            "luau",
            "memory_stores",
            "ordered_data_stores",
            "places",
            "secrets",
            "user_restrictions",
            "users",
            "api_key",
            "oauth",
            "webhook",
            "testing",
        ],
        group: Group::Apart,
    },
]);

#[test]
#[ignore = "the floors are being built"]
fn every_import_runs_down() {
    let root = workspace();
    let code = generated(&root).expect("generated code");
    let graph = Graph::read(&root.join("src"), "opencloud", code).expect("the library's code");
    let problems = FLOORS.problems(&graph);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
