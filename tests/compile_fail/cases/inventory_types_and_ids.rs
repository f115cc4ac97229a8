//! A filter is by type or by id, never both.

use opencloud::filter::InventoryFilter;

fn main() {
    let _ = InventoryFilter::types().badges([1, 2]);
    let _ = InventoryFilter::ids().only_collectibles(true);
    let _ = InventoryFilter::ids().badges(true);
}
