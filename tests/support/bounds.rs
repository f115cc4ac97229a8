//! The limits of what is sent: each holds at its bounds, and no further.

use opencloud::testing::{Expect, MockResponse, Script};
use opencloud::{Client, Error};
use serde_json::json;
use std::ops::RangeInclusive;

/// What any of these calls must have in its response.
fn anything() -> serde_json::Value {
    json!({ "value": 1, "etag": "e", "id": "i", "readId": "r", "key_id": "k" })
}

/// Makes a call with so much of something. Within the bounds it is sent; beyond them it is refused, and
/// nothing is sent. Bounds that begin at 1 mean that there must be something.
pub(crate) async fn assert_bounds<T>(
    what: &str,
    bounds: RangeInclusive<usize>,
    call: impl AsyncFn(Client, usize) -> Result<T, Error>,
) {
    let script = Script::new().always(Expect::any(), MockResponse::json(anything()));
    let (least, most) = (*bounds.start(), *bounds.end());
    for amount in [least, most - 1, most] {
        let before = script.count();
        if let Err(error) = call(script.client(), amount).await {
            panic!("{what}: {amount} of {bounds:?} is refused: {error}");
        }
        assert!(script.count() > before, "{what}: {amount} of {bounds:?} is not sent");
    }
    let before = script.count();
    let nothing = (least == 1).then_some(0);
    for amount in nothing.into_iter().chain([most + 1]) {
        let Err(error) = call(script.client(), amount).await else {
            panic!("{what}: {amount} of {bounds:?} is not refused");
        };
        let text = error.to_string();
        assert!(error.is_usage(), "{what}: {text}");
        // Whoever reads it knows how much it was, and how much it may be.
        let names = |number: usize| text.contains(&number.to_string());
        assert!(amount == 0 || (names(amount) && names(most)), "{what}: {text}");
    }
    assert_eq!(script.count(), before, "{what}: what is refused is sent");
}
