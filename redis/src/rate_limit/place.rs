use super::Shared;
use super::window::{Id, Window};
use std::sync::Arc;

/// A place that is not used yet. Dropping it gives it back.
pub(super) struct Place(Option<(Arc<Shared>, Arc<[Window]>, Id)>);

impl Place {
    pub(super) fn new(shared: Arc<Shared>, windows: Arc<[Window]>, id: Id) -> Self {
        Self(Some((shared, windows, id)))
    }

    /// The request leaves.
    pub(super) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Without a runtime the place passes unused.
        let (Some((shared, windows, id)), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move { shared.give_back(&windows, id).await });
    }
}
