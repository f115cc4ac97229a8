//! Pictures in three dimensions: rendered when they are first asked for (TH-01).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, Reply};
use crate::state::State;
use crate::synth;

pub(crate) const ROUTES: Routes = &[
    ("GET /v1/assets-thumbnail-3d", render),
    ("GET /v1/users/avatar-3d", render),
    ("GET /v1/users/outfit-3d", render),
];

const MAX_RENDERED: usize = 100_000;

/// What was asked for before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rendered {
    rendered: BTreeSet<String>,
}

/// In the live service, a picture that is not there yet comes as `Pending`, without an address.
fn render(state: &mut State, call: &Call<'_>) -> Outcome {
    let reply = synth::answer(state, call)?;
    if !call.shapes.is_live() {
        return Ok(reply);
    }
    let mut picture: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
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
        return Ok(Reply { body: Value::Object(picture.clone()).to_string().into(), ..reply });
    }
    Ok(reply)
}
