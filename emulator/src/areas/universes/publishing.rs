//! Publishing and saving of place files.

use md5::{Digest, Md5};
use serde_json::json;

use crate::api::{Call, Failure, Outcome, Response, text};
use crate::areas::universes::model::{IN_TEAM_CREATE, Place, Version, content_of, in_team_create};
use crate::document::encode_base64;
use crate::state::State;

const MAX_VERSIONS: usize = 10_000;

pub(super) fn publish(state: &mut State, call: &Call<'_>) -> Outcome {
    let published = match call.query("versionType") {
        Some("Published") => true,
        Some("Saved") => false,
        _ => return Err(Failure::invalid("The versionType must be Saved or Published.")),
    };
    refuse_if!(call.body.is_empty(), "The place file is empty.");
    check_xml(call)?;
    let (universe, id) = (call.number("universeId")?, call.number("placeId")?);
    let place = state.universes.place(universe, id, call.now)?;
    if place.universe != universe {
        return Err(Failure::aborted(format!("The place {id} is not part of the universe {universe}.")));
    }
    check_editors(place)?;
    let number = place.write(call, published)?;
    state.content.put(&content_of(id, number), "application/octet-stream", call.body.clone());
    let media = call.operation.response(200).and_then(|response| response.json());
    let content_type = media.map_or("application/json", |media| media.media_type.as_str());
    Ok(Response::content(content_type, json!({ "versionNumber": number }).to_string()))
}

impl Place {
    /// The number of the version that has these bytes: the newest one, if it has them already and came about in the same
    /// way (PL-01), else a new one. Whether an older version would be found too is not known; this is our reading.
    fn write(&mut self, call: &Call<'_>, published: bool) -> Result<usize, Failure> {
        let hash = encode_base64(Md5::digest(call.body));
        let is_same = |last: &Version| last.published == published && last.hash.as_ref() == Some(&hash);
        if !self.versions.last().is_some_and(is_same) {
            Failure::if_full(self.versions.len(), MAX_VERSIONS, "versions")?;
            self.versions.push(Version::new(call.now, published, Some(hash)));
        }
        Ok(self.versions.len())
    }
}

/// XML is refused as anything else, and with anything after its end (PL-10). A binary file may come as XML (PL-04).
fn check_xml(call: &Call<'_>) -> Result<(), Failure> {
    const END: &[u8] = b"</roblox>";
    let is_xml = call.body.starts_with(b"<roblox") && !call.body.starts_with(b"<roblox!");
    if !is_xml {
        return Ok(());
    }
    let declared = call.header("content-type").unwrap_or_default();
    let is_binary = declared.trim().eq_ignore_ascii_case("application/octet-stream");
    let has_end = call.body.windows(END.len()).any(|part| part == END);
    refuse_if!(is_binary || (has_end && !call.body.ends_with(END)), "Invalid Content stream");
    Ok(())
}

/// A place that is open in Team Create (PL-03), and one with a session that goes on for a while: `busy 3` in its name lets
/// publishing be refused three times (PL-09).
fn check_editors(place: &mut Place) -> Result<(), Failure> {
    refuse_if!(place.is_called(IN_TEAM_CREATE), in_team_create());
    let name = text(&place.fields, "displayName").unwrap_or_default().to_ascii_lowercase();
    let times = name.split("busy ").nth(1).map_or(0, |rest| {
        let end = rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().unwrap_or(0)
    });
    if place.refusals < times {
        place.refusals += 1;
        return Err(Failure::aborted("Server is busy and unable to process your upload request."));
    }
    Ok(())
}
