//! The messages that were published to live servers.

use serde_json::json;

use crate::answer::Answer;
use crate::call::Reply;
use crate::control::{Route, Routes};
use crate::server::{Incoming, Inner};

pub(super) const ROUTES: Routes = &[Route::reads("GET", "/__emulator/messages", list)];

fn list(inner: &Inner, _: &Incoming, _: &str) -> Answer {
    let state = inner.state();
    let published = state.messages.published.iter().map(|message| {
        json!({
            "universe": message.universe,
            "topic": message.topic,
            "message": message.message,
        })
    });
    let published: Vec<_> = published.collect();
    Reply::json(json!({ "messages": published })).into()
}
