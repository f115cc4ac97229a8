//! Filters and orders: what is built of any value is read by the service as that value, or is refused.

#[path = "../../../runtime/filters/grammar.rs"]
#[allow(dead_code, reason = "the tests of filters use more of it")]
mod grammar;

use crate::make::text;
use crate::support::{Service, accepted, block_on, ensure, split, text as lossy};
use crate::{Check, MIB, Target};
use grammar::{Value, conjunction};
use opencloud::filter::*;
use proptest::prelude::*;

pub(super) const TARGET: Target = Target { name: "filters", cases: 2500, memory: 64 * MIB, inputs, check };

/// A whole number, another number and a text, each on a line of its own; the text is the rest.
fn inputs() -> BoxedStrategy<Vec<u8>> {
    (any::<i64>(), any::<f64>(), text())
        .prop_map(|(whole, number, text)| format!("{whole}\n{number}\n{text}").into_bytes())
        .boxed()
}

fn check(input: &[u8]) -> Check {
    let (whole, rest) = split(input, b"\n");
    let (number, rest) = split(rest, b"\n");
    let whole: i64 = lossy(whole).parse().unwrap_or(7);
    let number: f64 = lossy(number).parse().unwrap_or(0.5);
    let given = lossy(rest);
    let text = || Value::Text(given.clone());
    if !given.is_empty() {
        reads(IdFilter::starts_with(&given), &[("id", "startsWith", text())])?;
    }
    let range = SortedMapFilter::new().id_after(&given).id_before(&given).sort_key_after(given.as_str());
    reads(range, &[("id", ">", text()), ("id", "<", text()), ("sortKey", ">", text())])?;
    let count = Value::Word(whole.to_string());
    reads(SortedMapFilter::new().sort_key_after(whole), &[("sortKey", ">", count.clone())])?;
    reads(ServerFilter::occupancy().equals(whole), &[("occupancy", "==", count)])?;
    reads(ServerFilter::field("a.b_1").equals(given.as_str()), &[("a.b_1", "==", text())])?;
    reads(
        ServerFilter::status().is_in([given.as_str(), "x"]),
        &[("status", "in", Value::List(vec![text(), Value::Text("x".into())]))],
    )?;
    float(number)?;
    ids(&given)?;
    words(&given)?;
    orders()?;
    sent(&given)
}

/// The text of a filter, read by the grammar of the service.
fn reads<F>(filter: impl Into<Expression<F>>, expected: &[(&str, &str, Value)]) -> Check {
    let filter = filter.into();
    let expected =
        expected.iter().map(|(field, sign, value)| ((*field).to_owned(), (*sign).to_owned(), value.clone()));
    let read = filter.text().and_then(conjunction);
    ensure(read == Some(expected.collect()), "a filter is read as it was given", || {
        format!("{filter:?}: {read:?}")
    })
}

/// A number that is no number is refused; another is the same when it is read.
fn float(number: f64) -> Check {
    let filter: Expression<SortedMapFilter> = SortedMapFilter::new().sort_key_before(number).into();
    let Some(text) = filter.text() else {
        return ensure(!number.is_finite() && filter.problem().is_some(), "a number is written", || {
            number.to_string()
        });
    };
    let read = conjunction(text).and_then(|read| match &read[..] {
        [(_, _, Value::Word(word))] => word.parse::<f64>().ok(),
        _ => None,
    });
    ensure(read == Some(number), "a number is read as it was given", || format!("{number}: {text}"))
}

/// An id that is no number is refused: it would end where it ends, and something else begin.
fn ids(given: &str) -> Check {
    let is_number = !given.is_empty() && given.bytes().all(|byte| byte.is_ascii_digit());
    let problems = [
        Expression::<InventoryFilter>::from(InventoryFilter::ids().assets([given])).problem().is_none(),
        Expression::from(MembershipFilter::user(given)).problem().is_none(),
        Expression::from(RestrictionLogFilter::new().place(given)).problem().is_none(),
    ];
    ensure(problems.iter().all(|is_taken| *is_taken == is_number), "an id is a number", || {
        format!("{given:?}")
    })
}

/// Words without quotation marks hold nothing that ends them.
fn words(given: &str) -> Check {
    let filter: Expression<InventoryFilter> = InventoryFilter::types().assets([given]).into();
    if let Some(text) = filter.text() {
        let read = grammar::fields(text);
        let expected = [("inventoryItemAssetTypes".to_owned(), vec![given.to_owned()])];
        ensure(read == expected, "a word is read as it was given", || text.to_owned())?;
    }
    let field: Expression<ServerFilter> = ServerFilter::field(given).equals("x").into();
    match field.text() {
        Some(_) => reads(field, &[(given, "==", Value::Text("x".into()))]),
        None => ensure(field.problem().is_some(), "a field that cannot be written is refused", || {
            format!("{given:?}")
        }),
    }
}

fn orders() -> Check {
    let text = [
        Expression::from(SortedMapOrder::descending()).text().map(str::to_owned),
        Expression::from(OrderedEntryOrder::descending()).text().map(str::to_owned),
    ];
    let is_order = |text: &Option<String>| text.as_deref().is_some_and(|text| text.ends_with(" desc"));
    ensure(text.iter().all(is_order), "an order is a field and a direction", || format!("{text:?}"))
}

/// On its way the text is one parameter, and the same text at the other end.
fn sent(given: &str) -> Check {
    let service = Service::json("{}");
    let _ = block_on(
        service.client().memory_stores().list_sorted_map_items(1, "map").filter(raw(given)).into_future(),
    );
    let Some(sent) = service.sent().pop() else { return Ok(()) };
    accepted();
    let query = sent.uri.query().unwrap_or_default().to_owned();
    let filters: Vec<_> = query.split('&').filter_map(|pair| pair.strip_prefix("filter=")).collect();
    let decoded = filters.iter().map(|text| super::names::decoded(text)).collect::<Vec<_>>();
    ensure(decoded == [given.to_owned()], "a filter is one parameter of the query", || query)
}
