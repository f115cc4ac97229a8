//! Files that are imported into a data store: lines of JSON that a person may have edited.

use crate::make::{any_json, changed_bytes, changed_json, rendered, text};
use crate::support::{Service, accepted, block_on, ensure, is_presentable, text as lossy};
use crate::{Check, MIB, Target};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

pub(super) const TARGET: Target = Target { name: "imports", cases: 1200, memory: 64 * MIB, inputs, check };

fn inputs() -> BoxedStrategy<Vec<u8>> {
    let entry = json!({
        "scope": "global", "key": "a", "value": { "coins": 7, "name": "x" }, "users": ["users/1"],
        "attributes": { "a": 1 }, "revisionId": "1.2", "createTime": "2024-01-01T00:00:00Z",
    });
    let buffer = json!({ "scope": "s", "key": "b", "value": { "m": null, "t": "buffer", "base64": "AQID" }, "buffers": ["$"] });
    let line = prop_oneof![
        6 => changed_json(vec![entry, buffer]).prop_map(|line| rendered(&line)),
        1 => any_json().prop_map(|line| rendered(&line)),
        1 => text(),
        1 => Just(String::new()),
    ];
    changed_bytes(vec(line, 0..6).prop_map(|lines| lines.join("\n").into_bytes()))
}

fn check(input: &[u8]) -> Check {
    let service = Service::json(r#"{"path":"x","etag":"e"}"#);
    let store = service.client().data_stores().store(1, "Players");
    let mut last = None;
    let outcome = block_on(store.import().skip_buffers().read_from(input, |checkpoint| {
        last = Some(checkpoint.clone());
        Ok(())
    }));
    let last = last.ok_or("a checkpoint is told at the end: none")?;
    ensure(last.bytes() <= input.len() as u64, "no more is done than there is", || format!("{last:?}"))?;
    match outcome {
        Err(error) => is_presentable(&error),
        Ok(report) => {
            if report.written > 0 {
                accepted();
            }
            let lines =
                input.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
            let done = report.written + report.skipped + report.with_buffers;
            ensure(done == lines as u64, "each line is written or counted", || {
                format!("{report:?} of {}", lossy(input))
            })?;
            ensure(service.count() as u64 >= report.written, "what is written is sent", || {
                service.count().to_string()
            })
        }
    }
}
