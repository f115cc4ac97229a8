//! Lines of code: those that hold a token, without comments, blank lines and unit tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

/// The lines of code of a file's text.
///
/// # Errors
///
/// The text is not Rust.
pub fn count(text: &str) -> Result<usize, String> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("not Rust: {error}"))?;
    let mut lines = BTreeSet::new();
    collect(tokens, &mut lines);
    Ok(lines.len())
}

/// The lines of code of a file.
///
/// # Errors
///
/// The file cannot be read, or is not Rust.
pub fn count_file(path: &Path) -> Result<usize, String> {
    let named = |error: String| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    count(&text).map_err(named)
}

/// The lines of code of all files below a folder, without files and folders named `tests`.
///
/// # Errors
///
/// A file cannot be read, or is not Rust.
pub fn count_below(folder: &Path) -> Result<usize, String> {
    sum(folder, &|path| path.file_stem().is_none_or(|name| name != "tests"))
}

/// The lines of code of all files below a folder.
///
/// # Errors
///
/// A file cannot be read, or is not Rust.
pub fn count_files(folder: &Path) -> Result<usize, String> {
    sum(folder, &|_| true)
}

fn sum(folder: &Path, counts: &dyn Fn(&Path) -> bool) -> Result<usize, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut lines = 0;
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if !counts(&path) {
            continue;
        }
        if path.is_dir() {
            lines += sum(&path, counts)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            lines += count_file(&path)?;
        }
    }
    Ok(lines)
}

fn collect(tokens: TokenStream, lines: &mut BTreeSet<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(behind) = attribute(&tokens, at) {
            let text = tokens[behind - 1].to_string();
            let words: String = text.chars().filter(|ch| !ch.is_whitespace()).collect();
            if words.starts_with("[doc=") {
                at = behind;
                continue;
            }
            if words == "[cfg(test)]" {
                at = after_item(&tokens, behind);
                continue;
            }
        }
        match &tokens[at] {
            TokenTree::Group(group) => {
                lines.insert(group.span_open().start().line);
                lines.insert(group.span_close().end().line);
                collect(group.stream(), lines);
            }
            token => {
                let span = token.span();
                lines.extend(span.start().line..=span.end().line);
            }
        }
        at += 1;
    }
}

/// Where the attribute that begins at `at` ends, if one does.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let is = |at: usize, ch: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ch);
    if !is(at, '#') {
        return None;
    }
    let group = if is(at + 1, '!') { at + 2 } else { at + 1 };
    matches!(tokens.get(group), Some(TokenTree::Group(_))).then_some(group + 1)
}

/// Where the item ends that begins at `at`: behind its braces or its semicolon.
fn after_item(tokens: &[TokenTree], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        if let Some(behind) = attribute(tokens, at) {
            at = behind;
            continue;
        }
        at += 1;
        match token {
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => return at,
            TokenTree::Punct(punct) if punct.as_char() == ';' => return at,
            _ => {}
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_blanks_and_unit_tests_do_not_count() {
        let text = "//! About.\n\nuse a::b;\n\n/// Says.\nfn f(\n    x: u8,\n) -> u8 {\n    // why\n    x\n}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
        assert_eq!(count(text).unwrap_or_default(), 6);
    }

    #[test]
    fn a_text_of_several_lines_counts_as_they_are() {
        assert_eq!(count("const A: &str = \"one\ntwo\nthree\";\n").unwrap_or_default(), 3);
        assert_eq!(count("#[cfg(test)]\nuse a::b;\nfn f() {}\n").unwrap_or_default(), 1);
        assert!(count("fn (").is_err());
    }
}
