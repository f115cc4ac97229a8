//! Words of our own where the field has words: how often they stand in names, comments and docs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::figures::Figures;

/// What is read: code, the guides, and the sentences of the overlay.
const FOLDERS: &[&str] =
    &["src", "codegen", "xtask", "emulator", "tests", "docs", "examples", "spec/overlay"];

/// Single words, in names too; the field says response, failure modes, deadline, behavior, repair, path.
const WORDS: &[&str] = &[
    "answer",
    "answers",
    "answered",
    "answering",
    "reply",
    "replies",
    "replied",
    "replying",
    "hardship",
    "patience",
    "mood",
    "mend",
    "mends",
    "mended",
    "worded",
];

/// Where these words are Roblox's own, or kept so that an older dump of the emulator's state is read.
const OF_OTHERS: &[&str] = &["repliesTo", "replies_to", "replies to", "CommentReply", "alias = \"answers\""];

/// Turns of phrase that are read twice.
const PHRASES: &[&str] = &[
    "that is none",
    "is none of",
    "is none that",
    "are none of",
    "to be had",
    "be had now",
    "by what means",
    "for whom",
    "held against",
    "holds against",
    "what is left of",
    "so many ",
    "is no valid",
    "whence",
    "thereof",
];

pub(crate) fn count(root: &Path) -> Result<Figures, String> {
    let mut files = vec![root.join("README.md")];
    for folder in FOLDERS {
        find(&root.join(folder), &mut files)?;
    }
    let (mut words, mut phrases) = (0, 0);
    // The lists of this file are no use of theirs.
    for path in files.iter().filter(|path| !path.ends_with("figures/words.rs")) {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let own = OF_OTHERS.iter().fold(text.clone(), |text, words| text.replace(words, ""));
        words += split(&own).filter(|word| WORDS.contains(&word.as_str())).count();
        let text = text.to_lowercase();
        phrases += PHRASES.iter().map(|phrase| text.matches(phrase).count()).sum::<usize>();
    }
    Ok(vec![("stumbling words".to_owned(), words), ("stumbling phrases".to_owned(), phrases)])
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| ["rs", "md", "yaml"].iter().any(|of| extension == *of))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The words of a text, those of names included: `unusable_answer` and `AnswerOf` hold `answer`.
fn split(text: &str) -> impl Iterator<Item = String> {
    let mut words = Vec::new();
    for name in text.split(|ch: char| !ch.is_alphabetic()) {
        let mut word = String::new();
        for ch in name.chars() {
            if ch.is_uppercase() && word.ends_with(char::is_lowercase) {
                words.push(std::mem::take(&mut word).to_lowercase());
            }
            word.push(ch);
        }
        if !word.is_empty() {
            words.push(word.to_lowercase());
        }
    }
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_names_are_words() {
        let words: Vec<String> = split("fn unusable_answer(of: AnswerOf) // no Reply.").collect();
        assert_eq!(words, ["fn", "unusable", "answer", "of", "answer", "of", "no", "reply"]);
    }
}
