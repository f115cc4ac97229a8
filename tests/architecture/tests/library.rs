//! The library's floors: an import never runs up, and no two modules import each other.

use opencloud_architecture::{Floor, Floors, Graph, Group, generated, workspace};

/// The lowest first.
const FLOORS: Floors = Floors(&[
    // The API as data, and what crosses the wire.
    Floor { modules: &["spec", "wire", "types", "progress", "seal"], group: Group::Together },
    Floor { modules: &["body", "error"], group: Group::Together },
    Floor { modules: &["credentials", "filter", "markup", "money"], group: Group::Together },
    Floor { modules: &["transport"], group: Group::Together },
    Floor { modules: &["client", "call"], group: Group::Together },
    Floor { modules: &["paging", "operation", "bulk"], group: Group::Together },
    Floor { modules: &["generated"], group: Group::Together },
    Floor {
        modules: &[
            "ads",
            "assets",
            "creator_store",
            "data_stores",
            "groups",
            "guide",
            "luau",
            "memory_stores",
            "ordered_data_stores",
            "places",
            "public_lookups",
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
    // Jobs that take several areas.
    Floor { modules: &["erasure"], group: Group::Together },
]);

/// The files that may name the HTTP library, and what it is built on.
const REQWEST: &[&str] = &["transport/reqwest.rs", "transport/clients.rs", "client/builder.rs"];
const HYPER: &[&str] = &["transport/reqwest.rs"];

/// The modules that may sleep; `oauth` while another process renews the same authorization, `testing` for responses
/// with a delay.
const SLEEPERS: &[&str] = &["transport/", "operation/", "oauth/", "testing/"];

fn library() -> Graph {
    let root = workspace();
    let code = generated(&root).expect("generated code");
    Graph::read(&root.join("src"), "opencloud", code).expect("the library's code")
}

#[test]
fn every_import_runs_down() {
    let problems = FLOORS.problems(&library());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Shared types are in a file below, and a method is in the file of what it makes.
#[test]
fn no_files_import_each_other() {
    let graph = library();
    let cycles = graph.cycles();
    assert!(cycles.is_empty(), "{}", graph.describe(&cycles));
}

#[test]
fn few_files_name_the_http_library() {
    for (file, paths) in &library().foreign {
        for path in paths {
            let allowed = match path.split("::").next() {
                Some("reqwest") => REQWEST.contains(&file.as_str()),
                Some("hyper" | "h2") => HYPER.contains(&file.as_str()),
                Some("progenitor" | "progenitor_client") => false,
                _ => true,
            };
            assert!(allowed, "src/{file} names {path}");
        }
    }
}

#[test]
fn few_modules_sleep() {
    for (file, paths) in &library().foreign {
        for path in paths {
            let sleeps = path.split("::").any(|name| matches!(name, "sleep" | "sleep_until" | "interval"));
            let is_blocking = sleeps && path.contains("thread");
            let may_sleep = SLEEPERS.iter().any(|module| file.starts_with(module));
            assert!(!sleeps || may_sleep && !is_blocking, "src/{file} names {path}");
        }
    }
}
