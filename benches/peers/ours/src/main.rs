//! The calls with this crate, as its README writes them.

use futures_util::future::join_all;
use load::{AT_ONCE, Client, Counting, KEY, STORE, UNIVERSE, USER};
use opencloud::ClientBuilder;
use opencloud::limit::RateLimit;
use opencloud::retry::{Retry, RetryBudget};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Ours(opencloud::Client);

fn builder(address: &str) -> ClientBuilder {
    opencloud::Client::builder().api_key(KEY).base_url(address)
}

impl Client for Ours {
    fn new(address: &str) -> Self {
        Self(builder(address).build().expect("a client"))
    }

    fn guarded(address: &str) -> Option<Self> {
        builder(address).rate_limit(RateLimit::from_spec()).build().ok().map(Self)
    }

    fn bare(address: &str) -> Option<Self> {
        let builder = builder(address).retry(Retry::never()).retry_budget(RetryBudget::unlimited());
        builder.build().ok().map(Self)
    }

    async fn get(&self) {
        let user = self.0.users().get(USER).await.expect("a user");
        assert_eq!(user.display_name.as_deref(), Some("builderman"));
        std::hint::black_box(user);
    }

    async fn get_64(&self) {
        join_all((0..AT_ONCE).map(|_| self.get())).await;
    }

    async fn items(&self) {
        let page = self.0.users().list_inventory_items(USER).max_page_size(100).await.expect("a page");
        assert_eq!(page.inventory_items.as_ref().map(Vec::len), Some(100));
        std::hint::black_box(page);
    }

    async fn entries(&self) -> bool {
        let entries = self.0.data_stores().list_entries(UNIVERSE, STORE).max_page_size(256);
        let page = entries.await.expect("a page");
        assert_eq!(page.data_store_entries.as_ref().map(Vec::len), Some(256));
        std::hint::black_box(page);
        true
    }
}

fn main() {
    load::run::<Ours>();
}
