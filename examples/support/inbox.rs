//! Requests for erasure that are kept on a disk until they are carried out.

use crate::support::{self, Problem};
use http::Request;
use opencloud::webhook::{RightToErasureRequest, Verifier};
use serde_json::json;
use std::path::PathBuf;
use std::{fs, io};
use tokio::sync::Notify;

/// The requests that are not carried out yet: files `ID.json`, which become `ID.done`.
pub(crate) struct Inbox {
    pub(crate) folder: PathBuf,
    /// Requests about other places are not for this program.
    pub(crate) place: String,
    pub(crate) new: Notify,
}

impl Inbox {
    /// Writes a request down, unless it came before or is about other places: then there is nothing to do.
    pub(crate) fn add(&self, id: &str, request: &RightToErasureRequest) -> io::Result<()> {
        let id: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
        let file = self.folder.join(&id).with_extension("json");
        let is_ours = request.start_place_ids.iter().any(|place| place.to_string() == self.place);
        if is_ours && !file.with_extension("done").exists() {
            support::save(&file, &json!({ "user": request.user_id }))?;
            self.new.notify_one();
        }
        Ok(())
    }

    pub(crate) fn open(&self) -> io::Result<Vec<PathBuf>> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(&self.folder)?.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        Ok(files)
    }
}

/// What Roblox would send: a notification and a message in Discord.
pub(crate) fn samples(verifier: &Verifier) -> Result<[Request<String>; 2], Problem> {
    let now = opencloud::jiff::Timestamp::now();
    let payload = json!({ "UserId": 1001, "GameIds": [3001] });
    let body =
        json!({ "NotificationId": "1", "EventType": "RightToErasureRequest", "EventPayload": payload });
    let body = body.to_string();
    let text = "Right to Erasure for the User Id: 1002 in the game(s) with Ids: 3001";
    let embed = json!({ "description": text, "footer": { "text": verifier.sign_embed(now, text) } });
    let signature = verifier.sign(now, body.as_bytes());
    Ok([
        Request::post("/webhook").header("roblox-signature", signature).body(body)?,
        Request::post("/discord").body(json!({ "embeds": [embed] }).to_string())?,
    ])
}
