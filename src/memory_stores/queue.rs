use super::{MemoryStores, limits};
use crate::Error;
use crate::call::{awaitable, option_methods};
use crate::client::Options;
use crate::ids::UniverseId;
use crate::types::{MemoryStoreQueueItem, ReadMemoryStoreQueueItemsResponse};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;
use std::time::Duration;
use tokio::time::Instant;

/// How long read items are hidden from other readers unless told.
const WINDOW: Duration = Duration::from_secs(30);
/// How many items a read gives at most.
const MOST: u32 = 200;

impl MemoryStores {
    /// A queue of a universe, by its name. Nothing is sent, and the queue need not exist.
    pub fn queue(&self, universe: impl Into<UniverseId>, name: impl Into<String>) -> Queue {
        Queue { handle: self.clone(), universe: universe.into(), name: name.into() }
    }
}

/// A queue, whose items are read, dealt with and then discarded. Made by [`MemoryStores::queue`].
#[derive(Clone, Debug)]
pub struct Queue {
    handle: MemoryStores,
    universe: UniverseId,
    name: String,
}

impl Queue {
    /// Adds an item, of up to 32 KiB as JSON. It is never sent again after a failure that leaves its
    /// effect unknown ([`Error::may_have_been_applied`]), since it would then be there twice.
    ///
    /// Calls `memory_stores.create_queue_item`; scope `memory-store.queue:add`.
    pub fn add<T: Serialize + ?Sized>(&self, value: &T) -> AddItem {
        let queue = self.clone();
        AddItem { queue, value: limits::value(value), priority: None, ttl: None, options: Options::default() }
    }

    /// Reads up to this number of items (1 to 200) from the front, and hides them from other readers for 30
    /// seconds. They stay in the queue until the batch is [discarded](Batch::discard).
    ///
    /// Calls `memory_stores.read_queue_items`; scope `memory-store.queue:dequeue`.
    ///
    /// The value of each is a `Result`: one that is not a `T` is an error of its own, and keeps neither the
    /// others nor the batch away.
    ///
    /// It is not sent again after a failure that leaves its effect unknown: what it has hidden comes
    /// again when the time is over.
    pub fn read<T: DeserializeOwned>(&self, count: u32) -> ReadItems<T> {
        ReadItems {
            queue: self.clone(),
            count,
            all_or_nothing: false,
            window: WINDOW,
            options: Options::default(),
            value: PhantomData,
        }
    }

    fn check(&self) -> Result<(), Error> {
        limits::text("queue's name", &self.name, limits::ID)
    }
}

/// The adding of an item. Made by [`Queue::add`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct AddItem {
    queue: Queue,
    value: Result<Value, Error>,
    priority: Option<f64>,
    ttl: Option<Duration>,
    options: Options,
}

impl AddItem {
    /// Sets how important the item is; the greater, the nearer to the front. 0 unless set.
    pub fn priority(mut self, priority: f64) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets how long the item lives, up to 45 days. Without it, it lives as long as the service says.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    option_methods!();
}

awaitable!([] AddItem => QueueItem<()>);

impl AddItem {
    async fn run(self) -> Result<QueueItem<()>, Error> {
        let Self { queue, value, priority, ttl, options } = self;
        queue.check()?;
        limits::ttl(ttl)?;
        let mut item = MemoryStoreQueueItem::new(value?);
        if let Some(priority) = priority {
            if !priority.is_finite() {
                return Err(Error::invalid_request("the priority must be a finite number"));
            }
            item = item.priority(priority);
        }
        if let Some(ttl) = ttl {
            item = item.ttl(ttl);
        }
        let call = queue.handle.create_queue_item(&queue.universe, queue.name.as_str(), item).call;
        call.with_options(options).output().await.map(|item| QueueItem::new(item, ()))
    }
}

/// An item of a queue.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct QueueItem<T> {
    /// The id that the service gave it: from its path, where it is not there itself (MS-07).
    pub id: Option<String>,
    /// What was added.
    pub value: T,
    /// How important it is.
    pub priority: f64,
    /// When it expires.
    pub expires: Option<Timestamp>,
}

impl<T> QueueItem<T> {
    fn new(item: MemoryStoreQueueItem, value: T) -> Self {
        Self { id: item.id, value, priority: item.priority.unwrap_or_default(), expires: item.expire_time }
    }
}

/// The reading of items. Made by [`Queue::read`].
#[must_use = "a call is sent when it is awaited"]
#[derive(Clone, Debug)]
pub struct ReadItems<T> {
    queue: Queue,
    count: u32,
    all_or_nothing: bool,
    window: Duration,
    options: Options,
    value: PhantomData<fn() -> T>,
}

impl<T> ReadItems<T> {
    /// Sets how long the items are hidden from other readers.
    pub fn invisible_for(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Reads nothing if there are fewer items than asked for; the service then says
    /// [not found](Error::is_not_found).
    pub fn all_or_nothing(mut self) -> Self {
        self.all_or_nothing = true;
        self
    }

    option_methods!();
}

awaitable!([T: DeserializeOwned + Send + 'static] ReadItems<T> => Batch<T>);

impl<T: DeserializeOwned + Send + 'static> ReadItems<T> {
    async fn run(self) -> Result<Batch<T>, Error> {
        let Self { queue, count, all_or_nothing, window, options, .. } = self;
        queue.check()?;
        if !(1..=MOST).contains(&count) {
            return Err(Error::invalid_request(format!(
                "{count} items cannot be read at once; 1 to {MOST} can"
            )));
        }
        if window.is_zero() {
            return Err(Error::invalid_request("the items must be invisible for longer than nothing"));
        }
        let mut call = queue
            .handle
            .read_queue_items(&queue.universe, queue.name.as_str())
            .count(i64::from(count))
            .invisibility_window(window);
        if all_or_nothing {
            call = call.all_or_nothing(true);
        }
        let operation = call.call.operation;
        let (exchanged, response): (_, ReadMemoryStoreQueueItemsResponse) =
            call.call.with_options(options.clone()).send_decoding().await?;
        // Counted from when the request left, so that the batch never seems to be ours for too long.
        let blamed = |error: Error| exchanged.attach_to(error).with_operation(operation);
        let items = response.items.unwrap_or_default().into_iter();
        let items: Vec<_> = items.map(|item| readable(item, blamed)).collect();
        let id = response.read_id.unwrap_or_default();
        if id.is_empty() && !items.is_empty() {
            let problem =
                "the service gave items without the id of the read, so that they cannot be discarded";
            return Err(blamed(Error::unusable_response(problem)));
        }
        let until = exchanged.sent_at.checked_add(window);
        Ok(Batch { is_empty: items.is_empty(), items, id, until, queue, options })
    }
}

fn readable<T: DeserializeOwned>(
    mut item: MemoryStoreQueueItem,
    blamed: impl Fn(Error) -> Error,
) -> QueueItem<Result<T, Error>> {
    let id = item.id.as_deref().unwrap_or("without an id");
    let value = match item.data.take() {
        Some(data) => serde_json::from_value(data).map_err(|error| {
            let kind = std::any::type_name::<T>();
            Error::unreadable(format!("the item {id} cannot be read as {kind}: {error}"))
        }),
        // No item can be added without a value (MS-04).
        None => Err(Error::unreadable(format!("the service gave the item {id} without its `data`"))),
    };
    QueueItem::new(item, value.map_err(blamed))
}

/// Items that were read, and that are hidden from other readers for a while.
#[must_use = "items that are not discarded come again"]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch<T> {
    /// The items, those from the front first; none if the queue is empty.
    pub items: Vec<QueueItem<Result<T, Error>>>,
    /// Whether nothing was read; the caller may take out of `items` what is dealt with.
    is_empty: bool,
    id: String,
    until: Option<Instant>,
    queue: Queue,
    /// How the batch was read.
    options: Options,
}

impl<T> Batch<T> {
    /// The id of the read, under which the items are discarded.
    pub fn read_id(&self) -> &str {
        &self.id
    }

    /// How much longer the items are hidden from other readers, by this machine's clock.
    pub fn remaining(&self) -> Duration {
        self.until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()))
    }

    /// Removes the items from the queue, **all of them**, those too whose value could not be read: write
    /// such a value elsewhere first (read as [`serde_json::Value`], every item can be read), or do not
    /// discard, and they all come again. Nothing is sent if nothing was read.
    ///
    /// Calls `memory_stores.discard_queue_items`; scope `memory-store.queue:discard`.
    ///
    /// It is made with the `with_*` options of the read, and never sent when the items are visible
    /// again. After a failure it may be called again.
    ///
    /// # Errors
    ///
    /// As of every call; and of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the items are
    /// visible again: another reader may have them.
    pub async fn discard(&self) -> Result<(), Error> {
        if self.is_empty {
            return Ok(());
        }
        let remaining = self.remaining();
        if remaining.is_zero() {
            return Err(Error::invalid_request(
                "the items are visible again, and another reader may have them; read with a longer time",
            ));
        }
        let (queue, read) = (&self.queue, self.id.as_str());
        let call = queue.handle.discard_queue_items(&queue.universe, queue.name.as_str(), read).call;
        let options = Options {
            // An id is of one read, so that discarding twice removes nothing more.
            idempotent: Some(true),
            timeout: Some(call.client.longest_call(&self.options).min(remaining)),
            ..self.options.clone()
        };
        call.with_options(options).output().await
    }
}
