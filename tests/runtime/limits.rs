//! The client-side rate limiter, on the paused clock.

use opencloud::limit::{Acquire, Limit, Observation, Permit, Quota, RateLimit, RateLimitStore};
use opencloud::testing::{ErrorShape, Expect, MockResponse, Script};
use opencloud::types::UserRestriction;
use opencloud::{Client, Credentials, CredentialsProvider, Provided};
use serde_json::json;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A service that responds to everything with an empty object.
fn service() -> Script {
    Script::new().always(Expect::any(), MockResponse::json(json!({})))
}

fn client(service: &Script, limit: RateLimit) -> Client {
    service.builder().rate_limit(limit).timeout(DAY).build().expect("a client")
}

/// An operation that the specification limits to a number of requests a minute.
fn per_minute(operation: &opencloud::OperationInfo) -> u64 {
    operation.api_key_limit.filter(|limit| limit.seconds == 60).expect("a limit per minute").requests
}

#[test]
fn the_table_has_the_limits_that_were_seen() {
    use opencloud::operations as table;
    for (fact, operation, requests) in [
        ("UN-05", &table::UNIVERSES_GET, 100),
        ("LX-12", &table::LUAU_GET_TASK, 200),
        ("LX-15", &table::LUAU_CREATE_TASK, 5),
        ("LX-15", &table::LUAU_CREATE_TASK_FOR_VERSION, 5),
        ("MS-20", &table::MEMORY_STORES_GET_SORTED_MAP_ITEM, 1000),
    ] {
        assert_eq!(per_minute(operation), requests, "{fact}: {}", operation.id);
    }
    let [user, universe] = table::USER_RESTRICTIONS_UPDATE.limits else { panic!("two limits") };
    assert_eq!((user.limit.requests, user.limit.seconds, user.stated), (1, 60, Some(2)), "UR-04");
    assert_eq!((universe.limit.requests, universe.limit.seconds), (10, 1));
}

#[tokio::test(start_paused = true)]
async fn tasks_of_the_newest_and_of_a_given_version_are_counted_apart() {
    let created = MockResponse::json(
        json!({ "path": "universes/1/places/2/versions/3/luau-execution-session-tasks/4" }),
    );
    let client = client(&Script::new().always(Expect::any(), created), RateLimit::from_spec());
    let start = Instant::now();
    let task = opencloud::types::LuauTask::new;
    for _ in 0..5 {
        client.luau().create_task(1, 2, task()).await.expect("a task");
        client.luau().create_task_for_version(1, 2, "3", task()).await.expect("a task");
    }
    assert_eq!(start.elapsed().as_secs(), 0, "LX-15");
    client.luau().create_task(1, 2, task()).await.expect("a task");
    assert_eq!(start.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_at_once_never_exceed_the_limit() {
    let limit =
        usize::try_from(per_minute(&opencloud::operations::USERS_LIST_INVENTORY_ITEMS)).expect("small");
    assert_eq!(limit, 100);
    let service = service();
    let client = client(&service, RateLimit::from_spec());
    let calls: Vec<_> = (0..10_000_u64)
        .map(|user| {
            // Clones share the limit.
            let client = client.clone();
            tokio::spawn(async move { client.users().list_inventory_items(user).send().await.map(drop) })
        })
        .collect();
    for call in calls {
        call.await.expect("a task").expect("a response");
    }
    let arrivals = service.received();
    assert_eq!(arrivals.len(), 10_000);
    for pair in arrivals.windows(limit + 1) {
        let time = pair[limit].elapsed - pair[0].elapsed;
        assert!(time >= Duration::from_secs(60), "{} requests in {time:?}", limit + 1);
    }
    for (user, arrival) in arrivals.iter().enumerate() {
        assert_eq!(
            arrival.path,
            format!("/cloud/v2/users/{user}/inventory-items"),
            "first come, first served"
        );
    }
    let total = arrivals[9_999].elapsed - arrivals[0].elapsed;
    assert_eq!(total.as_secs(), 99 * 60, "and no slower than need be");
}

/// A service that cannot be reached counts nothing: who tries again waits for the backoff, not for the window.
#[tokio::test(start_paused = true)]
async fn a_request_that_was_not_sent_takes_no_place() {
    let restriction = || MockResponse::json(json!({ "gameJoinRestriction": { "active": true } }));
    let service = Script::new()
        .expect(Expect::any(), MockResponse::not_sent())
        .expect(Expect::any(), MockResponse::not_sent())
        .expect(Expect::any(), MockResponse::not_sent())
        .always(Expect::any(), restriction());
    let client = client(&service, RateLimit::from_spec());
    let ban = || client.user_restrictions().update(1, 7, UserRestriction::new());
    let start = Instant::now();
    ban().await.expect("the fourth attempt");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    let sent = Instant::now();
    ban().await.expect("the second request of the user");
    assert!(sent.elapsed() > Duration::from_secs(50), "what was sent is counted: {:?}", sent.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_frees_the_place() {
    let service = service();
    let client = client(&service, RateLimit::from_spec());
    let start = Instant::now();
    let call = |user: u64| {
        let client = client.clone();
        tokio::spawn(async move { client.users().list_inventory_items(user).send().await.map(drop) })
    };
    let calls: Vec<_> = (0..301).map(call).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The head of the queue, its middle, and all but the last.
    calls[100..300].iter().for_each(|call| call.abort());
    calls.into_iter().next_back().expect("the last").await.expect("a task").expect("a response");
    assert_eq!(start.elapsed().as_secs(), 60, "200 who gave up take no place");
    assert_eq!(service.count(), 101);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_deadline() {
    let service = service();
    let client = client(&service, RateLimit::from_spec());
    for user in 0..100_u64 {
        client.users().list_inventory_items(user).send().await.expect("a response");
    }
    let call = client.users().list_inventory_items(1).with_timeout(Duration::from_secs(5));
    let (result, wait) = crate::support::timed(async { call.send().await.map(drop) }).await;
    let error = result.expect_err("no permit");
    assert!(error.is_timeout() && !error.may_have_been_applied(), "{error}");
    assert!(error.to_string().contains("nothing was sent"), "{error}");
    assert_eq!((wait.as_secs(), error.attempts()), (5, 0));
    assert_eq!(service.count(), 100);
}

#[tokio::test(start_paused = true)]
async fn each_credential_and_operation_has_its_own() {
    let service = service();
    let client = client(&service, RateLimit::from_spec());
    let start = Instant::now();
    let key = |key: &str| Credentials::api_key(key).expect("a key");
    let send = async |credentials: Credentials, times: u64| {
        for user in 0..times {
            let call = client.users().list_inventory_items(user).with_credentials(credentials.clone());
            call.send().await.expect("a response");
        }
        start.elapsed().as_secs()
    };
    assert_eq!(send(key("one"), 100).await, 0);
    assert_eq!(send(key("two"), 100).await, 0, "another owner");
    assert_eq!(send(Credentials::bearer("token").expect("a token"), 20).await, 0, "the figure of OAuth 2.0");
    client.users().list_asset_quotas(1).send().await.expect("a response");
    assert_eq!(start.elapsed().as_secs(), 0, "another operation");
    assert_eq!(send(Credentials::bearer("token").expect("a token"), 1).await, 60);
    assert_eq!(send(key("three").with_owner("group 7"), 100).await, 60);
    assert_eq!(send(key("four").with_owner("group 7"), 1).await, 120, "two keys of one owner");
}

/// Gives keys with a name or without.
struct Keys(&'static [(&'static str, Option<&'static str>)], std::sync::atomic::AtomicUsize);

impl CredentialsProvider for Keys {
    fn credentials(&self) -> Provided<'_> {
        let (key, owner) = self.0[self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % self.0.len()];
        Box::pin(async move {
            let key = Credentials::api_key(key)?;
            Ok(match owner {
                Some(owner) => key.with_owner(owner),
                None => key,
            })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_an_owner_and_so_are_its_keys() {
    let store = Handle::default();
    let owners = async |credentials: Credentials, calls: usize| {
        let client = client(&service(), RateLimit::with_store(store.clone()));
        for _ in 0..calls {
            let call = client.users().list_inventory_items(1).with_credentials(credentials.clone());
            call.send().await.expect("a response");
        }
        let asked = std::mem::take(&mut *store.0.asked.lock().expect("asked"));
        let owner =
            |quota: &Quota| quota.key.strip_prefix("users.list_inventory_items for ").map(str::to_owned);
        asked.iter().map(|quota| owner(quota).expect("an owner")).collect::<Vec<_>>()
    };
    let keys = |keys| Credentials::provider(Keys(keys, Default::default()));
    // A name that is part of the operation's name, which must not be touched.
    let named = owners(keys(&[("one", Some("users")), ("two", Some("group 7"))]), 2).await;
    assert_eq!(named, ["users", "group 7"]);
    let both = owners(keys(&[("one", Some("group 7")), ("two", None)]).with_owner("group 8"), 2).await;
    assert_eq!(both, ["group 7", "group 8"], "the key's own name goes first");
    let none = owners(keys(&[("one", None), ("two", None)]), 2).await;
    assert!(none[0].starts_with("provider ") && none[0] == none[1], "{none:?}");
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_too_large_holds_nobody_back() {
    for (code, seconds) in [("3000", 0), ("2", 30)] {
        let response = MockResponse::error(ErrorShape::Code, 429, code, "no").header("retry-after", "30");
        let script = Script::new()
            .expect(Expect::any(), response)
            .always(Expect::any(), MockResponse::json(json!({})));
        let client = client(&script, RateLimit::from_spec());
        let start = Instant::now();
        let query =
            || client.analytics().query_metrics(1, opencloud::types::AnalyticsMetricsRequest::default());
        let _ = query().with_retry(opencloud::retry::Retry::never()).await;
        let _ = query().with_retry(opencloud::retry::Retry::never()).await;
        assert_eq!(start.elapsed().as_secs(), seconds, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn universes_have_limits_of_their_own() {
    let service = service();
    let client = client(&service, RateLimit::from_spec());
    let start = Instant::now();
    let ban = async |universe: u64, user: u64| {
        client.user_restrictions().update(universe, user, UserRestriction::new()).await.expect("a response");
        start.elapsed().as_secs()
    };
    assert_eq!(ban(1, 9).await, 0);
    assert_eq!(ban(1, 8).await, 0, "another user");
    assert_eq!(ban(2, 9).await, 0, "another universe");
    assert_eq!(ban(1, 9).await, 60, "one change a minute of one user: UR-04");

    let start = Instant::now();
    let read = async |universe: u64, times: usize| {
        for _ in 0..times {
            client.data_stores().get_entry(universe, "store", "key").await.expect("a response");
        }
        start.elapsed().as_secs()
    };
    assert_eq!(read(1, 300).await, 0);
    client.data_stores().delete_entry(1, "store", "key").await.expect("a response");
    assert_eq!(start.elapsed().as_secs(), 0, "another class");
    assert_eq!(read(2, 300).await, 0, "another universe");
    assert_eq!(read(1, 1).await, 60);
}

#[tokio::test(start_paused = true)]
async fn more_users_raise_the_limits_of_data_stores() {
    let client = client(&service(), RateLimit::from_spec().concurrent_users(10));
    let start = Instant::now();
    for _ in 0..700 {
        client.data_stores().get_entry(1, "store", "key").await.expect("a response");
    }
    assert_eq!(start.elapsed().as_secs(), 0, "300 and 40 for each user");
    client.data_stores().get_entry(1, "store", "key").await.expect("a response");
    assert_eq!(start.elapsed().as_secs(), 60);
}

/// Sends as many of these as there are, and returns when each was sent, in seconds.
async fn sent_at<F: Future>(calls: usize, call: impl Fn(usize) -> F) -> Vec<u64> {
    let start = Instant::now();
    let mut times = Vec::new();
    for number in 0..calls {
        call(number).await;
        times.push(start.elapsed().as_secs());
    }
    times
}

/// No period sees more than a number of requests.
fn assert_limit(times: &[u64], limit: Limit) {
    let requests = usize::try_from(limit.requests).expect("small");
    for row in times.windows(requests + 1) {
        assert!(row[requests] - row[0] >= limit.seconds, "{} in {} s", requests + 1, row[requests] - row[0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_share_is_kept_in_every_period_and_is_never_nothing() {
    for (part, limit) in [
        (0.2, Limit::per_minute(20)),
        (0.333, Limit::per_minute(33)),
        (0.01, Limit::per_minute(1)),
        // Less than one request is one in a longer period.
        (0.005, Limit::new(1, 120)),
    ] {
        let client = client(&service(), RateLimit::from_spec().share(part));
        let calls = usize::try_from(limit.requests).expect("small") * 3 + 1;
        let list = async |user: usize| {
            client.users().list_inventory_items(user as u64).send().await.expect("a page");
        };
        let times = sent_at(calls, list).await;
        assert_limit(&times, limit);
        assert_eq!(times.last(), Some(&(3 * limit.seconds)), "{part}: and no slower than need be");
    }
}

#[tokio::test(start_paused = true)]
async fn a_share_is_taken_of_the_limits_of_services_and_of_what_responses_say() {
    let limited = MockResponse::json(json!({})).header("x-ratelimit-limit", "50, 50;w=60");
    let client = client(&Script::new().always(Expect::any(), limited), RateLimit::from_spec().share(0.1));
    let read = async |_| {
        client.data_stores().get_entry(1, "store", "key").await.expect("a response");
    };
    assert_eq!(sent_at(31, read).await[29..], [0, 60], "300 a minute in the universe");
    let list = async |_| {
        client.users().list_inventory_items(1).send().await.expect("a page");
    };
    assert_eq!(sent_at(6, list).await[4..], [0, 60], "the headers say 50 a minute");
}

#[tokio::test(start_paused = true)]
async fn limits_are_replaced_by_operation_area_and_class() {
    let limit = RateLimit::from_spec()
        .limit("users.list_inventory_items", Limit::per_second(2))
        .limit("users", Limit::per_minute(3))
        .limit("v2.read", Limit::per_minute(5));
    let limited = MockResponse::json(json!({})).header("x-ratelimit-limit", "1000, 1000;w=60");
    let client = client(&Script::new().always(Expect::any(), limited), limit.concurrent_users(1000));
    let list = async |_| {
        client.users().list_inventory_items(1).send().await.expect("a page");
    };
    assert_eq!(sent_at(5, list).await, [0, 0, 1, 1, 2], "that of the operation, whatever responses allow");
    let get = async |_| {
        client.users().get(1).send().await.expect("a user");
    };
    assert_eq!(sent_at(4, get).await, [0, 0, 0, 60], "that of its area");
    let quotas = async |_| {
        client.users().list_asset_quotas(1).send().await.expect("a page");
    };
    assert_eq!(sent_at(3, quotas).await, [0, 0, 0], "each operation for itself");
    let read = async |_| {
        client.data_stores().get_entry(1, "store", "key").await.expect("a response");
    };
    assert_eq!(sent_at(6, read).await, [0, 0, 0, 0, 0, 60], "that of the class, whatever the users");
}

#[tokio::test(start_paused = true)]
async fn a_response_that_states_a_smaller_limit_corrects_that_of_the_caller() {
    let limited = MockResponse::json(json!({})).header("x-ratelimit-limit", "2, 2;w=60");
    let limit = RateLimit::from_spec().limit("users.get", Limit::per_minute(50));
    let client = client(&Script::new().always(Expect::any(), limited), limit);
    let get = async |_| {
        client.users().get(1).send().await.expect("a user");
    };
    assert_eq!(sent_at(3, get).await, [0, 0, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_grows_and_shrinks_with_the_users_of_its_universe() {
    let users = Arc::new(Mutex::new(HashMap::from([(1, 10_u64), (2, 0)])));
    let asked = users.clone();
    let limit = RateLimit::from_spec().concurrent_users_from(move |universe| {
        asked.lock().expect("users").get(&universe).copied().unwrap_or(0)
    });
    let client = client(&service(), limit);
    let read = async |universe: u64, calls: usize| {
        let read = async |_| {
            client.data_stores().get_entry(universe, "store", "key").await.expect("a response");
        };
        sent_at(calls, read).await.pop()
    };
    assert_eq!(read(1, 700).await, Some(0), "300 and 40 for each of 10 users");
    assert_eq!(read(2, 300).await, Some(0), "another universe");
    assert_eq!(read(2, 1).await, Some(60));
    users.lock().expect("users").insert(1, 20);
    assert_eq!(read(1, 1100).await, Some(0), "more users, and a minute later");
    users.lock().expect("users").insert(1, 0);
    assert_eq!(read(1, 1).await, Some(60), "300 a minute again, of which 1100 were sent");
}

#[tokio::test(start_paused = true)]
async fn who_waits_moves_up_when_the_limit_grows() {
    let users = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let asked = users.clone();
    let limit = RateLimit::from_spec()
        .concurrent_users_from(move |_| asked.load(std::sync::atomic::Ordering::Relaxed));
    let client = client(&service(), limit);
    let start = Instant::now();
    let read = || {
        let client = client.clone();
        async move {
            client.data_stores().get_entry(1, "store", "key").await.expect("a response");
            start.elapsed().as_secs()
        }
    };
    for _ in 0..300 {
        read().await;
    }
    let waiting = tokio::spawn(read());
    tokio::time::sleep(Duration::from_secs(5)).await;
    users.store(1, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(read().await, 5);
    assert_eq!(waiting.await.expect("a task"), 5);
}

#[tokio::test(start_paused = true)]
async fn lists_of_memory_stores_cost_as_many_units_as_they_have_items() {
    let items: Vec<_> = (0..40).map(|number| json!({ "id": number.to_string() })).collect();
    let script = Script::new()
        .always(
            Expect::get("/cloud/v2/universes/1/memory-store/sorted-maps/m/items"),
            MockResponse::json(json!({ "items": items })),
        )
        .always(Expect::any(), MockResponse::json(json!({ "id": "1", "path": "x" })));
    let client = client(&script, RateLimit::from_spec());
    let stores = client.memory_stores();
    let list = async |size: i64| {
        stores.list_sorted_map_items(1, "m").max_page_size(size).await.expect("items");
    };
    // 100 are taken, of which 40 are used: 1,000 units are 25 lists, as long as 100 are left.
    let times = sent_at(24, async |_| list(100).await).await;
    assert_eq!(times.iter().filter(|time| **time == 0).count(), 23);
    assert_eq!(times[23], 60);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let get = async |_| {
        stores.get_sorted_map_item(1, "m", "x").await.expect("an item");
    };
    // One item in 60 minutes is read at 1,000 a minute; a page of one costs one.
    assert_eq!(sent_at(500, get).await.pop(), Some(0));
    assert_eq!(sent_at(11, async |_| list(0).await).await.pop(), Some(0), "at least one each");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_larger_than_the_whole_share_goes_out_alone() {
    let script =
        Script::new().always(Expect::any(), MockResponse::json(json!({ "id": "1", "queueItems": [] })));
    let client = client(&script, RateLimit::from_spec().share(0.05));
    let read = async |_| {
        client.memory_stores().read_queue_items(1, "q").count(200).await.expect("items");
    };
    // 50 units, of which an empty response costs one: each read is alone while it is under way.
    assert_eq!(sent_at(2, read).await, [0, 60]);
}

#[tokio::test(start_paused = true)]
async fn what_roblox_sells_more_of_is_lifted_or_as_the_caller_says() {
    let read = async |limit: RateLimit, calls: usize| {
        let client = client(&service(), limit);
        let read = async |_| {
            client.data_stores().get_entry(1, "store", "key").await.expect("a response");
        };
        sent_at(calls, read).await.pop()
    };
    let extended = || RateLimit::from_spec().extended_services("data_stores");
    assert_eq!(read(extended(), 2_000).await, Some(0));
    assert_eq!(read(extended().limit("v2.read", Limit::per_minute(1_000)), 1_001).await, Some(60));
    assert_eq!(read(RateLimit::from_spec().extended_services("memory_stores"), 301).await, Some(60));
}

#[test]
fn a_setting_that_cannot_be_ends_the_building_of_a_client() {
    let limit = RateLimit::from_spec;
    for (limit, why) in [
        (limit().share(0.0), "0 is not a share of a rate limit; give a number from 0.001 to 1"),
        (limit().share(-0.5), "-0.5 is not a share"),
        (limit().share(1.1), "1.1 is not a share"),
        (limit().share(f64::NAN), "NaN is not a share"),
        // The first one is told, whatever follows it.
        (limit().share(2.0).share(0.5).limit("x", Limit::per_minute(1)), "2 is not a share"),
        (limit().limit("users.get", Limit::per_minute(0)), "`users.get` is zero requests"),
        (limit().limit("users", Limit::new(1, 0)), "`users` is of 0 seconds; give a period from 1 to 86400"),
        (limit().limit("users", Limit::new(1, 86_401)), "`users` is of 86401 seconds"),
        (
            limit().limit("users.git", Limit::per_minute(1)),
            "`users.git` is of nothing in this build; name an operation",
        ),
        (limit().limit("", Limit::per_minute(1)), "`` is of nothing"),
        (limit().extended_services("users"), "no more of the limits of `users`; name an area"),
        (limit().extended_services("data-stores"), "no more of the limits of `data-stores`"),
        (RateLimit::with_store(Handle::default()).share(0.0), "0 is not a share"),
    ] {
        let error = Client::builder().api_key("key").rate_limit(limit).build().expect_err(why);
        assert_eq!(error.kind(), opencloud::ErrorKind::Configuration);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_is_asked_for_the_share_and_for_the_units() {
    let asked = async |store: &Handle| std::mem::take(&mut *store.0.asked.lock().expect("asked"));
    let store = Handle::default();
    let items = json!({ "id": "1", "queueItems": [{}, {}] });
    let script = Script::new().always(Expect::any(), MockResponse::json(items));
    let client = client(&script, RateLimit::with_store(store.clone()).share(0.5).concurrent_users(1));
    client.memory_stores().read_queue_items(1, "q").count(50).await.expect("items");
    let quotas = asked(&store).await;
    let [units, _] = &quotas[..] else { panic!("{quotas:?}") };
    assert_eq!(
        (units.key.as_str(), units.limit, units.cost),
        ("memory-stores.units of 1", Limit::per_minute(560), 50)
    );
    assert_eq!(units.stated, None, "no header speaks of units");
    let told = store.0.told.lock().expect("told").clone();
    assert_eq!(told.iter().map(|(_, seen)| seen.cost).collect::<Vec<_>>(), [Some(2)]);
}

#[tokio::test(start_paused = true)]
async fn responses_correct_the_table() {
    let ok = |remaining: &str, reset: &str| {
        MockResponse::json(json!({}))
            .header("x-ratelimit-remaining", remaining)
            .header("x-ratelimit-reset", reset)
    };
    let script = Script::new()
        .expect(Expect::any(), ok("0", "20"))
        .expect(Expect::any(), MockResponse::json(json!({})))
        .expect(Expect::any(), MockResponse::rate_limited(5))
        .always(Expect::any(), MockResponse::json(json!({})));
    let client = client(&script, RateLimit::from_spec());
    let start = Instant::now();
    let send = async |expected: u64| {
        client.users().list_inventory_items(1).send().await.expect("a response");
        assert_eq!(start.elapsed().as_secs(), expected);
    };
    send(0).await;
    send(20).await;
    send(25).await;
    send(25).await;
    let response = client.users().get(1).send().await.expect("a response");
    assert!(response.rate_limit().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_429_holds_back_the_others() {
    let script = Script::new()
        .expect(Expect::any(), MockResponse::rate_limited(30))
        .always(Expect::any(), MockResponse::json(json!({})));
    let client = client(&script, RateLimit::from_spec());
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.users().list_inventory_items(1).send().await.map(drop) }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    client.users().list_inventory_items(2).send().await.expect("a response");
    assert_eq!(start.elapsed().as_secs(), 29);
    first.await.expect("a task").expect("a response");
    assert_eq!(script.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_daily_limit_ends_each_call_at_once() {
    let daily = MockResponse::error(ErrorShape::Gateway, 429, "0", "")
        .header("x-ratelimit-limit", "100, 100;w=86400, 100;w=86400")
        .header("x-ratelimit-remaining", "86")
        .header("x-ratelimit-reset", "56442");
    let script = Script::new().always(Expect::any(), daily);
    let client = client(&script, RateLimit::from_spec());
    let start = Instant::now();
    for calls in 1..=3 {
        let error =
            client.users().list_inventory_items(1).send().await.map(drop).expect_err("a limit of a day");
        assert!(error.is_rate_limited() && error.to_string().contains("15 h 40 min"), "{error}");
        assert_eq!((start.elapsed().as_secs(), script.count()), (0, calls), "RL-05");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_429_is_not_counted_and_all_others_are() {
    let late = MockResponse::status(429, "").delay(Duration::from_secs(20));
    let service = service().expect(Expect::any(), late);
    let client = client(&service, RateLimit::from_spec());
    let start = Instant::now();
    let send =
        async |user: u64| client.users().list_inventory_items(user).send().await.map(drop).expect("a page");
    let slow = async {
        send(0).await;
        assert!((20..30).contains(&start.elapsed().as_secs()), "sent again");
    };
    let others = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        for user in 1..100 {
            send(user).await;
        }
        assert_eq!(start.elapsed().as_secs(), 10);
    };
    tokio::join!(slow, others);
    send(100).await;
    assert_eq!(start.elapsed().as_secs(), 70, "those of 10 still count at 60");
}

#[tokio::test(start_paused = true)]
async fn without_it_nothing_waits() {
    let service = service();
    let client = service.client();
    let start = Instant::now();
    for user in 0..500_u64 {
        client.users().list_inventory_items(user).send().await.expect("a response");
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// A store that several processes could share.
#[derive(Debug, Default)]
struct Shared {
    asked: Mutex<Vec<Quota>>,
    told: Mutex<Vec<(String, Observation)>>,
    /// The permits that observations came with.
    observed: Mutex<Vec<Permit>>,
    given_back: Mutex<Vec<(Vec<String>, Permit)>>,
}

#[derive(Clone, Debug, Default)]
struct Handle(Arc<Shared>);

impl RateLimitStore for Handle {
    fn acquire<'a>(&'a self, quotas: &'a [Quota]) -> Acquire<'a> {
        Box::pin(async move {
            let mut asked = self.0.asked.lock().expect("asked");
            asked.extend_from_slice(quotas);
            Ok(Permit::new(asked.len() as u128))
        })
    }

    fn give_back(&self, quotas: &[Quota], permit: Permit) {
        let keys = quotas.iter().map(|quota| quota.key.clone()).collect();
        self.0.given_back.lock().expect("given back").push((keys, permit));
    }

    fn observe(&self, quota: &Quota, permit: Permit, seen: &Observation) {
        self.0.told.lock().expect("told").push((quota.key.clone(), *seen));
        self.0.observed.lock().expect("observed").push(permit);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_gets_back_the_permit_of_each_request_that_was_not_sent() {
    let script = Script::new()
        .expect(Expect::any(), MockResponse::not_sent())
        .expect(Expect::any(), MockResponse::status(503, "busy"))
        .always(Expect::any(), MockResponse::json(json!({})));
    let store = Handle::default();
    let client = client(&script, RateLimit::with_store(store.clone()));
    let call = client
        .users()
        .list_inventory_items(1)
        .with_credentials(Credentials::api_key("SECRET-KEY").expect("a key").with_owner("group 7"));
    call.send().await.expect("the third attempt");
    let keys = vec!["users.list_inventory_items for group 7".to_owned()];
    assert_eq!(*store.0.given_back.lock().expect("given back"), [(keys, Permit::new(1))]);
    let observed = store.0.observed.lock().expect("observed").clone();
    assert!(!observed.contains(&Permit::new(1)), "there was no response to it: {observed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_gets_back_the_permit_of_a_request_that_was_refused_before_it_was_sent() {
    let store = Handle::default();
    // A script refuses what it does not expect as a transport refuses what it cannot write.
    let client = client(&Script::new(), RateLimit::with_store(store.clone()));
    let error = client.users().list_inventory_items(1).send().await.map(drop).expect_err("no request");
    assert_eq!(error.kind(), opencloud::ErrorKind::InvalidRequest);
    assert_eq!(store.0.given_back.lock().expect("given back").len(), 1);
}

/// With the store of this process: what comes at the deadline leaves the place to others.
#[tokio::test(start_paused = true)]
async fn a_permit_that_comes_at_the_deadline_goes_to_another() {
    let service = service();
    let client = client(&service, RateLimit::from_spec());
    let ban = || client.user_restrictions().update(1, 7, UserRestriction::new());
    let start = Instant::now();
    ban().await.expect("the first");
    let error = ban().with_timeout(Duration::from_secs(60)).await.expect_err("its permit comes too late");
    assert!(error.is_timeout() && error.attempts() == 0, "{error}");
    ban().await.expect("the second");
    assert_eq!(start.elapsed().as_secs(), 60, "its place was free");
    assert_eq!(service.count(), 2);
}

/// What a store is told when a ban gets these responses one after the other: of each, the quotas by number, with what
/// is left, the seconds to wait, and whether the request was refused.
async fn told(responses: Vec<MockResponse>) -> Vec<(usize, Option<u64>, Option<u64>, bool)> {
    let script = Script::new();
    let script =
        responses.into_iter().fold(script, |script, response| script.expect(Expect::any(), response));
    let store = Handle::default();
    let client = Client::builder()
        .credentials(Credentials::api_key("SECRET-KEY").expect("a key").with_owner("group 7"))
        .transport(script.clone())
        .rate_limit(RateLimit::with_store(store.clone()))
        .build()
        .expect("a client");
    client.user_restrictions().update(1, 2, UserRestriction::new()).await.expect("a response");
    let asked: Vec<String> =
        store.0.asked.lock().expect("asked").iter().map(|quota| quota.key.clone()).collect();
    let one =
        ["restriction-user.change of 1/2", "restrictions.write of 1", "user_restrictions.update for group 7"];
    assert_eq!(asked, one.repeat(script.count()), "each attempt asks, the narrowest first");
    let told = store.0.told.lock().expect("told");
    told.iter()
        .map(|(key, seen)| {
            let quota = one.iter().position(|known| known == key).expect("a quota");
            assert_eq!(seen.limit, None, "a limit of several is found by its figures, and is what they say");
            (quota, seen.remaining, seen.reset.map(|reset| reset.as_secs()), seen.refused)
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_response_speaks_of_the_windows_that_it_names() {
    let limits = |response: MockResponse, remaining: &str, reset: &str| {
        response
            .header("x-ratelimit-limit", "2, 2;w=60, 10;w=1, 150;w=1")
            .header("x-ratelimit-remaining", remaining)
            .header("x-ratelimit-reset", reset)
    };
    let ok = || MockResponse::json(json!({}));
    let refused = || MockResponse::error(ErrorShape::Gateway, 429, "0", "").header("retry-after", "5");
    // The figures of the user are the user's, and not the key's.
    assert_eq!(told(vec![limits(ok(), "1", "59")]).await, [(0, Some(1), Some(59), false)]);
    assert_eq!(
        told(vec![limits(ok(), "1, 9, 149", "59, 1, 1")]).await,
        [(0, Some(1), Some(59), false), (1, Some(9), Some(1), false), (2, Some(149), Some(1), false)]
    );
    // A response that names none of them is about none of them (RL-10).
    let other = ok().header("x-ratelimit-limit", "300;w=60").header("x-ratelimit-remaining", "0");
    assert_eq!(told(vec![other.header("x-ratelimit-reset", "60")]).await, []);
    assert_eq!(told(vec![ok().header("x-ratelimit-remaining", "41")]).await, []);
    // What is used up holds until it is whole; it was counted in all.
    assert_eq!(
        told(vec![limits(refused(), "1, 0, 140", "59, 1, 1"), ok()]).await,
        [(0, Some(1), Some(59), true), (1, Some(0), Some(5), true), (2, Some(140), Some(1), true)]
    );
    assert_eq!(
        told(vec![limits(refused(), "0", "44"), ok()]).await,
        [(0, Some(0), Some(44), true), (1, None, None, true), (2, None, None, true)]
    );
    // Where it does not say what is used up, it is the narrowest.
    let silent = MockResponse::error(ErrorShape::Empty, 429, "", "").header("retry-after", "30");
    assert_eq!(
        told(vec![silent, ok()]).await,
        [(0, Some(0), Some(30), true), (1, None, None, true), (2, None, None, true)]
    );
}

#[tokio::test(start_paused = true)]
async fn an_operation_without_other_limits_is_corrected_by_whatever_its_headers_say() {
    let told = async |limit: &str, remaining: &str, reset: &str| {
        let response = MockResponse::json(json!({}))
            .header("x-ratelimit-limit", limit)
            .header("x-ratelimit-remaining", remaining)
            .header("x-ratelimit-reset", reset);
        let store = Handle::default();
        let client =
            client(&Script::new().always(Expect::any(), response), RateLimit::with_store(store.clone()));
        client.users().list_inventory_items(1).send().await.expect("a response");
        let told = store.0.told.lock().expect("told").clone();
        let [(_, seen)] = &told[..] else { panic!("{told:?}") };
        (
            seen.limit.map(|limit| (limit.requests, limit.seconds)),
            seen.remaining,
            seen.reset.map(|reset| reset.as_secs()),
        )
    };
    // LX-12, RL-06, RL-11, MS-20, RL-05.
    for (limit, remaining, reset, expected) in [
        ("200;w=60", "199", "60", (Some((200, 60)), Some(199), Some(60))),
        ("40, 45;w=60, 40;w=60, 70000", "39", "12", (Some((40, 60)), Some(39), Some(12))),
        ("1000, 1000;w=60, 1000000;w=60", "999", "37", (Some((1000, 60)), Some(999), Some(37))),
        ("100, 100;w=86400, 100;w=86400", "86", "56442", (Some((100, 86400)), Some(86), Some(56442))),
        ("1000, 1000;w=86400, 90;w=60", "80, 7", "56442, 9", (Some((90, 60)), Some(7), Some(9))),
        ("7", "3", "9", (None, Some(3), Some(9))),
    ] {
        assert_eq!(told(limit, remaining, reset).await, expected, "{limit}");
    }
}

/// A service as it was seen: windows aligned to the clock (RL-09), of the user, the universe and the key; a refused
/// request counts nowhere; the headers have one figure for each window, and `retry-after` understates (RL-02).
struct Service {
    start: Instant,
    windows: HashMap<(String, u64), u64>,
    served: HashMap<String, u64>,
    refused: u64,
}

impl Service {
    fn new() -> Self {
        Self { start: Instant::now(), windows: HashMap::new(), served: HashMap::new(), refused: 0 }
    }

    fn respond(&mut self, user: &str) -> MockResponse {
        let now = (self.start.elapsed() + LATENCY).as_millis() as u64;
        let limits =
            [(format!("user {user}"), 1, 60), ("universe".to_owned(), 10, 1), ("key".to_owned(), 150, 1)];
        let window = |(name, _, seconds): &(String, u64, u64)| (name.clone(), now / (seconds * 1000));
        let used: Vec<u64> = limits
            .iter()
            .map(|limit| self.windows.get(&window(limit)).copied().unwrap_or_default())
            .collect();
        let refused = limits.iter().zip(&used).any(|(limit, used)| *used >= limit.1);
        let left: Vec<String> = limits
            .iter()
            .zip(&used)
            .map(|(limit, used)| limit.1.saturating_sub(used + u64::from(!refused)).to_string())
            .collect();
        let reset: Vec<String> =
            limits.iter().map(|(_, _, seconds)| (seconds - now / 1000 % seconds).to_string()).collect();
        if refused {
            self.refused += 1;
        } else {
            for limit in &limits {
                *self.windows.entry(window(limit)).or_default() += 1;
            }
            *self.served.entry(user.to_owned()).or_default() += 1;
        }
        MockResponse::json(json!({}))
            .with_status(if refused { 429 } else { 200 })
            .header("x-ratelimit-limit", "2, 2;w=60, 10;w=1, 150;w=1")
            .header("x-ratelimit-remaining", left.join(", "))
            .header("x-ratelimit-reset", reset.join(", "))
            .header("retry-after", "1")
            .delay(2 * LATENCY)
    }
}

/// Each way.
const LATENCY: Duration = Duration::from_millis(40);

/// Sends these bans, up to a number of them at once, and returns how long it takes and how many were refused on the way.
async fn bans(users: impl Iterator<Item = u64>, at_once: usize, limit: Option<RateLimit>) -> (Duration, u64) {
    let service = Arc::new(Mutex::new(Service::new()));
    let responding = service.clone();
    let script = Script::new().respond_with(Expect::any(), move |request| {
        let user = request.path.rsplit('/').next().unwrap_or_default();
        responding.lock().expect("the service").respond(user)
    });
    let builder = match limit {
        Some(limit) => script.builder().rate_limit(limit),
        None => script.builder(),
    };
    let client = builder.build().expect("a client");
    let start = Instant::now();
    let turns = Arc::new(tokio::sync::Semaphore::new(at_once));
    let mut calls = tokio::task::JoinSet::new();
    let mut sent = HashMap::<String, u64>::new();
    for user in users {
        *sent.entry(user.to_string()).or_default() += 1;
        let (client, turns) = (client.clone(), turns.clone());
        calls.spawn(async move {
            let _turn = turns.acquire().await.expect("a turn");
            client.user_restrictions().update(1, user, UserRestriction::new()).await.map(drop)
        });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("a task").expect("a ban");
    }
    let service = service.lock().expect("the service");
    assert_eq!(service.served, sent, "every ban arrives, and once");
    (start.elapsed(), service.refused)
}

#[tokio::test(start_paused = true)]
async fn twenty_three_hundred_bans_all_arrive() {
    let (time, refused) = bans(0..2_300, 16, None).await;
    assert!(time < Duration::from_secs(300) && refused > 0, "{time:?}");
    let (time, refused) = bans(0..2_300, 16, Some(RateLimit::from_spec())).await;
    assert!(time < Duration::from_secs(300), "{time:?}, {refused} refused");
    assert!(refused < 100, "the limiter keeps the limit, but for the edges of windows: {refused} refused");
}

#[tokio::test(start_paused = true)]
async fn bans_of_one_user_hold_up_no_other() {
    // The third ban of user 0 would come after two minutes, when its deadline is over.
    let users = || [0, 0].into_iter().chain(1..60);
    for limit in [None, Some(RateLimit::from_spec())] {
        let (time, _) = bans(users(), 16, limit.clone()).await;
        assert!((59..=75).contains(&time.as_secs()), "{time:?} with {limit:?}");
    }
}

/// Gives a permit after ten seconds.
#[derive(Clone, Debug, Default)]
struct TenSeconds(Arc<Mutex<Vec<Permit>>>);

impl RateLimitStore for TenSeconds {
    fn give_back(&self, _: &[Quota], permit: Permit) {
        self.0.lock().expect("given back").push(permit);
    }

    fn acquire<'a>(&'a self, _: &'a [Quota]) -> Acquire<'a> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Ok(Permit::new(10))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_the_time_is_over() {
    for (seconds, arrivals) in [(9, 0), (10, 0), (11, 1)] {
        let (service, store) = (service(), TenSeconds::default());
        let client = client(&service, RateLimit::with_store(store.clone()));
        let call = client.users().get(156).with_timeout(Duration::from_secs(seconds)).await;
        // The call that ends before it has a permit drops the future, after which nothing is counted.
        let unused = if seconds == 10 { vec![Permit::new(10)] } else { vec![] };
        assert_eq!(*store.0.lock().expect("given back"), unused, "{seconds}");
        assert_eq!(service.count(), arrivals, "{seconds}");
        match call {
            Ok(_) => assert_eq!(arrivals, 1),
            Err(error) => assert!(error.is_timeout() && error.attempts() == 0, "{error}"),
        }
    }
}

/// Gives the first turn, and is away after that.
#[derive(Debug, Default)]
struct Away(std::sync::atomic::AtomicBool);

impl RateLimitStore for Away {
    fn acquire<'a>(&'a self, _: &'a [Quota]) -> Acquire<'a> {
        let is_away = self.0.swap(true, std::sync::atomic::Ordering::Relaxed);
        Box::pin(async move {
            match is_away {
                true => Err(opencloud::Error::not_sent("the store of the rate limit is away")),
                false => Ok(Permit::default()),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_between_attempts_is_named() {
    let script = Script::new().expect(Expect::any(), MockResponse::status(503, "busy"));
    let client = Client::builder()
        .api_key("SECRET-KEY")
        .transport(script.clone())
        .rate_limit(RateLimit::with_store(Away::default()))
        .build()
        .expect("a client");
    let error = client.users().get(156).await.expect_err("no permit");
    assert!(error.to_string().contains("the store of the rate limit is away"), "{error}");
    assert_eq!(error.attempts(), 1);
    script.assert_done();
}
