//! User restrictions.

use crate::lab::{Exchange, Lab, Stop};
use crate::probe::{Finding, Need, Outcome, Probe};
use http::Method;
use serde_json::json;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        fact: "UR-01",
        question: "Does the list of restrictions end with an empty token?",
        sends: &["GET the restrictions of the universe"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(list(lab)),
    },
    Probe {
        fact: "UR-02",
        question: "Do log entries name users by resource names, and the universe by an empty place?",
        sends: &["GET the log of restrictions of the universe"],
        writes: false,
        only_by_name: None,
        needs: &[Need::Universe],
        run: |lab| Box::pin(log(lab)),
    },
    Probe {
        fact: "UR-04",
        question: "Is the second change of one user's restriction in a minute refused?",
        sends: &["PATCH the user's restriction to inactive, twice, and again if a minute ends in between"],
        writes: true,
        only_by_name: Some("it ends a ban of the user, if there is one"),
        needs: &[Need::Universe, Need::User],
        run: |lab| Box::pin(two_changes(lab)),
    },
];

async fn list(lab: &Lab) -> Outcome {
    let found = lab.get(&format!("{}/user-restrictions?maxPageSize=100", lab.universe()?)).await?;
    let found = found.expected("listing restrictions")?;
    let token = found.at("nextPageToken");
    if token.as_str().is_some_and(|token| !token.is_empty()) {
        return Err(Stop::NotTried("the universe has more than one page of restrictions".to_owned()));
    }
    let holds = token == "" && found.at("userRestrictions").is_array();
    Ok(Finding::default().check("`nextPageToken` is \"\" and `userRestrictions` a list", holds, &found))
}

async fn log(lab: &Lab) -> Outcome {
    let found = lab.get(&format!("{}/user-restrictions:listLogs?maxPageSize=10", lab.universe()?)).await?;
    let found = found.expected("the log of restrictions")?;
    let Some(entry) = found.at("logs").as_array().and_then(|logs| logs.first()) else {
        return Err(Stop::NotTried("the log is empty".to_owned()));
    };
    let user = entry["user"].as_str().is_some_and(|user| user.starts_with("users/"));
    let place = entry["place"].as_str().is_some_and(|place| place.is_empty() || place.contains("places/"));
    Ok(Finding::default()
        .check("`user` is as `users/1`", user, &found)
        .check("`place` is a resource name, or empty for the universe", place, &found)
        .compare(
            "there is no `restrictionType`",
            entry.get("restrictionType").is_none(),
            entry.get("restrictionType").is_some(),
            &found,
        ))
}

async fn two_changes(lab: &Lab) -> Outcome {
    let path =
        format!("{}/user-restrictions/{}?updateMask=game_join_restriction", lab.universe()?, lab.user()?);
    let body = json!({ "gameJoinRestriction": { "active": false } });
    let change = || lab.send_as(Method::PATCH, &path, Some(body.clone()), None);
    let mut last = change().await?.expected("the first change")?;
    // Two lie within a minute, unless it ends between them; then the third tells.
    for _ in 0..2 {
        let next = change().await?;
        if let Some(finding) = second_in_a_minute(&last, &next) {
            return Ok(finding);
        }
        last = next;
    }
    Err(Stop::NotTried("a minute ended between the changes, or the service does not say the time".to_owned()))
}

/// What a change tells that comes after another one. That it is let through tells nothing unless both lie within a
/// minute of the service's clock, at which its windows end (RL-09).
fn second_in_a_minute(last: &Exchange, next: &Exchange) -> Option<Finding> {
    let is_told = !next.is_success() || are_within_a_minute(last, next);
    is_told.then(|| Finding::default().compare("429", next.status == 429, next.is_success(), next))
}

/// Whether two responses come from the same minute, and not from its first or last second: what counts them may have
/// a clock that is a little off.
fn are_within_a_minute(one: &Exchange, other: &Exchange) -> bool {
    let second = |found: &Exchange| {
        let date = jiff::fmt::rfc2822::parse(found.header("date")?).ok()?;
        Some(date.timestamp().as_second())
    };
    let (Some(one), Some(other)) = (second(one), second(other)) else { return false };
    let is_inside = |second: i64| (1..59).contains(&second.rem_euclid(60));
    one.div_euclid(60) == other.div_euclid(60) && is_inside(one) && is_inside(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change((status, time): (u16, &str)) -> Exchange {
        let mut headers = http::HeaderMap::new();
        if !time.is_empty() {
            headers.insert("date", format!("Fri, 02 Jan 2026 {time} GMT").parse().expect("a header"));
        }
        Exchange { status, headers, body: json!({}) }
    }

    #[test]
    fn a_change_that_is_let_through_in_the_next_minute_says_nothing() {
        let (holds, differs) = (Some(true), Some(false));
        for (last, next, expected) in [
            ("03:04:05", (429, "03:04:06"), holds),
            ("03:04:05", (200, "03:04:06"), differs),
            ("03:04:05", (403, "03:04:06"), differs),
            ("03:04:59", (429, "03:05:01"), holds),
            ("03:04:59", (200, "03:05:01"), None),
            ("03:04:05", (200, "03:05:05"), None),
            // Too near to the end of a minute, by a clock that may be another one.
            ("03:04:58", (200, "03:04:59"), None),
            ("03:05:00", (200, "03:05:01"), None),
            ("03:05:01", (200, "03:05:02"), differs),
            ("", (200, "03:04:06"), None),
            ("", (429, ""), holds),
        ] {
            let found = second_in_a_minute(&change((200, last)), &change(next));
            let found = found.map(|finding| finding.0.iter().all(|check| check.holds));
            assert_eq!(found, expected, "{last} {next:?}");
        }
    }
}
