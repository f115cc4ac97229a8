//! Which quotas a call is counted under.

use super::{Owner, Quota};
use crate::spec::{Limit, OperationInfo, ServiceLimit};
use crate::wire::path::PathTemplate;

/// The quotas of a call, the narrowest first. `values` are those of the path's parameters.
pub(super) fn of(
    operation: &'static OperationInfo,
    owner: Owner<'_>,
    values: &[String],
    concurrent_users: u64,
) -> Vec<Quota> {
    let of_service = |limit: &ServiceLimit| {
        let named = named(PathTemplate(operation.path), values, limit.by)?;
        let key = [limit.class, " of ", &named.join("/")].concat();
        let more = limit.tenths_per_user.saturating_mul(concurrent_users) / 10;
        let requests = limit.limit.requests.saturating_add(more);
        let stated = limit.stated.unwrap_or(limit.limit.requests);
        Some(Quota { key, limit: Limit { requests, ..limit.limit }, stated, is_own: false })
    };
    let own = if owner.is_bearer { operation.oauth_limit } else { operation.api_key_limit };
    let own = own.map(|limit| Quota {
        key: [operation.id, " for ", owner.name].concat(),
        limit,
        stated: limit.requests,
        is_own: true,
    });
    operation.limits.iter().filter_map(of_service).chain(own).collect()
}

/// The values of these parameters of a path.
fn named<'a>(template: PathTemplate<'_>, values: &'a [String], names: &[&str]) -> Option<Vec<&'a str>> {
    names.iter().map(|name| template.value(name, values)).collect()
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
                vec!["restriction-user.change of 1/9: 1/60", "restrictions.write of 1: 10/1"],
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
    fn a_parameter_is_found_by_its_name() {
        let values = ["1".to_owned(), "2".to_owned()];
        let template = PathTemplate("/a/{universe_id}/b/{x}:verb");
        assert_eq!(named(template, &values, &["universe_id"]), Some(vec!["1"]));
        assert_eq!(named(template, &values, &["x", "universe_id"]), Some(vec!["2", "1"]));
        assert_eq!(named(template, &values, &["y"]), None);
        assert_eq!(named(template, &values[..1], &["x"]), None);
    }

    /// Or the first call would decide for the others.
    #[test]
    fn operations_that_share_a_limit_state_the_same() {
        let mut classes = std::collections::BTreeMap::new();
        for operation in crate::operations::ALL {
            for limit in operation.limits {
                let figures = (limit.limit, limit.tenths_per_user, limit.stated, limit.by.len());
                let known = *classes.entry(limit.class).or_insert(figures);
                assert_eq!(known.0, figures.0, "{}", operation.id);
                assert_eq!(known, figures, "{}", operation.id);
            }
        }
    }
}
