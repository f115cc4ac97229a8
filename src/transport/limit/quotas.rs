//! Which quotas a call is counted under.

use super::universe::{RULES, Rule};
use super::{Owner, Quota};
use crate::call::info::{Limit, OperationInfo};

/// The quotas of a call, the narrowest first. `values` are those of the path's parameters.
pub(super) fn of(
    operation: &'static OperationInfo,
    owner: Owner<'_>,
    values: &[String],
    concurrent_users: u64,
) -> Vec<Quota> {
    let mut quotas: Vec<(usize, Quota)> = Vec::new();
    let mut groups: Vec<&str> = Vec::new();
    for rule in RULES.iter().filter(|rule| matches(rule, operation)) {
        if groups.contains(&rule.group) {
            continue;
        }
        groups.push(rule.group);
        let Some(named) = named(operation.path, values, rule.by).filter(|_| rule.requests > 0) else {
            continue;
        };
        let requests = rule.requests + rule.tenths_per_user.saturating_mul(concurrent_users) / 10;
        let key = format!("{}.{} of {}", rule.group, rule.class, named.join("/"));
        let limit = Limit { requests, seconds: rule.seconds };
        quotas.push((rule.by.len(), Quota { key, limit, is_own: false }));
    }
    quotas.sort_by_key(|(parameters, _)| std::cmp::Reverse(*parameters));
    let own = if owner.is_bearer { operation.oauth_limit } else { operation.api_key_limit };
    let own =
        own.map(|limit| Quota { key: format!("{} for {}", operation.id, owner.name), limit, is_own: true });
    quotas.into_iter().map(|(_, quota)| quota).chain(own).collect()
}

fn matches(rule: &Rule, operation: &OperationInfo) -> bool {
    (rule.methods.is_empty() || rule.methods.contains(&operation.method.as_str()))
        && operation.path.contains(rule.path)
        && (rule.ends.is_empty() || rule.ends.iter().any(|end| operation.path.ends_with(end)))
}

/// The values of these parameters, whether the template writes `universe_id` or `universeId`.
fn named<'a>(template: &str, values: &'a [String], names: &[&str]) -> Option<Vec<&'a str>> {
    let parameters: Vec<String> = template
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.replace('_', "").to_lowercase())
        .collect();
    names
        .iter()
        .map(|name| {
            let at = parameters.iter().position(|parameter| parameter == name)?;
            values.get(at).map(String::as_str)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(method: &str, template: &str, values: &[&str]) -> Vec<String> {
        let Some(operation) = crate::operations::ALL
            .iter()
            .find(|operation| operation.method == method && operation.path == template)
        else {
            // Its area is not part of this build.
            return Vec::new();
        };
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        of(operation, Owner { name: "me", is_bearer: false }, &values, 100)
            .into_iter()
            .filter(|quota| !quota.is_own)
            .map(|quota| format!("{}: {}/{}", quota.key, quota.limit.requests, quota.limit.seconds))
            .collect()
    }

    #[test]
    fn universes_have_limits_of_their_own() {
        const V2: &str = "/cloud/v2/universes/{universe_id}/data-stores";
        let v2 = |rest: &str| format!("{V2}{rest}");
        let restriction = "/cloud/v2/universes/{universe_id}/user-restrictions/{user_restriction_id}";
        for (method, template, values, expected) in [
            ("GET", v2(""), vec!["1"], vec!["v2.list of 1: 500/60"]),
            ("GET", v2("/{data_store_id}/entries"), vec!["1", "d"], vec!["v2.list of 1: 500/60"]),
            (
                "GET",
                v2("/{data_store_id}/entries/{entry_id}"),
                vec!["1", "d", "e"],
                vec!["v2.read of 1: 4300/60"],
            ),
            ("POST", v2("/{data_store_id}/entries"), vec!["1", "d"], vec!["v2.write of 1: 2300/60"]),
            ("DELETE", v2("/{data_store_id}"), vec!["1", "d"], vec!["v2.remove of 1: 4300/60"]),
            ("POST", v2(":snapshot"), vec!["1"], vec![]),
            ("GET", restriction.to_owned(), vec!["1", "9"], vec!["restrictions.read of 1: 50/1"]),
            (
                "PATCH",
                restriction.to_owned(),
                vec!["1", "9"],
                vec!["restriction-user.change of 1/9: 2/60", "restrictions.write of 1: 10/1"],
            ),
            (
                "POST",
                "/cloud/v2/universes/{universe_id}:translateText".to_owned(),
                vec!["1"],
                vec!["translation.translate of 1: 750/60"],
            ),
        ] {
            let found = quotas(method, &template, &values);
            if crate::operations::ALL.iter().any(|known| known.path == template && known.method == method) {
                assert_eq!(found, expected, "{method} {template}");
            }
        }
    }

    #[test]
    fn both_spellings_of_a_parameter_are_found() {
        let values = ["1".to_owned(), "2".to_owned()];
        for template in ["/a/{universe_id}/b/{x}", "/a/{universeId}/b/{x}:verb"] {
            assert_eq!(named(template, &values, &["universeid"]), Some(vec!["1"]), "{template}");
        }
        assert_eq!(named("/a/{x}", &values, &["universeid"]), None);
    }
}
