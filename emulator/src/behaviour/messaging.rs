//! Messages to live servers: they are kept, so that a test can read them back.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::behaviour::Routes;
use crate::call::{Call, Outcome, text};
use crate::failure::Failure;
use crate::server::Message;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /cloud/v2/universes/{u}:publishMessage", publish),
    ("POST /messaging-service/v1/universes/{u}/topics/{t}", publish_to_topic),
];

const MAX_TOPIC: usize = 80;
const MAX_MESSAGE: usize = 1024;
const MAX_MESSAGES: usize = 10_000;

/// The latest messages, the oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Messages {
    pub(crate) published: VecDeque<Message>,
}

fn publish(state: &mut State, call: &Call<'_>) -> Outcome {
    let body = call.json()?;
    let topic = text(&body, "topic").unwrap_or_default().to_owned();
    keep(state, call, topic, &body)
}

fn publish_to_topic(state: &mut State, call: &Call<'_>) -> Outcome {
    keep(state, call, call.param("topic").to_owned(), &call.json()?)
}

fn keep(state: &mut State, call: &Call<'_>, topic: String, body: &Map<String, Value>) -> Outcome {
    let message = text(body, "message").unwrap_or_default().to_owned();
    for (what, text, most) in [("topic", &topic, MAX_TOPIC), ("message", &message, MAX_MESSAGE)] {
        let length = text.chars().count();
        if length == 0 || length > most {
            return Err(Failure::invalid(format!("The {what} must have 1 to {most} characters.")));
        }
    }
    let published = &mut state.messages.published;
    if published.len() >= MAX_MESSAGES {
        published.pop_front();
    }
    published.push_back(Message { universe: call.number("universe_id")?, topic, message });
    Ok(crate::synth::no_content(call))
}
