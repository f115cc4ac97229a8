//! The name of an operation: everything that is needed to go on, as one line of text.
//!
//! ```text
//! assets.create:/assets/v1/operations/0123
//! memory_stores.flush:/cloud/v2/universes/1/memory-store/operations/2?scope=TEST
//! servers.launch_restart:/server-management/v1/universes/1/restarts#key=0123
//! ```
//!
//! The operation that was called, the path to poll with its query, and behind `#` what the dialect
//! needs besides. A name may come from anywhere; reading one admits only what it could have been
//! written with.

use super::dialect;
use super::route::{self, PollRoute};
use super::target::{Target, facts};
use crate::wire::path::{PathTemplate, encode};
use crate::{Error, OperationInfo};
use percent_encoding::percent_decode_str;

const LONGEST_NAME: usize = 64 * 1024;
const KEY: &str = "key";
const BODY: &str = "body";

/// Writes the name of a target; `None` if it could not be read again: its ids cannot stand in a path,
/// or it is too long.
pub(super) fn format(target: &Target) -> Option<String> {
    let name = write(target)?;
    parse(&name).is_ok_and(|read| read == *target).then_some(name)
}

fn write(target: &Target) -> Option<String> {
    let mut name = format!("{}:", target.starter.id);
    PathTemplate(target.route.template).write(&mut name, &target.route.segments).ok()?;
    let pairs = |name: &mut String,
                 mut separator: char,
                 second: char,
                 pairs: &mut dyn Iterator<Item = (&str, &str)>| {
        for (key, value) in pairs {
            name.push(separator);
            name.push_str(key);
            name.push('=');
            name.extend(encode(value));
            separator = second;
        }
    };
    pairs(&mut name, '?', '&', &mut target.query.iter().map(|(name, value)| (*name, value.as_str())));
    let extra = [(KEY, target.key.as_deref()), (BODY, target.body.as_deref())];
    pairs(&mut name, '#', '&', &mut extra.iter().filter_map(|(key, value)| Some((*key, (*value)?))));
    Some(name)
}

/// Reads a name.
pub(super) fn parse(name: &str) -> Result<Target, Error> {
    let refuse = |why: String| Error::invalid_request(format!("this is not a name of an operation: {why}"));
    if name.len() > LONGEST_NAME {
        return Err(refuse("it is too long".to_owned()));
    }
    let (id, rest) =
        name.split_once(':').ok_or_else(|| refuse("it does not say what was called".to_owned()))?;
    let starter = starter(id).ok_or_else(|| {
        let area: String = id.split('.').next().unwrap_or_default().chars().take(50).collect();
        refuse(format!("this build has no such call in {area:?}; is the cargo feature missing?"))
    })?;
    let info = facts(starter)?;
    let (rest, extra) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let route = match route::parameters(starter.path, path) {
        // The starting call is repeated, which must not start anything anew.
        Some(segments) if info.poll.is_none() && starter.idempotent => {
            PollRoute { poll: starter, template: starter.path, segments }
        }
        _ => route::of_whole_path(&info, path).map_err(refuse)?,
    };
    let mut target = Target { starter, info, route, query: Vec::new(), key: None, body: None };
    for (key, value) in pairs(query) {
        let known = Target::query_names(&info).find(|known| *known == key);
        let (Some(known), Some(value)) = (known, value) else {
            return Err(refuse("its query is not of this operation".to_owned()));
        };
        target.query.push((known, value));
    }
    for (key, value) in pairs(extra) {
        match (key, value) {
            (KEY, Some(value)) => target.key = Some(value),
            (BODY, Some(value)) if target.repeats() => target.body = Some(value),
            _ => return Err(refuse("what stands behind # is not of this operation".to_owned())),
        }
    }
    if !dialect::admits(info.dialect, target.key.as_deref()) {
        return Err(refuse("its key is missing, or does not belong to this operation".to_owned()));
    }
    // What stands in it unencoded grows when it is written.
    if write(&target).is_none_or(|name| name.len() > LONGEST_NAME) || !target.route.fits() {
        return Err(refuse("it is too long".to_owned()));
    }
    Ok(target)
}

fn starter(id: &str) -> Option<&'static OperationInfo> {
    crate::operations::ALL.iter().copied().find(|operation| operation.id == id)
}

/// `a=b&c=d`; no value if it is not percent-encoded UTF-8.
fn pairs(text: &str) -> impl Iterator<Item = (&str, Option<String>)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key, percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned))
    })
}
