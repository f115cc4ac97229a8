//! Which module may import which: the table of the design, section 4. And who may sleep.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a module must not import. `AREAS` stands for all areas, `types` for the generated types.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("call", &["paging", "operation", "types", AREAS]),
    ("transport", &["paging", "operation", "types", AREAS]),
    ("auth", &["types", AREAS]),
    ("error", &["types", AREAS]),
    ("client", &["types", AREAS]),
    ("paging", &["types", AREAS]),
    ("operation", &["types", AREAS]),
    ("webhook", &["client", "call", "transport", AREAS]),
    ("testing", &["types", AREAS]),
    ("bulk", &["types", AREAS]),
    ("money", &["types", AREAS]),
];

/// What a module may import, where that is less than everything.
const ALLOWED: &[(&str, &[&str])] = &[
    ("ids", &["ids", "decode", "call", "generated"]),
    ("enums", &["enums", "decode", "call", "generated"]),
    ("mask", &["mask"]),
    ("time", &["time", "decode"]),
    ("filter", &["filter", "ids", "enums", "types", "call"]),
];

/// The files that may name reqwest.
const REQWEST: &[&str] = &["transport/reqwest.rs", "transport/clients.rs", "client/builder.rs"];

/// The modules that may sleep; `auth` while another process holds what is needed to renew.
const SLEEPERS: &[&str] = &["transport", "operation", "auth"];

const AREAS: &str = "an area";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn areas() -> BTreeSet<String> {
    let document = fs::read_to_string(root().join("spec/open-cloud.json")).expect("the document");
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let areas = document["x-opencloud"]["areas"].as_array().expect("areas");
    areas.iter().filter_map(|area| area["name"].as_str()).map(str::to_owned).collect()
}

/// Every file below `src`, with its path there and its code: without comments and without tests.
fn files() -> Vec<(String, String)> {
    fn visit(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => visit(&path, found),
                false => found.push(path),
            }
        }
    }
    let source = root().join("src");
    let mut found = Vec::new();
    visit(&source, &mut found);
    found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a file");
            let name = path.strip_prefix(&source).expect("below src").to_string_lossy().replace('\\', "/");
            (name, code(&text))
        })
        .collect()
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The module of the crate that a file belongs to.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// The modules of the crate that code names: `crate::a::B` and `use crate::{a::B, c}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    for prefix in ["crate::", "opencloud::"] {
        for (at, _) in code.match_indices(prefix) {
            if code[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
                continue;
            }
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                None => {
                    found.insert(name(rest));
                }
                Some(group) => {
                    let mut depth = 0;
                    let mut start = 0;
                    for (at, letter) in group.char_indices() {
                        match letter {
                            '{' => depth += 1,
                            '}' if depth > 0 => depth -= 1,
                            ',' | '}' if depth == 0 => {
                                found.insert(name(&group[start..at]));
                                start = at + 1;
                                if letter == '}' {
                                    break;
                                }
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }
    found.remove("");
    found
}

/// What is wrong with a file.
fn problems(file: &str, code: &str, areas: &BTreeSet<String>) -> Vec<String> {
    let module = module(file);
    let imports = imports(code);
    let is_modules = |name: &str| name.starts_with(|letter: char| letter.is_lowercase());
    let mut problems = Vec::new();
    for import in imports.iter().filter(|import| *import != module && is_modules(import)) {
        let class = if areas.contains(import) { AREAS } else { import.as_str() };
        let forbidden = FORBIDDEN.iter().any(|(name, list)| *name == module && list.contains(&class));
        let not_allowed =
            ALLOWED.iter().any(|(name, list)| *name == module && !list.contains(&import.as_str()));
        // An area imports neither other areas nor the transport.
        let between_areas = areas.contains(module) && (class == AREAS || import == "transport");
        if forbidden || not_allowed || between_areas {
            problems.push(format!("src/{file} imports {import}"));
        }
    }
    // The module around the library has its name.
    let code = code.replace("self::reqwest", "");
    let names = |what: &str| code.contains(what);
    // What reqwest's errors are made of tells whether a request was begun.
    let reads_errors = file == "transport/reqwest.rs";
    let names_hyper =
        code.replace("hyper::Error", "").contains("hyper::") || names("hyper::") && !reads_errors;
    if (names("reqwest::") && !REQWEST.contains(&file)) || names("progenitor") || names_hyper {
        problems.push(format!("src/{file} names the HTTP library"));
    }
    let sleeps = ["sleep(", "sleep_until(", "tokio::time::interval"].iter().any(|what| names(what));
    if names("thread::sleep") || (sleeps && !SLEEPERS.contains(&module)) {
        problems.push(format!("src/{file} sleeps"));
    }
    problems
}

#[test]
fn modules_import_only_what_they_may() {
    let areas = areas();
    assert!(areas.contains("users"));
    let problems: Vec<String> =
        files().iter().flat_map(|(file, code)| problems(file, code, &areas)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn violations_are_found() {
    let areas = areas();
    for (file, code) in [
        ("call/mod.rs", "use crate::paging::Pages;"),
        ("call/mod.rs", "use crate::{Client, users::Get};"),
        ("transport/send.rs", "let x = crate::types::User::new();"),
        ("transport/send.rs", "use crate::{call::{Body, Options}, operation::Poll};"),
        ("ids.rs", "use crate::Client;\nuse crate::client::Inner;"),
        ("users.rs", "use crate::groups::Groups;"),
        ("users.rs", "use crate::transport::Transport;"),
        ("paging/mod.rs", "async { tokio::time::sleep(wait).await }"),
        ("transport/send.rs", "std::thread::sleep(wait)"),
        ("paging/mod.rs", "fn f(client: reqwest::Client) {}"),
        ("transport/send.rs", "fn f(error: hyper::Error) {}"),
        ("transport/reqwest.rs", "fn f(body: hyper::body::Incoming) {}"),
    ] {
        assert!(!problems(file, code, &areas).is_empty(), "{file}: {code}");
    }
    for (file, text) in [
        ("call/mod.rs", "use crate::{Client, Error};\n// use crate::paging::Pages;"),
        ("transport/send.rs", "tokio::time::sleep(wait).await; crate::operations::ALL;"),
        ("paging/mod.rs", "use crate::call::Call;"),
        ("transport/reqwest.rs", "fn f(error: hyper::Error) {}"),
        (
            "error/mod.rs",
            "use crate::transport::RateLimitStatus;\n#[cfg(test)] mod tests { use crate::users::Get; }",
        ),
    ] {
        assert_eq!(problems(file, &code(text), &areas), Vec::<String>::new(), "{file}: {text}");
    }
}
