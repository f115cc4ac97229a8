//! Ids stay in their segment, whatever they hold.

use crate::support::scripted;
use opencloud::testing::{Expect, MockResponse, Script};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::json;

/// The path that a server sees, after all that URL parsers do, or nothing if the call was refused.
async fn path_of(store: &str, entry: &str) -> Option<String> {
    let script = Script::new().always(Expect::any(), MockResponse::json(json!({})));
    match scripted(&script).data_stores().delete_entry(1, store, entry).await {
        Err(error) => {
            assert!(error.is_usage(), "{error}");
            assert_eq!(script.count(), 0);
            None
        }
        Ok(()) => {
            let path = script.received().pop().expect("a request").path;
            let url: reqwest::Url = format!("https://apis.roblox.com{path}").parse().expect("a URL");
            assert_eq!(url.path(), path, "the parser of the HTTP client changes nothing");
            Some(url.path().to_owned())
        }
    }
}

/// Text of everything that has a meaning in some URL or path.
fn odd_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just(".".to_owned()),
        Just("..".to_owned()),
        Just("/".to_owned()),
        Just("\\".to_owned()),
        Just("%".to_owned()),
        Just("%2e%2e".to_owned()),
        Just("%2F".to_owned()),
        Just(":increment".to_owned()),
        Just("?".to_owned()),
        Just("#".to_owned()),
        Just(";".to_owned()),
        Just("@".to_owned()),
        Just(" ".to_owned()),
        Just("\u{202e}".to_owned()),
        any::<char>().prop_map(String::from),
        "[a-z0-9]{1,3}",
    ];
    prop_oneof![any::<String>(), proptest::collection::vec(part, 0..6).prop_map(|parts| parts.concat())]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn the_path_is_exactly_the_intended_segments_or_the_call_is_refused(store in odd_text(), entry in odd_text()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let refused = |id: &str| ["", ".", ".."].contains(&id) || id.chars().any(char::is_control);
        match runtime.block_on(path_of(&store, &entry)) {
            None => prop_assert!(refused(&store) || refused(&entry), "{store:?} {entry:?} were refused"),
            Some(path) => {
                prop_assert!(!refused(&store) && !refused(&entry));
                let segments: Vec<String> = path
                    .split('/')
                    .map(|segment| percent_decode_str(segment).decode_utf8().expect("UTF-8").into_owned())
                    .collect();
                let expected = ["", "cloud", "v2", "universes", "1", "data-stores", &store, "entries", &entry];
                prop_assert_eq!(segments, expected);
                prop_assert!(!path.contains(':'), "no verb can be read into {}", path);
            }
        }
    }

    #[test]
    fn a_raw_path_arrives_as_it_is_or_is_refused(path in odd_text()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let path = format!("/{path}");
        let script = Script::new().always(Expect::any(), MockResponse::json(json!({})));
        let result = runtime.block_on(async { scripted(&script).request(http::Method::GET, path.clone()).await });
        match result {
            Err(error) => prop_assert!(error.is_usage() && script.count() == 0, "{}", error),
            Ok(_) => prop_assert_eq!(&script.received()[0].path, &path),
        }
    }
}

#[tokio::test]
async fn refusals_name_the_parameter() {
    let client = scripted(&Script::new());
    for id in ["", ".", "..", "a\nb", "\0"] {
        let error = client.data_stores().delete_entry(1, "store", id).await.expect_err("an error");
        assert!(error.is_usage() && error.to_string().contains("entry_id"), "{error}");
    }
}
