//! State and rules of instances.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Failure, object};
use crate::mix::uuid_of;

const ROOT: &str = "root";
/// The instance that sample requests ask for, and how many children it has, so that the list has pages.
const SAMPLE: &str = "sample";
const SAMPLE_CHILDREN: u64 = 25;
const MAX_PLACES: usize = 1_000;

/// The instances of each place whose instances somebody asked for, parents before children.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Instances {
    places: BTreeMap<u64, Vec<Node>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) name: String,
    /// By the name of the class; empty for classes that the API does not know.
    pub(super) details: Map<String, Value>,
}

impl Instances {
    pub(super) fn tree(&mut self, place: u64) -> Result<&mut Vec<Node>, Failure> {
        Failure::if_full_for(&self.places, &place, MAX_PLACES, "instances")?;
        Ok(self.places.entry(place).or_insert_with(|| tree(place)))
    }
}

/// What every place has: services, a folder and scripts.
pub(super) fn tree(place: u64) -> Vec<Node> {
    let id = |number: u64| uuid_of(place.wrapping_mul(1_000).wrapping_add(number));
    let node = |id: String, parent: &str, name: &str, details: Value| Node {
        id,
        parent: parent.to_owned(),
        name: name.to_owned(),
        details: object(details),
    };
    let script =
        |source: &str| json!({ "Script": { "Enabled": true, "RunContext": "Legacy", "Source": source } });
    let module = json!({ "ModuleScript": { "Source": "return {}" } });
    let (workspace, scripts, folder) = (id(1), id(2), id(3));
    let mut nodes = vec![
        node(ROOT.to_owned(), "", "Game", json!({})),
        node(workspace.clone(), ROOT, "Workspace", json!({})),
        node(scripts.clone(), ROOT, "ServerScriptService", json!({})),
        node(folder.clone(), &workspace, "Folder", json!({ "Folder": {} })),
        node(SAMPLE.to_owned(), &scripts, "Main", script("print(\"Hello\")")),
        node(id(4), &scripts, "Library", module),
    ];
    let child = |number| node(id(10 + number), SAMPLE, &format!("Part {number}"), script("-- part"));
    nodes.extend((1..=SAMPLE_CHILDREN).map(child));
    nodes
}

pub(super) fn json(tree: &[Node], node: &Node, place: &str) -> Value {
    json!({
        "path": format!("{place}/instances/{}", node.id),
        "hasChildren": tree.iter().any(|other| other.parent == node.id),
        "engineInstance": engine_instance(node),
    })
}

pub(super) fn engine_instance(node: &Node) -> Value {
    json!({ "Id": node.id, "Name": node.name, "Parent": node.parent, "Details": node.details })
}
