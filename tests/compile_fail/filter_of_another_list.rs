//! A list takes the filter and order of its own grammar, and text only if it is marked as raw.

use opencloud::Client;
use opencloud::filter::{InventoryFilter, MembershipFilter, OrderedEntryOrder};

fn inventory_by_membership(client: Client) {
    let _ = client.users().list_inventory_items(1).filter(MembershipFilter::user(1));
}

fn memberships_by_inventory(client: Client) {
    let _ = client.groups().list_memberships(1).filter(InventoryFilter::types().badges(true));
}

fn text(client: Client) {
    let _ = client.users().list_inventory_items(1).filter("badges=true");
}

fn order_of_another_list(client: Client) {
    let _ = client.memory_stores().list_sorted_map_items(1, "map").order_by(OrderedEntryOrder::descending());
}

fn main() {}
