//! Filters and orders of lists, one type for each grammar that the services have.
//!
//! A list that can be filtered takes the filter of its own grammar and no other, and a filter writes
//! nothing that its grammar does not allow:
//!
//! | list | filter | order |
//! |---|---|---|
//! | inventory items | [`InventoryFilter`] | |
//! | asset quotas | [`AssetQuotaFilter`] | |
//! | group memberships | [`MembershipFilter`] | |
//! | join requests | [`JoinRequestFilter`] | |
//! | forum categories, posts, comments | [`ForumCategoryFilter`], [`ForumPostFilter`], [`ForumCommentFilter`] | |
//! | data stores, and their entries | [`IdFilter`] | |
//! | revisions of an entry | [`RevisionFilter`] | |
//! | entries of ordered data stores | [`OrderedEntryFilter`] | [`OrderedEntryOrder`], v1: [`OrderedValueOrder`] |
//! | items of sorted maps | [`SortedMapFilter`] | [`SortedMapOrder`] |
//! | logs of user restrictions | [`RestrictionLogFilter`] | |
//! | game servers, and their logs | [`ServerFilter`], [`ServerLogFilter`] | [`ServerOrder`] |
//! | dimensions of analytics queries | [`DimensionFilter`] | |
//!
//! [`raw`] is the way out: a filter or order in your own words, for every list.
#![cfg_attr(
    all(
        feature = "analytics",
        feature = "data_stores",
        feature = "groups",
        feature = "memory_stores",
        feature = "ordered_data_stores",
        feature = "servers",
        feature = "user_restrictions",
        feature = "users"
    ),
    doc = "",
    doc = include_str!("../../docs/filters.md")
)]

mod data_stores;
mod dimension;
mod expression;
mod forum;
mod groups;
mod inventory;
mod literal;
mod order;
mod quota;
mod restriction_log;
mod server;
mod sorted_map;

pub use data_stores::{IdFilter, OrderedEntryFilter, RevisionFilter};
pub use dimension::DimensionFilter;
pub use expression::{Expression, Invalid, Raw, raw};
pub use forum::{ForumCategoryFilter, ForumCommentFilter, ForumPostFilter};
pub use groups::{JoinRequestFilter, MembershipFilter};
pub use inventory::{InventoryFilter, InventoryIds, InventoryTypes};
pub use literal::{Number, Scalar, SortKey};
pub use order::{OrderedEntryOrder, OrderedValueOrder, ServerOrder, SortedMapOrder};
pub use quota::AssetQuotaFilter;
pub use restriction_log::RestrictionLogFilter;
pub use server::{Field, ServerFilter, ServerLogFilter};
pub use sorted_map::SortedMapFilter;

pub(crate) use expression::{Condition, Grammar};
