//! Calls that are retried differently.

use opencloud::body::File;
use opencloud::types::{Asset, DataStoreEntry, Universe};
use opencloud::{Client, Error};
use std::pin::Pin;

/// One call of each kind that is retried differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Get,
    GetWithEffects,
    Patch,
    Post,
    Upload,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Get, Self::GetWithEffects, Self::Patch, Self::Post, Self::Upload];

    /// Whether sending it twice has the effect of sending it once.
    pub(crate) fn is_idempotent(self) -> bool {
        matches!(self, Self::Get | Self::Patch)
    }

    /// Whether it changes anything.
    pub(crate) fn has_effects(self) -> bool {
        self != Self::Get
    }

    pub(crate) fn send(self, client: &Client) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
        macro_rules! sent {
            ($call:expr) => {{
                let call = $call;
                Box::pin(async move { call.await.map(drop) })
            }};
        }
        match self {
            Self::Get => sent!(client.users().get(1)),
            Self::GetWithEffects => sent!(client.memory_stores().read_queue_items(1, "queue")),
            Self::Patch => sent!(client.universes().update(1, Universe::new())),
            Self::Post => {
                sent!(client.data_stores().create_entry(1, "store", "entry", DataStoreEntry::new()))
            }
            Self::Upload => sent!(client.assets().create(Asset::new(), File::new("content").name("a.png"))),
        }
    }
}
