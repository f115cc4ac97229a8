//! Lists of the latest things.

use std::collections::VecDeque;

/// Adds an item; the oldest makes room for it.
pub(crate) fn push_bounded<T>(items: &mut VecDeque<T>, max: usize, item: T) {
    if items.len() >= max {
        items.pop_front();
    }
    items.push_back(item);
}
