//! The files of `spec/live/bodies`. `cargo xtask facts` checks their form; `spec/live/README.md` has it.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// A recorded exchange.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recording {
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(rename = "facts")]
    _facts: Vec<String>,
    #[serde(rename = "note")]
    _note: String,
    /// The id of the operation, unless it is no operation of the document.
    pub(crate) operation: Option<String>,
    /// Method and path of what is no operation of the document.
    pub(crate) endpoint: Option<String>,
    pub(crate) request: Request,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<Value>,
    #[serde(default)]
    pub(crate) sdk: Sdk,
    #[serde(default)]
    pub(crate) emulator: Emulator,
}

/// A request, in the words of the operation. Texts may name what was saved before: `{task}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Request {
    /// Values of the path's parameters.
    pub(crate) path: BTreeMap<String, String>,
    /// Instead of a path made of parameters.
    pub(crate) target: Option<String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<Value>,
    /// Parts of a form: texts, JSON, and files as `{file, media_type, content}`.
    pub(crate) form: Option<Map<String, Value>>,
    /// A body that is no JSON.
    pub(crate) bytes: Option<String>,
}

/// What the SDK makes of it, where that is not the body itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sdk {
    /// Keys at the top of the body that are written under another name, the main one.
    pub(crate) aliases: BTreeMap<String, String>,
    /// Keys that may be added, with the value that they have then.
    pub(crate) derived: BTreeMap<String, Value>,
    /// The whole, where names alone do not say it.
    pub(crate) decoded: Option<Value>,
    /// What the accessors of the error say.
    pub(crate) error: Option<Map<String, Value>>,
}

/// How the emulator is brought to respond so, and what may differ. Places are JSON pointers; `*` stands
/// for every key or index.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Emulator {
    /// Why it is not tried.
    pub(crate) skip: Option<String>,
    pub(crate) seed: Option<Value>,
    pub(crate) rate_limits: bool,
    pub(crate) before: Vec<Step>,
    /// Whether an operation that is not done in the first response is read until it is.
    pub(crate) follow: bool,
    pub(crate) status_only: bool,
    /// From here on, objects may have keys that the recording does not tell of.
    pub(crate) partial: Vec<String>,
    /// What may be there or not, and of any kind.
    pub(crate) either: Vec<String>,
    /// What must not be there.
    pub(crate) absent: Vec<String>,
    /// What must have the same value.
    pub(crate) exact: Vec<String>,
    /// Where the keys are data.
    pub(crate) maps: Vec<String>,
    /// What may be a number or a text.
    pub(crate) loose: Vec<String>,
    /// Lists that must be as long.
    pub(crate) lengths: Vec<String>,
    /// What must be there although it is null.
    pub(crate) keeps_null: Vec<String>,
}

/// A request that comes before, and must succeed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) operation: String,
    pub(crate) request: Request,
    #[serde(default = "once")]
    pub(crate) times: usize,
    /// Whether an operation that is not done in the response is read until it is.
    #[serde(default)]
    pub(crate) follow: bool,
    /// What is kept of the response, by JSON pointer.
    #[serde(default)]
    pub(crate) save: BTreeMap<String, String>,
    /// How many seconds pass afterwards.
    #[serde(default)]
    pub(crate) advance: u64,
}

fn once() -> usize {
    1
}

impl Recording {
    /// All of them, by name.
    pub(crate) fn all() -> Vec<Recording> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/live/bodies");
        let mut all: Vec<Recording> = std::fs::read_dir(&folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .map(|path| {
                let text = std::fs::read_to_string(&path).expect("a text");
                let mut recording: Recording =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                recording.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                recording
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(!all.is_empty());
        all
    }
}
