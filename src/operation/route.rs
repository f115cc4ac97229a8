//! From the path that a service names to the route at which it is asked: only a route of the
//! document is ever called, whatever the service (or a stored name) says.

use crate::OperationInfo;
use crate::spec::LongRunningInfo;
use crate::wire::path::PathTemplate;
use percent_encoding::percent_decode_str;

const LONGEST_PATH: usize = 2048;

/// A route, and the values of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PollRoute {
    pub(super) poll: &'static OperationInfo,
    /// The form of the path.
    pub(super) template: &'static str,
    pub(super) segments: Vec<String>,
}

impl PollRoute {
    /// Whether its path, as it is called, is no longer than a path may be.
    pub(super) fn fits(&self) -> bool {
        let mut path = String::new();
        PathTemplate(self.template).write(&mut path, &self.segments).is_ok() && path.len() <= LONGEST_PATH
    }
}

/// The route of a path that a service has named: as it is, or behind the base of the service.
pub(super) fn of_path(info: &LongRunningInfo, path: &str) -> Result<PollRoute, String> {
    check(path)?;
    let path = path.strip_prefix('/').unwrap_or(path);
    [format!("/{path}"), format!("{}/{path}", info.base.trim_end_matches('/'))]
        .iter()
        .find_map(|path| matching(info, path))
        .ok_or_else(|| format!("the operation's path {} is not a route of the service", shown(path)))
}

/// The route of a whole path, as it stands in a name.
pub(super) fn of_whole_path(info: &LongRunningInfo, path: &str) -> Result<PollRoute, String> {
    check(path)?;
    matching(info, path)
        .ok_or_else(|| format!("{} is not a route at which an operation is polled", shown(path)))
}

/// The values of a template's parameters, percent-decoded, if each can be an id.
pub(super) fn parameters(template: &str, path: &str) -> Option<Vec<String>> {
    let decode = |value: &str| {
        let value = percent_decode_str(value).decode_utf8().ok()?.into_owned();
        let is_id = !matches!(value.as_str(), "" | "." | "..") && !value.chars().any(char::is_control);
        is_id.then_some(value)
    };
    PathTemplate(template).capture(path)?.into_iter().map(decode).collect()
}

fn matching(info: &LongRunningInfo, path: &str) -> Option<PollRoute> {
    let found = |poll: &'static OperationInfo, template: &'static str| {
        Some(PollRoute { poll, template, segments: parameters(template, path)? })
    };
    match info.poll {
        Some(poll) => {
            let forms = std::iter::once(&poll.path).chain(info.paths);
            let found = forms.copied().find_map(|template| found(poll, template))?;
            // A form with the same parameters is another name of the poll route, and perhaps no route (MS-16).
            let is_name = PathTemplate(found.template).parameters().eq(PathTemplate(poll.path).parameters());
            Some(PollRoute { template: if is_name { poll.path } else { found.template }, ..found })
        }
        // The document does not say where; what the path says may be one of its routes, but none
        // that takes anything: reading a queue is a GET, too.
        None => crate::operations::ALL
            .iter()
            .filter(|operation| operation.method == http::Method::GET && operation.only_reads())
            .find_map(|operation| found(operation, operation.path)),
    }
}

/// Says in which way a path is hostile. That it matches a route is asked for besides.
fn check(path: &str) -> Result<(), String> {
    let why = match path {
        "" => "is empty",
        path if path.len() > LONGEST_PATH => "is too long",
        path if path.contains("://") || path.starts_with("//") => "leads to another host",
        path if path.chars().any(|c| c.is_control() || c.is_whitespace()) => {
            "holds a space or a control character"
        }
        path if path.contains(['?', '#', '\\', '@']) => "is more than a path",
        path if path.split('/').any(is_dots) => "leaves its place",
        _ => return Ok(()),
    };
    Err(format!("the operation's path {} {why}", shown(path)))
}

fn is_dots(segment: &str) -> bool {
    matches!(percent_decode_str(segment).decode_utf8_lossy().as_ref(), "." | "..")
}

/// A path as it can stand in a message.
fn shown(path: &str) -> String {
    let mut text: String = path.chars().take(200).collect();
    if text.len() < path.len() {
        text.push('…');
    }
    format!("{text:?}")
}

#[cfg(test)]
pub(super) mod testing {
    use crate::OperationInfo;
    use crate::operations::{Limit, Stability};

    /// A route at which operations are polled.
    pub(in crate::operation) static POLL: OperationInfo = OperationInfo {
        id: "things.get_operation",
        area: "things",
        method: http::Method::GET,
        path: "/service/v1/things/{thing_id}/operations/{operation_id}",
        host: "apis.roblox.com",
        stability: Stability::Unstated,
        deprecated: false,
        scopes: &[],
        needed_scopes: &[],
        api_key: true,
        oauth: true,
        api_key_limit: Some(Limit { requests: 45, seconds: 60 }),
        oauth_limit: Some(Limit { requests: 10, seconds: 60 }),
        limits: &[],
        reference: None,
        idempotent: true,
        idempotency: None,
        retry_too_many_requests: true,
        attempt_timeout: None,
        bare_list: None,
        expects: crate::spec::ExpectedFields { main: None, is_single: false, required: &[] },
        id_from_request: &[],
        errors_in_success: None,
        conflict_is_value: false,
        update_mask: None,
        paging: None,
        long_running: None,
        hints: &[],
        final_errors: &[],
        already_exists: &[],
        polling: None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Dialect;

    static OTHER_FORM: &str = "/service/v1/operations/{operation_id}";
    static OTHER_NAME: &str = "/service/v1/things/{thing_id}/jobs/{operation_id}";

    static INFO: LongRunningInfo = LongRunningInfo {
        dialect: Dialect::Cloud,
        base: "/service/v1/",
        poll: Some(&testing::POLL),
        paths: &[OTHER_FORM, OTHER_NAME],
        result: &["response"],
        direct: false,
        query: &[],
        expects: crate::spec::ExpectedFields { main: None, is_single: false, required: &[] },
        has_result: false,
        overdue: None,
    };

    #[test]
    fn a_path_is_whole_or_relative() {
        for (path, segments) in [
            ("things/1/operations/2", &["1", "2"][..]),
            ("/things/1/operations/2", &["1", "2"]),
            ("service/v1/things/1/operations/2", &["1", "2"]),
            ("/service/v1/things/1/operations/2", &["1", "2"]),
            ("things/a%2Fb/operations/x:y", &["a/b", "x:y"]),
            ("operations/2", &["2"]),
            ("service/v1/things/1/jobs/2", &["1", "2"]),
        ] {
            let found = of_path(&INFO, path).expect(path);
            assert_eq!(found.segments, segments, "{path}");
            assert_eq!(found.template, if segments.len() == 1 { OTHER_FORM } else { testing::POLL.path });
        }
    }

    #[test]
    fn a_hostile_path_is_refused() {
        let long = format!("things/{}/operations/2", "1".repeat(3000));
        for path in [
            "",
            "https://evil.example/things/1/operations/2",
            "http://apis.roblox.com/service/v1/things/1/operations/2",
            "//evil.example/service/v1/things/1/operations/2",
            "../../things/1/operations/2",
            "things/../operations/2",
            "things/%2e%2E/operations/2",
            "things/./operations/2",
            "things/1/operations/2?x=y",
            "things/1/operations/2#x",
            "things/1/operations/2\r\nx: y",
            "things/1/operations/%0d%0a",
            "things/1/operations/%00",
            "things/1/operations/%ff",
            "things\\1\\operations\\2",
            "user@evil.example/operations/2",
            "things/1/operations/",
            "things//operations/2",
            "things/1/operations/2/more",
            "things/1",
            "elsewhere/things/1/operations/2",
            "service/v2/things/1/operations/2",
            &long,
        ] {
            let message = of_path(&INFO, path).expect_err(path);
            assert!(message.len() < 400 && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    #[cfg(feature = "memory_stores")]
    fn only_what_only_reads_is_polled() {
        let info = LongRunningInfo { poll: None, paths: &[], base: "/cloud/v2/", ..INFO };
        assert!(of_whole_path(&info, "/cloud/v2/universes/1/memory-store/operations/o").is_ok());
        for path in ["universes/1/memory-store/queues/q/items:read", "universes/1/memory-store:flush"] {
            assert!(of_path(&info, path).is_err(), "{path}");
            assert!(of_whole_path(&info, &format!("/cloud/v2/{path}")).is_err(), "{path}");
        }
    }

    #[test]
    fn a_whole_path_is_taken_as_it_is() {
        assert!(of_whole_path(&INFO, "/service/v1/things/1/operations/2").is_ok());
        assert!(of_whole_path(&INFO, "things/1/operations/2").is_err());
    }
}
