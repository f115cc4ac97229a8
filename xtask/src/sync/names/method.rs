//! The name of a method that the overlay does not name.

use super::area::is_version;
use super::ident;

/// The name that upstream's id or the route suggests.
pub(crate) fn derive(upstream_id: Option<&str>, verb: &str, path: &str) -> String {
    upstream_id.and_then(from_id).unwrap_or_else(|| from_route(verb, path))
}

/// `Service_Method__Using_Parents` without service and parents.
fn from_id(id: &str) -> Option<String> {
    let id = id.split("__").next().unwrap_or(id);
    let method = match id.split_once('_') {
        Some((service, method)) if !service.is_empty() && !method.is_empty() => method,
        _ => id,
    };
    let name = ident::snake_case(method, "");
    let name = name.strip_suffix("_async").unwrap_or(&name);
    (!name.is_empty()).then(|| name.to_owned())
}

/// An AIP verb and the last noun of the path: `GET /x/things` is `list_things`.
fn from_route(verb: &str, path: &str) -> String {
    let nouns = literals(path);
    let last = path.rsplit('/').next().unwrap_or_default();
    let noun = nouns.last().cloned().unwrap_or_default();
    let custom = last.split_once(':').map(|(_, custom)| ident::snake_case(custom, "call"));
    if let Some(custom) = custom {
        return join(&custom, &singular(&noun));
    }
    let is_item = last.starts_with('{');
    let (verb, noun) = match verb {
        "get" if !is_item && singular(&noun) != noun => ("list", noun),
        "get" => ("get", if is_item { singular(&noun) } else { noun }),
        "post" => ("create", singular(&noun)),
        "patch" => ("update", if is_item { singular(&noun) } else { noun }),
        "put" => ("set", if is_item { singular(&noun) } else { noun }),
        "delete" => ("delete", if is_item { singular(&noun) } else { noun }),
        other => (other, noun),
    };
    join(verb, &noun)
}

fn join(verb: &str, noun: &str) -> String {
    if noun.is_empty() { verb.to_owned() } else { format!("{verb}_{noun}") }
}

fn singular(noun: &str) -> String {
    if let Some(stem) = noun.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    let is_plural = noun.ends_with('s') && !noun.ends_with("ss") && !noun.ends_with("us");
    if is_plural && noun.len() > 2 { noun[..noun.len() - 1].to_owned() } else { noun.to_owned() }
}

/// The words of a path that can tell operations apart: no parameters, no versions, no verbs.
fn literals(path: &str) -> Vec<String> {
    let path = path.split('#').next().unwrap_or(path);
    let segments = path.split('/').filter(|segment| !segment.starts_with('{'));
    segments
        .filter_map(|segment| {
            let name = ident::snake_case(segment.split(':').next().unwrap_or(segment), "");
            (!name.is_empty() && !is_version(&name)).then_some(name)
        })
        .collect()
}

/// Longer names for when the first is taken: with a word of the path (the last first), with the host
/// of a twin, with the version, with the verb.
pub(crate) fn alternatives(base: &str, verb: &str, path: &str) -> Vec<String> {
    let (path, host) = path.split_once('#').unwrap_or((path, ""));
    let host = ident::snake_case(host.split('.').next().unwrap_or(host), "");
    let version = path.split('/').find(|segment| is_version(segment)).unwrap_or_default();
    let words = literals(path).into_iter().rev();
    words
        .chain([host, version.to_owned(), verb.to_owned()])
        .filter(|word| !word.is_empty() && !base.ends_with(word.as_str()))
        .map(|word| format!("{base}_{word}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_upstream_ids() {
        let cases = [
            ("Cloud_GetUser", "get_user"),
            ("Cloud_CreateTask__Using_Universes_Places", "create_task"),
            ("listAssetVersions", "list_asset_versions"),
            ("Entries_DeleteEntryAsync", "delete_entry"),
            ("Api.Thumbnail_GetStatus", "get_status"),
            ("Service_", "service"),
            ("get__v1__x", "get"),
        ];
        for (id, expected) in cases {
            assert_eq!(derive(Some(id), "get", "/x"), expected, "{id}");
        }
    }

    #[test]
    fn names_from_routes() {
        let cases = [
            ("get", "/a/v1/things", "list_things"),
            ("get", "/a/v1/things/{id}", "get_thing"),
            ("get", "/a/v1/things/{id}/status", "get_status"),
            ("get", "/a/v1/things/{id}/entries", "list_entries"),
            ("post", "/a/v1/categories", "create_category"),
            ("patch", "/a/v1/things/{id}", "update_thing"),
            ("delete", "/a/v1/things/{id}", "delete_thing"),
            ("post", "/a/v1/things/{id}:archive", "archive_thing"),
            ("post", "/a/v1/things:batchGet", "batch_get_thing"),
            ("get", "/v1/{id}", "get"),
            ("put", "/{id}", "set"),
        ];
        for (verb, path, expected) in cases {
            assert_eq!(derive(None, verb, path), expected, "{verb} {path}");
        }
        assert_eq!(derive(Some("日本"), "get", "/things"), "list_things");
    }

    #[test]
    fn longer_names_take_words_of_the_path() {
        assert_eq!(
            alternatives("list_things", "get", "/a/v1/places/{p}/things"),
            ["list_things_places", "list_things_a", "list_things_v1", "list_things_get"]
        );
        assert_eq!(
            alternatives("get_role", "get", "/v2/role#groups.example.com"),
            ["get_role_groups", "get_role_v2", "get_role_get"]
        );
    }
}
