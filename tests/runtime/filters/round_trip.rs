//! Any value is read by the service as it was given.

use super::grammar::{Value, conjunction, fields};
use opencloud::filter::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// What is sent, read again.
fn read<F>(filter: impl Into<Expression<F>>) -> Vec<(String, String, Value)> {
    let filter = filter.into();
    let text = filter.text().unwrap_or_else(|| panic!("{filter:?} has no text"));
    conjunction(text).unwrap_or_else(|| panic!("{text} cannot be read"))
}

fn comparison(field: &str, operator: &str, value: Value) -> (String, String, Value) {
    (field.to_owned(), operator.to_owned(), value)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Text with many of the letters that quoting is about.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![".*", "[\"'\\\\\n\r\t\u{0}\u{7f}\u{85}a&=> ]*", any::<String>()]
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |number| number.is_finite())
}

/// A number without quotation marks, read.
fn number(value: &Value) -> f64 {
    match value {
        Value::Word(word) => word.parse().expect("a number"),
        other => panic!("{other:?} is no number"),
    }
}

proptest! {
    #[test]
    fn prefixes(prefix in any_text()) {
        prop_assume!(!prefix.is_empty());
        prop_assert_eq!(read(IdFilter::starts_with(&prefix)), [comparison("id", "startsWith", text(&prefix))]);
    }

    #[test]
    fn ids_and_sort_keys_of_sorted_maps(after in any_text(), before in any_text(), key in any_text()) {
        let filter = SortedMapFilter::new().id_after(&after).id_before(&before).sort_key_after(key.as_str());
        prop_assert_eq!(read(filter), [
            comparison("id", ">", text(&after)),
            comparison("id", "<", text(&before)),
            comparison("sortKey", ">", text(&key)),
        ]);
    }

    #[test]
    fn numbers(whole in any::<i64>(), float in finite()) {
        let read = read(SortedMapFilter::new().sort_key_after(whole).sort_key_before(float));
        prop_assert_eq!(&read[0].2, &Value::Word(whole.to_string()));
        prop_assert_eq!(number(&read[1].2), float);
    }

    #[test]
    fn values_of_ordered_entries(least in any::<i64>(), most in any::<i64>()) {
        let filter = Expression::from(OrderedEntryFilter::new().at_least(least).at_most(most));
        // Exactly one space stands between two tokens.
        let (least, most) = (least.to_string(), most.to_string());
        let tokens: Vec<&str> = filter.text().expect("a text").split(' ').collect();
        prop_assert_eq!(tokens, ["entry", ">=", least.as_str(), "&&", "entry", "<=", most.as_str()]);
    }

    #[test]
    fn times_of_revisions(seconds in -62_135_596_800_i64..=253_402_207_200, nanoseconds in 0..1_000_000_000_i32) {
        let time = jiff::Timestamp::new(seconds, 0)
            .and_then(|time| time.checked_add(jiff::SignedDuration::new(0, nanoseconds)));
        let Ok(time) = time else { return Ok(()) };
        let read = read(RevisionFilter::new().until(time));
        let Value::Word(word) = &read[0].2 else { panic!("{read:?}") };
        prop_assert_eq!(word.parse::<jiff::Timestamp>().expect("RFC 3339"), time);
        prop_assert!(word.ends_with('Z') && word.as_bytes()[4] == b'-', "{}", word);
    }

    #[test]
    fn users(users in vec(any::<u64>(), 1..=50)) {
        let read = read(MembershipFilter::users(users.iter().copied()));
        let paths = users.iter().map(|user| text(&format!("users/{user}"))).collect();
        prop_assert_eq!(read, [comparison("user", "in", Value::List(paths))]);
    }

    #[test]
    fn users_and_places(user in any::<u64>(), place in any::<u64>()) {
        prop_assert_eq!(read(RestrictionLogFilter::new().user(user).place(place)), [
            comparison("user", "==", text(&format!("users/{user}"))),
            comparison("place", "==", text(&format!("places/{place}"))),
        ]);
    }

    #[test]
    fn any_text_is_an_id_or_refused(id in any_text()) {
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let filters = [
            Expression::<InventoryFilter>::from(InventoryFilter::ids().assets([&id])),
            Expression::from(InventoryFilter::ids().badges([&id])),
            Expression::from(InventoryFilter::ids().game_passes([&id])),
            Expression::from(InventoryFilter::ids().private_servers([&id])),
        ];
        for filter in filters {
            prop_assert_eq!(filter.problem().is_none(), is_number);
        }
        prop_assert_eq!(Expression::from(MembershipFilter::user(&id)).problem().is_none(), is_number);
        prop_assert_eq!(Expression::from(RestrictionLogFilter::new().place(&id)).problem().is_none(), is_number);
    }

    #[test]
    fn inventory_ids(assets in vec(any::<u64>(), 1..9), badges in vec(any::<u64>(), 0..9)) {
        let filter = InventoryFilter::ids().assets(assets.iter().copied()).badges(badges.iter().copied());
        let filter = Expression::<InventoryFilter>::from(filter);
        let words = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>();
        let mut expected = vec![("assetIds".to_owned(), words(&assets))];
        if !badges.is_empty() {
            expected.push(("badgeIds".to_owned(), words(&badges)));
        }
        prop_assert_eq!(fields(filter.text().expect("a text")), expected);
    }

    #[test]
    fn asset_types_are_words_or_refused(types in vec(prop_oneof!["[A-Z_]{1,9}", any_text()], 1..5)) {
        let filter = Expression::<InventoryFilter>::from(InventoryFilter::types().assets(&types));
        let is_word = |text: &String| {
            !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        match filter.text() {
            Some(text) => prop_assert_eq!(fields(text), [("inventoryItemAssetTypes".to_owned(), types)]),
            None => prop_assert!(filter.problem().is_some() && !types.iter().all(is_word)),
        }
    }

    #[test]
    fn fields_of_servers(texts in vec(any_text(), 1..5), message in any_text(), rate in finite(), count in any::<i64>()) {
        let filter = ServerFilter::status()
            .is_in(texts.iter().map(String::as_str))
            .and(ServerFilter::frame_rate().less_than(rate))
            .and(ServerFilter::occupancy().equals(count))
            .and(ServerFilter::field("any").equals(message.as_str()));
        let read = read(filter);
        prop_assert_eq!(&read[0].2, &Value::List(texts.iter().map(|value| text(value)).collect()));
        prop_assert_eq!(number(&read[1].2), rate);
        prop_assert_eq!(&read[2], &comparison("occupancy", "==", Value::Word(count.to_string())));
        prop_assert_eq!(&read[3], &comparison("any", "==", text(&message)));
    }

    #[test]
    fn values_of_dimensions(dimension in ".+", values in vec(any_text(), 1..5)) {
        let filter: serde_json::Value = DimensionFilter::not_in(&dimension, &values).build().expect("a filter");
        prop_assert_eq!(
            filter,
            serde_json::json!({ "dimension": dimension, "values": values, "operation": "NotIn" })
        );
    }

    #[test]
    fn raw_text_is_not_touched(text in any_text()) {
        let filter: Expression<MembershipFilter> = raw(&text).into();
        prop_assert_eq!(filter.text(), Some(text.as_str()));
    }
}
