//! Every list that takes a filter or order, through its call.

use opencloud::filter::*;
use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::types::{
    AnalyticsFilter, AnalyticsFilterOperation, AssetQuotaAssetType, AssetQuotaType, GameServerFilterField,
    InventoryItemAssetType as Asset,
};
use opencloud::{Client, Error, ErrorKind};
use serde_json::json;

/// A service that responds to everything with an empty object.
fn service() -> Script {
    Script::new().always(Expect::any(), MockResponse::json(json!({})))
}

/// The decoded query of each request that the call makes.
async fn sent<C, T>(make: impl FnOnce(&Client) -> C) -> Result<Vec<String>, Error>
where
    C: IntoFuture<Output = Result<T, Error>>,
{
    let service = service();
    make(&service.client()).await?;
    Ok(service
        .received()
        .iter()
        .map(|received| {
            let query = received.uri.query().unwrap_or_default();
            percent_encoding::percent_decode_str(query).decode_utf8().expect("UTF-8").into_owned()
        })
        .collect())
}

/// Asserts what each call sends as its query.
macro_rules! table {
    ($($call:expr => $query:expr;)*) => {
        $(assert_eq!(sent($call).await.expect(stringify!($call)), [$query], "{}", stringify!($call));)*
    };
}

const COMMENT: &str = "01234567-89ab-cdef-0123-456789abcdef";

#[tokio::test]
async fn inventory_items() {
    let types = InventoryFilter::types;
    let ids = InventoryFilter::ids;
    table! {
        |c| c.users().list_inventory_items(1) => "";
        |c| c.users().list_inventory_items(1).filter(InventoryFilter::all()) => "";
        |c| c.users().list_inventory_items(1).filter(types().assets([Asset::Hat, Asset::ClassicPants]))
            => "filter=inventoryItemAssetTypes=HAT,CLASSIC_PANTS";
        |c| c.users().list_inventory_items(1).filter(types().assets(["HAT"])) => "filter=inventoryItemAssetTypes=HAT";
        |c| c.users().list_inventory_items(1).filter(types().assets(["HAT"]).all_assets())
            => "filter=inventoryItemAssetTypes=*";
        |c| c.users().list_inventory_items(1).filter(types().only_collectibles(true))
            => "filter=onlyCollectibles=true;inventoryItemAssetTypes=*";
        |c| c.users().list_inventory_items(1).filter(types().assets([Asset::Hat]).only_collectibles(true))
            => "filter=onlyCollectibles=true;inventoryItemAssetTypes=HAT";
        |c| c.users().list_inventory_items(1)
            .filter(types().all_assets().badges(true).game_passes(true).private_servers(true))
            => "filter=inventoryItemAssetTypes=*;badges=true;gamePasses=true;privateServers=true";
        // What counts for nothing is left out, as long as something counts.
        |c| c.users().list_inventory_items(1)
            .filter(types().assets(Vec::<Asset>::new()).only_collectibles(true).badges(true).game_passes(false))
            => "filter=badges=true";
        |c| c.users().list_inventory_items(1).filter(ids().assets([1, 2]).badges([3]))
            => "filter=assetIds=1,2;badgeIds=3";
        |c| c.users().list_inventory_items(1).filter(ids().game_passes(["4"]).private_servers(vec![u64::MAX]))
            => "filter=gamePassIds=4;privateServerIds=18446744073709551615";
        |c| c.users().list_inventory_items(1).filter(ids().assets([1]).badges(Vec::<u64>::new()))
            => "filter=assetIds=1";
        |c| c.users().list_inventory_items(1).filter(raw("badges=true;new=1")) => "filter=badges=true;new=1";
        // The last filter counts, whatever the earlier one was.
        |c| c.users().list_inventory_items(1).filter(ids().assets(["x"])).filter(types().badges(true))
            => "filter=badges=true";
        |c| c.users().list_inventory_items(1).filter(ids()).filter(InventoryFilter::all()) => "";
    }
}

#[tokio::test]
async fn an_empty_list_matches_nothing_and_asks_nothing() {
    let types = InventoryFilter::types;
    let ids = InventoryFilter::ids;
    let none = Vec::<u64>::new;
    let empty: [Expression<InventoryFilter>; 6] = [
        types().into(),
        types().assets(Vec::<Asset>::new()).into(),
        types().assets(Vec::<Asset>::new()).only_collectibles(true).into(),
        types().badges(false).game_passes(false).private_servers(false).into(),
        ids().into(),
        ids().assets(none()).badges(none()).into(),
    ];
    for filter in empty {
        assert!(filter.matches_nothing(), "{filter:?}");
        let service = service();
        let client = service.client();
        let page =
            client.users().list_inventory_items(1).filter(filter.clone()).send().await.expect("a page");
        assert_eq!(page.inventory_items.as_deref().unwrap_or_default(), []);
        assert_eq!(page.next_page_token, None);
        assert_eq!(page.attempts(), 0);
        assert_eq!(page.status(), 200);
        let call = client.users().list_inventory_items(1).filter(filter.clone());
        assert!(call.items().next().await.is_none());
        assert_eq!(service.count(), 0, "{filter:?}");
        // What is wrong is said all the same.
        let error = client.users().list_inventory_items("..").filter(filter).await.expect_err("an id");
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
    assert_eq!(
        sent(|c| c.groups().list_memberships("-").filter(MembershipFilter::users(none())))
            .await
            .expect("a page"),
        [""; 0]
    );
    let versions = Vec::<&str>::new();
    assert_eq!(
        sent(|c| c.servers().list(1, 2, 3).filter(ServerFilter::place_version().is_in(versions)))
            .await
            .expect("a page"),
        [""; 0]
    );
}

#[tokio::test]
async fn groups() {
    table! {
        |c| c.groups().list_memberships(123).filter(MembershipFilter::user(1)) => "filter=user == 'users/1'";
        |c| c.groups().list_memberships("-").filter(MembershipFilter::user("1")) => "filter=user == 'users/1'";
        |c| c.groups().list_memberships("-").filter(MembershipFilter::users([1, 2]))
            => "filter=user in ['users/1','users/2']";
        |c| c.groups().list_memberships(123).filter(MembershipFilter::role(123, 7))
            => "filter=role == 'groups/123/roles/7'";
        |c| c.groups().list_memberships("-").filter(raw("role == 'x'")) => "filter=role == 'x'";
        |c| c.groups().list_memberships(123) => "";
        |c| c.groups().list_join_requests(1).filter(JoinRequestFilter::user(156)) => "filter=user == 'users/156'";
        |c| c.groups().list_forum_categories(1).filter(ForumCategoryFilter::archived(true))
            => "filter=archived==true";
        |c| c.groups().list_forum_categories(1).filter(ForumCategoryFilter::archived(false))
            => "filter=archived==false";
        |c| c.groups().list_forum_posts(1, "2").filter(ForumPostFilter::pinned()) => "filter=pinned==true";
        |c| c.groups().list_forum_comments(1, "2", "3").filter(ForumCommentFilter::replies_to(COMMENT))
            => format!("filter=repliesToCommentId=={COMMENT}");
        |c| c.groups().list_forum_comments(1, "2", "3").filter(ForumCommentFilter::top_level()) => "";
    }
}

#[tokio::test]
async fn memberships_of_all_groups_need_users() {
    let refusals = [
        (sent(|c| c.groups().list_memberships("-")).await, "for named users only"),
        (
            sent(|c| c.groups().list_memberships("-").filter(MembershipFilter::role(123, 7))).await,
            "by users only",
        ),
        (
            sent(|c| c.groups().list_memberships(12).filter(MembershipFilter::role(123, 7))).await,
            "a role of another group",
        ),
        (
            sent(|c| c.groups().list_memberships(12).filter(MembershipFilter::users(1..=51))).await,
            "up to 50 users",
        ),
    ];
    for (outcome, reason) in refusals {
        let error = outcome.expect_err(reason);
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(reason), "{error}");
        assert!(error.to_string().contains("/cloud/v2/groups/{group_id}/memberships"), "{error}");
    }
}

#[tokio::test]
async fn data_stores() {
    let time = |text: &str| text.parse().expect(text);
    let both =
        || RevisionFilter::new().since(time("2000-01-01T00:00:00Z")).until(time("2001-01-01T00:00:00Z"));
    let bounds = "filter=revision_create_time >= 2000-01-01T00:00:00Z && \
                  revision_create_time <= 2001-01-01T00:00:00Z";
    table! {
        |c| c.data_stores().list(1).filter(IdFilter::starts_with("foo")) => r#"filter=id.startsWith("foo")"#;
        |c| c.data_stores().list(1).filter(IdFilter::starts_with("")) => "";
        |c| c.data_stores().list_entries(1, "s").filter(IdFilter::starts_with("global/foo"))
            => r#"filter=id.startsWith("global/foo")"#;
        |c| c.data_stores().list_scoped_entries(1, "s", "-").filter(IdFilter::starts_with(r#"a"b\c"#))
            => r#"filter=id.startsWith("a\"b\\c")"#;
        |c| c.data_stores().list_entry_revisions(1, "s", "e").filter(both()) => bounds;
        |c| c.data_stores().list_scoped_entry_revisions(1, "s", "global", "e").filter(both()) => bounds;
        |c| c.data_stores().list_entry_revisions(1, "s", "e")
            .filter(RevisionFilter::new().since(time("2026-01-02T03:04:05.678901234+02:00")))
            => "filter=revision_create_time >= 2026-01-02T01:04:05.678901234Z";
        |c| c.data_stores().list_entry_revisions(1, "s", "e").filter(RevisionFilter::new()) => "";
    }
}

#[tokio::test]
async fn ordered_data_stores() {
    let within = || OrderedEntryFilter::new().at_least(10).at_most(30);
    table! {
        |c| c.ordered_data_stores().list_entries(1, "s", "global").filter(within()) => "filter=entry >= 10 && entry <= 30";
        |c| c.ordered_data_stores().list_entries(1, "s", "global").filter(OrderedEntryFilter::new().at_most(10))
            => "filter=entry <= 10";
        |c| c.ordered_data_stores().list_entries(1, "s", "global")
            .filter(OrderedEntryFilter::new().at_least(i64::MIN).at_most(i64::MAX))
            => "filter=entry >= -9223372036854775808 && entry <= 9223372036854775807";
        // The last word on a bound counts.
        |c| c.ordered_data_stores().list_entries(1, "s", "global").filter(within().at_least(20))
            => "filter=entry >= 20 && entry <= 30";
        |c| c.ordered_data_stores().list_entries(1, "s", "global").order_by(OrderedEntryOrder::descending())
            => "orderBy=value desc";
        |c| c.ordered_data_stores().list_entries(1, "s", "global").order_by(OrderedEntryOrder::ascending())
            => "orderBy=value";
        |c| c.ordered_data_stores().list_values(1, "s", "global").filter(within()).order_by(OrderedValueOrder::descending())
            => "filter=entry >= 10 && entry <= 30&order_by=desc";
        |c| c.ordered_data_stores().list_values(1, "s", "global").order_by(OrderedValueOrder::ascending()) => "";
        |c| c.ordered_data_stores().list_values(1, "s", "global").order_by(raw("asc")) => "order_by=asc";
    }
}

#[tokio::test]
async fn sorted_maps() {
    table! {
        |c| c.memory_stores().list_sorted_map_items(1, "m")
            .filter(SortedMapFilter::new().id_after("key-001").id_before("key-100"))
            => r#"filter=id > "key-001" && id < "key-100""#;
        |c| c.memory_stores().list_sorted_map_items(1, "m")
            .filter(SortedMapFilter::new().sort_key_after(-1.5).sort_key_before(10))
            => "filter=sortKey > -1.5 && sortKey < 10";
        |c| c.memory_stores().list_sorted_map_items(1, "m").filter(SortedMapFilter::new().sort_key_after("a\n\"b\""))
            => r#"filter=sortKey > "a\n\"b\"""#;
        |c| c.memory_stores().list_sorted_map_items(1, "m").order_by(SortedMapOrder::descending()) => "orderBy=id desc";
        |c| c.memory_stores().list_sorted_map_items(1, "m").order_by(SortedMapOrder::ascending()) => "orderBy=id";
    }
}

#[tokio::test]
async fn restriction_logs_and_quotas() {
    let quotas = AssetQuotaFilter::new;
    let logs = RestrictionLogFilter::new;
    table! {
        |c| c.user_restrictions().list_logs(1).filter(logs().user(123).place(456))
            => "filter=user == 'users/123' && place == 'places/456'";
        |c| c.user_restrictions().list_logs(1).filter(logs().place("456")) => "filter=place == 'places/456'";
        |c| c.user_restrictions().list_logs(1).filter(logs()) => "";
        |c| c.users().list_asset_quotas(1)
            .filter(quotas().quota_type(AssetQuotaType::RateLimitUpload).asset_type(AssetQuotaAssetType::Audio))
            => "filter=quotaType == RateLimitUpload && assetType == Audio";
        |c| c.users().list_asset_quotas(1).filter(quotas().quota_type("RateLimitCreatorStoreDistribute"))
            => "filter=quotaType == RateLimitCreatorStoreDistribute";
        |c| c.users().list_asset_quotas(1).filter(quotas().asset_type("MESH_PART")) => "filter=assetType == MeshPart";
    }
}

#[tokio::test]
async fn game_servers() {
    table! {
        |c| c.servers().list(1, 2, 3)
            .filter(
                ServerFilter::occupancy().at_least(10)
                    .and(ServerFilter::occupancy().less_than(20))
                    .and(ServerFilter::frame_rate().at_most(59.5))
                    .and(ServerFilter::full().equals(false))
                    .and(ServerFilter::status().is_in(["Running", "Closing"])),
            )
            .order_by(ServerOrder::by("uptime").descending())
            => "Filter=occupancy >= 10 && occupancy < 20 && frameRate <= 59.5 && full == false && \
                status in [\"Running\", \"Closing\"]&OrderBy=uptime desc";
        |c| c.servers().list(1, 2, 3).filter(ServerFilter::place_version().equals(12)) => "Filter=placeVersion == 12";
        |c| c.servers().list(1, 2, 3).filter(ServerFilter::field("new.field").greater_than("a"))
            => r#"Filter=new.field > "a""#;
        |c| c.servers().list(1, 2, 3).order_by(ServerOrder::by("uptime")) => "OrderBy=uptime";
        |c| c.servers().list_logs(1, 2, 3, "job")
            .filter(ServerLogFilter::severity().equals("Error").and(ServerLogFilter::message().equals("\"boom\"")))
            .order_by(ServerOrder::by("messageTimestampMs"))
            => r#"Filter=severity == "Error" && message == "\"boom\""&OrderBy=messageTimestampMs"#;
        |c| c.servers().get_filter_options(1, 2).filter(GameServerFilterField::EngineVersion) => "Filter=EngineVersion";
    }
}

#[test]
fn analytics() {
    use AnalyticsFilterOperation as Operation;
    let table = [
        (DimensionFilter::is_in("Platform", ["Mobile", "Console"]), Operation::In, vec!["Mobile", "Console"]),
        (DimensionFilter::not_in("Platform", ["Mobile"]), Operation::NotIn, vec!["Mobile"]),
        (DimensionFilter::greater_than("Platform", 5), Operation::GreaterThan, vec!["5"]),
        (DimensionFilter::at_least("Platform", 5), Operation::GreaterThanOrEqual, vec!["5"]),
        (DimensionFilter::less_than("Platform", 1.5), Operation::LessThan, vec!["1.5"]),
        (DimensionFilter::at_most("Platform", 5), Operation::LessThanOrEqual, vec!["5"]),
        (DimensionFilter::matches("Platform", "Mob"), Operation::Match, vec!["Mob"]),
    ];
    for (filter, operation, values) in table {
        let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
        let built: AnalyticsFilter = filter.build().expect("a filter");
        assert_eq!(built, AnalyticsFilter::new("Platform", operation).values(values));
    }
    for (filter, reason) in [
        (DimensionFilter::is_in("Platform", [""; 0]), "the filter of `Platform` has no values"),
        (DimensionFilter::matches("", "a"), "names no dimension"),
    ] {
        let error: Error = filter.build::<AnalyticsFilter>().expect_err(reason).into();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn an_invalid_filter_is_refused_before_it_is_sent() {
    let service = service();
    let client = service.client();
    let filter = InventoryFilter::ids().assets(["1;badges=true"]);
    let error = client.users().list_inventory_items(1).filter(filter).await.expect_err("no id");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(
        error.to_string(),
        "GET /cloud/v2/users/{user_id}/inventory-items: the filter cannot be sent: an asset id is a number, \
         not \"1;badges=true\""
    );
    let order = client.servers().list(1, 2, 3).order_by(ServerOrder::by("a, b")).await.expect_err("no field");
    assert!(order.to_string().contains("is not a name of a field"), "{order}");
    assert_eq!(service.count(), 0);
}
