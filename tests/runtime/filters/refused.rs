//! Values that a grammar cannot express.

use opencloud::filter::*;

/// Why each filter is refused.
macro_rules! table {
    ($($kind:ty: $filter:expr => $reason:literal;)*) => {
        $(
            let expression = Expression::<$kind>::from($filter);
            assert_eq!(expression.problem(), Some($reason), "{}", stringify!($filter));
            assert_eq!(expression.text(), None);
            assert!(!expression.matches_nothing());
        )*
    };
}

#[test]
fn with_the_reason() {
    table! {
        InventoryFilter: InventoryFilter::ids().assets(["1,2"]) => "an asset id is a number, not \"1,2\"";
        InventoryFilter: InventoryFilter::ids().badges([""]) => "a badge id is a number, not \"\"";
        InventoryFilter: InventoryFilter::ids().game_passes(["-1"]) => "a game pass id is a number, not \"-1\"";
        InventoryFilter: InventoryFilter::ids().private_servers(["٣"])
            => "a private server id is a number, not \"٣\"";
        InventoryFilter: InventoryFilter::types().assets(["HAT;badges=true"])
            => "an asset type is a word without quotation marks, which \"HAT;badges=true\" cannot be";
        // `*` is `all_assets`, not one type among others.
        InventoryFilter: InventoryFilter::types().assets(["HAT", "*"])
            => "an asset type is a word without quotation marks, which \"*\" cannot be";
        InventoryFilter: InventoryFilter::types().assets([""]).badges(true)
            => "an asset type is a word without quotation marks, which \"\" cannot be";
        MembershipFilter: MembershipFilter::user("users/1") => "a user id is a number, not \"users/1\"";
        MembershipFilter: MembershipFilter::users(["1", "2'] || true"])
            => "a user id is a number, not \"2'] || true\"";
        MembershipFilter: MembershipFilter::users(0..) => "memberships can be filtered by up to 50 users, not more";
        MembershipFilter: MembershipFilter::role("-", 7) => "a group id is a number, not \"-\"";
        MembershipFilter: MembershipFilter::role(1, "owner") => "a role id is a number, not \"owner\"";
        JoinRequestFilter: JoinRequestFilter::user("me") => "a user id is a number, not \"me\"";
        ForumCommentFilter: ForumCommentFilter::replies_to("")
            => "a comment id is a word without quotation marks, which \"\" cannot be";
        ForumCommentFilter: ForumCommentFilter::replies_to("a b")
            => "a comment id is a word without quotation marks, which \"a b\" cannot be";
        RestrictionLogFilter: RestrictionLogFilter::new().user(1).place("a")
            => "a place id is a number, not \"a\"";
        AssetQuotaFilter: AssetQuotaFilter::new().asset_type("Audio || true")
            => "an asset type is a word without quotation marks, which \"Audio || true\" cannot be";
        RevisionFilter: RevisionFilter::new().since(jiff::Timestamp::MIN)
            => "the time -009999-01-02T01:59:59Z lies before the year 1";
        SortedMapFilter: SortedMapFilter::new().sort_key_after(f64::NAN) => "NaN cannot be written as a number";
        SortedMapFilter: SortedMapFilter::new().sort_key_before(f64::INFINITY)
            => "inf cannot be written as a number";
        ServerFilter: ServerFilter::field("full || true").equals(true) => "\"full || true\" is not a name of a field";
        ServerFilter: ServerFilter::field("").is_in(Vec::<&str>::new()) => "\"\" is not a name of a field";
        ServerFilter: ServerFilter::full().equals(true).and(ServerFilter::frame_rate().at_least(f64::NAN))
            => "NaN cannot be written as a number";
        ServerOrder: ServerOrder::by("uptime desc") => "\"uptime desc\" is not a name of a field";
        ServerOrder: ServerOrder::by("a..b") => "\"a..b\" is not a name of a field";
    }
}
