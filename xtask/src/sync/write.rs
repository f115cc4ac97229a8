//! Writing the results: both files or neither, and never half of one.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::error::{Error, Result};
use super::tree;

/// The document as text: sorted keys, one space of indentation, a newline at the end.
pub fn json_text(document: &Value) -> Result<String> {
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(b" ");
    tree::sorted(document)
        .serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
        .map_err(|error| Error::bug(error.to_string()))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|error| Error::bug(error.to_string()))
}

/// A file written beside its destination, which it replaces when all are ready.
struct Staged<'a> {
    path: &'a Path,
    beside: PathBuf,
    before: Option<Vec<u8>>,
}

/// Replaces the files. Those that hold the text already are not touched.
pub fn write_all(files: &[(&Path, &str)]) -> Result<()> {
    let mut staged = Vec::new();
    for (path, text) in files {
        let before = fs::read(path).ok();
        if before.as_deref() == Some(text.as_bytes()) {
            continue;
        }
        match stage(path, text) {
            Ok(beside) => staged.push(Staged { path, beside, before }),
            Err(error) => {
                discard(&staged);
                return Err(Error::new(path.display().to_string(), error.to_string()));
            }
        }
    }
    for (index, file) in staged.iter().enumerate() {
        if let Err(error) = fs::rename(&file.beside, file.path) {
            restore(&staged[..index]);
            discard(&staged[index..]);
            return Err(Error::new(file.path.display().to_string(), error.to_string()));
        }
    }
    Ok(())
}

fn stage(path: &Path, text: &str) -> std::io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    Ok(beside)
}

/// Best effort, on a way out that returns the first error already.
fn discard(staged: &[Staged]) {
    for file in staged {
        let _ = fs::remove_file(&file.beside);
    }
}

fn restore(replaced: &[Staged]) {
    for file in replaced {
        let _ = match &file.before {
            Some(bytes) => fs::write(file.path, bytes),
            None => fs::remove_file(file.path),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_is_sorted_and_ends_in_a_newline() {
        let text = json_text(&json!({"b": [1, {}], "a": {"d": 1, "c": []}})).unwrap();
        let expected = "{\n \"a\": {\n  \"c\": [],\n  \"d\": 1\n },\n \"b\": [\n  1,\n  {}\n ]\n}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn all_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        write_all(&[(&a, "1"), (&b, "2")]).unwrap();
        assert_eq!(fs::read_to_string(&b).unwrap(), "2");
        // A folder in the place of the second file makes its rename fail.
        fs::remove_file(&b).unwrap();
        fs::create_dir_all(b.join("full")).unwrap();
        let error = write_all(&[(&a, "3"), (&b, "4")]).unwrap_err().to_string();
        assert!(error.starts_with(&b.display().to_string()), "{error}");
        assert_eq!(fs::read_to_string(&a).unwrap(), "1");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
