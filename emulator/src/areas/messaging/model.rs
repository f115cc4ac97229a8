//! State and rules of messaging.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The latest messages, the oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Messages {
    pub(crate) published: VecDeque<Message>,
}

/// A message that was published to the servers of a universe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    pub universe: u64,
    pub topic: String,
    pub message: String,
}
