//! What a service cannot be asked for cannot be written.

use opencloud::filter::{ForumPostFilter, OrderedEntryFilter, ServerFilter, ServerLogFilter, SortedMapFilter};

fn main() {
    // Only pinned posts can be asked for.
    let _ = ForumPostFilter::pinned(false);
    // Values of ordered data stores are whole numbers.
    let _ = OrderedEntryFilter::new().at_least(1.5);
    // Bounds of sorted maps do not count themselves.
    let _ = SortedMapFilter::new().id_at_least("a");
    // True and false have no order.
    let _ = ServerFilter::full().less_than(true);
    // A number is not compared with text.
    let _ = ServerFilter::occupancy().equals("10");
    // Servers and their logs have other fields.
    let _ = ServerFilter::occupancy().equals(10).and(ServerLogFilter::severity().equals("Error"));
}
