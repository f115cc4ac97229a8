//! Which scopes an operation needs, and what a request is about.
//!
//! The document lists scopes; what it does not say, whether all, one or none of them is needed, is in its
//! `x-opencloud.needed_scopes`.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::document::{Document, Match, Operation, Part, multipart, plain, unfit};

/// Stands for every operation of a scope, and for every thing.
pub(crate) const ANYTHING: &str = "*";

/// Scopes that tell an app who the user is. No operation of the document needs them.
pub(crate) const IDENTITY: [&str; 2] = ["openid", "profile"];

/// Whether a scope is known to have been given: not at all, for something else, for a part, or for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    Missing,
    ForOthers,
    /// For some experiences, where only one for all of them will do.
    ForSome,
    Given,
}

/// What is missing, as words for the caller: one scope of each list is needed.
pub(crate) fn lacking(
    needed: &[Vec<String>],
    grant: impl Fn(&str) -> Grant,
    target: &Target<'_>,
) -> Option<String> {
    let words = |scope: &String| match grant(scope) {
        Grant::ForOthers => format!("{scope} for {target}"),
        Grant::ForSome => format!("{scope} for all experiences"),
        _ => scope.clone(),
    };
    let has_one = |one_of: &Vec<String>| one_of.iter().any(|scope| grant(scope) == Grant::Given);
    let missing = needed.iter().filter(|one_of| !has_one(one_of));
    let missing = missing.map(|one_of| one_of.iter().map(words).collect::<Vec<_>>().join(" or "));
    let missing: Vec<_> = missing.collect();
    (!missing.is_empty()).then(|| missing.join(" and "))
}

/// The things that keys and tokens can be restricted to, as far as a request names them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) universe: Option<&'a str>,
    pub(crate) store: Option<&'a str>,
    pub(crate) group: Option<&'a str>,
    pub(crate) user: Option<&'a str>,
}

/// Who is to own a new asset, which only the form says.
#[derive(Debug, Default)]
pub(crate) struct Creator {
    user: Option<String>,
    group: Option<String>,
}

impl Creator {
    /// Nobody, if the request does not make an asset, or not as it must: then it is refused for that.
    pub(crate) fn of(operation: &Operation, headers: &HeaderMap, body: &[u8]) -> Creator {
        if operation.key() != "POST /assets/v1/assets" {
            return Creator::default();
        }
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let parts = multipart(content_type, body).unwrap_or_default();
        let request = parts.iter().find(|part| part.name == "request").and_then(Part::text);
        let request = request.filter(|text| unfit(text.as_bytes()).is_none());
        let request: Value = request.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let id = |name: &str| match &request["creationContext"]["creator"][name] {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        };
        Creator { user: id("userId"), group: id("groupId") }
    }

    /// Whether user and group are right, as far as they are named. What is no number is refused elsewhere.
    pub(crate) fn is(&self, user: impl Fn(u64) -> bool, group: impl Fn(u64) -> bool) -> bool {
        let fits = |id: &Option<String>, fits: &dyn Fn(u64) -> bool| {
            id.as_ref().and_then(|id| id.parse().ok()).is_none_or(fits)
        };
        fits(&self.user, &user) && fits(&self.group, &group)
    }
}

impl<'a> Target<'a> {
    pub(crate) fn of(
        found: &'a Match<'_>,
        query: &'a [(String, String)],
        creator: &'a Creator,
    ) -> Target<'a> {
        let (user, group) = (creator.user.as_deref(), creator.group.as_deref());
        let mut target = Target { user, group, ..Target::default() };
        for (name, value) in &found.params {
            let place = match plain(name).as_str() {
                // Localization calls a universe a game.
                "universeid" | "gameid" => &mut target.universe,
                "datastoreid" | "ordereddatastoreid" | "ordereddatastore" => &mut target.store,
                "groupid" => &mut target.group,
                "userid" => &mut target.user,
                _ => continue,
            };
            // `-` stands for all of them: a list that is filtered.
            *place = Some(value.as_str()).filter(|value| *value != "-");
        }
        for (name, value) in query {
            match name.as_str() {
                "datastoreName" => target.store = Some(value),
                "universeId" | "gameId" if target.universe.is_none() => target.universe = Some(value),
                _ => {}
            }
        }
        target
    }
}

impl std::fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            ("data store", self.store),
            ("universe", self.universe),
            ("group", self.group),
            ("user", self.user),
        ];
        let words: Vec<_> =
            parts.iter().filter_map(|(what, id)| id.map(|id| format!("{what} {id}"))).collect();
        f.write_str(&words.join(" of "))
    }
}

/// All scopes of the document.
pub(crate) fn all(document: &Document) -> std::collections::BTreeSet<&str> {
    document.operations().iter().flat_map(|operation| &operation.scopes).map(String::as_str).collect()
}

/// All scopes of the document as keys have them: a name with its operations.
pub(crate) fn by_name(document: &Document) -> BTreeMap<&str, Vec<String>> {
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for scope in all(document) {
        let (name, operation) = split(scope);
        names.entry(name).or_default().push(operation.to_owned());
    }
    names
}

/// `asset:write` as its name and its operation.
pub(crate) fn split(scope: &str) -> (&str, &str) {
    scope.rsplit_once(':').unwrap_or((scope, ANYTHING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_named() {
        let (read, write) = ("a:read".to_owned(), "a:write".to_owned());
        let target = Target { universe: Some("7"), ..Target::default() };
        let only_read = |scope: &str| if scope == "a:read" { Grant::Given } else { Grant::ForOthers };
        let all = [vec![read.clone()], vec![write.clone()]];
        assert_eq!(lacking(&all, only_read, &target).as_deref(), Some("a:write for universe 7"));
        assert_eq!(lacking(&all, |_| Grant::Missing, &target).as_deref(), Some("a:read and a:write"));
        assert_eq!(lacking(&all, |_| Grant::Given, &target), None);
        let any = [vec![read, write]];
        assert_eq!(lacking(&any, only_read, &target), None);
        assert_eq!(lacking(&any, |_| Grant::Missing, &target).as_deref(), Some("a:read or a:write"));
        assert_eq!(lacking(&[], |_| Grant::Missing, &target), None);
    }

    #[test]
    fn a_request_names_what_it_is_about() {
        let document = Document::embedded();
        let nobody = Creator::default();
        let path = "/datastores/v1/universes/7/standard-datastores/datastore/entries/entry";
        let found = document.find("GET", path).expect("an operation");
        let query = [("datastoreName".to_owned(), "Coins".to_owned())];
        let target = Target::of(&found, &query, &nobody);
        assert_eq!((target.universe, target.store), (Some("7"), Some("Coins")));
        assert_eq!(target.to_string(), "data store Coins of universe 7");
        let found = document.find("GET", "/cloud/v2/groups/-/memberships").expect("an operation");
        assert_eq!(Target::of(&found, &[], &nobody), Target::default());
    }
}
