//! To which area an operation without a curated one belongs.

use std::collections::BTreeMap;

/// A route as far as areas go: its host and its segments, parameters unnamed, verbs gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    host: String,
    segments: Vec<String>,
}

impl Route {
    pub(crate) fn new(path: &str, host: &str) -> Self {
        let path = path.split('#').next().unwrap_or(path);
        let segments = path.split('/').skip(1).map(|segment| {
            if segment.starts_with('{') {
                "{}".to_owned()
            } else {
                segment.split(':').next().unwrap_or(segment).to_owned()
            }
        });
        Self { host: host.to_owned(), segments: segments.collect() }
    }

    /// How many leading segments have to agree for two operations to be of one service.
    fn service_length(&self) -> usize {
        match self.segments.first().map(String::as_str) {
            Some("cloud") => 3,
            // `/v1/users/...`, on a service's own host
            Some(first) if is_version(first) => 2,
            _ => 1,
        }
    }

    fn common_length(&self, other: &Self) -> usize {
        if self.host != other.host {
            return 0;
        }
        let pairs = self.segments.iter().zip(&other.segments);
        pairs.take_while(|(a, b)| a == b).count()
    }
}

/// Whether a segment of a path is `v1`, `v2`, ...
pub(crate) fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// The area of the curated operations with the longest common path. Where several areas share it
/// (everything under `/cloud/v2/universes/{}`), the operation nearest to that path decides, then the
/// larger number of operations, then the name.
pub(crate) fn nearest<'a>(route: &Route, curated: &'a [(Route, String)]) -> Option<&'a str> {
    let longest = curated.iter().map(|(other, _)| route.common_length(other)).max()?;
    if longest < route.service_length() {
        return None;
    }
    let ties = curated.iter().filter(|(other, _)| route.common_length(other) == longest);
    let nearest = ties.clone().map(|(other, _)| other.segments.len()).min()?;
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, area) in ties.filter(|(other, _)| other.segments.len() == nearest) {
        *votes.entry(area).or_default() += 1;
    }
    let most = votes.values().copied().max()?;
    votes.into_iter().find(|(_, count)| *count == most).map(|(area, _)| area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_common_path_decides() {
        let curated: Vec<(Route, String)> = [
            ("/cloud/v2/users/{u}", "users"),
            ("/cloud/v2/universes/{u}", "universes"),
            ("/cloud/v2/universes/{u}/data-stores", "data_stores"),
            ("/cloud/v2/universes/{u}/data-stores/{d}/entries", "data_stores"),
            ("/cloud/v2/universes/{u}/places/{p}/instances/{i}", "instances"),
            ("/cloud/v2/universes/{u}/places/{p}", "places"),
            ("/assets/v1/assets", "assets"),
        ]
        .map(|(path, area)| (Route::new(path, ""), area.to_owned()))
        .into_iter()
        .chain([(Route::new("/v1/users/avatar", "https://t"), "thumbnails".to_owned())])
        .collect();
        let cases = [
            ("/cloud/v2/users/{id}/friends", "", Some("users")),
            ("/cloud/v2/users:search", "", Some("users")),
            ("/cloud/v2/universes/{x}/widgets", "", Some("universes")),
            ("/cloud/v2/universes/{x}/data-stores/{d}/things", "", Some("data_stores")),
            ("/cloud/v2/universes/{x}/places/{p}:freeze", "", Some("places")),
            ("/cloud/v2/widgets", "", None),
            ("/assets/v2/widgets", "", Some("assets")),
            ("/widgets/v1/x", "", None),
            ("/v1/users/outfit", "https://t", Some("thumbnails")),
            ("/v1/users/outfit", "https://other", None),
            ("/v1/games", "https://t", None),
        ];
        for (path, host, expected) in cases {
            assert_eq!(nearest(&Route::new(path, host), &curated), expected, "{path}");
        }
    }
}
