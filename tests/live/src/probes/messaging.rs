//! Messages to live servers.

use crate::lab::Lab;
use crate::probe::{Finding, Need, Outcome, Probe};
use serde_json::json;

/// The length in characters of the longest message, as it was measured with ASCII.
const LONGEST: usize = 1114;

pub(super) const PROBES: &[Probe] = &[Probe {
    fact: "MG-01",
    question: "Is the longest message 1,114 long, and is that counted in characters or in bytes?",
    sends: &["POST publishMessage with 1,114 and 1,115 letters, and with 1,114 letters of two bytes"],
    writes: true,
    only_by_name: None,
    needs: &[Need::Universe],
    run: |lab| Box::pin(longest(lab)),
}];

async fn longest(lab: &Lab) -> Outcome {
    let (path, topic) = (format!("{}:publishMessage", lab.universe()?), lab.fresh_name());
    let publish =
        async |message: String| lab.post(&path, json!({ "topic": topic, "message": message })).await;
    let fits = publish("x".repeat(LONGEST)).await?;
    let above = publish("x".repeat(LONGEST + 1)).await?;
    let wide = publish("\u{e9}".repeat(LONGEST)).await?;
    let unit = if wide.is_success() { "characters" } else { "bytes" };
    let text = above.at("message").as_str().unwrap_or_default().contains("between 1 and 1114");
    Ok(Finding::default()
        .compare("1,114 letters are taken", fits.is_success(), !fits.is_success(), &fits)
        .check(
            "1,115 letters are refused, and the message names the bounds",
            above.status == 400 && text,
            &above,
        )
        .say("the unit is open; this is what was found", true, unit))
}
