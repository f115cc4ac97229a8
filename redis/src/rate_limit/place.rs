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
        if let Some((shared, windows, id)) = self.0.take() {
            shared.give_back(&windows, id);
        }
    }
}
