//! Everything that the emulator remembers.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::behaviour::assets::Assets;
use crate::behaviour::data_stores::DataStores;
use crate::behaviour::groups::Groups;
use crate::behaviour::luau::LuauTasks;
use crate::behaviour::memory_stores::MemoryStores;
use crate::behaviour::messaging::Messages;
use crate::behaviour::ordered_data_stores::OrderedDataStores;
use crate::behaviour::secrets::Secrets;
use crate::behaviour::universes::Universes;
use crate::behaviour::user_restrictions::UserRestrictions;
use crate::behaviour::users::Users;
use crate::clock::Clock;
use crate::identity::Identity;

const MAX_OPERATIONS: usize = 10_000;
const MAX_CONTENT_BYTES: usize = 64 * 1024 * 1024;

pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) operations: Operations,
    pub(crate) content: Contents,
    pub(crate) assets: Assets,
    pub(crate) data_stores: DataStores,
    pub(crate) groups: Groups,
    pub(crate) identity: Identity,
    pub(crate) luau: LuauTasks,
    pub(crate) memory_stores: MemoryStores,
    pub(crate) messages: Messages,
    pub(crate) ordered_data_stores: OrderedDataStores,
    pub(crate) secrets: Secrets,
    pub(crate) universes: Universes,
    pub(crate) user_restrictions: UserRestrictions,
    pub(crate) users: Users,
    last_number: u64,
}

impl State {
    pub(crate) fn new(clock: Clock) -> State {
        let now = clock.now();
        // What sample requests ask for is there from the beginning.
        let mut operations = Operations::default();
        let thumbnail = json!({ "imageUri": "https://example.com/sample.png" });
        let thumbnail = crate::synth::typed("GenerateUserThumbnailResponse", thumbnail);
        operations.finished("users/1001/operations/sample", thumbnail);
        let asset = json!({ "path": "assets/5001", "displayName": "Sample model" });
        operations.finished("operations/sample", asset);
        State {
            clock,
            operations,
            content: Contents::default(),
            assets: Assets::seeded(now),
            data_stores: DataStores::seeded(now),
            groups: Groups::default(),
            identity: Identity::new(),
            luau: LuauTasks::seeded(now),
            memory_stores: MemoryStores::seeded(now),
            messages: Messages::default(),
            ordered_data_stores: OrderedDataStores::seeded(),
            secrets: Secrets::seeded(now),
            universes: Universes::default(),
            user_restrictions: UserRestrictions::default(),
            users: Users::default(),
            last_number: 0,
        }
    }

    /// A number that was not handed out before.
    pub(crate) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A UUID that was not handed out before.
    pub(crate) fn uuid(&mut self) -> String {
        uuid_of(self.number())
    }
}

/// A UUID (version 8) that belongs to a number: different for different numbers, and without visible order.
pub(crate) fn uuid_of(number: u64) -> String {
    let high = mix(number);
    let low = mix(high ^ 0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 50),
        low & 0xffff_ffff_ffff
    )
}

/// A number that is spread over all 64 bits (the finaliser of SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Long-running operations. Each is done at its second poll.
#[derive(Default)]
pub(crate) struct Operations {
    running: HashMap<String, Running>,
    order: VecDeque<String>,
}

struct Running {
    polls: u32,
    result: Result<Value, Map<String, Value>>,
    metadata: Option<Value>,
}

impl Operations {
    /// Remembers an operation under the path that its polls will name.
    pub(crate) fn start(&mut self, path: &str, result: Result<Value, Map<String, Value>>) {
        self.start_with_metadata(path, result, None);
    }

    pub(crate) fn start_with_metadata(
        &mut self,
        path: &str,
        result: Result<Value, Map<String, Value>>,
        metadata: Option<Value>,
    ) {
        if self.order.len() >= MAX_OPERATIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.running.remove(&oldest);
        }
        let running = Running { polls: 0, result, metadata };
        self.order.push_back(path.to_owned());
        self.running.insert(path.to_owned(), running);
    }

    /// Remembers an operation that is done.
    pub(crate) fn finished(&mut self, path: &str, result: Value) {
        self.start(path, Ok(result));
        if let Some(running) = self.running.get_mut(path) {
            running.polls = 1;
        }
    }

    /// The operation as a poll sees it.
    pub(crate) fn poll(&mut self, path: &str) -> Option<Value> {
        let running = self.running.get_mut(path)?;
        running.polls = running.polls.saturating_add(1);
        let mut operation = Map::new();
        operation.insert("path".to_owned(), json!(path));
        let done = running.polls >= 2;
        operation.insert("done".to_owned(), json!(done));
        if let Some(metadata) = &running.metadata {
            operation.insert("metadata".to_owned(), metadata.clone());
        }
        if done {
            let (name, value) = match &running.result {
                Ok(value) => ("response", value.clone()),
                Err(error) => ("error", Value::Object(error.clone())),
            };
            operation.insert(name.to_owned(), value);
        }
        Some(Value::Object(operation))
    }
}

/// Files that can be fetched without a key, such as uploaded assets. The oldest make room for new ones.
#[derive(Default)]
pub(crate) struct Contents {
    files: HashMap<String, (String, Bytes)>,
    order: VecDeque<String>,
    size: usize,
}

impl Contents {
    pub(crate) fn put(&mut self, name: &str, content_type: &str, content: Bytes) {
        if content.len() > MAX_CONTENT_BYTES {
            return;
        }
        self.remove(name);
        while self.size + content.len() > MAX_CONTENT_BYTES {
            let Some(oldest) = self.order.front().cloned() else {
                break;
            };
            self.remove(&oldest);
        }
        self.size += content.len();
        self.order.push_back(name.to_owned());
        let file = (content_type.to_owned(), content);
        self.files.insert(name.to_owned(), file);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&(String, Bytes)> {
        self.files.get(name)
    }

    fn remove(&mut self, name: &str) {
        if let Some((_, content)) = self.files.remove(name) {
            self.size -= content.len();
            self.order.retain(|known| known != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_well_formed_and_differ() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..1000 {
            let uuid = uuid_of(number);
            assert!(crate::schema::is_uuid(&uuid), "{uuid}");
            assert!(seen.insert(uuid));
        }
    }

    #[test]
    fn an_operation_is_done_at_the_second_poll() {
        let mut operations = Operations::default();
        operations.start("a/operations/1", Ok(json!({ "x": 1 })));
        let first = operations.poll("a/operations/1").expect("known");
        assert_eq!(first, json!({ "path": "a/operations/1", "done": false }));
        let second = operations.poll("a/operations/1").expect("known");
        assert_eq!(second["done"], true);
        assert_eq!(second["response"]["x"], 1);
        assert!(operations.poll("a/operations/2").is_none());
    }

    #[test]
    fn operations_do_not_grow_without_end() {
        let mut operations = Operations::default();
        for number in 0..=MAX_OPERATIONS {
            operations.start(&number.to_string(), Ok(json!({})));
        }
        assert!(operations.poll("0").is_none());
        assert!(operations.poll("1").is_some());
        assert_eq!(operations.running.len(), MAX_OPERATIONS);
    }

    #[test]
    fn content_is_bounded() {
        let mut contents = Contents::default();
        let big = Bytes::from(vec![0; MAX_CONTENT_BYTES / 2]);
        contents.put("a", "x/y", big.clone());
        contents.put("b", "x/y", big.clone());
        contents.put("c", "x/y", big);
        assert!(contents.get("a").is_none());
        assert!(contents.get("b").is_some() && contents.get("c").is_some());
        contents.put("b", "x/y", Bytes::new());
        assert_eq!(contents.size, MAX_CONTENT_BYTES / 2);
    }
}
