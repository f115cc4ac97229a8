//! `docs/live-service.md`: the advice of the facts, by area.

use super::ledger::{Fact, Ledger};

const WIDTH: usize = 110;

const HEAD: &str = "\
# The live service

What a user should know about Roblox Open Cloud beyond Roblox's own pages. It was observed by public projects that
talk to the service, or stands in Roblox's guides but not in its reference. `spec/live/facts.yaml` has the evidence
for each entry, and more entries, which need nothing from you. Where the SDK handles a case, the entry says so.

The letter is the confidence: **A** recorded or measured on the live service (**A\\*** before 2025, so it may have
changed), **B** production code relies on it, **C** one report. What rests on
Roblox's guides alone (RE-01, UN-09, AS-17) was stated there and not observed. The date says since when it is known.

<!-- Written by `cargo xtask facts`. -->
";

/// The whole guide.
pub(super) fn render(ledger: &Ledger) -> String {
    let mut text = HEAD.to_owned();
    for (letters, title) in &ledger.areas {
        let prefix = format!("{letters}-");
        let mut facts = ledger
            .facts
            .iter()
            .filter(|fact| fact.id.starts_with(&prefix))
            .filter_map(|fact| Some((fact, fact.advice.as_ref()?)))
            .peekable();
        if facts.peek().is_none() {
            continue;
        }
        text.push_str(&format!("\n## {title}\n\n"));
        for (fact, advice) in facts {
            wrap(&format!("{advice} {}", mark(fact)), &mut text);
        }
    }
    text
}

/// Where the advice is from: id, confidence, date, operations.
fn mark(fact: &Fact) -> String {
    let operations = fact.about.operations.iter().map(|name| format!(", `{name}`")).collect::<String>();
    format!("*({}, {}, {}{operations})*", fact.id, fact.confidence.replace('*', "\\*"), fact.since)
}

/// One item of a list, in lines of a readable length.
fn wrap(item: &str, text: &mut String) {
    let mut line = "*".to_owned();
    for word in item.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.extend([line.as_str(), "\n"]);
            line = " ".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    text.extend([line.as_str(), "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guide(facts: &str) -> String {
        let head = "sources: { probe: {} }\nareas: { MS: Memory stores, RL: Rate limits }\n";
        let text = format!("{head}facts:\n{facts}unknown: []\n");
        let (ledger, problems) = Ledger::parse("x", &text).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        render(&ledger).strip_prefix(HEAD).unwrap().to_owned()
    }

    fn fact(id: &str, rest: &str) -> String {
        format!(
            "- {{ id: {id}, document: d, observed: o, since: \"2026\", evidence: e, source: [probe], {rest} }}\n"
        )
    }

    #[test]
    fn an_area_with_advice_has_a_section() {
        let facts = fact("RL-01", "area: [rate_limits], confidence: A*, advice: Wait.")
            + &fact("MS-01", "operations: [a.get, a.list], confidence: B");
        assert_eq!(guide(&facts), "\n## Rate limits\n\n* Wait. *(RL-01, A\\*, 2026)*\n");
        let facts = fact("MS-01", "operations: [a.get, a.list], confidence: B, advice: Look.");
        assert_eq!(guide(&facts), "\n## Memory stores\n\n* Look. *(MS-01, B, 2026, `a.get`, `a.list`)*\n");
    }

    #[test]
    fn long_advice_is_wrapped_under_its_item() {
        let mut text = String::new();
        wrap(&"word ".repeat(40), &mut text);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("* word") && lines[1].starts_with("  word"), "{text}");
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
    }
}
