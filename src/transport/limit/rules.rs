//! Which limits a request counts against.

use super::quota::{Counter, Quota};
use super::settings::Settings;
use super::share::Share;
use crate::spec::{Limit, OperationInfo, ServiceLimit};
use crate::wire::path::PathTemplate;

/// Whose requests are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) name: &'a str,
    /// Whether the limits are those of OAuth 2.0 tokens.
    pub(crate) is_bearer: bool,
}

/// A request, as far as limits count it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) operation: &'static OperationInfo,
    pub(crate) owner: Owner<'a>,
    /// The values of the path's parameters.
    pub(crate) path_values: &'a [String],
    pub(crate) query: Option<&'a str>,
    /// The part of what it shares with the game that a job may take.
    pub(crate) share: Option<Share>,
}

/// One limit that a request counts against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule<'a> {
    request: &'a Counted<'a>,
    settings: &'a Settings,
    of: Of,
}

/// What sets a limit.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// The operation, for the credential.
    Operation(Limit, IsFixed),
    Service(&'static ServiceLimit),
    /// A job takes only this part of a service's limit, of which other requests may take all.
    Job(&'static ServiceLimit, Share),
}

/// Whether the limit is the caller's.
type IsFixed = bool;

/// The limits that a request counts against: those of the service, the narrowest first, that of the operation, and what
/// a job may take of the first ones.
pub(super) fn of<'a>(settings: &'a Settings, request: &'a Counted<'a>) -> impl Iterator<Item = Rule<'a>> {
    let operation = request.operation;
    let rule = move |of| Rule { request, settings, of };
    let services = move || operation.limits.iter().filter(move |limit| settings.keeps(operation, limit));
    let own = settings.own(operation, request.owner.is_bearer);
    let own = own.map(|(limit, is_fixed)| Of::Operation(limit, is_fixed));
    // What the client leaves to others already is not taken off twice.
    let part = request.share.filter(|part| *part < settings.share);
    let jobs = part.into_iter().flat_map(move |part| {
        services().filter(|limit| limit.shared_with_game).map(move |limit| Of::Job(limit, part))
    });
    services().map(Of::Service).chain(own).chain(jobs).map(rule).filter(Rule::has_values)
}

/// The limit of the operation, if the request counts against no other.
pub(super) fn only_own<'a>(settings: &'a Settings, request: &'a Counted<'a>) -> Option<Rule<'a>> {
    let own = settings.own(request.operation, request.owner.is_bearer);
    let (limit, is_fixed) = own.filter(|_| request.operation.limits.is_empty())?;
    Some(Rule { request, settings, of: Of::Operation(limit, is_fixed) })
}

impl Counter for Rule<'_> {
    fn write_key(&self, key: &mut String) {
        let (limit, part) = match self.of {
            Of::Operation(..) => {
                [self.request.operation.id, " for ", self.request.owner.name]
                    .iter()
                    .for_each(|text| key.push_str(text));
                return;
            }
            Of::Service(limit) => (limit, None),
            Of::Job(limit, part) => (limit, Some(part)),
        };
        key.push_str(limit.class);
        for (index, name) in limit.by.iter().enumerate() {
            key.push_str(if index == 0 { " of " } else { "/" });
            key.push_str(self.value(name).unwrap_or_default());
        }
        if let Some(part) = part {
            key.push_str(&format!(" (share {part})"));
        }
    }

    fn limit(&self) -> Limit {
        match self.of {
            Of::Operation(limit, _) => self.settings.share.of(limit),
            Of::Service(limit) => {
                self.settings.share.of(self.settings.of_service(limit, self.universe(limit)))
            }
            Of::Job(limit, part) => part.of(self.settings.of_service(limit, self.universe(limit))),
        }
    }

    fn cost(&self) -> u64 {
        match self.counts_items() {
            // As many items as a page holds that is not asked for its size, and at most as many as it can.
            true => {
                let paging = self.request.operation.paging;
                let largest = paging.and_then(|paging| paging.max).unwrap_or(u64::MAX);
                self.page_size().unwrap_or(1).clamp(1, largest)
            }
            false => 1,
        }
    }
}

impl<'a> Rule<'a> {
    /// The limit that headers state for it, if they speak of it.
    pub(super) fn stated(&self) -> Option<Limit> {
        match self.of {
            Of::Operation(limit, _) => Some(limit),
            Of::Service(limit) if !limit.units => {
                Some(Limit { requests: limit.stated.unwrap_or(limit.limit.requests), ..limit.limit })
            }
            Of::Service(_) | Of::Job(..) => None,
        }
    }

    pub(super) fn is_own(&self) -> bool {
        matches!(self.of, Of::Operation(..))
    }

    /// Whether the request costs as much as its response has items.
    pub(super) fn counts_items(&self) -> bool {
        let units = match self.of {
            Of::Operation(..) => false,
            Of::Service(limit) | Of::Job(limit, _) => limit.units,
        };
        units && self.request.operation.paging.is_some()
    }

    /// A limit that headers state, as far as it holds for this client: the caller's number is only made smaller, and of a
    /// larger limit the client takes its share.
    pub(super) fn corrected(&self, stated: Limit) -> Option<Limit> {
        let is_smaller = |limit: Limit| {
            let rate = |one: Limit, other: Limit| u128::from(one.requests) * u128::from(other.seconds);
            rate(stated, limit) < rate(limit, stated)
        };
        match self.of {
            Of::Operation(limit, true) if !is_smaller(limit) => None,
            _ => Some(self.settings.share.of(stated)),
        }
    }

    /// The same for a store that several processes share.
    pub(super) fn quota(&self) -> Quota {
        let mut key = String::new();
        self.write_key(&mut key);
        let limit = self.limit();
        let cost = self.cost().min(limit.requests);
        Quota { key, limit, cost, stated: self.stated(), is_own: self.is_own() }
    }

    /// Whether the path names everything that is counted apart.
    fn has_values(&self) -> bool {
        match self.of {
            Of::Operation(..) => true,
            Of::Service(limit) | Of::Job(limit, _) => limit.by.iter().all(|name| self.value(name).is_some()),
        }
    }

    /// What a service's limit grows with the users of.
    fn universe(&self, limit: &ServiceLimit) -> Option<&'a str> {
        self.value(limit.by.first()?)
    }

    /// The value of a parameter of the path.
    fn value(&self, name: &str) -> Option<&'a str> {
        PathTemplate(self.request.operation.path).value(name, self.request.path_values)
    }

    /// The number of items that the request asks for.
    fn page_size(&self) -> Option<u64> {
        let name = self.request.operation.paging?.size?;
        let parameters = self.request.query?.split('&').filter_map(|pair| pair.split_once('='));
        parameters.filter(|(known, _)| *known == name).find_map(|(_, value)| value.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Users;
    use super::*;

    fn request<'a>(operation: &'static OperationInfo, path_values: &'a [String]) -> Counted<'a> {
        let owner = Owner { name: "me", is_bearer: false };
        Counted { operation, owner, path_values, query: None, share: None }
    }

    fn quotas(method: &str, template: &str, values: &[&str]) -> Vec<String> {
        let Some(operation) = crate::operations::ALL
            .iter()
            .find(|operation| operation.method == method && operation.path == template)
        else {
            // Its area is not part of this build.
            return Vec::new();
        };
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mut settings = Settings::default();
        settings.users = Users::Known(100);
        of(&settings, &request(operation, &values))
            .map(|rule| rule.quota())
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

    /// Or the first call would decide for the others.
    #[test]
    fn operations_that_share_a_limit_state_the_same() {
        let mut classes = std::collections::BTreeMap::new();
        for operation in crate::operations::ALL {
            for limit in operation.limits {
                let words = (limit.shared_with_game, limit.extendable, limit.units);
                let figures = (limit.limit, limit.tenths_per_user, limit.stated, limit.by.len(), words);
                assert_eq!(*classes.entry(limit.class).or_insert(figures), figures, "{}", operation.id);
            }
        }
    }

    /// The caller gives a limit by one of these names.
    #[test]
    fn operations_areas_and_classes_have_different_names() {
        let all = || crate::operations::ALL.iter();
        for class in all().flat_map(|operation| operation.limits).map(|limit| limit.class) {
            assert!(all().all(|operation| operation.id != class && operation.area != class), "{class}");
        }
    }
}
