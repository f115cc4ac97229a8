//! A list takes the filter and order of its own grammar, and text only if it is marked as raw.

use opencloud::Client;
use opencloud::filter::{InventoryFilter, MembershipFilter, OrderedEntryOrder};

fn join_requests_by_membership(client: Client) {
    let _ = client.groups().list_join_requests(1).filter(MembershipFilter::user(1));
}

fn memberships_by_inventory(client: Client) {
    let _ = client.groups().list_memberships(1).filter(InventoryFilter::types().badges(true));
}

fn text(client: Client) {
    let _ = client.groups().list_memberships(1).filter("user == 'users/1'");
}

fn order_of_another_list(client: Client) {
    let _ = client.memory_stores().list_sorted_map_items(1, "map").order_by(OrderedEntryOrder::descending());
}

fn main() {}
