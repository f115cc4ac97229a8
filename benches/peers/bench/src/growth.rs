//! What each operation adds: generated lines, the time of a check, and the size of a program, for documents of more and
//! more operations.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};

use crate::build::cpu_seconds;
use crate::client::{output, target};
use crate::figure::{Figure, Target};
use crate::write;

const METHODS: [&str; 5] = ["delete", "get", "patch", "post", "put"];
/// The one operation that every program calls.
const CALLED: &str = "/cloud/v2/users/{user_id}";

pub fn figures() -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for operations in [1, 10, 100, usize::MAX] {
        let project = Project::with(operations)?;
        let count = project.operations;
        let name = |what: &str| format!("{count} operations: {what}");
        figures.push(Figure::alone(&name("check, CPU time"), "seconds", project.check()?, Target::None));
        figures.push(Figure::alone(&name("generated lines"), "", project.lines()?, Target::None));
        figures.push(Figure::alone(&name("program"), "bytes", project.program()?, Target::None));
    }
    Ok(figures)
}

/// A copy of the crate whose document has fewer operations, and a program that calls one of them.
struct Project {
    folder: PathBuf,
    operations: usize,
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Project {
    fn with(operations: usize) -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let folder = target().join("growth");
        let _ = fs::remove_dir_all(&folder);
        let script = "mkdir -p \"$1\" && git ls-files -z | xargs -0 cp --parents --target-directory \"$1\"";
        let mut copy = Command::new("bash");
        output(copy.args(["-c", script, "bash"]).arg(&folder).current_dir(&root))?;
        let path = folder.join("spec/open-cloud.json");
        let mut document: Value =
            serde_json::from_str(&read(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        let operations = shorten(&mut document, operations)?;
        write(&path, &document.to_string())?;
        let program = folder.join("program");
        fs::create_dir_all(program.join("src")).map_err(|error| error.to_string())?;
        write(&program.join("Cargo.toml"), PROGRAM)?;
        write(&program.join("src/main.rs"), MAIN)?;
        Ok(Self { folder, operations })
    }

    fn cargo(&self, arguments: &str) -> Command {
        let mut bash = Command::new("bash");
        let script = format!("TIMEFORMAT='%U %S'; time cargo {arguments}");
        bash.args(["-c", &script]).current_dir(self.folder.join("program"));
        bash.env("CARGO_TARGET_DIR", self.folder.join("../growth-target"));
        bash
    }

    /// CPU seconds of a check of the crate whose dependencies are checked already.
    fn check(&self) -> Result<f64, String> {
        output(&mut self.cargo("check --quiet"))?;
        output(&mut self.cargo("clean --quiet --package opencloud"))?;
        cpu_seconds(&mut self.cargo("check --quiet"))
    }

    /// Lines that the build script has written; the newest, should there be others.
    fn lines(&self) -> Result<f64, String> {
        let script =
            "cat \"$(ls -td ../../growth-target/debug/build/opencloud-*/out | head -1)\"/*.rs | wc -l";
        let mut count = Command::new("bash");
        let (text, _) = output(count.args(["-c", script]).current_dir(self.folder.join("program")))?;
        text.trim().parse().map_err(|error| format!("not a count: {text:?}: {error}"))
    }

    fn program(&self) -> Result<f64, String> {
        output(&mut self.cargo("build --quiet --release"))?;
        let path = self.folder.join("../growth-target/release/program");
        fs::metadata(&path)
            .map(|file| file.len() as f64)
            .map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Leaves `most` operations, the called one among them, and the schemas that they need; says how many are left.
fn shorten(document: &mut Value, most: usize) -> Result<usize, String> {
    let paths = document["paths"].as_object_mut().ok_or("the document has no paths")?;
    let mut left = most.saturating_sub(1);
    let mut kept = 1;
    for (path, item) in paths.iter_mut() {
        let item = item.as_object_mut().ok_or("a path is not an object")?;
        item.retain(|method, _| {
            if !METHODS.contains(&method.as_str()) || (path == CALLED && method == "get") {
                return true;
            }
            let is_kept = left > 0;
            left -= usize::from(is_kept);
            kept += usize::from(is_kept);
            is_kept
        });
    }
    paths.retain(|_, item| METHODS.iter().any(|method| item.get(method).is_some()));
    let schemas = reachable(document);
    let all = document["components"]["schemas"].as_object_mut().ok_or("the document has no schemas")?;
    all.retain(|name, _| schemas.contains(name));
    Ok(kept)
}

/// The schemas that the operations name, and those that these name.
fn reachable(document: &Value) -> BTreeSet<String> {
    let none = Map::new();
    let schemas = document["components"]["schemas"].as_object().unwrap_or(&none);
    let mut found = BTreeSet::new();
    let mut named = Vec::new();
    names(&document["paths"], &mut named);
    while let Some(name) = named.pop() {
        if let Some(schema) = schemas.get(&name)
            && found.insert(name)
        {
            names(schema, &mut named);
        }
    }
    found
}

fn names(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.values().for_each(|value| names(value, found)),
        Value::Array(list) => list.iter().for_each(|value| names(value, found)),
        Value::String(text) => found.extend(text.strip_prefix("#/components/schemas/").map(str::to_owned)),
        _ => {}
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

const PROGRAM: &str = "[package]\nname = \"program\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
opencloud = { path = \"..\", default-features = false, features = [\"full\", \"rustls\"] }\n\
tokio = { version = \"1\", features = [\"rt\"] }\n\n[profile.release]\nstrip = true\n";

const MAIN: &str = "fn main() {\n    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();\n    \
let client = opencloud::Client::builder().api_key(\"k\").build().expect(\"a client\");\n    \
let user = runtime.expect(\"a runtime\").block_on(async { client.users().get(156).await });\n    \
println!(\"{user:?}\");\n}\n";
