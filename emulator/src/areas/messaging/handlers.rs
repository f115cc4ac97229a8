//! Requests of messaging.

use serde_json::{Map, Value};

use crate::api::{Call, Failure, Outcome, push_bounded, synth, text};
use crate::areas::messaging::model::Message;
use crate::areas::routes::Routes;
use crate::state::State;

pub(crate) const ROUTES: Routes = &[
    ("POST /cloud/v2/universes/{u}:publishMessage", publish),
    ("POST /messaging-service/v1/universes/{u}/topics/{t}", publish_to_topic),
];

const MAX_TOPIC: usize = 80;
/// Measured at the live service (MG-01), and as Roblox's guide says. Characters: which it counts was not seen.
const MAX_MESSAGE: usize = 1114;
const MAX_MESSAGE_OF_THE_GUIDE: usize = 1024;
const MAX_MESSAGES: usize = 10_000;

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
    if !(1..=MAX_TOPIC).contains(&topic.chars().count()) {
        return Err(Failure::invalid(format!("The topic must have 1 to {MAX_TOPIC} characters.")));
    }
    let most = if call.shapes.is_live() { MAX_MESSAGE } else { MAX_MESSAGE_OF_THE_GUIDE };
    refuse_if!(
        !(1..=most).contains(&message.chars().count()),
        "The length of published message must be between 1 and {most}."
    );
    push_bounded(
        &mut state.messages.published,
        MAX_MESSAGES,
        Message { universe: call.number("universe_id")?, topic, message },
    );
    Ok(synth::no_content(call))
}
