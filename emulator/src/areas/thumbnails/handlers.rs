//! Requests of thumbnails.

use serde_json::Value;

use crate::api::{Call, Outcome, Response, synth};
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("GET /v1/assets-thumbnail-3d", render),
    ("GET /v1/users/avatar-3d", render),
    ("GET /v1/users/outfit-3d", render),
];

const MAX_RENDERED: usize = 100_000;

/// In the live service, a picture that is not there yet comes as `Pending`, without an address.
fn render(state: &mut State, call: &Call<'_>) -> Outcome {
    let response = synth::respond(&mut state.operations, &mut state.ids, call)?;
    if !call.shapes.is_live() {
        return Ok(response);
    }
    let mut picture: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let wanted = format!("{}/{}", call.operation.id, picture["targetId"]);
    let rendered = &mut state.rendered.rendered;
    if rendered.len() >= MAX_RENDERED {
        rendered.clear();
    }
    if rendered.insert(wanted)
        && let Some(picture) = picture.as_object_mut()
    {
        picture.insert("state".to_owned(), "Pending".into());
        picture.remove("imageUrl");
        state.touch();
        return Ok(Response { body: Value::Object(picture.clone()).to_string().into(), ..response });
    }
    Ok(response)
}
