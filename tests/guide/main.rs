//! The guides can be pasted as they are shown, on any page that shows them.
#![cfg(all(feature = "data_stores", feature = "helpers", feature = "messaging", feature = "users"))]

mod job_test;
#[cfg(all(feature = "luau", feature = "memory_stores"))]
mod migrate_in_game;
mod state_test;
mod unit_test;

use std::fs;
use std::path::Path;

/// What is no guide with programs of its own.
const OTHERS: [&str; 5] =
    ["SUMMARY.md", "live-service.md", "methods.md", "performance.md", "specification.md"];

/// The README and the pages of the guides, by name.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("docs")).expect("docs/ can be read") {
        paths.push(entry.expect("docs/ can be read").path());
    }
    // Pictures are no pages.
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    let page = |path: &Path| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("a page is text"))
    };
    paths.iter().map(|path| page(path)).filter(|(name, _)| !OTHERS.contains(&name.as_str())).collect()
}

/// The language of each block of a page, and its lines.
fn blocks(page: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Vec<&str>)> = None;
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language, Vec::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    blocks
}

#[test]
fn no_program_hides_lines_or_is_left_uncompiled() {
    for (name, page) in pages() {
        for (language, lines) in blocks(&page) {
            assert!(!language.is_empty(), "{name}: a block without a language: {lines:?}");
            assert!(!language.contains("ignore"), "{name}: a program that is not compiled: {lines:?}");
            let is_hidden = |line: &&str| line.trim_start().starts_with("# ") || line.trim() == "#";
            let hidden = lines.iter().find(|line| language.starts_with("rust") && is_hidden(line));
            assert_eq!(hidden, None, "{name} hides a line of a program");
        }
    }
}

#[test]
fn every_page_says_first_what_its_programs_depend_on() {
    for (name, page) in pages() {
        let blocks = blocks(&page);
        let of = |language: &str| blocks.iter().position(|(given, _)| given.starts_with(language));
        let (Some(manifest), Some(program)) = (of("toml"), of("rust")) else {
            panic!("{name} has no program, or does not say what it depends on");
        };
        assert!(manifest < program, "{name} shows a program before its dependencies");
        assert!(blocks[manifest].1.iter().any(|line| line.starts_with("opencloud = ")), "{name}");
    }
}

#[test]
fn every_page_is_in_the_book_and_in_the_documentation_of_the_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("a file of the repository");
    let summary = read("docs/SUMMARY.md");
    let modules =
        ["src/guide.rs", "src/filter/mod.rs", "src/oauth/mod.rs", "src/webhook/mod.rs", "redis/src/lib.rs"]
            .map(read)
            .concat();
    for (name, _) in pages().iter().filter(|(name, _)| name != "README.md") {
        assert!(summary.contains(&format!("({name})")), "{name} is not in the book");
        assert!(modules.contains(&format!("docs/{name}\"")), "{name} is not in the crate's documentation");
    }
}

/// Calls stand in tables, which nothing compiles, and once more in a program of the page.
#[test]
fn the_tables_about_other_clients_hold_calls_that_compile() {
    let page = include_str!("../../docs/moving_over.md");
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let programs: String = blocks(page)
        .iter()
        .filter(|(language, _)| language.starts_with("rust"))
        .flat_map(|(_, lines)| lines)
        .map(|line| bare(line))
        .collect();
    let mut count = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let ours = row.split(" | ").nth(1).unwrap_or_default();
        for call in ours.split('`').skip(1).step_by(2).filter(|call| call.contains('(')) {
            assert!(programs.contains(&bare(call)), "no program of the page has {call}");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn the_page_about_moving_data_shows_the_program_that_runs_here() {
    let page = include_str!("../../docs/moving_data.md");
    assert!(page.contains(include_str!("migrate_in_game.rs")), "docs/moving_data.md shows another program");
}

#[test]
fn the_page_about_testing_shows_the_tests_that_run_here() {
    // A documentation test leaves `#[test]` functions out; here they run.
    let page = include_str!("../../docs/testing.md");
    for program in [include_str!("unit_test.rs"), include_str!("state_test.rs"), include_str!("job_test.rs")]
    {
        assert!(page.contains(program), "docs/testing.md does not show:\n{program}");
    }
}
