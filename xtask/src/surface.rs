//! `cargo xtask surface`: the public surface that is generated, as a committed snapshot, and the guide's table of methods.

mod helpers;

use std::collections::BTreeSet;
use std::fs;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Change nothing; exit 1 and print the difference if the snapshot is out of date.
    #[arg(long)]
    check: bool,
    /// Print the size of the generated code and the time that generating takes.
    #[arg(long)]
    size: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, String> {
    let document = crate::read_document_text()?;
    if args.size {
        let start = Instant::now();
        let generated = opencloud_codegen::generate(&document, None).map_err(|error| error.to_string())?;
        println!("{} generated lines in {:.2} s", generated.lines(), start.elapsed().as_secs_f64());
        return Ok(ExitCode::SUCCESS);
    }
    let model = opencloud_codegen::Model::build(&document, None).map_err(|error| error.to_string())?;
    let surface = opencloud_codegen::emit::surface::emit(&model);
    let methods = opencloud_codegen::emit::methods::emit(&model, &helpers::read(&crate::root())?);
    let (path, page) = (crate::root().join("spec/surface.txt"), crate::root().join("docs/methods.md"));
    let known = fs::read_to_string(&path).unwrap_or_default();
    let known_page = fs::read_to_string(&page).unwrap_or_default();
    if known == surface && known_page == methods {
        println!("the surface is up to date: {} lines", surface.lines().count());
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}{}", difference(&known, &surface), difference(&known_page, &methods));
    if args.check {
        println!("the surface has changed; write it with `cargo xtask surface`");
        return Ok(ExitCode::from(1));
    }
    crate::sync::write::write_all(&[(&path, &surface), (&page, &methods)])
        .map_err(|error| error.to_string())?;
    println!("wrote {} lines", surface.lines().count());
    Ok(ExitCode::SUCCESS)
}

/// The lines that went and came. Every line says what it belongs to, so order does not matter.
fn difference(old: &str, new: &str) -> String {
    let (old, new) = (BTreeSet::from_iter(old.lines()), BTreeSet::from_iter(new.lines()));
    let gone = old.difference(&new).map(|line| format!("- {line}\n"));
    gone.chain(new.difference(&old).map(|line| format!("+ {line}\n"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_methods_is_up_to_date() {
        let document = crate::read_document_text().expect("the document");
        let model = opencloud_codegen::Model::build(&document, None).expect("a model");
        let helpers = helpers::read(&crate::root()).expect("the sources");
        let table = opencloud_codegen::emit::methods::emit(&model, &helpers);
        // By lines: git may write others on Windows.
        let known = fs::read_to_string(crate::root().join("docs/methods.md")).expect("the table");
        assert!(table.lines().eq(known.lines()), "docs/methods.md is out of date; run `cargo xtask surface`");
    }

    #[test]
    fn a_difference_is_what_went_and_what_came() {
        assert_eq!(difference("a\nb\n", "b\nc\n"), "- a\n+ c\n");
        assert_eq!(difference("a\n", "a\n"), "");
    }
}
