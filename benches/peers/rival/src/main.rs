//! The calls with `roblox-open-cloud` 0.2.0, as its README writes them.

use futures_util::future::join_all;
use load::{AT_ONCE, Client, Counting, KEY, USER};
use roblox_open_cloud::inventory::ListInventoryItemsRequest;
use roblox_open_cloud::users::GetUserRequest;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Rival(roblox_open_cloud::Client);

impl Client for Rival {
    fn new(address: &str) -> Self {
        let client = roblox_open_cloud::Client::api_key(KEY).expect("a client");
        Self(client.with_base_url(address).expect("an address"))
    }

    async fn get(&self) {
        let user = self.0.users().get_user(GetUserRequest::new(USER.to_string())).await.expect("a user");
        assert_eq!(user.body().display_name.as_deref(), Some("builderman"));
        std::hint::black_box(user);
    }

    async fn get_64(&self) {
        join_all((0..AT_ONCE).map(|_| self.get())).await;
    }

    async fn items(&self) {
        let request = ListInventoryItemsRequest::new(USER.to_string()).max_page_size(100);
        let page = self.0.inventory().list_inventory_items(request).await.expect("a page");
        std::hint::black_box(page);
    }

    /// It has the route of the first version only, whose entries are other types.
    async fn entries(&self) -> bool {
        false
    }
}

fn main() {
    load::run::<Rival>();
}
